"""The border of a cell in a picture that somebody cut to it."""

import cv2
import numpy as np
from numpy.typing import NDArray

BESIDE = 0.25  # a border is within this share of the picture's shorter side from its end …
UNBROKEN = 0.75  # … and runs over this share of the height, at least …
HIGHER = 1.3  # … so many times the height of what is written, too
COVERED = 0.7  # a border above or below takes this share of the width, with gaps
LEANS = 1  # pixels to either side, by which a border leans or is not straight
GAP = 3  # pixels: a border is unbroken though so many are missing


def without_rules(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The ink of a small picture, (H, W), without the borders above and below."""
    height = len(mask)
    near = cv2.dilate(mask, np.ones((2 * LEANS + 1, 1), np.uint8))
    ruled = (near > 0).mean(axis=1) >= COVERED
    beside = round(BESIDE * min(mask.shape))
    inside = slice(beside, height - beside)
    ruled[inside] = False
    rest = mask.copy()
    rest[ruled] = 0
    return rest


def borders(mask: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Columns in which a border may stand to the left and to the right, and how long it is.

    Args:
        mask: the ink of a small picture, (H, W).

    Returns:
        Of each side: the column, and the pixels over which it is unbroken; none: −1 and W, 0
        pixels. Of several beside each other it is the innermost, of several apart the outermost.
    """
    height, width = mask.shape
    near = cv2.dilate(mask, np.ones((1, 2 * LEANS + 1), np.uint8))
    near = cv2.morphologyEx(near, cv2.MORPH_CLOSE, np.ones((GAP + 1, 1), np.uint8))
    runs = np.zeros(width, np.int64)
    run = np.zeros(width, np.int64)
    for row in near > 0:
        run = (run + 1) * row
        runs = np.maximum(runs, run)
    beside = round(BESIDE * min(mask.shape))
    left, of_left = _first(runs[:beside], height)
    right, of_right = _first(runs[::-1][:beside], height)
    return [(left, of_left), (width - 1 - right, of_right)]


def _first(runs: NDArray[np.int64], height: int) -> tuple[int, int]:
    """The last column of the first border from an end, and how long that is; −1 and 0: none."""
    there = runs >= UNBROKEN * height
    if not there.any():
        return -1, 0
    first = int(there.argmax())
    beside = np.append(there[first:], False)
    last = first + int((~beside).argmax()) - 1
    return last, int(runs[first : last + 1].max())
