"""Ruled lines, borders of cells and boxes, combs: found, and taken out of the ink.

A ruling is thin and straight. Strokes that cross it stay whole: where there is ink on both sides of
what is taken out, the gap is closed again.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LENGTH = 3.0  # a ruling is longer than so many heights of a digit …
SHORTEST = 40  # … and than so many pixels
THICK = 0.28  # it is thinner than this share of a digit's height …
THINNEST = 7  # … or than so many pixels
PIECE = 0.75  # it is made of pieces longer than so many heights of a digit …
LEAST_PIECE = 14  # … and than so many pixels …
GAP = 7  # … that are no more than so many pixels apart
DRIFT = 3  # pixels that a piece of it, as long as has to be, may leave the level by
EDGE = 3  # pixels of its blurred edges that go with it, half of them at either side
BESIDE = 3  # pixels of ink in it that stay where a stroke ends on it …
OVER = 11  # … and all, where a stroke goes on within so many pixels
CROSSED = 1.0  # it may have gaps of so many heights of a digit where strokes cross it

SIDE = 3  # pixels of ink in it that stay where a stroke ends on it …
OVER = 11  # … and all, where a stroke goes on within so many pixels
CROSSED = 1.0  # it may have gaps of so many heights of a digit where strokes cross it
STROKE = 2  # pixels by which ink in it has to be thicker than it to be a stroke

SIDE = 0.8  # the side of a box is longer than so many heights of a digit, if …
REACH = 5  # … it ends within so many pixels of lines across

END = 8  # … and that near their ends

PITCHES = (0.85, 2.4)  # a comb's sides are so many times as long as they are apart
PLACE = 3.0  # … and no longer than so many heights of a digit
REGULAR = 0.15  # and as far apart as each other, within this share
FEWEST = 3  # there are at least so many of them


@dataclass(frozen=True)
class Rulings:
    """What is ruled on a page, (H, W) uint8 each, 255 on 0.

    Args:
        across: lines that are about level.
        down: lines that are about upright.
        combs: (N, 4), x, y, width, height of boxes that are divided in places for one digit each.
    """

    across: NDArray[np.uint8]
    down: NDArray[np.uint8]
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
        combs = np.zeros((0, 4), np.int32)
        if across.any():
            short = cv2.transpose(_lines(upright, max(SHORTEST / 2, SIDE * digit), piece, digit))
            sides, combs = _sides(short, across, PLACE * digit)
            down = cv2.bitwise_or(down, sides)
        return cls(across, np.asarray(down), combs)

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
    wide = cv2.dilate(thin, np.ones((DRIFT, 1), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(piece)), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(length)), np.uint8))
    gap = np.ones((1, round(CROSSED * digit)), np.uint8)
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


def _sides(
    down: NDArray[np.uint8], across: NDArray[np.uint8], most: float
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Of lines down, those that are sides of boxes, or of combs no higher than this; the combs.

    They reach from one line across to another: from end to end, or in a comb.
    """
    labels, stats = cv2.connectedComponentsWithStats(down, connectivity=8)[1:3]
    x, y, width, height = stats[:, :4].T
    middle, foot = x + width // 2, y + height - 1
    around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
    lines, line = cv2.connectedComponentsWithStats(across, connectivity=8)[1:3]
    lines = cv2.dilate(lines.astype(np.uint16), around)
    above, below = lines[y, middle], lines[foot, middle]
    held = (above > 0) & (below > 0)
    ends = held.copy()
    for which in (above, below):
        left, right = line[which, 0], line[which, 0] + line[which, 2]
        ends &= (np.abs(middle - left) <= END) | (np.abs(right - middle) <= END)
    ends[0] = held[0] = False
    combs, teeth = _combs(stats[:, :4], held & (height <= most))
    for comb, some in zip(combs, teeth, strict=True):
        ends[some] = True
        comb[0], comb[2] = line[above[some[0]], 0], line[above[some[0]], 2]
    return ends[labels].astype(np.uint8) * np.uint8(255), combs


def _combs(
    boxes: NDArray[np.int32], fit: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], list[list[int]]]:
    """Boxes that regular upright lines of one height divide, and which lines these are."""
    order = np.flatnonzero(fit)
    order = order[np.argsort(boxes[order, 0], kind="stable")]
    lines = boxes[order].astype(np.int32)
    used: list[list[int]] = []
    found: list[list[int]] = []
    free = np.ones(len(lines), bool)
    for first in range(len(lines)):
        if not free[first]:
            continue
        teeth = [first]
        pitch = 0.0
        while True:
            after = _next(lines, teeth[-1], pitch)
            if after is None:
                break
            pitch = float(lines[after, 0] - lines[teeth[0], 0]) / len(teeth)
            teeth.append(after)
        if len(teeth) >= FEWEST:
            free[teeth] = False
            used.append(order[teeth].tolist())
            x, y = lines[teeth, 0].min(), lines[teeth, 1].min()
            right = (lines[teeth, 0] + lines[teeth, 2]).max()
            foot = (lines[teeth, 1] + lines[teeth, 3]).max()
            found.append([x, y, right - x, foot - y])
    return np.array(found, np.int32).reshape(-1, 4), used


def _next(lines: NDArray[np.int32], last: int, pitch: float) -> int | None:
    """The next line of a comb to the right of one, where there is one."""
    x, y, _, height = lines[last]
    apart = lines[:, 0] - x
    fits = (apart > height / PITCHES[1]) & (apart < height / PITCHES[0])
    if pitch:
        fits &= np.abs(apart - pitch) < REGULAR * pitch
    fits &= (np.abs(lines[:, 1] - y) < 0.2 * height) & (
        np.abs(lines[:, 1] + lines[:, 3] - y - height) < 0.2 * height
    )
    places = np.flatnonzero(fits)
    return int(places[0]) if len(places) else None
