"""One digit cut out of the drawing or the picture of many."""

import math

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidCorrection
from inkdigits.ink import Ink
from inkdigits.prediction import Box

ROUNDED = 0.01  # share of its longer side by which the box of a digit may be rounded
MARGIN = 0.12  # … and that is kept of the paper around it …
LEAST_MARGIN = 2  # … and so many pixels at least


Shown = Ink | NDArray[np.uint8]


def cut_out(shown: Shown, box: Box) -> Shown:
    """What a box of a reading holds.

    Args:
        shown: of an ink the strokes whose middle lies in the box are given, of a picture, (H, W)
            uint8, the pixels, with a little of the paper around them.
        box: x, y, width, height, as a reading tells it.

    Raises:
        InvalidCorrection: nothing.
    """
    return _strokes(shown, box) if isinstance(shown, Ink) else _pixels(shown, box)


def _strokes(ink: Ink, box: Box) -> Ink:
    if ink.is_empty:
        raise InvalidCorrection("nothing is drawn.")
    starts = np.cumsum([0, *ink.lengths[:-1]])
    low, high = (edge.reduceat(ink.points, starts) for edge in (np.minimum, np.maximum))
    left, top, right, bottom = _grown(box, ROUNDED * max(box[2:]))
    middle = (low + high) / 2
    is_in = ((middle >= (left, top)) & (middle <= (right, bottom))).all(axis=1)
    found = np.flatnonzero(is_in)
    if not len(found):
        raise InvalidCorrection("no stroke has its middle in this box.")
    return Ink([ink.strokes[number] for number in found])


def _pixels(grey: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    height, width = grey.shape
    left, top, right, bottom = _grown(box, max(LEAST_MARGIN, MARGIN * max(box[2:])))
    if left >= width or top >= height or right <= 0 or bottom <= 0:
        raise InvalidCorrection(f"this box lies beside the picture of {width} × {height} pixels.")
    rows = slice(max(0, math.floor(top)), math.ceil(bottom))
    return grey[rows, max(0, math.floor(left)) : math.ceil(right)]


def _grown(box: Box, margin: float) -> Box:
    """Left, top, right and bottom of a box with a margin around it."""
    left, top, width, height = box
    return left - margin, top - margin, left + width + margin, top + height + margin
