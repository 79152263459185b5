"""A picture → the lines of writing in it, each cut out as a `Strip`."""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.layout.bands import band, between, fit
from inkdigits.reading.layout.contrast import (
    faint_mask,
    ink_mask,
    ink_strength,
    is_blank,
    is_light_on_dark,
)
from inkdigits.reading.layout.cutting import Place, cut, without_lines
from inkdigits.reading.layout.frames import HIGHER, borders, without_rules
from inkdigits.reading.layout.marks import marks, rough_height
from inkdigits.reading.layout.rows import Row, in_order, rows
from inkdigits.reading.layout.rulings import Rulings
from inkdigits.reading.layout.skew import Slopes, levelling, page_slope
from inkdigits.reading.layout.walls import Walls
from inkdigits.reading.strip import Strip

WORK_PIXELS = 2_000_000  # layout is done at this size
SMOOTH = 0.6  # a picture that is not made smaller than this has its grain smoothed
LEAST = 0.45  # a row is higher than this share of a digit's usual height …
LEAST_PIXELS = 7  # … and than so many pixels
LONGEST = 30  # … and shorter than so many times its own height: else it is a line of text
MOST = 3600  # so long are all rows together that are read, the highest first, in their heights …
EACH = 3  # … if each is counted for so many more
MARGIN = 0.5  # paper at the ends of a strip, in heights of its band
LONG_ROW = 5  # marks from which on a row tells how the page slopes
PAGE_SPREAD = 0.01  # by how much the slope of a line differs from what the page tells

LINE_HEIGHT = 128  # pixels: a picture that is no higher is one line …
LINE_SHAPE = 12  # … if it is no wider than so many times its height …
FILLS = 0.22  # … whose digits take at least this share of its height …
CLOSE_HEIGHT = 512  # pixels: a picture up to here is one line, seen from near, if its digits …
FILLS_CLOSE = 0.4  # … take at least this share of its height, and it is no higher than wide
TILTED = 0.03  # … and whose slope is of this size
WIDE = 1.25  # a picture that is wider than so many times its height may be a cell, with borders …
FRAMED = 0.85  # … if its digits take no more of its height than this
SURELY_LINE = 64  # pixels: a picture that is no higher holds no two lines


def find_strips(grey: NDArray[np.uint8]) -> list[Strip]:
    """Find the lines of writing in a picture, in the order in which they are read.

    Args:
        grey: (H, W) uint8, dark ink on light paper or light on dark.

    Returns:
        Strips with dark ink; none for a blank sheet.
    """
    if is_light_on_dark(grey):
        grey = cv2.bitwise_not(grey)
    height, width = grey.shape
    strips = None
    if width <= LINE_SHAPE * height:
        if height <= LINE_HEIGHT:
            strips = _line(grey, grey, FILLS)
        elif height <= CLOSE_HEIGHT and width >= height:
            size = (round(width * LINE_HEIGHT / height), LINE_HEIGHT)
            strips = _line(grey, cv2.resize(grey, size, interpolation=cv2.INTER_AREA), FILLS_CLOSE)
    return _page(grey) if strips is None else [replace(strip, alone=True) for strip in strips]


def _page(grey: NDArray[np.uint8]) -> list[Strip]:
    """The lines of a page."""
    scale = min(1.0, float(np.sqrt(WORK_PIXELS / grey.size)))
    size = tuple(max(1, round(side * scale)) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    if scale > SMOOTH:
        small = cv2.GaussianBlur(small, (3, 3), 0)
    strength = ink_strength(small)
    mask = ink_mask(strength)
    slope = page_slope(mask)
    turn, size = levelling(slope, (size[0], size[1]))
    if slope:
        strength = cv2.warpAffine(strength, turn, size, flags=cv2.INTER_LINEAR)
        mask = ink_mask(strength)
    rulings = Rulings.of(mask, faint_mask(strength), rough_height(mask))
    ink = rulings.rest(ink_mask(strength, mask))
    lines = rulings.borders
    boxes, digit = marks(ink, lines.mask)
    walls = Walls(lines)
    found = _readable(rows(boxes, rulings, walls), max(LEAST * digit, LEAST_PIXELS))
    told = np.array([fit(row) for row in found if len(row.boxes) >= LONG_ROW]).reshape(-1, 4)
    slopes = Slopes.of(np.vstack([told, rulings.levels[:, :4]]), max(size))
    back = cv2.invertAffineTransform(turn) / scale
    strips = []
    for row in found:
        strip = cut(grey, _place(row, slopes, walls).through(back))
        if walls.comb(row.boxes).any():
            strip = without_lines(strip, rulings.down, back)
        strips.append(strip)
    return strips


def _readable(found: list[Row], least: float) -> list[Row]:
    """Rows that may be a number, higher than this: the highest, as many as are read; in order."""
    lengths = [row.box[2] / row.height for row in found]
    chosen = [
        (row, length)
        for row, length in zip(found, lengths, strict=True)
        if row.height > least and length < LONGEST
    ]
    chosen.sort(key=lambda one: -one[0].height)
    total = np.cumsum([length + EACH for _, length in chosen])
    return in_order([row for row, _ in chosen[: int(np.searchsorted(total, MOST))]])


def _place(row: Row, slopes: Slopes, walls: Walls) -> Place:
    """Where a row is, and how it slopes: by its own marks, and by the page."""
    x, y, slope, doubt = fit(row)
    slope = between(slope, doubt, slopes.at(x, y), PAGE_SPREAD)
    top, bottom = band(row, slope)
    left, right = walls.room(row.box, round(MARGIN * (bottom - top)))
    return Place(left, right, top + slope * left, bottom + slope * left, slope)


def _line(grey: NDArray[np.uint8], small: NDArray[np.uint8], fills: float) -> list[Strip] | None:
    """The one line of a small picture, as wide as that: no digit is lost at an edge.

    Args:
        grey: (H, W) uint8, dark ink.
        small: the same, no higher than `LINE_HEIGHT`.
        fills: the least share of its height that its digits take.

    Returns:
        None if it holds several lines, or is larger than `small` and has digits that are too low.
    """
    strength = ink_strength(small)
    if is_blank(strength):
        return [] if small is grey else None
    mask = ink_mask(strength, full=True)
    rulings = Rulings.of(mask, faint_mask(strength), rough_height(mask))
    boxes, _ = marks(rulings.rest(mask), rulings.mask)
    height, width = small.shape
    if height > SURELY_LINE and _are_two(boxes, height):
        return None
    back = np.diag([grey.shape[1] / width, grey.shape[0] / height, 0])[:2]
    ways = [(boxes, 0, width, 1.0)]
    if width >= WIDE * height:
        ways.insert(0, (*_framed(mask, rulings), FRAMED))
    for found, left, right, most in ways:
        if len(found):
            row = Row(found)
            _, _, slope, doubt = fit(row)
            slope = between(slope, doubt, 0, TILTED)
            top, bottom = band(row, slope)
            if fills * height <= bottom - top <= most * height:
                return [cut(grey, Place(left, right, top, bottom, slope).through(back))]
    # nothing, or bits of something: it is told by the whole height
    return [cut(grey, Place(0, width, 0, height, 0))] if small is grey else None


def _framed(mask: NDArray[np.uint8], rulings: Rulings) -> tuple[NDArray[np.int32], int, int]:
    """What is written within the borders of a cell: its boxes, and the columns between them.

    What is as high as the digits is no border but may be a 1.
    """
    rest = without_rules(rulings.rest(mask))
    (left, of_left), (right, of_right) = borders(mask)
    inner = np.zeros_like(rest)
    inner[:, left + 1 : right] = rest[:, left + 1 : right]
    boxes, _ = marks(inner, rulings.mask)
    if not len(boxes):
        return boxes, 0, mask.shape[1]
    high = HIGHER * boxes[:, 3].max()
    if 0 < of_left < high or 0 < of_right < high:
        left = left if of_left >= high else -1
        right = right if of_right >= high else mask.shape[1]
        inner[:, left + 1 : right] = rest[:, left + 1 : right]
        boxes, _ = marks(inner, rulings.mask)
    return boxes, left + 1, right


def _are_two(boxes: NDArray[np.int32], height: int) -> bool:
    """Whether marks of a small picture stand in two lines, neither of them cut off."""
    tall = boxes[boxes[:, 3] >= FILLS * height]
    tall = tall[np.argsort(tall[:, 1], kind="stable")]
    tops, feet = tall[:, 1], np.maximum.accumulate(tall[:, 1] + tall[:, 3])
    if len(tall) < 2 or tops[0] <= 0 or feet[-1] >= height:
        return False
    return bool((tops[1:] > feet[:-1]).any())
