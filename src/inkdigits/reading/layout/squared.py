"""Squared paper: its lines part nothing, and its squares are no places for digits."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SIDES = (8, 90)  # pixels of a square, from … to …
SQUARE = 0.25  # it is no longer than wide, or wider than long, by more than this share …
FULL = 0.75  # … and takes more than this share of the box around it
ALIKE = 0.2  # squares differ by no more than this share
FEWEST = 150  # of them make squared paper, …
STACKED = 0.5  # … if under this share of them, unlike in combs, there is one more, …
BENEATH = (0.8, 1.5)  # … by so many of their sides, from … to …
SEEN = 300  # about so many are looked at for that


class Squared(NamedTuple):
    """Where paper is squared.

    Args:
        side: of a square, pixels.
        box: x, y, width, height of all that is squared.
    """

    side: float
    box: tuple[int, int, int, int]


def find_squared(faint: NDArray[np.uint8]) -> Squared | None:
    """Find it.

    Args:
        faint: (H, W) uint8, on 0, all that is not surely paper.
    """
    paper = cv2.compare(faint, 0, cv2.CMP_EQ)
    _, _, stats, _ = cv2.connectedComponentsWithStats(paper, connectivity=4)
    _, _, width, height, area = stats[1:].T
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    square = (longer <= SIDES[1]) & (shorter >= SIDES[0]) & (longer - shorter <= SQUARE * longer)
    cells = stats[1:][square & (area >= FULL * width * height)]
    if len(cells) < FEWEST:
        return None
    side = float(np.median(cells[:, 2:4]))
    cells = cells[np.abs(cells[:, 2:4] - side).max(axis=1) <= ALIKE * side + 1]
    if len(cells) < FEWEST or not _are_stacked(cells, side):
        return None
    x, y = cells[:, :2].min(axis=0).tolist()
    right, foot = (cells[:, :2] + cells[:, 2:4]).max(axis=0).tolist()
    return Squared(side, (x, y, right - x, foot - y))


def _are_stacked(cells: NDArray[np.int32], side: float) -> bool:
    """Whether squares are one under the other."""
    middle = cells[:, :2] + cells[:, 2:4] / 2
    some = middle[:: max(1, len(middle) // SEEN), None]
    across, down = np.moveaxis(middle - some, 2, 0) / side
    beneath = (np.abs(across) < ALIKE) & (down > BENEATH[0]) & (down < BENEATH[1])
    return bool(beneath.any(axis=1).mean() >= STACKED)
