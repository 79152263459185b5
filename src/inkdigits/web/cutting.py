"""One digit cut out of the picture of many."""

import math

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidCorrection
from inkdigits.prediction import Box

MARGIN = 0.12  # share of the longer side of a box that is kept of the paper around it …
LEAST_MARGIN = 2  # … and so many pixels at least


def cut_out(grey: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The pixels that a box of a reading holds, with a little of the paper around them.

    Args:
        grey: the picture, (H, W).
        box: x, y, width, height, as a reading tells it.

    Raises:
        InvalidCorrection: none; it lies beside the picture.
    """
    height, width = grey.shape
    left, top, across, down = box
    margin = max(LEAST_MARGIN, MARGIN * max(across, down))
    rows = _within(top - margin, top + down + margin, height)
    columns = _within(left - margin, left + across + margin, width)
    if not (rows and columns):
        raise InvalidCorrection(f"The box lies beside the picture of {width} × {height} pixels.")
    return grey[rows.start : rows.stop, columns.start : columns.stop]


def _within(start: float, stop: float, size: int) -> range:
    """The pixels between two places of a side."""
    return range(max(0, math.floor(start)), min(size, math.ceil(stop)))
