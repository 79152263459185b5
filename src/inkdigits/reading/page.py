"""A picture → the lines of writing in it, each cut out as a `Strip`."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.contrast import ink_mask, ink_strength, is_blank, is_light_on_dark
from inkdigits.reading.cutting import Place, cut
from inkdigits.reading.rows import Row, rows
from inkdigits.reading.rulings import Rulings
from inkdigits.reading.skew import Slopes, page_slope
from inkdigits.reading.strip import Strip

WORK_PIXELS = 2_000_000  # layout is done at this size
SMOOTH = 0.6  # a picture that is not made smaller than this has its grain smoothed
LINE_HEIGHT = 128  # pixels: a picture that is no higher is one line …
LINE_SHAPE = 12  # … if it is no wider than so many times its height

JOIN = 3  # bits of a mark nearer than so many pixels are one
FILLED = 0.1  # a digit covers more than this share of the box around it
SPECK = 0.22  # a mark is a speck if no side is longer than this share of a digit's height …
SPECK_SIDE = 4  # … or than so many pixels
HUGE = 4.0  # what is higher than so many digits is a picture, or the paper's edge
LONG = 1.8  # … and what is higher than so many, but slimmer than …
SLIM = 0.2  # … this share of its height, is the paper's edge, or a border
CROSSING = 1.3  # what is higher than so many digits is cut where a ruling crosses it …
CROSSED = 0.7  # … over this share of its width
MOST_MARKS = 3000  # that are looked at: the largest
MOST_STRIPS = 600  # that are given back: the largest
LEAST = 0.45  # a row is higher than this share of a digit's usual height …
LEAST_PIXELS = 7  # … and than so many pixels
MARGIN = 0.5  # paper at the ends of a strip, in heights of its band

TALL = 0.6  # marks at least as high as this share of the row's digits tell its band
BAND_MOST = 1.5  # the band is no higher than so many digits
TILTED = 0.03  # slope that the one line of a small picture may have
FILLS = 0.22  # … whose digits take at least this share of its height
WOBBLE = 0.12  # by how much digits stand off their line, in their height


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
    if height <= LINE_HEIGHT and width <= LINE_SHAPE * height:
        return _line(grey)
    return _page(grey)


def _page(grey: NDArray[np.uint8]) -> list[Strip]:
    """The lines of a page."""
    scale = min(1.0, float(np.sqrt(WORK_PIXELS / grey.size)))
    size = tuple(max(1, round(side * scale)) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    if scale > SMOOTH:
        small = cv2.GaussianBlur(small, (3, 3), 0)
    strength = ink_strength(small)
    turn = np.array([[1.0, 0, 0], [0, 1, 0]])
    slope = page_slope(ink_mask(strength))
    if slope:
        turn = _levelling(slope, size)
        size = tuple((np.abs(turn[:, :2]) @ size).astype(int).tolist())
        strength = cv2.warpAffine(strength, turn, size, flags=cv2.INTER_LINEAR)
    mask = ink_mask(strength)
    rulings = Rulings.of(mask, _typical_height(mask))
    rest = rulings.rest(ink_mask(strength, rulings.zone()))
    digit = _typical_height(rest)
    marks = _cut_at_rulings(_marks(rest, digit), rest, rulings.across, digit)
    found = [row for row in rows(marks, rulings) if row.height > max(LEAST * digit, LEAST_PIXELS)]
    found = sorted(found, key=lambda row: -row.height)[:MOST_STRIPS]
    slopes = _slopes(found, rulings, max(size))
    back = cv2.invertAffineTransform(turn)
    back = np.array([[1 / scale, 0, 0], [0, 1 / scale, 0]]) @ np.vstack([back, [0, 0, 1]])
    places = [_place(row, slopes, found) for row in found]
    places = _in_order(places)
    return [cut(grey, _in_picture(place, back)) for place in places]


def _line(grey: NDArray[np.uint8]) -> list[Strip]:
    """The one line of a small picture, as wide as that: no digit is lost at an edge."""
    strength = ink_strength(grey)
    if is_blank(strength):
        return []
    mask = ink_mask(strength, full=True)
    rulings = Rulings.of(mask, _typical_height(mask))
    rest = rulings.rest(mask)
    marks = _marks(rest, _typical_height(rest))
    height, width = grey.shape
    if not len(marks):
        return [cut(grey, Place(0, width, 0, height, 0))]
    row = Row(marks)
    _, _, slope, doubt = _fit(row)
    slope *= TILTED**2 / (TILTED**2 + doubt)
    top, bottom = _band(row, slope)
    if bottom - top < FILLS * height:  # bits of something else
        return [cut(grey, Place(0, width, 0, height, 0))]
    return [cut(grey, Place(0, width, top, bottom, slope))]


def _levelling(slope: float, size: tuple[int, int]) -> NDArray[np.float64]:
    """The turn that makes lines of this slope level and keeps all of the picture."""
    length = float(np.hypot(1, slope))
    cos, sin = 1 / length, slope / length
    turn = np.array([[cos, sin, 0], [-sin, cos, 0]])
    corners = turn[:, :2] @ np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]]])
    turn[:, 2] = -corners.min(axis=1)
    return turn


def _typical_height(mask: NDArray[np.uint8]) -> float:
    """The height of a digit, about: what is written has more ink than specks, and is no ruling."""
    stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:]
    width, height, area = stats[:, 2], stats[:, 3], stats[:, 4]
    some = (height >= 6) & (height > width / 3) & (area > FILLED * width * height)
    low = some & (height < len(mask) / 8)
    if 2 * height[low].sum() > height[some].sum():  # the edges of the paper do not count
        some = low
    if not some.any():
        return min(len(mask) / 2, 40.0)
    order = np.sort(height[some])
    weight = np.cumsum(order)
    return float(order[np.searchsorted(weight, weight[-1] / 2)])


def _marks(mask: NDArray[np.uint8], digit: float) -> NDArray[np.int32]:
    """What may be a digit or a part of one: (N, 4) x, y, width, height."""
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((JOIN, JOIN), np.uint8))
    stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2][1:]
    longer = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    kept = (longer > max(SPECK_SIDE, SPECK * digit)) & (stats[:, 3] < HUGE * digit)
    kept &= (stats[:, 3] < LONG * digit) | (stats[:, 2] > SLIM * stats[:, 3])
    boxes = stats[kept, :4]
    if len(boxes) > MOST_MARKS:
        boxes = boxes[np.argsort(-boxes[:, 3], kind="stable")[:MOST_MARKS]]
    return np.asarray(boxes, np.int32)


def _cut_at_rulings(
    boxes: NDArray[np.int32], mask: NDArray[np.uint8], across: NDArray[np.uint8], digit: float
) -> NDArray[np.int32]:
    """Cut what is too high for one digit where a ruling crosses it."""
    tall = boxes[:, 3] > CROSSING * digit
    parts = [boxes[~tall]]
    for x, y, width, height in boxes[tall]:
        ruled = across[y : y + height, x : x + width].mean(axis=1) > 255 * CROSSED
        ink = mask[y : y + height, x : x + width].any(axis=1) & ~ruled
        edges = np.flatnonzero(np.diff(np.concatenate([[False], ink, [False]])))
        for start, end in edges.reshape(-1, 2):
            if end - start > SPECK_SIDE:
                left, _, wide, _ = cv2.boundingRect(mask[y + start : y + end, x : x + width])
                parts.append(np.array([[x + left, y + start, wide, end - start]], np.int32))
    return np.concatenate(parts)


def _slopes(found: list[Row], rulings: Rulings, size: float) -> Slopes:
    """The slopes of lines over a page, told by long rows and rulings."""
    seen = [_fit(row) for row in found if len(row.boxes) >= 5]
    lines = np.array(seen).reshape(-1, 4)
    return Slopes.of(np.vstack([lines, _ruled(rulings.across)]), size)


def _fit(row: Row) -> tuple[float, float, float, float]:
    """Middle, slope and the variance of the slope of a row."""
    tall = row.boxes[row.boxes[:, 3] >= TALL * row.height]
    x = tall[:, 0] + tall[:, 2] / 2
    y = tall[:, 1] + tall[:, 3] / 2
    off = x - x.mean()
    spread = float(off @ off)
    wobble = (WOBBLE * row.height) ** 2
    if spread < row.height**2:
        return float(x.mean()), float(y.mean()), 0.0, 1.0
    return float(x.mean()), float(y.mean()), float(off @ y) / spread, wobble / spread


def _ruled(across: NDArray[np.uint8]) -> NDArray[np.float64]:
    """As `_fit`, for rulings."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(across, connectivity=8)
    y, x = np.nonzero(across)
    of = labels[y, x]
    number = np.maximum(np.bincount(of, minlength=count), 1)
    mean_x = np.bincount(of, x, count) / number
    mean_y = np.bincount(of, y, count) / number
    off = x - mean_x[of]
    spread = np.bincount(of, off * off, count)
    slope = np.bincount(of, off * y, count) / np.maximum(spread, 1)
    long = stats[:, cv2.CC_STAT_WIDTH] >= 60
    long[0] = False
    doubt = (1.0 / np.maximum(stats[:, cv2.CC_STAT_WIDTH], 1)) ** 2
    return np.column_stack([mean_x, mean_y, slope, doubt])[long]


def _place(row: Row, slopes: Slopes, found: list[Row]) -> Place:
    """Where a row is, and how it slopes: by its own marks, and by the page."""
    x, y, slope, doubt = _fit(row)
    page = slopes.at(x, y)
    weight = 1e-4 / (1e-4 + doubt)
    slope = weight * slope + (1 - weight) * page
    top, bottom = _band(row, slope)
    margin = MARGIN * (bottom - top)
    left = float(row.boxes[:, 0].min()) - margin
    right = float((row.boxes[:, 0] + row.boxes[:, 2]).max()) + margin
    return Place(left, right, top + slope * left, bottom + slope * left, slope)


def _band(row: Row, slope: float) -> tuple[float, float]:
    """Where the tallest marks begin and end, at column 0 of a slope."""
    height = row.height
    tall = row.boxes[row.boxes[:, 3] >= TALL * height]
    tops = tall[:, 1] - slope * (tall[:, 0] + tall[:, 2] / 2)
    feet = tops + tall[:, 3]
    middle = float(np.median((tops + feet) / 2))
    top = max(float(tops.min()), middle - BAND_MOST * height / 2 * 1.2)
    bottom = min(float(feet.max()), middle + BAND_MOST * height / 2 * 1.2)
    return top, bottom


def _in_picture(place: Place, back: NDArray[np.float64]) -> Place:
    """A place on the levelled page as one in the picture."""
    turn = back[:, :2]
    start = turn @ [place.left, place.top] + back[:, 2]
    end = turn @ [place.right, place.top + place.slope * (place.right - place.left)] + back[:, 2]
    foot = turn @ [place.left, place.bottom] + back[:, 2]
    slope = float((end[1] - start[1]) / (end[0] - start[0]))
    # the foot is not straight beneath the top: its row at the column of the top
    bottom = foot[1] + slope * (start[0] - foot[0])
    return Place(float(start[0]), float(end[0]), float(start[1]), float(bottom), slope)


def _in_order(places: list[Place]) -> list[Place]:
    """From top to foot, and from left to right what is side by side."""
    return sorted(places, key=lambda place: (place.top, place.left))
