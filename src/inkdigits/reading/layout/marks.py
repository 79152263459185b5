"""Ink without rulings → marks: what may be a digit, or a part of one."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.parts import parts

JOIN = 3  # bits of a mark nearer than so many pixels are one
LEAST = 6  # pixels: what is lower tells nothing of the height of digits
FILLED = 0.1  # a digit covers more than this share of the box around it …
WIDE = 3.0  # … and is no wider than so many times its height
SOLID = 0.75  # … and covers less than this share, or is a one, slimmer than …
SLENDER = 0.4  # … this share of its height
EDGES = 1 / 8  # what is higher than this share of a page is the paper's edge, if there is more
CLEAR = 2  # … or if several are so many times as high as what tells nothing: …
SEVERAL = 4  # … so many
NO_DIGIT = 40.0  # pixels: the height of a digit where there is nothing to tell it
SPECK = 0.22  # a mark is a speck if no side is longer than this share of a digit's height …
SPECK_SIDE = 4  # … or than so many pixels
HUGE = 4.0  # what is higher than so many digits is a picture, or the paper's edge
LONG = 1.8  # … and what is higher than so many, but slimmer than …
SLIM = 0.2  # … this share of its height, is the paper's edge, or a border
DASH = 1.5  # what is wider than so many heights of a digit, and lower than …
FLAT = 0.35  # … this share of one, is what is left of a ruling
MOST = 3000  # that are looked at: the highest
CUT = 1.0  # what is higher than so many digits is cut where a ruling crosses it …
CROSSED = 0.85  # … over this share of its width

Boxes = NDArray[np.int32]


def typical_height(boxes: Boxes, areas: NDArray[np.int32], page: int, least: int = LEAST) -> float:
    """The height of a digit, about: that of the mark in the middle when all are piled up.

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
    order = np.sort(height[some])
    weight = np.cumsum(order)
    return float(order[np.searchsorted(weight, weight[-1] / 2)])


def rough_height(mask: NDArray[np.uint8]) -> float:
    """`typical_height` of the parts of a mask, (H, W) uint8; large ones are seen at half size."""
    step = 1 if mask.size < 100_000 else 2
    found = parts(np.ascontiguousarray(mask[::step, ::step]))
    height = len(mask) // step
    return step * typical_height(found.boxes[1:], found.areas[1:], height, LEAST // step)


def marks(ink: NDArray[np.uint8], across: NDArray[np.uint8]) -> tuple[Boxes, float]:
    """Find marks.

    Args:
        ink: (H, W) uint8, on 0, without rulings.
        across: (H, W) uint8, on 0, the rulings that are level.

    Returns:
        (N, 4) int32 x, y, width, height of each; and the height of a digit, about.
    """
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((JOIN, JOIN), np.uint8))
    found = parts(joined)
    boxes, areas = found.boxes[1:], found.areas[1:]
    digit = typical_height(boxes, areas, len(ink))
    width, height = boxes[:, 2], boxes[:, 3]
    kept = np.maximum(width, height) > max(SPECK_SIDE, SPECK * digit)
    kept &= (height < HUGE * digit) & ((height < LONG * digit) | (width > SLIM * height))
    kept &= (width < DASH * digit) | (height > FLAT * digit)
    boxes = boxes[kept]
    if len(boxes) > MOST:
        boxes = boxes[np.argsort(-boxes[:, 3], kind="stable")[:MOST]]
    return _cut(boxes, joined, across, digit), digit


def _cut(boxes: Boxes, ink: NDArray[np.uint8], across: NDArray[np.uint8], digit: float) -> Boxes:
    """Cut what is too high for one digit where a ruling crosses it."""
    tall = boxes[:, 3] > CUT * digit
    cut = [boxes[~tall]]
    for x, y, width, height in boxes[tall]:
        ruled = across[y : y + height, x : x + width].mean(axis=1) > 255 * CROSSED
        if not ruled.any():
            cut.append(np.array([[x, y, width, height]], np.int32))
            continue
        inked = ink[y : y + height, x : x + width].any(axis=1) & ~ruled
        edges = np.flatnonzero(np.diff(np.concatenate([[False], inked, [False]])))
        for start, end in edges.reshape(-1, 2):
            if end - start > SPECK_SIDE:
                left, _, wide, _ = cv2.boundingRect(ink[y + start : y + end, x : x + width])
                cut.append(np.array([[x + left, y + start, wide, end - start]], np.int32))
    return np.concatenate(cut)
