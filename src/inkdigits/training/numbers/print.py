"""Printed letters, as they stand around numbers on forms: in the fonts that Matplotlib ships."""

import string

import cv2
import numpy as np

from inkdigits.training.numbers.glyphs import Letters, Picture
from inkdigits.training.numbers.texts import ALIKE

FACES = (
    ("DejaVu Sans", "normal"),
    ("DejaVu Sans", "bold"),
    ("DejaVu Serif", "normal"),
    ("DejaVu Sans Mono", "normal"),
    ("STIXGeneral", "normal"),
    ("cmr10", "normal"),
)
SIDE = 28  # pixels of a picture
_FINE = 8  # it is drawn so many times larger first
_BITS = 4  # of OpenCV's fixed-point numbers


def printed_letters() -> list[Letters]:
    """The letters of each face."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    faces = []
    for family, weight in FACES:
        font = FontProperties(family=family, weight=weight)
        letters = Letters()
        for letter in string.ascii_letters:
            outlines = TextPath((0, 0), letter, size=SIDE, prop=font).to_polygons()
            points = np.concatenate(outlines)
            low, high = points.min(axis=0), points.max(axis=0)
            scale = (SIDE - 4) * _FINE / max(float((high - low).max()), 1e-6)
            canvas = np.zeros((SIDE * _FINE, SIDE * _FINE), np.uint8)
            shapes = [
                np.rint(((outline - low) * scale + 2 * _FINE) * (1 << _BITS)).astype(np.int32)
                for outline in outlines
            ]
            cv2.fillPoly(canvas, shapes, 255, cv2.LINE_AA, _BITS)  # counters stay open: even-odd
            small = cv2.resize(canvas[::-1], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            kind = letters.alike if letter in ALIKE else letters.unlike
            kind.append(Picture(np.asarray(small)))
        faces.append(letters)
    return faces
