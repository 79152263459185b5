"""Grey pixels of a page → how much of the paper's light each one lacks, and which ones are ink.

As in `paper`, the paper is what a closing wider than any stroke leaves; here it is taken at a small
size, for speed, and ink is told from what is around it, for a page has ink of many strengths.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BROAD = 0.4  # no stroke is wider than this share of the shorter side …
SMALL = 160  # … counted up to this many pixels; on a larger picture none is wider than …
BROAD_ON_PAGE = 1 / 8  # … this share of it
KERNEL = 11  # pixels of the closing: the picture is made so small that this is as wide
DIMMEST = 0.5  # the deepest shadow that is made good, as a share of the brightest paper

FAINTEST = 0.043  # ink takes at least this share of the paper's light …
SPREADS = 3.5  # … and so many standard deviations of the paper's grain more than the paper
GOING_ON = 0.6  # … but where ink goes on, this share of that is enough …
SO_FAR = 6  # … for so many pixels
HALO = 3  # pixels: within this distance of ink …
HALO_SHARE = 0.3  # … what is weaker than this share of it is its blur
AROUND = 2.5  # ink is stronger than so many times the mean of a wide neighbourhood, …
AROUND_MOST = 0.25  # … in which what takes more than this share of the light counts as this
AROUND_WIDTH = 61  # pixels of that neighbourhood

PARTED = 1.2  # in a small picture, ink is what is over so many times the threshold of Otsu (1979)

AWAY = 5  # pixels: at half of all places so far apart the grain of paper differs …
APART = 0.28  # … by more than so many standard deviations: in shadow there is more of it
UPPER = 0.7  # of the pixels of paper are weaker than the median and …
UPPER_DEVIATION = 0.524  # … so many standard deviations, if they are as Gauss has it

GRAIN = 5  # pixels over which paper's grain is evened out …
PEAK = 0.995  # … and then a share of a picture is weaker than its ink, which …
PLAIN = 0.018  # … takes more than this share of the light …
OUTSTANDING = 3.3  # … or so many standard deviations more than faint grain

SIZES = (500, 60)  # shorter sides, pixels, of the pictures in which …
WIDER = 31  # … what is narrower than half of so many pixels may be ink

MORE = 0.1  # dark ink is more usual: for light ink, there has to be so much more that is lighter
DECIDED = 0.3  # it is ink if there is so much more of it: the difference, as a share of the sum

SAMPLE = 200_000  # pixels that are looked at for the grain, about
RIM = 0.1  # share of a picture's shorter side that is its rim …
WIDE = 1.25  # … if it is wider than so many times its height


def is_light_on_dark(grey: NDArray[np.uint8]) -> bool:
    """Whether ink is lighter than what it is on: what stands out of the median around it is.

    A median keeps the edges of shadows and of the paper. Looked at is first what is as narrow as a
    pen's stroke on a large page, then, if that is of either kind, what is broader. Of a picture
    that is wide enough for several digits the inside has to say so too: at its rim a cell ends in
    its border, and in what is lighter beyond.
    """
    rim = round(RIM * min(grey.shape))
    inside = grey[rim : len(grey) - rim, rim : grey.shape[1] - rim]
    return _is_light(grey) and (grey.shape[1] < WIDE * len(grey) or _is_light(inside))


def _is_light(grey: NDArray[np.uint8]) -> bool:
    step = max(1, min(grey.shape) // SIZES[0])
    seen = grey[::step, ::step]
    light, dark = _standing_out(seen)
    shrink = min(seen.shape) / SIZES[1]
    if shrink > 2 and abs(light - dark) < DECIDED * (light + dark):
        size = tuple(max(1, round(side / shrink)) for side in seen.shape[::-1])
        light, dark = _standing_out(cv2.resize(seen, size, interpolation=cv2.INTER_AREA))
    return light - dark > MORE * (light + dark)


def _standing_out(grey: NDArray[np.uint8]) -> tuple[float, float]:
    """How much there is that is lighter, and darker, than what is around it."""
    around = cv2.medianBlur(grey, WIDER)
    lighter, darker = cv2.subtract(grey, around), cv2.subtract(around, grey)
    return cv2.norm(lighter, cv2.NORM_L2SQR), cv2.norm(darker, cv2.NORM_L2SQR)


def ink_strength(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """How much of the paper's light each pixel lacks, shadows made good.

    Args:
        grey: (H, W) uint8, dark ink.

    Returns:
        (H, W) uint8: 0 paper, 255 black.
    """
    short = min(grey.shape)
    broad = max(BROAD * min(short, SMALL), BROAD_ON_PAGE * short, 3.0)
    shrink = max(1.0, broad / KERNEL)
    size = tuple(max(1, round(side / shrink)) for side in grey.shape[::-1])
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if shrink > 1 else grey
    side = round(broad / shrink) | 1
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    dimmest = max(1.0, DIMMEST * float(paper.max()))
    if shrink > 1:
        paper = cv2.resize(paper, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    light = cv2.max(paper, dimmest)
    return np.asarray(cv2.divide(cv2.subtract(paper, grey), light, scale=255))


def ink_mask(
    strength: NDArray[np.uint8], besides: NDArray[np.uint8] | None = None, *, full: bool = False
) -> NDArray[np.uint8]:
    """Which pixels are ink; (H, W) uint8, 255 on 0.

    Args:
        strength: (H, W) uint8, from `ink_strength`.
        besides: (H, W) uint8, 255 on 0: what is ink surely; faint ink beside it is still ink.
        full: so much of it is ink that ink can be told from paper with a strange texture.
    """
    least = _least(strength)
    if full:
        parted, _ = cv2.threshold(strength, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        least = max(255 * FAINTEST, min(least, PARTED * parted))
    near = np.ones((2 * HALO + 1, 2 * HALO + 1), np.uint8)
    beside = cv2.dilate(strength, near)
    around = cv2.min(strength, 255 * AROUND_MOST)
    if besides is not None:
        around = cv2.subtract(around, cv2.dilate(besides, near))
    around = cv2.blur(around, (AROUND_WIDTH, AROUND_WIDTH), borderType=cv2.BORDER_REFLECT)
    over = cv2.max(
        cv2.convertScaleAbs(around, alpha=AROUND), cv2.convertScaleAbs(beside, alpha=HALO_SHARE)
    )
    ink = cv2.compare(strength, cv2.max(over, least), cv2.CMP_GE)
    if besides is not None:
        least = _least(strength, GOING_ON * FAINTEST)
        going_on = cv2.compare(strength, cv2.max(over, least), cv2.CMP_GE)
        for _ in range(SO_FAR):
            ink = cv2.bitwise_and(cv2.dilate(ink, np.ones((3, 3), np.uint8)), going_on)
    return np.asarray(ink)


def faint_mask(strength: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Which pixels are not surely paper, ink or its blur or a texture; (H, W) uint8, 255 on 0."""
    return np.asarray(cv2.compare(strength, _least(strength), cv2.CMP_GE))


def is_blank(strength: NDArray[np.uint8]) -> bool:
    """Whether a small picture shows nothing but the grain of paper."""
    smooth = cv2.blur(strength, (GRAIN, GRAIN))
    values = np.bincount(smooth.ravel(), minlength=256)
    level, spread = _grain(values)
    peak = _quantile(values, PEAK) - level
    return peak < 255 * PLAIN or (spread < 255 * PLAIN and peak < OUTSTANDING * spread)


def _least(strength: NDArray[np.uint8], faintest: float = FAINTEST) -> float:
    """The strength from which on something is no grain of the paper, and no fainter than this."""
    step = max(1, int(np.sqrt(strength.size / SAMPLE)))
    seen = strength[::step, ::step]
    level, spread = _grain(np.bincount(seen.ravel(), minlength=256))
    # of what has much ink this tells more
    other = strength[::step, AWAY::step]
    apart = cv2.absdiff(np.ascontiguousarray(seen[:, : other.shape[1]]), np.array(other))
    if apart is not None:
        differing = _quantile(np.bincount(apart.ravel(), minlength=256), 0.5)
        spread = min(spread, differing / APART)
    return max(255 * faintest, level + SPREADS * max(spread, 0.75))


def _grain(histogram: NDArray[np.int64]) -> tuple[float, float]:
    """Median of strengths, and the paper's standard deviation.

    Half of the paper may be lighter than what counts as paper, and have no strength at all: the
    deviation is told by what is above the median.
    """
    level = _quantile(histogram, 0.5)
    return level, (_quantile(histogram, UPPER) - level) / UPPER_DEVIATION


def _quantile(histogram: NDArray[np.int64], share: float) -> float:
    """The value below which there is this share, with a fraction."""
    total = np.cumsum(histogram)
    place = int(np.searchsorted(total, share * total[-1]))
    under = total[place] - histogram[place]
    return place + float((share * total[-1] - under) / max(histogram[place], 1)) - 0.5
