"""Marks → rows: which marks stand on one line, side by side."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.rulings import Rulings

GAP = 0.95  # digits of one number are no further apart than so many heights of a digit
LEVEL = 0.5  # side by side: they share at least this part of the lower one's height …
UNLIKE = 2.2  # … and one is no higher than so many times the other
SMALL = 0.5  # lower than this share of a row's height: a point, a dash, a bit of a digit
ABOVE = 0.35  # … which belongs to a row if its middle is within so much of its band
WALLED = 0.55  # a border parts two marks where it covers this share of what they share
CHUNK = 256  # marks that are compared with all at their height at once

Boxes = NDArray[np.int32]


@dataclass(frozen=True)
class Row:
    """Marks side by side: (N, 4) int32 x, y, width, height, from left to right."""

    boxes: Boxes

    @property
    def height(self) -> float:
        """How high its digits are, about."""
        heights = self.boxes[:, 3]
        return float(np.median(heights[heights >= SMALL * heights.max()]))


def rows(boxes: Boxes, rulings: Rulings) -> list[Row]:
    """Put marks into rows.

    Args:
        boxes: (N, 4), x, y, width, height.
        rulings: no row runs across a border; in a comb, all is one row.
    """
    if not len(boxes):
        return []
    walls = _Walls(rulings)
    boxes = boxes[np.argsort(boxes[:, 1], kind="stable")]
    joined = _joined(len(boxes), _links(boxes, walls))
    places = np.split(np.argsort(joined, kind="stable"), np.cumsum(np.bincount(joined))[:-1])
    return _with_small([Row(_left_to_right(boxes[place])) for place in places], walls)


class _Walls:
    """Where borders are, and combs."""

    def __init__(self, rulings: Rulings) -> None:
        self.combs = np.zeros(rulings.down.shape, np.uint8)
        down = rulings.down
        if len(rulings.combs):
            down = down.copy()
            for number, (x, y, width, height) in enumerate(rulings.combs[:255], 1):
                inside = slice(y, y + height), slice(x, x + width)
                self.combs[inside] = number
                down[y : y + height, x + 4 : x + width - 4] = 0
        self.any = bool(down.any())
        self.sums = cv2.integral((down > 0).astype(np.uint8))

    def comb(self, boxes: Boxes) -> NDArray[np.uint8]:
        """In which comb boxes are, from 1; 0 in none."""
        middle = boxes[:, :2] + boxes[:, 2:] // 2
        return np.asarray(self.combs[middle[:, 1], middle[:, 0]])

    def between(self, one: Boxes, other: Boxes) -> NDArray[np.bool_]:
        """Whether a border is between boxes, pair by pair."""
        if not self.any:
            return np.zeros(len(one), bool)
        middles = one[:, 0] + one[:, 2] // 2, other[:, 0] + other[:, 2] // 2
        left, right = np.minimum(*middles), np.maximum(*middles)
        top = np.maximum(one[:, 1], other[:, 1])
        foot = np.minimum(one[:, 1] + one[:, 3], other[:, 1] + other[:, 3])
        low = foot - top < 3  # they share no height: look at all that they have
        top = np.where(low, np.minimum(one[:, 1], other[:, 1]), top)
        foot = np.where(low, np.maximum(one[:, 1] + one[:, 3], other[:, 1] + other[:, 3]), foot)
        sums = self.sums
        pixels = sums[foot, right] - sums[top, right] - sums[foot, left] + sums[top, left]
        return np.asarray(pixels >= WALLED * (foot - top))


def _links(boxes: Boxes, walls: _Walls) -> NDArray[np.int64]:
    """Pairs (N, 2) of marks that are side by side; `boxes` are in the order of their tops."""
    tops, feet = boxes[:, 1], boxes[:, 1] + boxes[:, 3]
    comb = walls.comb(boxes)
    found = [np.zeros((0, 2), np.int64)]
    for start in range(0, len(boxes), CHUNK):
        one = np.arange(start, min(start + CHUNK, len(boxes)))
        # those that begin before the last of these ends, and not before the first of them begins
        other = np.arange(start, np.searchsorted(tops, feet[one].max()))
        a, b = boxes[one][:, None], boxes[other][None]
        shared = np.minimum(a[..., 1] + a[..., 3], b[..., 1] + b[..., 3])
        shared = shared - np.maximum(a[..., 1], b[..., 1])
        low, high = np.minimum(a[..., 3], b[..., 3]), np.maximum(a[..., 3], b[..., 3])
        gap = np.maximum(a[..., 0], b[..., 0])
        gap = gap - np.minimum(a[..., 0] + a[..., 2], b[..., 0] + b[..., 2])
        near = (shared >= LEVEL * low) & (high <= UNLIKE * low) & (gap <= GAP * high)
        near |= (comb[one][:, None] == comb[other][None]) & (comb[one] > 0)[:, None]
        near &= one[:, None] < other[None]
        pairs = np.argwhere(near)
        found.append(np.column_stack([one[pairs[:, 0]], other[pairs[:, 1]]]))
    links = np.concatenate(found)
    return links[~walls.between(boxes[links[:, 0]], boxes[links[:, 1]])]


def _joined(count: int, links: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each of so many things the number of its group, from 0, when these are linked."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in links.tolist():
        parent[root(one)] = root(other)
    roots = np.array([root(place) for place in range(count)])
    return np.unique(roots, return_inverse=True)[1]


def _with_small(found: list[Row], walls: _Walls) -> list[Row]:
    """Give points, dashes and bits of digits to the row beside them."""
    around = np.array([_box(row.boxes) for row in found], np.int32)
    heights = np.array([row.height for row in found])
    parts: list[list[Boxes]] = [[row.boxes] for row in found]
    for place in np.argsort(heights, kind="stable").tolist():
        x, y, width, height = around[place]
        middle = y + height / 2
        far = np.maximum(around[:, 0], x)
        far = far - np.minimum(around[:, 0] + around[:, 2], x + width)
        fits = (heights * SMALL > height) & (far <= GAP * heights)
        fits &= middle > around[:, 1] - ABOVE * heights
        fits &= middle < around[:, 1] + around[:, 3] + ABOVE * heights
        places = np.flatnonzero(fits)
        if len(places):
            one = np.repeat(around[place : place + 1], len(places), axis=0)
            places = places[~walls.between(one, around[places])]
        if len(places):
            to = int(places[np.argmin(far[places])])
            parts[to] += parts[place]
            parts[place] = []
    return [Row(_left_to_right(np.concatenate(part))) for part in parts if part]


def _box(boxes: Boxes) -> tuple[int, int, int, int]:
    x, y = boxes[:, :2].min(axis=0).tolist()
    right, foot = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    return x, y, right - x, foot - y


def _left_to_right(boxes: Boxes) -> Boxes:
    return boxes[np.argsort(boxes[:, 0], kind="stable")]
