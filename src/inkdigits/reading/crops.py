"""Single digits out of a line, so that the recogniser of digits can look at each."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.reading.ctc import Span
from inkdigits.reading.line import BAND, STRIDE

NEAR = 1  # the channel of a patch in which faint ink is told best
PAPER = 76  # values of that channel below it are paper and its texture
WIDEST = 1.1  # a digit reaches at most so far from its middle to either side, in bands / 2


class Crop(NamedTuple):
    """A digit of a line.

    Args:
        patch: (28, 28) float32 in [0, 1], as the recogniser of digits sees it.
        left: column of the line's patch where the digit begins.
        top: row.
        right: column where it ends.
        bottom: row.
    """

    patch: NDArray[np.float32]
    left: int
    top: int
    right: int
    bottom: int


def cut(patch: NDArray[np.uint8], spans: Sequence[Span]) -> list[Crop]:
    """Cut the marks out of a line, where there is the least ink between them.

    Args:
        patch: (32, W, 2) uint8, as from `line_patch`.
        spans: the frames of each mark, from left to right.

    Returns:
        One for each mark; one without ink has a blank patch.
    """
    ink = cv2.threshold(patch[:, :, NEAR], PAPER, 255, cv2.THRESH_TOZERO)[1]
    sums = ink.sum(axis=0, dtype=np.int64)
    middles = [STRIDE * (start + end) / 2 for start, end in spans]
    reach = WIDEST * BAND / 2
    width = patch.shape[1]
    crops = []
    for index, middle in enumerate(middles):
        left = max(0, round(middle - reach))
        right = min(width, round(middle + reach) + 1)
        if index:
            left = max(left, _valley(sums, middles[index - 1], middle))
        if index + 1 < len(middles):
            right = min(right, _valley(sums, middle, middles[index + 1]) + 1)
        right = max(right, left + 1)
        crops.append(_crop(ink[:, left:right], left))
    return crops


def _valley(sums: NDArray[np.int64], start: float, end: float) -> int:
    """The column with the least ink between two marks; of several, the one in their middle."""
    first, last = int(start) + 1, max(int(end), int(start) + 2)
    part = sums[first:last]
    if not len(part):
        return first
    lowest = np.flatnonzero(part == part.min())
    return first + int(lowest[len(lowest) // 2])


def _crop(ink: NDArray[np.uint8], left: int) -> Crop:
    box = normalize.locate(ink)
    if box is None:
        nothing = np.zeros((normalize.PATCH, normalize.PATCH), np.float32)
        return Crop(nothing, left, 0, left + ink.shape[1], len(ink))
    patch = normalize.normalize_box(ink, box)
    return Crop(patch, left + box.x, box.y, left + box.x + box.width, box.y + box.height)
