"""Ruled lines, borders of cells and boxes, combs: found, and taken out of the ink.

A ruling is thin and straight. Strokes that cross it stay whole: where there is ink on both sides of
what is taken out, the gap is closed again.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

LENGTH = 1.8  # a ruling is longer than so many heights of a digit …
SHORTEST = 24  # … and than so many pixels
THICK = 0.28  # it is thinner than this share of a digit's height …
THINNEST = 4  # … or than so many pixels
PIECE = 0.75  # it is made of pieces longer than so many heights of a digit …
GAP = 7  # … that are no more than so many pixels apart
DRIFT = 3  # pixels that a piece of it, as long as has to be, may leave the level by
EDGE = 3  # pixels of its blurred edges that go with it

SIDE = 0.8  # the side of a box is longer than so many heights of a digit, if …
REACH = 5  # … it ends within so many pixels of lines across

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
        length = max(SHORTEST, round(LENGTH * digit))
        across = _lines(thin, mask, length, max(PIECE * digit, SHORTEST / 2))
        down = _lines(thin.T, mask.T, length, max(PIECE * digit, SHORTEST / 2)).T
        short = max(SHORTEST // 2, round(SIDE * digit))
        if short < length and across.any():
            sides = _lines(thin.T, mask.T, short, PIECE * digit).T
            down = cv2.bitwise_or(down, _sides(sides, across))
        return cls(across, np.asarray(down), _combs(down, PLACE * digit))

    def rest(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The ink without them."""
        if not (self.across.any() or self.down.any()):
            return mask
        upright, level = np.ones((EDGE, 1), np.uint8), np.ones((1, EDGE), np.uint8)
        across, down = cv2.dilate(self.across, upright), cv2.dilate(self.down, level)
        rest = cv2.bitwise_and(mask, cv2.bitwise_not(cv2.bitwise_or(across, down)))
        gap = EDGE + THINNEST + 2
        over = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
        beside = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
        bridges = cv2.bitwise_or(cv2.bitwise_and(over, across), cv2.bitwise_and(beside, down))
        return np.asarray(cv2.bitwise_or(rest, cv2.bitwise_and(bridges, mask)))


def _lines(
    thin: NDArray[np.uint8], mask: NDArray[np.uint8], length: float, piece: float
) -> NDArray[np.uint8]:
    """Thin lines across, as long as this, made of pieces as long as that."""
    wide = cv2.dilate(np.ascontiguousarray(thin), np.ones((DRIFT, 1), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(piece)), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, np.ones((1, GAP), np.uint8))
    wide = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones((1, round(length)), np.uint8))
    return np.asarray(cv2.bitwise_and(wide, np.ascontiguousarray(mask)))


def _sides(down: NDArray[np.uint8], across: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of lines down, those that reach from one line across to another."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(down, connectivity=8)
    near = cv2.dilate(across, np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8))
    middle = stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH] // 2
    top = stats[:, cv2.CC_STAT_TOP]
    foot = top + stats[:, cv2.CC_STAT_HEIGHT] - 1
    held = (near[top, middle] > 0) & (near[foot, middle] > 0)
    held[0] = False
    return held[labels].astype(np.uint8) * np.uint8(255)


def _combs(down: NDArray[np.uint8], most: float) -> NDArray[np.int32]:
    """Boxes that regular upright lines of one height, no higher than this, divide."""
    stats = cv2.connectedComponentsWithStats(down, connectivity=8)[2][1:]
    order = np.argsort(stats[:, cv2.CC_STAT_LEFT], kind="stable")
    lines = stats[order, :4].astype(np.int32)
    lines = lines[lines[:, 3] <= most]
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
            x, y = lines[teeth, 0].min(), lines[teeth, 1].min()
            right = (lines[teeth, 0] + lines[teeth, 2]).max()
            foot = (lines[teeth, 1] + lines[teeth, 3]).max()
            found.append([x, y, right - x, foot - y])
    return np.array(found, np.int32).reshape(-1, 4)


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
