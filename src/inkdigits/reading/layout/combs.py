"""Combs: rows of places for one digit each, parted by upright lines that are evenly apart."""

import numpy as np
from numpy.typing import NDArray

LONG = (0.85, 2.4)  # their lines are so many times as long as they are apart, from … to …
REGULAR = 0.15  # … as far apart as each other, within this share …
EVEN = 0.2  # … and begin and end at one height, within this share of their length
FEWEST = 3  # there are at least so many of them


def combs(boxes: NDArray[np.int32], places: NDArray[np.int64]) -> list[list[int]]:
    """Find combs among upright lines.

    Args:
        boxes: (N, 4), x, y, width, height of lines.
        places: which of them may be a comb's.

    Returns:
        For each comb its lines, from left to right.
    """
    order = places[np.argsort(boxes[places, 0], kind="stable")]
    lines = boxes[order]
    free = np.ones(len(lines), bool)
    found = []
    for first in range(len(lines)):
        if not free[first]:
            continue
        teeth, pitch = [first], 0.0
        while (after := _next(lines, teeth[-1], pitch)) is not None:
            pitch = float(lines[after, 0] - lines[first, 0]) / len(teeth)
            teeth.append(after)
        if len(teeth) >= FEWEST:
            free[teeth] = False
            found.append(order[teeth].tolist())
    return found


def _next(lines: NDArray[np.int32], last: int, pitch: float) -> int | None:
    """The next line of a comb to the right of one, where there is one."""
    x, y, _, height = lines[last]
    apart = lines[:, 0] - x
    fits = (apart > height / LONG[1]) & (apart < height / LONG[0])
    if pitch:
        fits &= np.abs(apart - pitch) < REGULAR * pitch
    fits &= np.abs(lines[:, 1] - y) < EVEN * height
    fits &= np.abs(lines[:, 1] + lines[:, 3] - y - height) < EVEN * height
    places = np.flatnonzero(fits)
    return int(places[0]) if len(places) else None
