"""`Reader`: whole numbers out of pictures and ink; it loads the model of lines when it is made."""

import numpy as np
from numpy.typing import NDArray

from inkdigits.digit_model import DigitModel
from inkdigits.ink import Ink
from inkdigits.reading import inks, pictures
from inkdigits.reading.constraints import Constraints
from inkdigits.reading.layout.page import find_strips
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.result import Reading
from inkdigits.reading.strokes.candidates import read_ink
from inkdigits.reading.trust import Trust


class Reader:
    """Reads all numbers in a source; one object may be shared by threads.

    Args:
        digits: the model of single digits.
        lines: the model of lines.
    """

    def __init__(self, digits: DigitModel, lines: LineModel) -> None:
        self._digits, self._lines = digits, lines
        trust, self._sure = lines.config.trust, lines.config.thresholds["confidence"]
        self._of_pictures = Trust.of(trust, pictures.KIND, pictures.WITNESSES)
        self._of_inks = Trust.of(trust, inks.KIND, inks.WITNESSES)

    def read_picture(self, grey: NDArray[np.uint8], constraints: Constraints) -> list[Reading]:
        """Read the numbers of a picture, (H, W) uint8, in reading order."""
        return [
            reading
            for strip in find_strips(grey)
            for reading in pictures.look_at(strip, self._lines, self._digits, constraints).readings(
                self._of_pictures, self._sure, constraints
            )
        ]

    def read_ink(self, ink: Ink, constraints: Constraints) -> list[Reading]:
        """Read the numbers of an ink, in reading order."""
        return [
            reading
            for line in read_ink(ink, self._digits, constraints)
            for reading in inks.look_at(ink, line, self._lines, self._digits, constraints).readings(
                self._of_inks, self._sure, constraints
            )
        ]
