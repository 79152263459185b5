"""A sheet of paper that is printed, ruled, and written on with digits of real hands."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.training.numbers.composing import compose
from inkdigits.training.numbers.glyphs import DIGITS, Glyphs
from inkdigits.training.numbers.texts import SEPARATORS, number

PAGE = (210.0, 297.0)  # width and height of a sheet, millimetres
DIGIT = (2.8, 6.0)  # height of a written digit, millimetres
FACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10", "DejaVuSans-Bold")

Floats = NDArray[np.float32]
Corners = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """A number in a picture: its kind, its text, and (marks, 4, 2) the corners of each mark."""

    kind: str
    text: str
    marks: Corners


@dataclass
class Sheet:
    """A sheet that is printed and written on; lengths in millimetres.

    Args:
        glyphs: the hand that fills it in.
        dots: pixels a millimetre.
        rng: all that is random comes from it.
    """

    glyphs: Glyphs
    dots: float
    rng: np.random.Generator
    fields: list[Field] = field(default_factory=list)
    lines: list[Corners] = field(default_factory=list)
    words: list[Corners] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.light: Floats = np.ones(
            (round(PAGE[1] * self.dots), round(PAGE[0] * self.dots)), np.float32
        )
        self.face = str(self.rng.choice(FACES))
        self.printed = float(self.rng.uniform(0.6, 0.95))  # darkness of what is printed
        self.ruled = float(self.rng.uniform(0.25, 0.9))  # … and of lines
        self.thick = float(self.rng.uniform(0.15, 0.5))
        self.digit = float(self.rng.uniform(*DIGIT))
        pencil = self.rng.random() < 0.25
        self.ink = float(self.rng.uniform(0.2, 0.4) if pencil else self.rng.uniform(0.45, 0.95))

    def print(self, text: str, x: float, y: float, size: float) -> float:
        """Print a text whose top left corner and height are given; where it ends."""
        path = Path(mpl.get_data_path(), "fonts", "ttf", f"{self.face}.ttf")
        font = ImageFont.truetype(str(path), max(6, round(size * self.dots)))
        left, top, right, bottom = font.getbbox(text)
        area = Image.new("L", (round(right - left) + 2, round(bottom - top) + 2))
        ImageDraw.Draw(area).text((1 - left, 1 - top), text, fill=255, font=font)
        self._lay(np.asarray(area), x * self.dots, y * self.dots, self.printed)
        box = np.array([[x * self.dots, y * self.dots, right - left, bottom - top]])
        self.words.append(_corners(box)[0])
        return x + (right - left) / self.dots

    def line(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Rule a line."""
        thick = max(1, round(self.thick * self.dots))
        low = np.minimum(start, end) * self.dots - 2 * thick
        size = np.abs(np.subtract(end, start)) * self.dots + 4 * thick
        area = np.zeros((round(size[1]), round(size[0])), np.uint8)
        ends = [
            tuple(int(v) for v in np.rint((np.array(p) * self.dots - np.floor(low)) * 16))
            for p in (start, end)
        ]
        cv2.line(area, ends[0], ends[1], 255, thick, cv2.LINE_AA, 4)
        self._lay(area, float(np.floor(low[0])), float(np.floor(low[1])), self.ruled)
        self.lines.append(np.array([start, end]) * self.dots)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Rule a box."""
        right, foot = x + width, y + height
        for start, end in (
            ((x, y), (right, y)),
            ((x, foot), (right, foot)),
            ((x, y), (x, foot)),
            ((right, y), (right, foot)),
        ):
            self.line(start, end)

    def write(self, kind: str, x: float, y: float, width: float, height: float) -> None:
        """Write a number into a cell, so that it fits, somewhere in it."""
        text = number(self.rng)
        if self.rng.random() < 0.6:
            text = "".join(c for c in text if c in DIGITS)
        for _ in range(4):
            written = compose(self.glyphs, text, self.digit * self.dots, self.rng)
            margin = round(self.digit * self.dots)
            ink = written.ink[margin:-margin, margin:-margin]
            room = width * self.dots - ink.shape[1], height * self.dots - ink.shape[0]
            if room[0] > 0 and room[1] > -0.25 * self.digit * self.dots:
                break
            text = text[: max(1, len(text) // 2)].rstrip(SEPARATORS) or "7"
        else:
            return
        at_x = x * self.dots + room[0] * float(self.rng.beta(1.2, 1.6))
        at_y = y * self.dots + room[1] * float(self.rng.uniform(0.25, 0.75))
        boxes = written.boxes - [margin, margin, 0, 0]
        self._written(kind, text, ink, boxes, round(at_x), round(at_y))

    def write_comb(self, x: float, y: float, step: float, height: float, count: int) -> None:
        """Write a digit into each of a comb's places, beginning with the first."""
        parts, boxes, text = [], [], ""
        digit = min(self.digit, 0.85 * height, 1.1 * step)
        for place in range(int(self.rng.integers(1, count + 1))):
            mark = str(self.rng.choice(list(DIGITS)))
            written = compose(self.glyphs, mark, digit * self.dots, self.rng)
            margin = round(digit * self.dots)
            ink = written.ink[margin:-margin, margin:-margin]
            shift = self.rng.normal(0, 0.06, 2) * step
            left = (x + step * (place + 0.5) + shift[0]) * self.dots - ink.shape[1] / 2
            top = (y + height / 2 + shift[1]) * self.dots - ink.shape[0] / 2
            self._lay(ink, round(left), round(top), self.ink)
            parts.append(ink)
            boxes.append((round(left), round(top), ink.shape[1], ink.shape[0]))
            text += mark
        self.fields.append(Field("comb", text, _corners(np.array(boxes, float))))

    def _written(
        self,
        kind: str,
        text: str,
        ink: NDArray[np.uint8],
        boxes: NDArray[np.floating],
        x: int,
        y: int,
    ) -> None:
        darkness = float(np.clip(self.ink + self.rng.normal(0, 0.05), 0.15, 1))
        self._lay(ink, x, y, darkness)
        self.fields.append(Field(kind, text, _corners(boxes + np.array([x, y, 0, 0]))))

    def _lay(self, ink: NDArray[np.uint8], x: float, y: float, darkness: float) -> None:
        """Darken the sheet by ink whose top left corner is at a pixel."""
        column, row = round(x), round(y)
        height, width = self.light.shape
        top, left = max(-row, 0), max(-column, 0)
        part = ink[top : max(height - row, 0), left : max(width - column, 0)]
        if part.size:
            at = self.light[row + top :, column + left :][: part.shape[0], : part.shape[1]]
            at *= 1 - np.float32(darkness / 255) * part.astype(np.float32)


def _corners(boxes: NDArray[np.floating]) -> Corners:
    """The corners of boxes x, y, width, height."""
    x, y, w, h = np.asarray(boxes, np.float64).T
    return np.stack([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]).transpose(2, 0, 1)
