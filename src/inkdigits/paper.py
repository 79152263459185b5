"""Grey pixels → ink pixels: which side is ink, and what is only paper.

Paper is what stays when the ink is taken away. A pen's stroke is narrow, so a morphological closing
(or an opening, for light ink) wider than any stroke leaves the paper alone, with its shadows and
gradients: the "top-hat" of mathematical morphology (Serra 1982). Of the two guesses, dark ink or
light ink, the right one is the one whose paper is even, along the border and over the area.
"""

from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

STROKE = 0.4  # no stroke is wider than this share of the longer side of the picture
WORK_SIDE = 96  # paper is estimated at this size: it has no detail worth more
DIMMEST = 0.25  # the deepest shadow that is made good, as a share of the brightest paper
NARROW = 0.25  # hardly a stroke is wider than this share; a closing as narrow takes less paper …
BROAD = 0.7  # … and what it leaves less than this share of is broad, as a shadow is
SOFT = 0.35  # within three pixels, a stroke's edge climbs at least this share of its own contrast …
SOFT_INSIDE = 0.2  # … and this in the middle, where a stroke may be blurred, but no shadow begins
SOFT_BROAD, SOFT_BROAD_INSIDE = 0.65, 0.5  # the same of what is broad
SHADOW_STEPS = 4  # a shadow's foot is looked for at most so often
FAINT = 0.15  # below this share of the strongest ink, nothing matters to what is read
MIN_CONTRAST = 14  # grey levels between paper and ink below which there is no ink …
NOISE = 6.5  # … and so many standard deviations of the paper's own noise
SMALL = 16  # a picture this small is one digit on even paper, and mostly edges: there is no grain
INK_SHARE = 0.2  # where more of the picture than this is ink, it is a tight cut
RAGGED = 0.04  # … if a median filter turns fewer pixels than this share: grain is all edges
RULE_LENGTH = 0.98  # a ruled line runs from border to border …
RULE_WIDTH = 0.04  # … and is no thicker than this share of the other side
RULE_PIXELS = 48  # smaller pictures hold no ruled lines


def find_ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Separate ink from paper, whichever is darker.

    Args:
        grey: (H, W) uint8.

    Returns:
        (H, W) uint8: 0 paper, 255 the strongest ink; all zeros for a blank sheet.
    """
    height, width = grey.shape
    if max(height, width) <= SMALL:
        return _find_small(grey)
    shrink = max(1.0, max(height, width) / WORK_SIDE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if shrink > 1 else grey
    dark, light = _Guess.of_dark_ink(small), _Guess.of_dark_ink(cv2.bitwise_not(small))
    ink_is_dark = dark.doubt <= light.doubt
    if not ink_is_dark:
        grey, small = cv2.bitwise_not(grey), cv2.bitwise_not(small)
    paper = _with_soft_shadows((dark if ink_is_dark else light).paper, small, ink_is_dark)
    if shrink > 1:
        # Enlarging blurs the edge of a shadow by a pixel; the blur must not count as ink.
        paper = cv2.erode(paper, np.ones((3, 3), np.uint8))
        paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    ink = _strength(cv2.subtract(paper, grey), paper, ink_is_dark)
    clean = _without_noise(ink, cv2.absdiff(paper, grey))
    return np.zeros_like(grey) if clean is None else _without_rules(clean)


def _find_small(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Do what `find_ink` does for a few pixels: the paper is the lightest or the darkest."""
    least, most = int(grey.min(initial=255)), int(grey.max(initial=0))
    if most - least < MIN_CONTRAST:
        return np.zeros_like(grey)
    light = cv2.convertScaleAbs(
        grey, alpha=255 / (most - least), beta=-255 * least / (most - least)
    )
    dark = cv2.bitwise_not(light)
    white, black = np.full_like(grey, 255), np.zeros_like(grey)
    ink = dark if _doubt(white, dark) <= _doubt(black, light) else light
    return np.asarray(ink)


class _Guess(NamedTuple):
    """The paper, on a guess of which side is ink, and how doubtful the guess looks."""

    paper: NDArray[np.uint8]
    doubt: float

    @classmethod
    def of_dark_ink(cls, grey: NDArray[np.uint8]) -> Self:
        """Guess that the ink is the darker side."""
        side = round(STROKE * max(grey.shape)) | 1
        paper = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
        return cls(paper, _doubt(paper, cv2.subtract(paper, grey)))


def _doubt(paper: NDArray[np.uint8], ink: NDArray[np.uint8]) -> float:
    """Add up what speaks against a guess; each part is between 0 and about 1.

    Ink covers the smaller part of the area and of the border; and a mark that stays on the paper
    (the digit itself, filled in, when its holes were taken for ink) shows as its outline's length.
    """
    contrast = max(int(ink.max()), 1)
    _, mask = cv2.threshold(ink, contrast // 2, 255, cv2.THRESH_BINARY)
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    variation = cv2.norm(paper[1:], paper[:-1], cv2.NORM_L1)
    variation += cv2.norm(paper[:, 1:], paper[:, :-1], cv2.NORM_L1)
    outline = variation / (contrast * border.size)
    return cv2.mean(mask)[0] / 255 + cv2.mean(border)[0] / 255 + outline


def _strength(
    difference: NDArray[np.uint8], paper: NDArray[np.uint8], ink_is_dark: bool
) -> NDArray[np.uint8]:
    """Turn a difference in grey into a strength of ink that is the same in light and in shadow.

    Dark ink lets through a share of the paper's light, so in a shadow it differs by less.
    """
    if not ink_is_dark:
        return difference
    brightest = int(paper.max())
    light = cv2.max(paper, max(1.0, DIMMEST * brightest))
    return np.asarray(cv2.divide(difference, light, scale=brightest))


def _with_soft_shadows(
    paper: NDArray[np.uint8], grey: NDArray[np.uint8], ink_is_dark: bool
) -> NDArray[np.uint8]:
    """Leave to the paper what has no edge: a soft shadow, surely if it comes from the border.

    Its faint foot is below `FAINT`, and stays when the rest is gone; so what is left is looked at
    again, as long as a soft shadow borders on it.
    """
    smooth = cv2.medianBlur(grey, 3)
    climb = cv2.morphologyEx(smooth, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    climb = _strength(climb, paper, ink_is_dark)
    # smoothing takes as much of a thin stroke's strength as of its climb: both are of the smooth
    firm = _strength(cv2.subtract(paper, smooth), paper, ink_is_dark)
    side = round(NARROW * max(grey.shape)) | 1
    close = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    slim = _strength(cv2.subtract(close, smooth), paper, ink_is_dark)
    shadow = cv2.copyMakeBorder(np.zeros_like(grey), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=1)
    for _ in range(SHADOW_STEPS):
        ink = _strength(cv2.subtract(paper, grey), paper, ink_is_dark)
        mask = cv2.inRange(ink, max(MIN_CONTRAST, FAINT * float(ink.max())), 255)
        count, labels = cv2.connectedComponents(mask, connectivity=8)
        beside = np.zeros(count, bool)
        beside[labels[cv2.dilate(shadow, np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0]] = True
        steepest, strongest, slimmest = (
            _highest(values, labels, count)
            for values in (climb, cv2.min(ink, firm), cv2.min(ink, slim))
        )
        broad = slimmest < BROAD * strongest
        at_least = np.where(broad, SOFT_BROAD_INSIDE, SOFT_INSIDE)
        at_least[beside] = np.where(broad, SOFT_BROAD, SOFT)[beside]
        soft = steepest < at_least * strongest
        soft[0] = False
        if not soft.any():
            break
        here = soft[labels]
        around = cv2.dilate(here.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
        taken = here | (around & (labels == 0))
        paper = np.where(taken, grey, paper)
        shadow[1:-1, 1:-1] |= taken
    if shadow[1:-1, 1:-1].any():
        # What the shadow leaves is too faint to be looked at, but not to be seen: only ink stays.
        near = cv2.dilate(mask, np.ones((5, 5), np.uint8))
        paper = np.where(near > 0, paper, grey)
    return paper


def _highest(values: NDArray[np.uint8], labels: NDArray[np.int32], count: int) -> NDArray[np.uint8]:
    """The highest value of each part, (count,)."""
    highest = np.zeros(count, np.uint8)
    np.maximum.at(highest, labels.ravel(), values.ravel())
    return highest


def _without_noise(
    ink: NDArray[np.uint8], difference: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    """Take off what the paper's own grain looks like; None if nothing stands out of it.

    Args:
        ink: (H, W) uint8.
        difference: (H, W) uint8, between paper and picture, to either side.
    """
    peak = int(ink.max(initial=0))
    level, spread = _grain(ink, difference, peak)
    if peak - level < max(MIN_CONTRAST, NOISE * spread):
        return None
    floor = min(level + round(3 * spread), peak - 1)
    stretch = 255 / (peak - floor)
    table = np.clip((np.arange(256) - floor) * stretch, 0, 255)
    return np.asarray(cv2.LUT(ink, np.rint(table).astype(np.uint8)))


def _grain(ink: NDArray[np.uint8], difference: NDArray[np.uint8], peak: int) -> tuple[int, float]:
    """Level and standard deviation of the paper's grain, in strengths of ink.

    Most pixels are paper, so their median and median deviation describe it; where they are not, as
    in a tight cut around a thick digit, those do that have less than a quarter of its strength.
    """
    values, both = (
        cv2.calcHist([pixels], [0], None, [256], [0, 256]).ravel() for pixels in (ink, difference)
    )
    half = peak // 2
    if values[half + 1 :].sum() > INK_SHARE * ink.size:
        _, mask = cv2.threshold(ink, half, 1, cv2.THRESH_BINARY)
        if cv2.norm(mask, cv2.medianBlur(mask, 3), cv2.NORM_L1) < RAGGED * mask.size:
            values[half // 2 + 1 :] = both[half // 2 + 1 :] = 0
    level = _median(values)
    if level == 0:  # half of the grain is lighter than paper, which is no ink at all
        return 0, 1.4826 * _median(both)
    # How many values deviate by 0, 1, … from the level: the histogram folded there.
    deviations = np.zeros(256)
    deviations[: 256 - level] = values[level:]
    deviations[1 : level + 1] += values[:level][::-1]
    return level, 1.4826 * _median(deviations)


def _median(histogram: NDArray[np.floating | np.integer]) -> int:
    """The median of integer values with this histogram."""
    total = np.cumsum(histogram)
    return int(np.searchsorted(total, total[-1] / 2))


def _without_rules(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take out thin lines that run from border to border, across or down."""
    if min(ink.shape) < RULE_PIXELS:
        return ink
    mask = cv2.inRange(ink, 64, 255)
    across, down = _lines_across(mask), _lines_across(np.ascontiguousarray(mask.T)).T
    lines = across | down
    if not lines.any():
        return ink
    rest = cv2.bitwise_and(ink, cv2.bitwise_not(lines))
    # Where a stroke crosses a line, there is ink on both sides of the gap: close it.
    gap = 2 * round(RULE_WIDTH * max(ink.shape)) // 2 + 1
    closed = cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8)) & across
    closed |= cv2.morphologyEx(rest, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8)) & down
    return np.asarray(cv2.max(rest, closed))


def _lines_across(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Find the thin, nearly level lines from the left border to the right; 255 on 0."""
    height, width = mask.shape
    # A level stretch of a fair length is part of a line, however the line drifts over the width.
    stretch = np.ones((1, max(9, width // 10)), np.uint8)
    level = cv2.morphologyEx(mask, cv2.MORPH_OPEN, stretch)
    if np.count_nonzero(cv2.reduce(level, 0, cv2.REDUCE_MAX)) < RULE_LENGTH * width / 2:
        return np.zeros_like(mask)
    joined = cv2.morphologyEx(level, cv2.MORPH_CLOSE, np.ones((3, max(9, width // 20)), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = np.zeros_like(mask)
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_WIDTH] < RULE_LENGTH * width:
            continue
        line = (labels == part).astype(np.uint8)
        # Strokes that touch the line make it thicker in places: take it where it is thin.
        thickness = float(np.quantile(line.sum(axis=0), 0.2))
        if thickness <= RULE_WIDTH * height:
            # What is clearly thicker than the line is a stroke that runs along it.
            stroke = cv2.morphologyEx(
                line, cv2.MORPH_OPEN, np.ones((round(thickness) + 3, 1), np.uint8)
            )
            found |= cv2.dilate(line & ~stroke, np.ones((3, 1), np.uint8)) * np.uint8(255)
    return found
