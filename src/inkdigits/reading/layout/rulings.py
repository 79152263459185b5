"""Ruled lines, borders of cells, sides of boxes: found, and taken out of the ink.

A ruling is thin and straight. Strokes that cross it stay whole: where there is ink on both sides of
what is taken out, the gap is closed again.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.combs import find_combs
from inkdigits.reading.layout.lines import Lines, along, find_lines
from inkdigits.reading.layout.squared import Squared, find_squared

LENGTH = 3.0  # a ruling is longer than so many heights of a digit …
SHORTEST = 40  # … and than so many pixels
THICK = 0.2  # it is thinner than this share of a digit's height …
BLUR = 4  # … and so many pixels
PIECE = 0.75  # it is made of pieces longer than so many heights of a digit …
LEAST_PIECE = 14  # … and than so many pixels …
OF_SQUARE = 0.7  # … or, on squared paper, than this share of a square

EDGE = 3  # pixels of its blurred edges that go with it, half of them at either side
BESIDE = 3  # pixels of ink in it that stay where a stroke ends on it …
OVER = 11  # … and all, where a stroke goes on within so many pixels

SIDE = 0.8  # the side of a box is longer than so many heights of a digit, if …
REACH = 5  # … it ends within so many pixels of lines across …
END = 8  # … and so near to their ends, or if it is a comb's
TOLD = 60  # pixels: longer lines tell how the page slopes


@dataclass(frozen=True)
class Rulings:
    """What is ruled on a page.

    Args:
        across: (H, W) uint8, 255 on 0: lines that are about level.
        down: (H, W) uint8, 255 on 0: lines that are about upright.
        levels: (N, 6) float64, for each line across x, y of its middle, its slope, the variance of
            that, and the columns where it begins and ends.
        combs: (N, 4) int32, x, y, width, height of boxes that are divided in places for one digit
            each.
        squared: where paper is squared, if it is.
    """

    across: NDArray[np.uint8]
    down: NDArray[np.uint8]
    levels: NDArray[np.float64]
    combs: NDArray[np.int32]
    squared: Squared | None

    @classmethod
    def of(cls, mask: NDArray[np.uint8], faint: NDArray[np.uint8], digit: float) -> "Rulings":
        """Find them.

        Args:
            mask: (H, W) uint8, ink on 0.
            faint: (H, W) uint8, on 0, all that is not surely paper.
            digit: height of a digit, pixels, about.
        """
        thick = round(THICK * digit) + BLUR
        long, piece = max(SHORTEST, LENGTH * digit), max(LEAST_PIECE, PIECE * digit)
        squared = find_squared(faint)
        if squared:
            piece = min(piece, OF_SQUARE * squared.side)
        short = max(SHORTEST / 2, SIDE * digit)
        lines = find_lines(mask, faint, thick, long, long, piece)
        turned = np.ascontiguousarray(mask.T), np.ascontiguousarray(faint.T)
        upright = find_lines(*turned, thick, short, long, piece)
        ends = upright.ends[:, [1, 0, 3, 2]]
        sides, crossing = _held(ends, lines)
        chosen = sides | crossing | upright.long
        down = np.ascontiguousarray((chosen[upright.labels] * np.uint8(255)).T)
        found = [] if squared else list(find_combs(lines, faint, thick))
        for comb in found:
            for x, y, foot, width in np.rint(comb.teeth).astype(int).tolist():
                cv2.line(down, (x, y), (x, foot), 255, width)
        boxes = np.array([comb.box for comb in found], np.int32).reshape(-1, 4)
        return cls(lines.mask, down, _levels(lines), boxes, squared)

    @property
    def borders(self) -> "Rulings":
        """Those that part numbers: all but the lines of squared paper."""
        if not self.squared:
            return self
        x, y, width, height = self.squared.box
        across, down = self.across.copy(), self.down.copy()
        for lines in (across, down):
            lines[y : y + height, x : x + width] = 0
        return replace(self, across=across, down=down)

    @property
    def mask(self) -> NDArray[np.uint8]:
        """(H, W) uint8, 255 on 0: all of them."""
        return np.asarray(cv2.bitwise_or(self.across, self.down))

    def rest(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The ink without them, but with the strokes that cross them."""
        rest = mask
        for lines, way in ((self.across, (1, 0)), (self.down, (0, 1))):
            if lines.any():
                rest = _without(rest, lines, np.array(way))
        return rest


def _without(
    mask: NDArray[np.uint8], lines: NDArray[np.uint8], way: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Take lines out; `way` is (rows, columns) of a step from one side of them to the other."""
    zone = cv2.dilate(lines, np.ones((EDGE - 1) * way + 1, np.uint8))
    rest = cv2.subtract(mask, zone)
    ends = rest
    for _ in range(BESIDE):
        ends = cv2.bitwise_and(cv2.dilate(ends, np.ones(2 * way + 1, np.uint8)), mask)
    over = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((OVER - 1) * way + 1, np.uint8))
    strokes = cv2.bitwise_and(cv2.bitwise_and(cv2.bitwise_or(ends, over), zone), mask)
    return np.asarray(cv2.bitwise_or(rest, strokes))


def _held(
    upright: NDArray[np.float64], lines: Lines
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Of upright lines that reach from a line across to another, those that are sides of boxes.

    Returns:
        Those that do so at an end of both; and those that cross others.
    """
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    near = cv2.dilate(lines.labels, around)
    x, y, last, foot = np.rint(upright.T).astype(int)
    above, below = near[y, x], near[foot, last]
    held = np.asarray((above > 0) & (below > 0))
    held[0] = False
    columns, rows = (np.rint(places).astype(int) for places in along(upright))
    met = near[rows, columns]
    crossing = ((met > 0) & (met != above[:, None]) & (met != below[:, None])).any(axis=1)
    sides = held.copy()
    for which, place in ((above, x), (below, last)):
        left, right = lines.ends[which, 0], lines.ends[which, 2]
        sides &= (np.abs(place - left) <= END) | (np.abs(right - place) <= END)
    return sides, held & crossing


def _levels(lines: Lines) -> NDArray[np.float64]:
    """Middle, slope and its variance, begin and end of lines across."""
    left, y, right, foot = lines.ends[lines.ends[:, 2] - lines.ends[:, 0] >= TOLD].T
    slope = (foot - y) / (right - left)
    middle = (left + right) / 2, (y + foot) / 2
    return np.column_stack([*middle, slope, 1 / (right - left) ** 2, left, right])
