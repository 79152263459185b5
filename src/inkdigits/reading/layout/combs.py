"""Combs: rows of places for one digit each, parted by upright lines that are evenly apart.

The lines reach from one level line to the next, or are short teeth on one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.lines import Lines, along, at

REGULAR = 0.15  # their lines are as far apart as each other, within this share, …
EVEN = 0.2  # … and begin at one height, within this share of their length …
EVEN_LEAST = 2.5  # … or so many pixels
FEWEST = 3  # there are at least so many of them
SKIPPED = 3  # of them, so many beside each other may be hidden by digits
DIVIDED = 0.4  # they are seen over at least this share of the level line, …
ENDS = 0.25  # … which ends where one is or may be, within this share of what they are apart
WIDE = 1.5  # they are no wider, with their blur, than so many times what a line is
SECONDS = 4  # so many that may follow on one are tried
SHORTEST = 4  # pixels that they rise above it

LONG = (0.85, 2.4)  # between level lines they are so many times as long as they are apart, …
TEETH = (0.12, 0.6)  # … as teeth so many times; …
FREE = 2.0  # … then there is no other level line within so many times their length
UNDER, CLEAR = 6, 0.3  # … and so many pixels under the line there is ink over less than this share
ROOM = 1.7  # above teeth there may be digits as high as so many times what they are apart

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comb:
    """A comb.

    Args:
        box: x, y, width, height of all its places.
        teeth: (N, 4), of its upright lines x, y of the top, y of the foot, and the width.
    """

    box: tuple[int, int, int, int]
    teeth: Floats


def find_combs(lines: Lines, ink: NDArray[np.uint8], thick: int) -> Iterator[Comb]:
    """Find them.

    Args:
        lines: the level lines.
        ink: (H, W) uint8, on 0.
        thick: pixels that their upright lines are wide, at most.
    """
    rise = _rise(ink)
    for line in range(1, len(lines.ends)):
        left, y, right, foot = lines.ends[line]
        for boxed, long in ((True, LONG), (False, TEETH)):
            if not boxed and _has_beneath(lines.ends[line], ink):
                continue
            places = _standing(line, lines, rise, round(WIDE * thick), boxed=boxed)
            for row in _regular(places, long, (left, right)):
                teeth = _every(places[row], left, right)
                top = teeth[:, 1].min()
                if not boxed:
                    top = min(y, foot) - ROOM * float(np.diff(np.sort(teeth[:, 0])).min())
                yield Comb(_box(left, top, right, max(y, foot)), teeth)


def _has_beneath(line: Floats, ink: NDArray[np.uint8]) -> bool:
    """Whether there is ink under a line: then it runs through print."""
    x, y = along(line[None])
    return bool(at(ink, x, y + UNDER).mean() > CLEAR)


def _rise(ink: NDArray[np.uint8]) -> NDArray[np.int32]:
    """How many pixels of ink there are upwards from each pixel without a break; (H, W)."""
    rise = (ink > 0).astype(np.int32)
    for above, row in pairwise(rise):
        row += above * row
    return rise


def _standing(
    line: int, lines: Lines, rise: NDArray[np.int32], most: int, *, boxed: bool
) -> Floats:
    """What stands on a line and is narrow, as `Comb.teeth`.

    Args:
        line: the line's number.
        lines: all level lines.
        rise: as from `_rise`.
        most: how wide it is at most.
        boxed: whether it reaches to the next line, or there is none near.
    """
    left, y, right, foot = lines.ends[line]
    x = np.arange(max(int(left), 0), min(int(right) + 1, rise.shape[1]))
    on = np.rint(y + (foot - y) * (x - left) / max(right - left, 1)).astype(int)
    high = rise[on.clip(0, len(rise) - 1), x]
    least = int(np.median(high)) + SHORTEST
    found = []
    for start, end in _runs(high >= least):
        middle, tall = (start + end) // 2, int(high[start:end].max())
        column = lines.labels[max(on[middle] - round(FREE * tall), 0) : on[middle], x[middle]]
        others = np.flatnonzero((column > 0) & (column != line))
        away = len(column) - int(others[-1]) if len(others) else 0
        if not boxed and not away and end - start <= most:
            found.append((x[middle], on[middle] - tall, on[middle], end - start))
        elif boxed and away and tall > away - SHORTEST:
            # beside it a digit may stand on the line
            for begin, stop in _runs(high[start:end] > away - SHORTEST):
                if stop - begin <= most:
                    middle = start + (begin + stop) // 2
                    found.append((x[middle], on[middle] - away, on[middle], stop - begin))
    return np.array(found, float).reshape(-1, 4)


def _runs(chosen: NDArray[np.bool_]) -> list[list[int]]:
    """Where they begin and end."""
    edges = np.diff(np.concatenate([[False], chosen, [False]]))
    bounds: list[list[int]] = np.flatnonzero(edges).reshape(-1, 2).tolist()
    return bounds


def _regular(
    upright: Floats, long: tuple[float, float], ends: tuple[float, float]
) -> Iterator[list[int]]:
    """Rows of upright lines that are evenly apart, all along a level line; from left to right.

    Args:
        upright: as `Comb.teeth`, from left to right.
        long: how many times as long as apart they are, from … to ….
        ends: where the level line begins and ends.
    """
    free = np.ones(len(upright), bool)
    least = DIVIDED * (ends[1] - ends[0])
    for first in np.flatnonzero(upright[:, 0] <= ends[1] - least).tolist():
        row = max(_rows(upright, first, long), key=len, default=[]) if free[first] else []
        if len(row) < FEWEST or upright[row[-1], 0] - upright[first, 0] < least:
            continue  # digits
        numbers = _numbers(upright[row])
        pitch = (upright[row[-1], 0] - upright[first, 0]) / numbers[-1]
        beyond = np.abs(upright[[row[0], row[-1]], 0] - ends) / pitch
        if (np.abs(beyond - np.rint(beyond)) < ENDS).all():
            free[row] = False
            yield row


def _numbers(teeth: Floats) -> Floats:
    """The place of each in its row, from 0; the second follows on the first."""
    x = teeth[:, 0]
    return np.append(0, np.cumsum(np.rint(np.diff(x) / (x[1] - x[0]))))


def _every(teeth: Floats, left: float, right: float) -> Floats:
    """All upright lines of a comb, those that digits hide too."""
    numbers = _numbers(teeth)
    pitch, start = np.polyfit(numbers, teeth[:, 0], 1)
    before, after = round((start - left) / pitch), round((right - start) / pitch)
    every = np.arange(-before, after + 1)
    hidden = every[~np.isin(every, numbers)]
    like = teeth[np.abs(numbers - hidden[:, None]).argmin(axis=1)].copy()
    like[:, 0] = start + hidden * pitch
    return np.vstack([teeth, like])


def _rows(upright: Floats, first: int, long: tuple[float, float]) -> Iterator[list[int]]:
    """Rows that begin with one upright line, each with another one after it."""
    x, top, foot, _ = upright[first]
    apart, length = upright[:, 0] - x, foot - top
    even = np.abs(upright[:, 1] - top) < max(EVEN * length, EVEN_LEAST)
    seconds = np.flatnonzero(even & (apart > length / long[1]) & (apart < length / long[0]))
    for second in seconds[:SECONDS].tolist():
        row, pitch = [first, second], apart[second]
        while (after := _next(upright, row[-1], pitch)) is not None:
            row.append(after)
        yield row


def _next(upright: Floats, last: int, pitch: float) -> int | None:
    """What goes on to the right of an upright line, where there is one."""
    x, top, foot, _ = upright[last]
    apart = upright[:, 0] - x
    steps = np.rint(apart / pitch)
    fits = (steps >= 1) & (steps <= SKIPPED) & (np.abs(apart - steps * pitch) < REGULAR * pitch)
    fits &= np.abs(upright[:, 1] - top) < max(EVEN * (foot - top), EVEN_LEAST)
    after = np.flatnonzero(fits)
    return int(after[0]) if len(after) else None


def _box(left: float, top: float, right: float, foot: float) -> tuple[int, int, int, int]:
    x, y = max(round(left), 0), max(round(top), 0)
    return x, y, round(right) + 1 - x, round(foot) + 1 - y
