"""The sheet of paper: strokes, undo, and the pixels they make. Knows nothing of any window.

Strokes are kept in the sheet's own units, so the same drawing can be shown at any size. Tk draws
lines without antialiasing on X11, so the pixels are made here: each stroke is drawn without
antialiasing at four times the size and averaged down. Drawing is then a union of black shapes, and
a stroke that grew point by point has exactly the pixels of one drawn at once.
"""

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import MAX_POINTS, MAX_STROKES, Ink

SHEET = 400.0  # side of the sheet in its own units
PEN = 14.0  # pen width in those units
MIN_STEP = 0.5  # a move shorter than this, in those units, is not worth a point

PAPER_RGB = (255, 255, 255)
INK_RGB = (24, 27, 40)

_FINE = 4  # drawn at this many times the size shown
_SUBPIXEL_BITS = 4  # OpenCV's drawing functions take fixed-point coordinates
_CURVE_STEP = 3.0  # a curve is drawn as straight pieces of about this length, in the sheet's units

Curve = NDArray[np.float64]  # (N, 2) points in the sheet's units, joined by straight lines


class Region(NamedTuple):
    """A rectangle of pixels of the sheet."""

    x: int
    y: int
    width: int
    height: int


class Canvas:
    """What was drawn on a square sheet, shown on `side` pixels.

    Methods that change the drawing return the region of pixels that changed, or None.

    Args:
        side: width and height of the sheet in pixels.
    """

    def __init__(self, side: int) -> None:
        self._strokes: list[list[tuple[float, float]]] = []
        self._points = 0
        self._down = False
        self._side = 0
        self._fine = np.zeros((0, 0), np.uint8)
        self.resize(side)

    @property
    def side(self) -> int:
        """Width and height of the sheet in pixels."""
        return self._side

    @property
    def is_empty(self) -> bool:
        """Whether nothing is drawn."""
        return not self._strokes

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to read: no stroke, or all of them within a dot.

        A click is a dot, also where the hand shook a little: what is smaller than the pen is wide
        has no shape on the paper, and must not be given one by enlarging it.
        """
        axes = zip(*(point for stroke in self._strokes for point in stroke), strict=True)
        return all(max(axis) - min(axis) < PEN for axis in axes)

    @property
    def is_drawing(self) -> bool:
        """Whether the pen is on the paper."""
        return self._down

    @property
    def is_full(self) -> bool:
        """Whether the drawing has as much as an `Ink` may hold, so that no stroke can begin."""
        return len(self._strokes) >= MAX_STROKES or self._points >= MAX_POINTS

    @property
    def whole(self) -> Region:
        """The region that is the whole sheet."""
        return Region(0, 0, self._side, self._side)

    def resize(self, side: int) -> None:
        """Show the same drawing on `side` pixels."""
        if side < 1:
            raise ValueError(f"A sheet has at least one pixel, not {side}.")
        if side == self._side:
            return
        self._side = side
        self._fine = np.zeros((side * _FINE, side * _FINE), np.uint8)
        self._redraw()

    def pen_down(self, x: float, y: float) -> Region | None:
        """Begin a stroke at pixel (x, y); None if the sheet `is_full`."""
        self.pen_up()
        if self.is_full:
            return None
        self._strokes.append([self._place(x, y)])
        self._points += 1
        self._down = True
        return self._settle(_piece(self._strokes[-1], 1))

    def pen_move(self, x: float, y: float) -> Region | None:
        """Go on to pixel (x, y); None if the pen is up or hardly moved.

        Beyond its edge the pen slides along the sheet: what cannot be seen is not drawn.
        """
        if not self._down or self._points >= MAX_POINTS:
            return None
        stroke = self._strokes[-1]
        point = self._place(x, y)
        if math.dist(stroke[-1], point) < MIN_STEP:
            return None
        before = self._region(_tip(stroke))
        stroke.append(point)
        self._points += 1
        settled = self._settle(_piece(stroke, len(stroke)))
        return _union(before, _union(settled, self._region(_tip(stroke))))

    def pen_up(self) -> Region | None:
        """End the stroke; None if the pen was up already."""
        if not self._down:
            return None
        self._down = False
        return self._settle(_tip(self._strokes[-1]))

    def undo(self) -> Region | None:
        """Take the last stroke back, finished or not; None if there is none."""
        if not self._strokes:
            return None
        stroke = self._strokes.pop()
        self._points -= len(stroke)
        self._down = False
        self._redraw()
        return self._region(_curve(stroke))

    def clear(self) -> Region | None:
        """Take a new sheet; None if this one is empty."""
        if not self._strokes:
            return None
        self._strokes.clear()
        self._points = 0
        self._down = False
        self._fine[:] = 0
        return self.whole

    def to_ink(self) -> Ink:
        """Return the strokes in the sheet's units, to a hundredth, whatever its size in pixels.

        If all that is drawn is a dot, it is the one point where the dot was begun.
        """
        strokes = [self._strokes[0][:1]] if self._strokes and self.is_blank else self._strokes
        return Ink([[(round(x, 2), round(y, 2)) for x, y in stroke] for stroke in strokes])

    def coverage(self, region: Region | None = None) -> NDArray[np.uint8]:
        """Return how much of each pixel is ink.

        Args:
            region: the part wanted; the whole sheet if None.

        Returns:
            (region.height, region.width) uint8: 0 paper, 255 ink.
        """
        x, y, width, height = region or self.whole
        fine = self._fine[y * _FINE : (y + height) * _FINE, x * _FINE : (x + width) * _FINE]
        if self._down:
            # The stroke's last half step is provisional: the next point decides how it bends.
            fine = fine.copy()
            self._draw(fine, _tip(self._strokes[-1]), origin=(x * _FINE, y * _FINE))
        small = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.uint8)

    def pixels(self, region: Region | None = None) -> NDArray[np.uint8]:
        """Return the picture as it looks: (region.height, region.width, 3) uint8 RGB."""
        return _COLOURS[self.coverage(region)]

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """Return the middle of pixel (x, y) in the sheet's units, no further than its edge."""
        unit = SHEET / self._side
        return (
            min(max((x + 0.5) * unit, 0.0), SHEET),
            min(max((y + 0.5) * unit, 0.0), SHEET),
        )

    def _redraw(self) -> None:
        """Draw all that is settled again."""
        self._fine[:] = 0
        for number, stroke in enumerate(self._strokes, 1):
            self._draw(self._fine, _settled(stroke))
            if not (self._down and number == len(self._strokes)):
                self._draw(self._fine, _tip(stroke))

    def _settle(self, curve: Curve) -> Region:
        """Draw a curve for good and return the region it touches."""
        self._draw(self._fine, curve)
        return self._region(curve)

    def _draw(
        self, fine: NDArray[np.uint8], curve: Curve, origin: tuple[int, int] = (0, 0)
    ) -> None:
        """Draw a curve into fine pixels, of which the first is at `origin`."""
        # OpenCV's coordinates are those of a pixel's middle, hence the half.
        points = curve * (self._side * _FINE / SHEET) - 0.5 - np.array(origin)
        fixed = np.rint(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)
        # A dot is a line to the same place, and the pen is never so thin that it would not show.
        fixed = fixed if len(fixed) > 1 else np.repeat(fixed, 2, axis=0)
        pen = max(2, round(PEN * self._side * _FINE / SHEET))
        cv2.polylines(fine, [fixed], False, 255, pen, cv2.LINE_8, _SUBPIXEL_BITS)

    def _region(self, curve: Curve) -> Region:
        """Return the pixels that a curve can touch."""
        scale = self._side / SHEET
        reach = PEN * scale / 2 + 1
        low = np.clip(np.floor(curve.min(axis=0) * scale - reach), 0, self._side - 1)
        high = np.clip(np.ceil(curve.max(axis=0) * scale + reach), 1, self._side)
        (x, y), (width, height) = low.astype(int), (high - low).astype(int)
        return Region(int(x), int(y), int(width), int(height))


def _piece(stroke: list[tuple[float, float]], count: int) -> Curve:
    """Return what the stroke's point number `count` settles: the curve up to half way to it.

    The curve runs through the middles of the steps and is bent towards the points between them,
    which smooths the corners that a quick hand and whole pixels leave.
    """
    last = np.array(stroke[count - 1])
    if count == 1:
        return last[None]
    corner = np.array(stroke[count - 2])
    end = (corner + last) / 2
    if count == 2:
        return np.stack([corner, end])
    start = (np.array(stroke[count - 3]) + corner) / 2
    length = math.dist(start, corner) + math.dist(corner, end)
    t = np.linspace(0.0, 1.0, 2 + int(length / _CURVE_STEP))[:, None]
    curve: Curve = (1 - t) ** 2 * start + 2 * t * (1 - t) * corner + t**2 * end
    return curve


def _settled(stroke: list[tuple[float, float]]) -> Curve:
    """Return all pieces of a stroke, up to half way to its last point."""
    return np.concatenate([_piece(stroke, count) for count in range(1, len(stroke) + 1)])


def _tip(stroke: list[tuple[float, float]]) -> Curve:
    """Return the rest: the straight half step to the last point."""
    last = np.array(stroke[-1])
    if len(stroke) == 1:
        return last[None]
    return np.stack([(np.array(stroke[-2]) + last) / 2, last])


def _curve(stroke: list[tuple[float, float]]) -> Curve:
    """Return a whole stroke."""
    return np.concatenate([_settled(stroke), _tip(stroke)])


def _union(first: Region, second: Region) -> Region:
    """Return the smallest region that holds both."""
    x, y = min(first.x, second.x), min(first.y, second.y)
    right = max(first.x + first.width, second.x + second.width)
    bottom = max(first.y + first.height, second.y + second.height)
    return Region(x, y, right - x, bottom - y)


def _colours() -> NDArray[np.uint8]:
    """Return the colour for each coverage: (256, 3) uint8."""
    share = np.arange(256)[:, None] / 255
    return np.rint(np.array(PAPER_RGB) * (1 - share) + np.array(INK_RGB) * share).astype(np.uint8)


_COLOURS = _colours()
