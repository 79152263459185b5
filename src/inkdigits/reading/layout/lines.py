"""Thin, nearly level lines of a mask: pieces, put together where they go on."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.joining import joined
from inkdigits.reading.layout.parts import Parts, parts

DRIFT = 3  # pixels that a piece may leave the level by
GAP = 7  # a line goes on after so many pixels, or after any …
INKED = 0.85  # … that are ink over this share: strokes cross it there, …
LONGEST = 6.0  # … but no more than so many lengths of the shortest piece
BROKEN = 1.3  # a long line goes on even after so many that lack
OFF = 2.0  # pixels by which what goes on may be above or beneath …
LEAN = 0.05  # … and so many more for each pixel between
ASIDE = 5.0  # a pixel above or beneath counts as so many between
BENT = 2.0  # a piece is bent that is spread so many times as wide as its thickness lets expect …
GRAIN = 0.5  # … and so many square pixels
STRAY = 0.015  # an unbroken part leaves a straight line by no more than this share of its length …
STRAY_LEAST = 1.5  # … and so many pixels
FARTHEST = 200  # it is prolonged by no more pixels …
PROLONGED = 0.5  # … and by less than this share of its length
COVERED = 0.93  # so much of a line is ink …
CURVED = 16.0  # … if it is no longer than so many lengths of a piece: long ones may be curved
SAMPLES = 24  # places between two pieces that are looked at for ink …
ALL_ALONG = 128  # … and on all of a line
MOST = 5000  # pieces that are looked at: the longest

Mask = NDArray[np.uint8]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Lines:
    """Lines that are about level.

    Args:
        labels: (H, W) uint16, the number of the line that a pixel is of, from 1; 0: of none.
        ends: (N + 1, 4), of each number x, y where the line begins, and x, y where it ends.
        long: (N + 1,), whether each is long by itself, not by what it was prolonged by.
    """

    labels: NDArray[np.uint16]
    ends: Floats
    long: NDArray[np.bool_]

    @property
    def mask(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 255 on 0: where they are."""
        return np.asarray(cv2.compare(self.labels, 0, cv2.CMP_GT))


def find_lines(
    mask: Mask, faint: Mask, thick: int, least: float, long: float, piece: float
) -> Lines:
    """Find lines across.

    Args:
        mask: (H, W) uint8, ink on 0.
        faint: the same, with all that is not surely paper.
        thick: pixels that a line is high, at most.
        least: the shortest line.
        long: from which length on a line may be broken.
        piece: the shortest piece of a line.
    """
    high = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((thick + 1, 1), np.uint8))
    wide = cv2.dilate(cv2.subtract(mask, high), np.ones((DRIFT, 1), np.uint8))
    if mask.shape[1] > piece:
        wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(piece)), np.uint8))
        found = parts(np.asarray(wide))
        ends, straight = _fitted(found)
        chosen = np.flatnonzero(straight)
        chosen = chosen[np.argsort(-found.boxes[chosen, 2], kind="stable")[:MOST]]
        ends = ends[chosen]
    if mask.shape[1] <= piece or not len(chosen):
        return Lines(np.zeros(mask.shape, np.uint16), np.zeros((1, 4)), np.zeros(1, bool))
    inked = cv2.dilate(faint, np.ones((DRIFT, 1), np.uint8)) > 0
    links, solid = _links(inked, ends, piece)
    number = _numbered(ends, links, solid, least, long)
    number = _whole(inked, _around(ends, number), CURVED * piece)[number]
    table = np.zeros(len(found.boxes), np.uint16)
    table[chosen] = number
    labels = table[found.labels]
    height = found.areas[chosen] / np.maximum(found.boxes[chosen, 2], 1)
    held = (number[links[:, 0]] > 0) & (number[links[:, 0]] == number[links[:, 1]])
    for one, other in links[held].tolist():
        high = float(height[one] + height[other]) / 2
        _draw(labels, (*ends[one, 2:], *ends[other, :2]), int(number[one]), high)
    lines = _around(ends, number)
    longer = _prolonged(inked, lines)
    mean = np.bincount(number, height) / np.maximum(np.bincount(number), 1)
    for line in np.flatnonzero((longer != lines).any(axis=1)).tolist():
        for old, new in ((lines[line, :2], longer[line, :2]), (lines[line, 2:], longer[line, 2:])):
            _draw(labels, (*old, *new), line, float(mean[line]))
    return Lines(labels, longer, lines[:, 2] - lines[:, 0] >= long)


def _whole(inked: NDArray[np.bool_], lines: Floats, curved: float) -> Ints:
    """New numbers of lines; 0 for those that are no ruling: strokes that happen to lie in a row."""
    x, y = along(lines)
    kept = (at(inked, x, y).mean(axis=1) >= COVERED) | (lines[:, 2] - lines[:, 0] >= curved)
    kept[0] = False
    return np.where(kept, np.cumsum(kept), 0)


def along(lines: Floats) -> tuple[Floats, Floats]:
    """Places x, y on each of lines (N, 4), from begin to end; each (N, …)."""
    share = np.linspace(0, 1, ALL_ALONG)
    begin, end = lines[:, :2, None], lines[:, 2:, None]
    x, y = (begin + (end - begin) * share).transpose(1, 0, 2)
    return x, y


def _draw(labels: NDArray[np.uint16], ends: tuple[float, ...], number: int, high: float) -> None:
    x, y, right, foot = np.rint(ends).astype(int).tolist()
    cv2.line(labels, (x, y), (right, foot), number, max(1, round(high)))


def _prolonged(inked: NDArray[np.bool_], lines: Floats) -> Floats:
    """The ends of lines, moved outwards as far as there is ink, as where others are crossed."""
    longer = lines.copy()
    length = lines[:, 2] - lines[:, 0]
    slope = (lines[:, 3] - lines[:, 1]) / np.maximum(length, 1)
    steps = np.arange(1, FARTHEST + 1)
    for end, way in ((0, -1), (2, 1)):
        x = lines[:, end, None] + way * steps
        y = lines[:, end + 1, None] + slope[:, None] * way * steps
        ink = at(inked, x, y) & (x >= 0) & (x < inked.shape[1])
        held = ink & (np.cumsum(ink, axis=1) >= INKED * steps)
        held &= steps < PROLONGED * length[:, None]
        reach = np.where(held, steps, 0).max(axis=1)
        reach[0] = 0
        longer[:, end] += way * reach
        longer[:, end + 1] += slope * way * reach
    longer[:, [1, 3]] = longer[:, [1, 3]].clip(0, len(inked) - 1)
    return longer


def at(ink: NDArray[Any], x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Whether there is ink at places; beyond the edges counts what is at the edge."""
    rows, columns = np.rint(y).astype(int), np.rint(x).astype(int)
    return np.asarray(ink[rows.clip(0, len(ink) - 1), columns.clip(0, ink.shape[1] - 1)] > 0)


def _fitted(found: Parts) -> tuple[Floats, NDArray[np.bool_]]:
    """Where parts begin and end, on straight lines through each; which of them are straight."""
    y, x = np.nonzero(found.labels)
    of = found.labels[y, x].astype(np.int64)
    count = len(found.boxes)
    pixels = np.maximum(np.bincount(of, minlength=count), 1)
    middle_x, middle_y = np.bincount(of, x, count) / pixels, np.bincount(of, y, count) / pixels
    across, down = x - middle_x[of], y - middle_y[of]
    spread = np.maximum(np.bincount(of, across * across, count), 1)
    shared = np.bincount(of, across * down, count)
    slope = shared / spread
    wide = (np.bincount(of, down * down, count) - slope * shared) / pixels
    left, right = found.boxes[:, 0], found.boxes[:, 0] + found.boxes[:, 2] - 1
    thick = found.areas / found.boxes[:, 2]
    straight = wide < BENT * thick**2 / 12 + GRAIN
    straight[0] = False
    tops, feet = middle_y + slope * (left - middle_x), middle_y + slope * (right - middle_x)
    return np.column_stack([left, tops, right, feet]), straight


def _links(inked: NDArray[np.bool_], ends: Floats, piece: float) -> tuple[Ints, NDArray[np.bool_]]:
    """Pairs (N, 2) of pieces, one after the other, that go on; which of them without a break."""
    left, y, right, foot = ends.T
    one, other = _level(y, foot, OFF + LEAN * LONGEST * piece)
    gap, off = left[other] - right[one], np.abs(y[other] - foot[one])
    fits = (gap > -piece) & (gap < LONGEST * piece) & (off < OFF + LEAN * np.abs(gap))
    fits &= left[other] > left[one]
    one, other, gap, off = one[fits], other[fits], np.abs(gap[fits]), off[fits]
    # of what may follow on each, the nearest; and only on the nearest of those that it may follow
    cost = gap + ASIDE * off
    nearest = _firsts(cost, one)
    nearest = nearest[_firsts(cost[nearest], other[nearest])]
    links, between = np.column_stack([one, other])[nearest], gap[nearest]
    share = np.linspace(0, 1, SAMPLES)
    x = right[links[:, :1]] * (1 - share) + left[links[:, 1:]] * share
    rows = foot[links[:, :1]] * (1 - share) + y[links[:, 1:]] * share
    solid = (between <= GAP) | (at(inked, x, rows).mean(axis=1) >= INKED)
    kept = solid | (between <= BROKEN * piece)
    return links[kept], solid[kept]


def _firsts(cost: Floats, of: Ints) -> Ints:
    """For each number in `of` the place where it has the least cost."""
    order = np.lexsort([cost, of])
    return order[np.diff(of[order], prepend=-1) > 0]


def _level(y: Floats, foot: Floats, most: float) -> tuple[Ints, Ints]:
    """Pairs of pieces where one ends no more than this above or beneath where the other begins."""
    order = np.argsort(y)
    first = np.searchsorted(y[order], foot - most)
    count = np.searchsorted(y[order], foot + most) - first
    one = np.repeat(np.arange(len(y)), count)
    place = np.arange(len(one)) - np.repeat(np.cumsum(count) - count, count)
    return one, order[first[one] + place]


def _numbered(
    ends: Floats, links: Ints, solid: NDArray[np.bool_], least: float, long: float
) -> Ints:
    """For each piece the number of its line, from 1; 0 for none."""
    count = len(ends)
    unbroken = joined(count, links[solid])
    first, last = np.full(count, np.inf), np.zeros(count)
    np.minimum.at(first, unbroken, ends[:, 0])
    np.maximum.at(last, unbroken, ends[:, 2])
    length = (last - first)[unbroken]
    length[_strays(ends, unbroken)[unbroken] > STRAY_LEAST + STRAY * length] = 0
    group = joined(count, links)
    is_long = np.isin(group, group[length >= long])
    line = np.where(is_long, group, np.where(length >= least, count + unbroken, -1))
    known = np.unique(line[line >= 0])
    return np.where(line >= 0, np.searchsorted(known, line) + 1, 0)


def _strays(ends: Floats, group: Ints) -> Floats:
    """By how much the ends of pieces leave the straight line through those of their group."""
    x, y = ends[:, [0, 2]].ravel(), ends[:, [1, 3]].ravel()
    of, count = np.repeat(group, 2), group.max() + 1
    pieces = np.bincount(of, minlength=count)
    across = x - (np.bincount(of, x) / pieces)[of]
    down = y - (np.bincount(of, y) / pieces)[of]
    slope = np.bincount(of, across * down) / np.maximum(np.bincount(of, across * across), 1)
    off = np.zeros(count)
    np.maximum.at(off, of, np.abs(down - slope[of] * across))
    return off


def _around(ends: Floats, number: Ints) -> Floats:
    """The ends of lines, from those of their pieces."""
    around = np.zeros((number.max() + 1, 4))
    order = np.argsort(ends[:, 0], kind="stable")[::-1]
    around[number[order], :2] = ends[order, :2]  # the leftmost is the last to be put
    order = np.argsort(ends[:, 2], kind="stable")
    around[number[order], 2:] = ends[order, 2:]
    around[0] = 0
    return around
