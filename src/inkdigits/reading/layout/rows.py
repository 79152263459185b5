"""Marks → rows: which marks stand on one line, side by side."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.joining import joined
from inkdigits.reading.layout.rulings import Rulings
from inkdigits.reading.layout.walls import Boxes, Walls

GAP = 1.1  # digits of one number are no further apart than so many heights of a digit
LEVEL = 0.5  # side by side: they share at least this part of the lower one's height …
UNLIKE = 2.2  # … and one is no higher than so many times the other
SMALL = 0.6  # lower than this share of a row's height: a point, a dash, a bit of a digit
ABOVE = 0.35  # … which belongs to a row if its middle is within so much of its band
ON_LINE = 1.6  # … or than so many, if they stand on one line ruled for them …
BEYOND = 0.5  # … but no further than so many, if one stands on such a line, and one beyond it
RULED = 16  # … which is no longer than so many heights of a digit …
BENEATH = (-0.4, 1.0)  # … and from so much above their feet to so much beneath, in their heights
CHUNK = 256  # marks that are compared with all at their height at once


@dataclass(frozen=True)
class Row:
    """Marks side by side: (N, 4) int32 x, y, width, height, from left to right."""

    boxes: Boxes

    @property
    def height(self) -> float:
        """How high its digits are, about."""
        heights = self.boxes[:, 3]
        return float(np.median(heights[heights >= SMALL * heights.max()]))

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The box around them: x, y, width, height."""
        x, y = self.boxes[:, :2].min(axis=0).tolist()
        right, foot = (self.boxes[:, :2] + self.boxes[:, 2:]).max(axis=0).tolist()
        return x, y, right - x, foot - y


def rows(boxes: Boxes, rulings: Rulings, walls: Walls) -> list[Row]:
    """Put marks into rows.

    Args:
        boxes: (N, 4), x, y, width, height.
        rulings: what stands on one short line is a row.
        walls: no row runs across a border; in a comb, all is one row.
    """
    if not len(boxes):
        return []
    boxes = boxes[np.argsort(boxes[:, 1], kind="stable")]
    group = joined(len(boxes), _links(boxes, _lines_beneath(boxes, rulings.levels), walls))
    places = np.split(np.argsort(group, kind="stable"), np.cumsum(np.bincount(group))[:-1])
    found = [Row(_left_to_right(boxes[place])) for place in places]
    return _with_small(found, rulings, walls)


def _lines_beneath(boxes: Boxes, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where the line begins and ends on which each mark stands; (N, 2), NaN where on none."""
    if not len(levels):
        return np.full((len(boxes), 2), np.nan)
    x, height = boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 3]
    middle_x, middle_y, slope, _, left, right = levels.T
    line = middle_y + slope * (x[:, None] - middle_x)
    beneath = (line - (boxes[:, 1] + height)[:, None]) / height[:, None]
    fits = (beneath > BENEATH[0]) & (beneath < BENEATH[1])
    fits &= (x[:, None] > left) & (x[:, None] < right)
    nearest = np.where(fits, np.abs(beneath), np.inf).argmin(axis=1)
    return np.where(fits.any(axis=1)[:, None], levels[nearest, 4:], np.nan)


def _links(boxes: Boxes, lines: NDArray[np.float64], walls: Walls) -> NDArray[np.int64]:
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
        same = (lines[one][:, None] == lines[other][None]).all(axis=2)
        same &= lines[other][:, 1] - lines[other][:, 0] < RULED * high
        most = np.where(same, ON_LINE, GAP)
        beyond = _beyond(lines[one][:, None], b) | _beyond(lines[other][None], a)
        most = np.where(beyond, BEYOND, most)
        near = (shared >= LEVEL * low) & (high <= UNLIKE * low) & (gap <= most * high)
        same = comb[one][:, None] == comb[other][None]
        near = (near | (comb[one] > 0)[:, None]) & same & (one[:, None] < other[None])
        pairs = np.argwhere(near)
        found.append(np.column_stack([one[pairs[:, 0]], other[pairs[:, 1]]]))
    links = np.concatenate(found)
    return links[~walls.between(boxes[links[:, 0]], boxes[links[:, 1]])]


def _beyond(lines: NDArray[np.float64], boxes: Boxes) -> NDArray[np.bool_]:
    """Whether marks are beyond the ends of lines."""
    middle = boxes[..., 0] + boxes[..., 2] / 2
    return np.asarray((middle < lines[..., 0]) | (middle > lines[..., 1]))


def _with_small(found: list[Row], rulings: Rulings, walls: Walls) -> list[Row]:
    """Give points, dashes and bits of digits to the row beside them: to both, they are one."""
    around = np.array([row.box for row in found], np.int32)
    heights = np.array([row.height for row in found])
    lines = _lines_beneath(around, rulings.levels)
    links = []
    for place, (x, y, width, height) in enumerate(around.tolist()):
        middle = y + height / 2
        far = np.maximum(around[:, 0], x)
        far = far - np.minimum(around[:, 0] + around[:, 2], x + width)
        most = np.where(_beyond(lines, around[place]), BEYOND, GAP)
        fits = (heights * SMALL > height) & (far <= most * heights)
        fits &= middle > around[:, 1] - ABOVE * heights
        fits &= middle < around[:, 1] + around[:, 3] + ABOVE * heights
        places = np.flatnonzero(fits)
        if len(places):
            one = np.repeat(around[place : place + 1], len(places), axis=0)
            places = places[~walls.between(one, around[places])]
        if len(places):
            nearest = int(places[np.argmin(far[places])])
            links.append((place, nearest))
            both = [one for one in places.tolist() if _go_on(found, nearest, one, place)]
            links += [(nearest, one) for one in both]
    group = joined(len(found), np.array(links, np.int64).reshape(-1, 2))
    parts: list[list[Boxes]] = [[] for _ in range(group.max(initial=-1) + 1)]
    for row, number in zip(found, group.tolist(), strict=True):
        parts[number].append(row.boxes)
    return [Row(_left_to_right(np.concatenate(part))) for part in parts]


def _go_on(found: list[Row], one: int, other: int, between: int) -> bool:
    """Whether two rows are level, and on either side of a third."""
    (left, top, width, high), (x, y, wide, tall) = found[one].box, found[other].box
    start, _, across, _ = found[between].box
    sides = left + width / 2 - start - across / 2, x + wide / 2 - start - across / 2
    shared = min(top + high, y + tall) - max(top, y)
    heights = sorted((found[one].height, found[other].height))
    alike = heights[1] <= UNLIKE * heights[0] and shared >= LEVEL * min(high, tall)
    return alike and sides[0] * sides[1] < 0


def _left_to_right(boxes: Boxes) -> Boxes:
    return boxes[np.argsort(boxes[:, 0], kind="stable")]


def in_order(found: list[Row]) -> list[Row]:
    """Rows as they are read: from top to foot, and from left to right those side by side."""
    waiting = sorted(found, key=lambda row: row.box[1] + row.box[3] / 2)
    ordered: list[Row] = []
    while waiting:
        _, y, _, height = waiting[0].box
        # side by side with the topmost: the middle is within its height
        count = 1
        while count < len(waiting):
            _, top, _, high = waiting[count].box
            if top + high / 2 > y + height:
                break
            count += 1
        ordered += sorted(waiting[:count], key=lambda row: row.box[0])
        waiting = waiting[count:]
    return ordered
