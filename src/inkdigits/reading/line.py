"""THE preprocessing of lines: a strip of grey pixels becomes what the line model sees.

The band of the digits is scaled to a fixed height, the paper is taken away, and the ink is told
twice: against the strongest ink of the strip, and against the strongest nearby, so that faint
writing beside a dark border is seen too.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

VERSION = 1  # raise it whenever the same strip gives another patch: weights are bound to it

HEIGHT = 32  # rows of a patch
BAND = 24  # rows that the band of the digits takes, in the middle of them
MARGIN = 6  # columns of paper that are added at either end
STRIDE = 2  # columns of a patch for one frame of the model's answer

STROKE = 15  # pixels of a patch: no stroke is as wide
NEAR = 15  # pixels of a patch: the strongest ink nearby is looked for so far to either side
LEAST = 0.10  # ink weaker than this share of the paper's light is not made stronger, as a whole …
LEAST_NEAR = 0.06  # … or nearby
PEAK = 0.995  # of a strip's pixels are weaker than what counts as its strongest ink

_MARGIN_ROWS = (HEIGHT - BAND) // 2


def line_patch(grey: NDArray[np.uint8], top: float, bottom: float) -> NDArray[np.uint8]:
    """Turn a strip into what the line model sees.

    Args:
        grey: (H, W) uint8, dark ink on light paper: the whole width is read.
        top: where the digits begin, a row of `grey` (fractions count).
        bottom: where they end; above `top`.

    Returns:
        (32, W', 2) uint8, 255 the strongest ink: of the strip, and nearby.
    """
    scale = BAND / (bottom - top)
    columns = max(1, round(grey.shape[1] * scale))
    first, last = top - _MARGIN_ROWS / scale, bottom + _MARGIN_ROWS / scale
    strip = _rows(grey, first, last)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    strip = cv2.resize(strip, (columns, HEIGHT), interpolation=how)
    paper = cv2.morphologyEx(strip, cv2.MORPH_CLOSE, np.ones((STROKE, STROKE), np.uint8))
    paper = cv2.blur(paper, (STROKE, STROKE))
    light = np.maximum(paper, 32).astype(np.float32)
    ink = np.maximum(light - strip, 0) / light
    near = cv2.dilate(cv2.blur(ink, (3, 3)), np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8))
    near = cv2.blur(near, (NEAR, NEAR))
    # the place of the quantile is enough: a partition, not a sort
    place = min(ink.size - 1, int(PEAK * ink.size))
    peak = max(LEAST, float(np.partition(ink, place, axis=None)[place]))
    both = cv2.merge([ink * (255 / peak), ink * (255 / np.maximum(near, LEAST_NEAR))])
    sides = (0, 0, MARGIN, MARGIN)
    return np.asarray(
        cv2.copyMakeBorder(cv2.convertScaleAbs(both), *sides, cv2.BORDER_CONSTANT, value=0)
    )


def _rows(grey: NDArray[np.uint8], first: float, last: float) -> NDArray[np.uint8]:
    """The rows from `first` to `last`; beyond the strip its edge goes on."""
    start, end = round(first), max(round(last), round(first) + 1)
    inside = grey[max(start, 0) : max(end, 0)]
    above, below = max(-start, 0), max(end - len(grey), 0)
    if not len(inside):  # the band lies outside
        inside, above = grey[:1] if end <= 0 else grey[-1:], end - start - 1
        below = 0
    if not (above or below):
        return inside
    return np.asarray(cv2.copyMakeBorder(inside, above, below, 0, 0, cv2.BORDER_REPLICATE))
