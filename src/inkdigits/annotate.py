"""A picture of what was read: boxes and texts over the picture, or over the ink as it was drawn."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.files import write_whole
from inkdigits.ink import Ink
from inkdigits.prediction import Box
from inkdigits.reading.result import Reading

SURE = (176, 84, 22)  # blue, in the order of OpenCV …
DOUBTED = (0, 60, 214)  # … and red, which is told from it whatever colours one sees
PAPER = 0.8  # how white the ground of a text is
FONT = cv2.FONT_HERSHEY_DUPLEX
FONT_HEIGHT = 21  # pixels of a digit in this font at scale 1
TEXT = 0.45  # height of a text, in that of the digits read …
LEAST, MOST = 13, 60  # … and in pixels

DIGIT = 90  # pixels of a digit where ink is drawn …
LONGEST = 4000  # … unless the picture would be larger than so many
EMPTY = 300  # pixels of a sheet with nothing on it
PEN = 0.08  # width, in heights of a digit


def annotated(shown: Ink | NDArray[np.uint8], readings: Sequence[Reading]) -> NDArray[np.uint8]:
    """Draw what was read over what was shown.

    Args:
        shown: a picture, (H, W) uint8, or an ink.
        readings: what was read in it.

    Returns:
        (H, W, 3) uint8, blue, green and red: as large as the picture, or as the ink needs; around
        each number a box with its text above, what is in doubt in red.
    """
    if isinstance(shown, Ink):
        grey, scale, left, top = _drawn(shown, readings)
    else:
        grey, scale, left, top = shown, 1.0, 0.0, 0.0
    picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)

    def place(box: Box) -> tuple[int, int, int, int]:
        x, y, width, height = (scale * side for side in box)
        x, y = x - scale * left, y - scale * top
        return round(x), round(y), round(x + width), round(y + height)

    line = max(1, round(max(picture.shape) / 1200))
    for reading in readings:
        colour = DOUBTED if reading.reason else SURE
        _frame(picture, place(reading.box), colour, line, 2 * line + 2)
        for digit in reading.digits:
            if digit.label is None and digit.box is not None:
                _frame(picture, place(digit.box), DOUBTED, line, line)
    for reading in readings:  # above all frames
        _write(picture, reading, place(reading.box), 3 * line + 4)
    return picture


def write_annotated(
    path: Path, shown: Ink | NDArray[np.uint8], readings: Sequence[Reading]
) -> None:
    """Write a PNG of that.

    Raises:
        OSError: the file cannot be written; one that was there is left as it was.
    """
    _, data = cv2.imencode(".png", annotated(shown, readings))
    write_whole(path, data.tobytes())


def _drawn(ink: Ink, readings: Sequence[Reading]) -> tuple[NDArray[np.uint8], float, float, float]:
    """The ink on white, pixels for one of its units, and its units at the left and top edge."""
    box = ink.box()
    if box is None:
        return np.full((EMPTY, EMPTY), 255, np.uint8), 1.0, 0.0, 0.0
    left, top, width, height = box
    digit = _digit_height(readings) or max(width, height) or 1.0
    scale = min(DIGIT / digit, LONGEST / (max(width, height) + 2 * digit))
    left, top = left - digit, top - digit
    strokes = [
        [(scale * (x - left), scale * (y - top)) for x, y, *_ in stroke] for stroke in ink.strokes
    ]
    across, down = (math.ceil(scale * (side + 2 * digit)) for side in (width, height))
    grey = Ink(strokes).draw(across, down, PEN * scale * digit)
    return grey, scale, left, top


def _digit_height(readings: Sequence[Reading]) -> float:
    """The usual height of the digits read; 0 where there are none."""
    boxes = [digit.box for reading in readings for digit in reading.digits if digit.box]
    return float(np.median([max(box[2:]) for box in boxes])) if boxes else 0.0


def _frame(
    picture: NDArray[np.uint8],
    place: tuple[int, int, int, int],
    colour: tuple[int, int, int],
    line: int,
    away: int,
) -> None:
    """Draw a frame so many pixels away from what it is around."""
    left, top, right, bottom = place
    corners = (left - away, top - away), (right + away, bottom + away)
    cv2.rectangle(picture, *corners, colour, line)


def _write(
    picture: NDArray[np.uint8], reading: Reading, place: tuple[int, int, int, int], away: int
) -> None:
    """Write a text above its frame, or below where there is no room, each mark in its colour."""
    left, top, _, bottom = place
    height = round(min(max(TEXT * _digit_height([reading]), LEAST), MOST))
    scale = height / FONT_HEIGHT
    widths = [cv2.getTextSize(mark, FONT, scale, 1)[0][0] for mark in reading.text]
    edge = height // 4
    tall, wide = height + 2 * edge, sum(widths) + 2 * edge
    top = top - away - tall if top - away >= tall else bottom + away
    left = max(0, min(left, picture.shape[1] - wide))
    ground = picture[max(0, top) : top + tall, left : left + wide]
    ground[:] = np.rint(ground * (1 - PAPER) + 255 * PAPER)
    digits = iter(reading.digits)
    whole = reading.reason is not None and all(digit.label for digit in reading.digits)
    x = left + edge
    for mark, width in zip(reading.text, widths, strict=True):
        doubted = mark.isdigit() and next(digits).label is None
        colour = DOUBTED if doubted or whole else SURE
        where = (x, top + edge + height)
        cv2.putText(picture, mark, where, FONT, scale, colour, 1, cv2.LINE_AA)
        x += width
