"""Ruled lines, borders of cells, sides of boxes: found, and taken out of the ink.

A ruling is thin and straight. Strokes that cross it stay whole: where there is ink on both sides of
what is taken out, the gap is closed again.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.combs import combs
from inkdigits.reading.layout.parts import Parts, parts

LENGTH = 3.0  # a ruling is longer than so many heights of a digit …
SHORTEST = 40  # … and than so many pixels
THICK = 0.28  # it is thinner than this share of a digit's height …
THINNEST = 7  # … or than so many pixels
PIECE = 0.75  # it is made of pieces longer than so many heights of a digit …
LEAST_PIECE = 14  # … and than so many pixels …
GAP = 7  # … that are no more than so many pixels apart
CROSSED = 1.0  # … or heights of a digit, where strokes cross it
DRIFT = 3  # pixels that a piece of it, as long as has to be, may leave the level by

EDGE = 3  # pixels of its blurred edges that go with it, half of them at either side
BESIDE = 3  # pixels of ink in it that stay where a stroke ends on it …
OVER = 11  # … and all, where a stroke goes on within so many pixels

SIDE = 0.8  # the side of a box is longer than so many heights of a digit, if …
REACH = 5  # … it ends within so many pixels of lines across …
END = 8  # … and so near to their ends, or if it is a comb's
COMB = 2.0  # a comb is no higher than so many digits
DIVIDED = 0.4  # its sides are seen over at least this share of its length
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
    """

    across: NDArray[np.uint8]
    down: NDArray[np.uint8]
    levels: NDArray[np.float64]
    combs: NDArray[np.int32]

    @classmethod
    def of(cls, mask: NDArray[np.uint8], digit: float) -> "Rulings":
        """Find them.

        Args:
            mask: (H, W) uint8, ink on 0.
            digit: height of a digit, pixels, about.
        """
        thick = max(THINNEST, round(THICK * digit))
        block = np.ones((thick, thick), np.uint8)
        thin = cv2.subtract(mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, block))
        upright = cv2.transpose(thin)
        length, piece = max(SHORTEST, LENGTH * digit), max(LEAST_PIECE, PIECE * digit)
        across = _lines(thin, length, piece, digit)
        down = cv2.transpose(_lines(upright, length, piece, digit))
        if not across.any():
            return cls(across, down, np.zeros((0, 6)), np.zeros((0, 4), np.int32))
        short = cv2.transpose(_lines(upright, max(SHORTEST / 2, SIDE * digit), piece, digit))
        lines = parts(across)
        sides, boxes = _sides(parts(short), lines, COMB * digit)
        return cls(across, np.asarray(cv2.bitwise_or(down, sides)), _levels(lines), boxes)

    def zone(self) -> NDArray[np.uint8]:
        """Where they are, with some of what is beside them; (H, W) uint8, 255 on 0."""
        return np.asarray(
            cv2.dilate(cv2.bitwise_or(self.across, self.down), np.ones((EDGE, EDGE), np.uint8))
        )

    def rest(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The ink without them, but with the strokes that cross them."""
        rest = mask
        for lines, way in ((self.across, (1, 0)), (self.down, (0, 1))):
            if lines.any():
                rest = _without(rest, lines, np.array(way))
        return rest


def _lines(thin: NDArray[np.uint8], length: float, piece: float, digit: float) -> NDArray[np.uint8]:
    """Where thin lines across are, as long as this, made of pieces as long as that."""
    if thin.shape[1] < length:
        return np.zeros_like(thin)
    wide = cv2.dilate(thin, np.ones((DRIFT, 1), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(piece)), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(length)), np.uint8))
    gap = np.ones((1, max(1, round(CROSSED * digit))), np.uint8)
    return np.asarray(cv2.morphologyEx(wide, cv2.MORPH_CLOSE, gap))


def _without(
    mask: NDArray[np.uint8], lines: NDArray[np.uint8], way: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """Take lines out; `way` is (rows, columns) of a step from one side of them to the other."""
    zone = cv2.dilate(lines, np.ones((EDGE - 1) * way + 1, np.uint8))
    rest = cv2.subtract(mask, zone)
    ends = cv2.dilate(rest, np.ones(2 * BESIDE * way + 1, np.uint8))
    over = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((OVER - 1) * way + 1, np.uint8))
    strokes = cv2.bitwise_and(cv2.bitwise_and(cv2.bitwise_or(ends, over), zone), mask)
    return np.asarray(cv2.bitwise_or(rest, strokes))


def _sides(short: Parts, lines: Parts, most: float) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Of lines down, those that are sides of boxes, or of combs no higher than this; the combs.

    They reach from one line across to another: from end to end, or in a comb.
    """
    x, y, width, height = short.boxes.T
    middle, foot = x + width // 2, y + height - 1
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    near = cv2.dilate(lines.labels.astype(np.uint16), around)
    above, below = near[y, middle], near[foot, middle]
    held = (above > 0) & (below > 0)
    sides = held.copy()
    for which in (above, below):
        left, right = lines.boxes[which, 0], lines.boxes[which, 0] + lines.boxes[which, 2]
        sides &= (np.abs(middle - left) <= END) | (np.abs(right - middle) <= END)
    sides[0] = held[0] = False
    found = []
    for teeth in combs(short.boxes, np.flatnonzero(held & (height <= most))):
        # a comb is as long as the line above it
        left, long = lines.boxes[above[teeth[0]], [0, 2]]
        if middle[teeth[-1]] - middle[teeth[0]] < DIVIDED * long:
            continue  # digits as high as their cell
        sides[teeth] = True
        top = y[teeth].min()
        found.append((left, top, long, foot[teeth].max() + 1 - top))
    taken = sides[short.labels].astype(np.uint8) * np.uint8(255)
    return taken, np.array(found, np.int32).reshape(-1, 4)


def _levels(lines: Parts) -> NDArray[np.float64]:
    """Middle, slope and its variance, begin and end of lines across."""
    count = len(lines.boxes)
    y, x = np.nonzero(lines.labels)
    of = lines.labels[y, x].astype(np.int64)
    pixels = np.maximum(np.bincount(of, minlength=count), 1)
    middle_x = np.bincount(of, x, count) / pixels
    middle_y = np.bincount(of, y, count) / pixels
    off = x - middle_x[of]
    spread = np.maximum(np.bincount(of, off * off, count), 1)
    slope = np.bincount(of, off * y, count) / spread
    left, width = lines.boxes[:, 0], lines.boxes[:, 2]
    doubt = 1.0 / np.maximum(width, 1) ** 2
    found = np.column_stack([middle_x, middle_y, slope, doubt, left, left + width])
    return found[1:][width[1:] >= TOLD]
