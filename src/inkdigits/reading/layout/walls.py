"""What parts numbers that stand side by side: borders; and what does not: the sides of combs."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.rulings import Rulings

COVER = 0.55  # a border parts two marks where it covers this share of the height that they share
LEAST_SHARED = 3  # pixels of height; marks that share less are taken as high as both
ENDS = 2  # pixels to both sides of a comb's ends that are borders
APART = 2  # pixels between a strip and the border that it ends at

Boxes = NDArray[np.int32]


class Walls:
    """Where borders are, and combs."""

    def __init__(self, rulings: Rulings) -> None:
        self._combs = np.zeros(rulings.down.shape, np.uint16)
        down = rulings.down
        if len(rulings.combs):
            down = down.copy()
        for number, (x, y, width, height) in enumerate(rulings.combs, 1):
            self._combs[y : y + height, x : x + width] = number
            down[y : y + height, x : x + width] = 0
            for end in (x, x + width):
                down[y : y + height, max(end - ENDS, 0) : end + ENDS] = 255
        self._any = bool(down.any())
        self._sums = cv2.integral(cv2.min(down, 1))

    def comb(self, boxes: Boxes) -> NDArray[np.uint16]:
        """In which comb boxes are, from 1; 0 in none."""
        middle = boxes[:, :2] + boxes[:, 2:] // 2
        return np.asarray(self._combs[middle[:, 1], middle[:, 0]])

    def between(self, one: Boxes, other: Boxes) -> NDArray[np.bool_]:
        """Whether a border is between boxes, pair by pair."""
        if not self._any:
            return np.zeros(len(one), bool)
        middles = one[:, 0] + one[:, 2] // 2, other[:, 0] + other[:, 2] // 2
        left, right = np.minimum(*middles), np.maximum(*middles)
        tops, feet = (one[:, 1], other[:, 1]), (one[:, 1] + one[:, 3], other[:, 1] + other[:, 3])
        top, foot = np.maximum(*tops), np.minimum(*feet)
        apart = foot - top < LEAST_SHARED
        top = np.where(apart, np.minimum(*tops), top)
        foot = np.where(apart, np.maximum(*feet), foot)
        sums = self._sums
        pixels = sums[foot, right] - sums[top, right] - sums[foot, left] + sums[top, left]
        return np.asarray(pixels >= COVER * (foot - top))

    def room(self, box: tuple[int, int, int, int], margin: int) -> tuple[int, int]:
        """The columns from which to which a box x, y, width, height may be widened."""
        x, y, width, height = box
        columns = self._sums.shape[1] - 1
        left, right = max(x - margin, 0), min(x + width + margin, columns)
        if not self._any:
            return x - margin, x + width + margin
        low = 2 * APART  # a border that leans is told by a few columns together
        ends = np.arange(left, right + 1)
        starts = np.maximum(ends - low, 0)
        sums, foot = self._sums, min(y + height, len(self._sums) - 1)
        cover = sums[foot, ends] - sums[y, ends] - sums[foot, starts] + sums[y, starts]
        walled = ends[cover >= COVER * (foot - y)]
        before = walled[walled < x + low]
        after = walled[walled > x + width]
        first = min(int(before.max()), x) if len(before) else x - margin
        last = max(int(after.min()) - low, x + width) if len(after) else x + width + margin
        return first, last
