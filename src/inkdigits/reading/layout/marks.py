"""Ink without rulings → marks: what may be a digit, or a part of one."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.joining import joined
from inkdigits.reading.layout.parts import Parts, parts

JOIN = 3  # bits of a mark nearer than so many pixels are one
LEAST = 6  # pixels: what is lower tells nothing of the height of digits
FILLED = 0.1  # a digit covers more than this share of the box around it …
WIDE = 3.0  # … and is no wider than so many times its height
SOLID = 0.75  # … and covers less than this share, or is a one, slimmer than …
SLENDER = 0.4  # … this share of its height
EDGES = 1 / 8  # what is higher than this share of a page is the paper's edge, if there is more
CLEAR = 2  # … or if several are so many times as high as what tells nothing: …
SEVERAL = 4  # … so many
RULING = 1 / 8  # a line that is straight for longer than this share of a page is a ruling …
SHORTEST_RULING = 80  # … if it is longer than so many pixels
NO_DIGIT = 40.0  # pixels: the height of a digit where there is nothing to tell it
SLIMMEST = 2  # what is higher than so many times its width counts no more than if it were not
SPECK = 0.22  # a mark is a speck if no side is longer than this share of a digit's height …
SPECK_SIDE = 4  # … or than so many pixels
HUGE = 4.0  # what is higher than so many digits is a picture, or the paper's edge
LONG = 1.8  # … and what is higher than so many, but slimmer than …
SLIM = 0.2  # … this share of its height, is the paper's edge, or a border
DASH = 1.5  # what is wider than so many heights of a digit, and lower than …
FLAT = 0.35  # … this share of one, is what is left of a ruling
MOST = 3000  # that are looked at: the highest
TAIL = 0.5  # what a ruling cuts off is of the same digit if it is smaller than so many digits …
WHOLE = 1.6  # … and both are no higher than so many

Boxes = NDArray[np.int32]


def typical_height(boxes: Boxes, areas: NDArray[np.int32], page: int, least: int = LEAST) -> float:
    """The height of a digit, about: that of the one in the middle of a pile of all.

    Args:
        boxes: (N, 4), x, y, width, height of parts.
        areas: (N,), how many pixels each has.
        page: height of all of the picture.
        least: what is lower does not count.
    """
    width, height = boxes[:, 2], boxes[:, 3]
    some = (height >= least) & (width < WIDE * height) & (areas > FILLED * width * height)
    some &= (areas < SOLID * width * height) | (width < SLENDER * height)
    low = some & (height < page * EDGES)
    clear = np.count_nonzero(low & (height >= CLEAR * least))
    if 2 * height[low].sum() > height[some].sum() or clear >= SEVERAL:
        some = low
    if not some.any():
        return min(page / 2, NO_DIGIT * least / LEAST)
    order = np.argsort(height[some], kind="stable")
    weight = np.cumsum(np.minimum(height, SLIMMEST * width)[some][order])
    return float(height[some][order[np.searchsorted(weight, weight[-1] / 2)]])


def rough_height(mask: NDArray[np.uint8]) -> float:
    """`typical_height` of the parts of a mask, (H, W) uint8, but for long lines.

    Large masks are seen at half size.
    """
    step = 1 if mask.size < 100_000 else 2
    seen = np.ascontiguousarray(mask[::step, ::step])
    height, width = seen.shape
    rest = seen
    for ruling in ((1, int(width * RULING)), (int(height * RULING), 1)):
        if max(ruling) > SHORTEST_RULING // step:
            lines = cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones(ruling, np.uint8))
            rest = cv2.subtract(rest, lines)
    found = parts(np.asarray(rest))
    return step * typical_height(found.boxes[1:], found.areas[1:], height, LEAST // step)


def marks(ink: NDArray[np.uint8], ruled: NDArray[np.uint8]) -> tuple[Boxes, float]:
    """Find marks.

    Args:
        ink: (H, W) uint8, on 0, without rulings, but with the strokes that cross them.
        ruled: (H, W) uint8, 255 on 0, the rulings: digits above and beneath one, both of which
            touch it, are no one mark.

    Returns:
        (N, 4) int32 x, y, width, height of each; and the height of a digit, about.
    """
    joined_ink = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((JOIN, JOIN), np.uint8))
    pieces = parts(np.asarray(cv2.subtract(joined_ink, ruled)))
    boxes, areas = pieces.boxes[1:], pieces.areas[1:]
    digit = typical_height(boxes, areas, len(ink))
    crossing = parts(np.asarray(cv2.bitwise_and(joined_ink, ruled)))
    boxes = _whole(boxes, crossing.boxes[1:], _touching(pieces, crossing), digit)
    width, height = boxes[:, 2], boxes[:, 3]
    kept = np.maximum(width, height) > max(SPECK_SIDE, SPECK * digit)
    kept &= (height < HUGE * digit) & ((height < LONG * digit) | (width > SLIM * height))
    kept &= (width < DASH * digit) | (height > FLAT * digit)
    boxes = boxes[kept]
    if len(boxes) > MOST:
        boxes = boxes[np.argsort(-boxes[:, 3], kind="stable")[:MOST]]
    return boxes, digit


def _touching(pieces: Parts, crossing: Parts) -> NDArray[np.int64]:
    """Pairs (N, 2): a part that crosses a ruling, and a piece beside it; both count from 0."""
    y, x = np.nonzero(crossing.labels)
    number = crossing.labels[y, x].astype(np.int64) - 1
    count = len(pieces.boxes)
    around = np.pad(pieces.labels, 1)
    pairs = []
    for down in range(3):
        for right in range(3):
            piece = around[y + down, x + right].astype(np.int64) - 1
            pairs.append((number * count + piece)[piece >= 0])
    return np.column_stack(np.divmod(np.unique(np.concatenate(pairs)), count))


def _whole(pieces: Boxes, crossing: Boxes, touching: NDArray[np.int64], digit: float) -> Boxes:
    """Put together what rulings cut off a digit, and the digit."""
    links = []
    for pairs in np.split(touching, np.flatnonzero(np.diff(touching[:, 0])) + 1):
        if not len(pairs):
            continue
        beside = pairs[:, 1]
        tops, feet = pieces[beside, 1], pieces[beside, 1] + pieces[beside, 3]
        sides = pieces[beside, 2:].min(axis=1)
        main = int(np.argmax(pieces[beside, 3]))
        tail = (sides > SPECK_SIDE / 2) & (sides < TAIL * digit)
        tail &= np.maximum(feet, feet[main]) - np.minimum(tops, tops[main]) < WHOLE * digit
        tail[main] = True
        links += [(beside[main], piece) for piece in beside[tail]]
        if tail.all() and len(pairs) > 1:
            links.append((beside[main], len(pieces) + pairs[0, 0]))
    every = np.concatenate([pieces, crossing])
    group = joined(len(every), np.array(links, np.int64).reshape(-1, 2))
    low = np.full((group.max(initial=-1) + 1, 2), np.iinfo(np.int32).max, np.int32)
    high = np.zeros_like(low)
    np.minimum.at(low, group, every[:, :2])
    np.maximum.at(high, group, every[:, :2] + every[:, 2:])
    return np.column_stack([low, high - low])
