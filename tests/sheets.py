"""Made pages for tests of layout, and where strips lie in them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.strip import Strip

PAPER, INK = 230, 40
DIGIT = 40  # height of a digit that `write` writes, pixels
SCALE = DIGIT / 22  # … and OpenCV's name for it

Grey = NDArray[np.uint8]
Box = tuple[float, float, float, float]


def sheet(height: int = 900, width: int = 700) -> Grey:
    return np.full((height, width), PAPER, np.uint8)


def write(grey: Grey, text: str, x: int, foot: int, ink: int = INK) -> Box:
    """Write digits that stand on a row; the box x, y, width, height of all of them."""
    before = grey.copy()
    cv2.putText(grey, text, (x, foot), cv2.FONT_HERSHEY_SIMPLEX, SCALE, ink, 4, cv2.LINE_AA)
    changed = (cv2.absdiff(before, grey) > 20).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(changed)
    return float(left), float(top), float(width), float(height)


def band(strip: Strip) -> Box:
    """The box of a strip's band in the picture."""
    return strip.in_picture(0, strip.top, strip.grey.shape[1], strip.bottom)
