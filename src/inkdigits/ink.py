"""Pen strokes: what was drawn, before any pixel exists.

A drawing kept as strokes can be rendered at whatever width the model likes best, so nothing is lost
by photographing a canvas. Units are the device's own; x grows to the right and y downwards.
"""

import json
import math
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidInk

MAX_STROKES = 200
MAX_POINTS = 20_000
MAX_COORDINATE = 1e9  # keeps every sum and product below exact in double precision

RENDER_SIZE = 60  # longest side of the rendered ink in pixels, pen included
RENDER_PEN = 7.4  # pen width in those pixels: near the median digit of MNIST
DOT_SIZE = 3  # an ink that is one dot has no size to scale: it stays a speck

_ROUNDING = 1e-6  # pixels: what is longer by less is not longer
_SUBPIXEL_BITS = 6  # OpenCV's drawing functions take fixed-point coordinates
_SUBPIXEL = 1 << _SUBPIXEL_BITS
_TOLERANCE = _SUBPIXEL / 4  # a quarter pixel off the line, a point costs more time than it shows

Point = tuple[float, ...]
Stroke = tuple[Point, ...]
Box = tuple[float, float, float, float]


class Ink:
    """A drawing: strokes of points `(x, y)`, with time and pressure after them where known.

    It cannot be changed; two with the same strokes are equal.

    Args:
        strokes: sequence of strokes, each a sequence of points of 2 to 4 finite numbers
            `(x, y[, time[, pressure]])`, x and y within ±1e9: lists, tuples or arrays.

    Raises:
        InvalidInk: a stroke without points, a point that is not 2 to 4 such numbers, more than
            200 strokes or 20,000 points.
    """

    def __init__(self, strokes: Iterable[Iterable[Sequence[float]]]) -> None:
        ordinary = _ordinary(strokes)
        self._strokes: tuple[Stroke, ...] | None = None
        if ordinary is None:  # a closer look, which says what is wrong if anything is
            self._strokes = _validated(strokes)
            points = [point[:2] for stroke in self._strokes for point in stroke]
            ordinary = np.array(points, np.float64).reshape(-1, 2), list(map(len, self._strokes))
        self._values, self._lengths = ordinary
        self._values.flags.writeable = False

    @property
    def strokes(self) -> tuple[Stroke, ...]:
        """The strokes, tuples of points, which are tuples of floats."""
        if self._strokes is None:
            points = map(tuple, self._values.tolist())
            self._strokes = tuple(tuple(islice(points, length)) for length in self._lengths)
        return self._strokes

    @property
    def points(self) -> NDArray[np.float64]:
        """The points of all strokes, one after another, (N, 2), read-only."""
        return self._values[:, :2]

    @property
    def lengths(self) -> tuple[int, ...]:
        """Points in each stroke."""
        return tuple(self._lengths)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ink) and self.strokes == other.strokes

    def __hash__(self) -> int:
        return hash(self.strokes)

    def __repr__(self) -> str:
        return f"Ink(strokes={self.strokes!r})"

    @classmethod
    def from_json(cls, source: str | bytes | dict[str, Any]) -> Self:
        """Read `{"strokes": [[[x, y], …], …]}`; other keys are left alone.

        Args:
            source: JSON text, its UTF-8 bytes, or the object already parsed.

        Raises:
            InvalidInk: not JSON, no `strokes`, or strokes that `Ink` refuses.
        """
        if isinstance(source, str | bytes):
            try:
                source = json.loads(source)
            except (ValueError, RecursionError) as error:
                raise InvalidInk(f"Ink is not valid JSON: {error}.") from error
        if not isinstance(source, dict) or "strokes" not in source:
            raise InvalidInk('Ink in JSON is an object like {"strokes": [[[x, y], [x, y]]]}.')
        return cls(source["strokes"])

    def to_json(self) -> str:
        """Return the JSON form that `from_json` reads, on one line."""
        return json.dumps({"strokes": self.strokes}, separators=(",", ":"))

    def part(self, strokes: Iterable[int]) -> "Ink":
        """Return some of the strokes, counted from 0.

        Raises:
            InvalidInk: there is none of such a number, or it is named twice.
        """
        found = []
        numbers = list(strokes)
        if len(set(numbers)) < len(numbers):
            raise InvalidInk("Each stroke can be named but once.")
        for number in numbers:
            if not 0 <= number < len(self._lengths):
                raise InvalidInk(
                    f"There is no stroke {number} among {len(self._lengths)}, counted from 0."
                )
            found.append(self.strokes[number])
        return Ink(found)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn."""
        return not self._lengths

    def box(self) -> Box | None:
        """Return the bounding box `(x, y, width, height)` of the points; None if empty."""
        return self._box

    @cached_property
    def _box(self) -> Box | None:
        """The box, computed once."""
        if self.is_empty:
            return None
        (left, top), (right, bottom) = self.points.min(axis=0), self.points.max(axis=0)
        return float(left), float(top), float(right - left), float(bottom - top)

    def render(self) -> NDArray[np.uint8]:
        """Draw the strokes, scaled to `RENDER_SIZE`, with the pen that the model likes best.

        Returns:
            (H, W) uint8, ink 255 on 0, antialiased; the longer of H and W is `RENDER_SIZE` plus a
            margin of one pixel a side; (1, 1) zeros for an empty ink.
        """
        box = self.box()
        if box is None:
            return np.zeros((1, 1), np.uint8)
        return render_polylines(self.points, self._lengths, box)

    def draw(self, width: int, height: int, pen: float, scale: float = 1.0) -> NDArray[np.uint8]:
        """Draw the strokes as they stand on a canvas: dark ink on white paper.

        Args:
            width: canvas width in the ink's units.
            height: canvas height in the ink's units.
            pen: pen width in the ink's units.
            scale: pixels for one unit.

        Returns:
            (round(height * scale), round(width * scale)) uint8, antialiased: 0 ink, 255 paper.
        """
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if self.is_empty:
            return np.full(size[::-1], 255, np.uint8)
        # Far outside the canvas nothing shows, and OpenCV's fixed-point numbers would overflow.
        limit = 4 * max(size) + pen * scale
        points = np.clip(self.points * scale - 0.5, -limit, limit)
        return 255 - _draw(points, self._lengths, pen * scale, size)


def render_polylines(
    points: NDArray[np.float64],
    lengths: Sequence[int],
    box: Box,
    longest: float = RENDER_SIZE,
    pen: float = RENDER_PEN,
) -> NDArray[np.uint8]:
    """Draw polylines at a size of their own.

    Args:
        points: (N, 2), those of all polylines, one after another.
        lengths: points in each polyline; they add up to N ≥ 1.
        box: their bounding box, (x, y, width, height).
        longest: the longer side of what is drawn, pen included, pixels.
        pen: pen width, pixels.

    Returns:
        (H, W) uint8, ink 255 on 0, antialiased, with a margin of one pixel or two a side.
    """
    left, top, width, height = box
    side = max(width, height)
    # Division by what is all but nothing overflows, and leaves a dot as well.
    if side == 0 or math.isinf(longest / side):
        return _draw(np.ones((1, 2)), [1], DOT_SIZE, (DOT_SIZE, DOT_SIZE))
    scale = (longest - pen) / side
    margin = pen / 2 + 2
    size = (
        math.ceil(width * scale + 2 * margin - _ROUNDING),
        math.ceil(height * scale + 2 * margin - _ROUNDING),
    )
    return _draw((points - (left, top)) * scale + (margin - 0.5), lengths, pen, size)


def _draw(
    points: NDArray[np.float64], lengths: Sequence[int], pen: float, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Draw polylines of `lengths` consecutive points, 255 on 0, on (width, height) pixels."""
    canvas = np.zeros(size[::-1], np.uint8)
    fixed = np.rint(points * _SUBPIXEL).astype(np.int32)
    polylines = []
    start = 0
    for length in lengths:
        stroke = fixed[start : start + length]
        start += length
        if (stroke == stroke[0]).all():  # a dot: OpenCV draws nothing for a line without length
            radius = round(max(pen - 1, 0) * _SUBPIXEL / 2)  # a disc comes out a pixel wider, too
            centre = (int(stroke[0, 0]), int(stroke[0, 1]))
            cv2.circle(canvas, centre, radius, 255, cv2.FILLED, cv2.LINE_AA, _SUBPIXEL_BITS)
        else:
            polylines.append(cv2.approxPolyDP(stroke, _TOLERANCE, closed=False))
    # OpenCV's antialiased lines of an even thickness come out 1.4 pixels wider than asked for, of
    # an odd one 2.4: the nearest width is an even thickness.
    thickness = max(1, 2 * round((pen - 1.4) / 2))
    cv2.polylines(canvas, polylines, False, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    return canvas


def _ordinary(
    strokes: Iterable[Iterable[Sequence[float]]],
) -> tuple[NDArray[np.float64], list[int]] | None:
    """Return ordinary strokes as their points (N, 2 to 4) and lengths; None if in any doubt."""
    if not isinstance(strokes, list | tuple) or not 0 < len(strokes) <= MAX_STROKES:
        return None
    try:
        lengths = [len(stroke) for stroke in strokes]
        if min(lengths) == 0 or sum(lengths) > MAX_POINTS:
            return None
        points = list(chain.from_iterable(strokes))
        values = np.asarray(points)
    except (TypeError, ValueError):  # no lengths, as of generators; points of different lengths
        return None
    if values.dtype.kind not in "iuf" or values.ndim != 2 or not 2 <= values.shape[1] <= 4:
        return None
    if bool in set(map(type, chain.from_iterable(points))):  # among numbers it passes for one
        return None
    values = values.astype(np.float64)
    if not (np.abs(values[:, :2]).max() <= MAX_COORDINATE and np.isfinite(values).all()):
        return None
    return values, lengths


def _validated(strokes: Iterable[Iterable[Sequence[float]]]) -> tuple[Stroke, ...]:
    """Return the strokes as tuples of floats, or say which one is wrong."""
    if isinstance(strokes, str | bytes | dict):
        raise InvalidInk("Strokes must be a list of strokes, each a list of [x, y] points.")
    kept: list[Stroke] = []
    count = 0
    try:
        for number, stroke in enumerate(strokes, 1):
            if number > MAX_STROKES:
                raise InvalidInk(f"A drawing may have at most {MAX_STROKES} strokes.")
            points = tuple(_validated_point(point, number) for point in stroke)
            if not points:
                raise InvalidInk(f"Stroke {number} has no points.")
            count += len(points)
            if count > MAX_POINTS:
                raise InvalidInk(f"A drawing may have at most {MAX_POINTS} points.")
            kept.append(points)
    except InvalidInk:
        raise
    except (TypeError, ValueError) as error:  # not iterable; arrays of more dimensions
        raise InvalidInk(
            "Strokes must be a list of strokes, each a list of [x, y] points."
        ) from error
    return tuple(kept)


def _validated_point(point: Sequence[float], stroke: int) -> Point:
    """Return the point as floats; `stroke` is its stroke's number, for the message."""
    if isinstance(point, str | bytes | dict):
        raise InvalidInk(f"Stroke {stroke} holds {point!r:.40}, which is not a point [x, y].")
    values = tuple(point)
    if not 2 <= len(values) <= 4:
        raise InvalidInk(
            f"Stroke {stroke} holds a point of {len(values)} numbers; a point is "
            "[x, y], [x, y, time] or [x, y, time, pressure]."
        )
    for place, value in enumerate(values):
        if isinstance(value, bool | str | bytes):
            raise InvalidInk(f"Stroke {stroke} holds {value!r:.40}, which is not a number.")
        try:
            size = abs(float(value))
        except OverflowError:
            size = math.inf
        if place < 2 and not size <= MAX_COORDINATE:  # NaN is not below it either
            raise InvalidInk(
                f"Stroke {stroke} holds {value!r:.40}; coordinates must be finite "
                f"and within ±{MAX_COORDINATE:g}."
            )
        if not math.isfinite(size):
            raise InvalidInk(
                f"Stroke {stroke} holds {value!r:.40}; time and pressure must be finite."
            )
    return tuple(map(float, values))
