"""Single marks to compose strings of: pen ink by the writer, MNIST's pictures, separators."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

DIGITS = "0123456789"
WIDEST = 2.2  # width of a mark, in what it may be high: a dash has its width for its height


class Pen(NamedTuple):
    """With what and how a string is written.

    Args:
        width: of the pen, as a share of the height of a digit.
        slant: pixels to the right for one upwards.
        stretch: width against height; 1 leaves it.
    """

    width: float
    slant: float
    stretch: float


@dataclass(frozen=True)
class Strokes:
    """A mark as a pen left it: points (N, 2) of all strokes, and how many each has."""

    points: NDArray[np.float32]
    lengths: tuple[int, ...]

    def draw(self, height: float, pen: Pen) -> NDArray[np.uint8]:
        """Draw it so high, pen included, in pixels; (H, W) uint8, ink 255, cut tightly."""
        points = self.points @ np.array([[pen.stretch, 0], [-pen.slant, 1]], np.float32)
        low, high = points.min(axis=0), points.max(axis=0)
        width = max(1.0, pen.width * height)
        scale = max(height - width, 1.0) / max(float(high[1] - low[1]), 1e-6)
        scale = min(scale, WIDEST * height / max(float(high[0] - low[0]), 1e-6))
        return draw_polylines((points - low) * scale, self.lengths, width)


@dataclass(frozen=True)
class Picture:
    """A mark as a picture: (28, 28) uint8, ink 255."""

    pixels: NDArray[np.uint8]
    sharpness: float = 2.0

    def draw(self, height: float, pen: Pen) -> NDArray[np.uint8]:
        """As `Strokes.draw`; the pen's width only thickens or thins what is there."""
        x, y, across, down = cv2.boundingRect((self.pixels > 40).astype(np.uint8))
        scale = height / max(down, 1)
        wide = pen.stretch * scale
        margin = abs(pen.slant) * height
        size = (round(across * wide + margin) + 3, round(height) + 2)
        lean = -pen.slant * scale
        shift = pen.slant * height if pen.slant > 0 else 0.0
        turn = np.array([[wide, lean, 1 + shift - wide * x - lean * y], [0, scale, 1 - scale * y]])
        drawn = cv2.warpAffine(self.pixels, turn, size, flags=cv2.INTER_CUBIC)
        # a pen of a tenth of the height is MNIST's own
        level = 127 * np.clip(1.55 - 5.5 * pen.width, 0.45, 1.4)
        # so steep at least that what is no ink stays none
        steep = max(self.sharpness, 127 / level)
        sharp = (drawn.astype(np.float32) - level) * steep + 127
        return tight(np.clip(sharp, 0, 255).astype(np.uint8))


Mark = Strokes | Picture


def draw_polylines(
    points: NDArray[np.floating], lengths: Sequence[int], width: float
) -> NDArray[np.uint8]:
    """Draw strokes that begin at (0, 0) with a pen; (H, W) uint8, ink 255, a margin for the pen."""
    margin = width / 2 + 1
    right, bottom = points.max(axis=0) + 2 * margin
    canvas = np.zeros((int(np.ceil(bottom)) + 1, int(np.ceil(right)) + 1), np.uint8)
    fixed = np.rint((points + margin) * 16).astype(np.int32)
    # OpenCV's antialiased lines come out wider than asked for: see `ink`
    thickness = max(1, round(width - 1))
    start = 0
    for length in lengths:
        stroke = fixed[start : start + length]
        start += length
        if (stroke == stroke[0]).all():
            centre = (int(stroke[0, 0]), int(stroke[0, 1]))
            radius = round(max(width - 1, 1) * 8)
            cv2.circle(canvas, centre, radius, 255, cv2.FILLED, cv2.LINE_AA, 4)
        else:
            cv2.polylines(canvas, [stroke], False, 255, thickness, cv2.LINE_AA, 4)
    return canvas


def tight(drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut a drawing to its ink."""
    x, y, across, down = cv2.boundingRect((drawn > 40).astype(np.uint8))
    return drawn[y : y + down, x : x + across] if across else drawn[:1, :1]


@dataclass
class Letters:
    """Marks that are no part of a number.

    Args:
        unlike: those that look like no digit, so that they can be told apart anywhere.
        alike: those that are told from digits by the word around them, as O, l and S.
    """

    unlike: list[Mark] = field(default_factory=list)
    alike: list[Mark] = field(default_factory=list)


@dataclass
class Glyphs:
    """Marks to choose from.

    Args:
        by_writer: for each writer, for each label, the marks.
        pictures: for each digit, MNIST's pictures.
        separators: for each separator, drawings of it by whoever.
        signs: drawings of what stands after amounts, as = and #.
        letters: drawings of what is no part of a number.
        print: the letters of each printed face.
        allographs: for some digits, for each way of writing it that sets hardly hold, the marks.
    """

    by_writer: list[dict[str, list[Strokes]]] = field(default_factory=list)
    pictures: dict[str, list[NDArray[np.uint8]]] = field(default_factory=dict)
    separators: dict[str, list[Strokes]] = field(default_factory=dict)
    signs: list[Strokes] = field(default_factory=list)
    letters: Letters = field(default_factory=Letters)
    print: list[Letters] = field(default_factory=list)
    allographs: dict[str, list[list[Strokes]]] = field(default_factory=dict)

    def add_ink(self, rows: Sequence[tuple[str, int, Strokes]]) -> None:
        """Take in digits of pen ink: label, writer, strokes."""
        writers: dict[int, dict[str, list[Strokes]]] = defaultdict(lambda: defaultdict(list))
        for label, writer, strokes in rows:
            writers[writer][label].append(strokes)
        self.by_writer += [dict(marks) for marks in writers.values()]
