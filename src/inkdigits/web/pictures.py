"""Pictures that visitors send, made no larger than what is read in them needs."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.corrections.exchange import grey_png
from inkdigits.image import load_image
from inkdigits.web import security
from inkdigits.web.settings import Settings

LONGEST = 2000  # pixels of the longer side: more would say nothing more about one digit
PAGE = 20_000_000  # pixels of a page: a telephone's 12 megapixels are read as they are
KEPT = 1000  # … of a picture that is kept with a correction


def decoded(data: bytes, settings: Settings) -> NDArray[np.uint8]:
    """Charge for a picture and decode it to grey.

    Args:
        data: of the file.
        settings: how large it may be.

    Returns:
        (H, W) uint8.

    Raises:
        Problem: 429, the client asks too much.
        UnreadableImage, ImageTooLarge: see `load_image`.
    """
    security.charge(len(data) / security.BYTES)
    return load_image(data, max_pixels=settings.max_pixels, max_bytes=settings.max_body)


def read(data: bytes, settings: Settings) -> tuple[NDArray[np.uint8], float]:
    """Decode a picture of one digit, see `decoded`, and shrink it.

    Returns:
        (H, W) uint8, and how many of its pixels one of these stands for in each direction.
    """
    grey = decoded(data, settings)
    return _shrunk(grey, max(grey.shape) / LONGEST)


def page(data: bytes, settings: Settings) -> tuple[NDArray[np.uint8], float]:
    """Do the same with a picture of a page, which small writing on it needs in all its detail."""
    grey = decoded(data, settings)
    security.charge(grey.size / security.PIXELS)
    return _shrunk(grey, math.sqrt(grey.size / PAGE))


def packed(grey: NDArray[np.uint8], most: int) -> bytes:
    """Turn a picture into the form in which corrections keep it.

    Args:
        grey: (H, W) uint8.
        most: bytes of what is given; a picture that cannot be packed so small loses pixels.

    Returns:
        A grey PNG.
    """
    grey, _ = _shrunk(grey, max(grey.shape) / KEPT)
    while len(png := grey_png(grey)) > most:
        # A little less than what would do if a PNG were as large as its area: noise hardly packs.
        grey, _ = _shrunk(grey, math.sqrt(len(png) / most) / 0.97)
    return png


def _shrunk(grey: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.uint8], float]:
    """A picture with its sides divided by `scale`, if that is above 1, and by what they were."""
    scale = max(1.0, scale)
    if scale > 1:
        height, width = grey.shape
        size = (max(1, round(width / scale)), max(1, round(height / scale)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    return grey, scale
