"""Forms: printed, filled in by hand, photographed; and how much of them layout finds.

Nothing of it is real but the digits: pen ink of writers on whom nothing was trained.
"""

import argparse
import gzip
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
from common import Report, add_report_options, publish
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from inkdigits.reading.page import find_strips
from inkdigits.reading.strip import Strip
from inkdigits.training.numbers.composing import compose
from inkdigits.training.numbers.glyphs import DIGITS, Glyphs, Pen, Strokes
from inkdigits.training.numbers.texts import SEPARATORS, number

FOLDS = 5  # every fifth writer of UNIPEN is held out of training …
HELD_OUT = 4  # … those of this remainder
BROKEN = "ibm"  # contributor of UNIPEN some of whose digits are cut out wrongly

PAGE = (210.0, 297.0)  # width and height of a sheet, millimetres
FACES = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono", "STIXGeneral", "cmr10", "DejaVuSans-Bold")
WORDS = (
    "Name Date Amount Total Number Quantity Reading Meter Account Sum Weight Height Price Page "
    "Customer Invoice Tax Order Room Day Month Year Street Postcode Phone Balance Stock Item Notes"
).split()
MEGAPIXELS = (2.0, 12.0)
DIGIT = (2.8, 6.0)  # height of a written digit, millimetres

BAND_ERROR = 0.15  # a band is right if its ends are off by no more than this share of its height
COVERED = 0.75  # a digit is covered by a strip that holds this share of it

Floats = NDArray[np.float32]
Corners = NDArray[np.float64]


@dataclass(frozen=True)
class Field:
    """A number in a picture: its kind, its text, and (marks, 4, 2) the corners of each mark."""

    kind: str
    text: str
    marks: Corners


@dataclass(frozen=True)
class Form:
    """A photograph (H, W) uint8 of a form, and the numbers on it."""

    picture: NDArray[np.uint8]
    fields: tuple[Field, ...]


# ------------------------------------------------------------------------------------ whose digits


def held_out_glyphs(data: Path) -> Glyphs:
    """Digits of writers on whom nothing was trained, each of whom wrote all ten."""
    rows: list[tuple[str, int, Strokes]] = []
    for name, first in (("pendigits_test", 0), ("unipen_1a_digits", 10_000)):
        for entry in _entries(data / "ink" / f"{name}.jsonl.gz"):
            if first and (entry["writer"] % FOLDS != HELD_OUT or entry["contributor"] == BROKEN):
                continue
            strokes = [np.asarray(stroke, np.float32) for stroke in entry["strokes"]]
            ink = Strokes(np.concatenate(strokes), tuple(map(len, strokes)))
            rows.append((str(entry["label"]), first + entry["writer"], ink))
    glyphs = Glyphs()
    glyphs.add_ink(rows)
    glyphs.by_writer = [own for own in glyphs.by_writer if set(own) >= set(DIGITS)]
    for digit in DIGITS:
        glyphs.pictures[digit] = [_small(own[digit][0]) for own in glyphs.by_writer]
    return glyphs


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") as lines:
        yield from map(json.loads, lines)


def _small(strokes: Strokes) -> NDArray[np.uint8]:
    """A digit as a picture like MNIST's."""
    drawn = strokes.draw(20, Pen(0.11, 0, 1))
    drawn = drawn[:28, :28]
    patch = np.zeros((28, 28), np.uint8)
    y, x = (28 - drawn.shape[0]) // 2, (28 - drawn.shape[1]) // 2
    patch[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
    return patch


# ---------------------------------------------------------------------------------------- the sheet


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
        self.fields.append(Field(kind, text, _corners(boxes + [x, y, 0, 0])))

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


def _words(rng: np.random.Generator, least: int, most: int) -> str:
    return " ".join(rng.choice(WORDS, int(rng.integers(least, most + 1))))


# ------------------------------------------------------------------------- sections, from top to foot


def _title(sheet: Sheet, y: float) -> float:
    size = float(sheet.rng.uniform(4, 9))
    sheet.print(_words(sheet.rng, 1, 3), float(sheet.rng.uniform(15, 60)), y, size)
    if sheet.rng.random() < 0.4:
        sheet.print(_words(sheet.rng, 6, 9), 15, y + size + 3, 2.6)
    if sheet.rng.random() < 0.3:  # a logo
        centre = round(180 * sheet.dots), round((y + 8) * sheet.dots)
        cv2.circle(sheet.light, centre, round(9 * sheet.dots), 0.3, cv2.FILLED)
        cv2.circle(sheet.light, centre, round(5 * sheet.dots), 0.9, cv2.FILLED)
    return y + size + 10


def _boxed_fields(sheet: Sheet, y: float) -> float:
    """Names with boxes or lines to write on, one or two in a row."""
    high = max(sheet.digit * float(sheet.rng.uniform(1.25, 2.2)), 6)
    boxed = sheet.rng.random() < 0.6
    columns = int(sheet.rng.integers(1, 3))
    wide = 180 / columns
    for _ in range(int(sheet.rng.integers(2, 5))):
        for column in range(columns):
            x = 15 + column * wide
            size = float(sheet.rng.uniform(2.4, 3.6))
            end = sheet.print(_words(sheet.rng, 1, 1) + ":", x, y + 0.5 * high - size / 2, size)
            start, last = end + 3, x + wide - 6
            if boxed:
                sheet.box(start, y, last - start, high)
            else:
                sheet.line((start, y + high), (last, y + high))
            if sheet.rng.random() < 0.85:
                kind = "box" if boxed else "underline"
                sheet.write(kind, start + 1.5, y + 0.3, last - start - 3, high - 0.6)
        y += high + float(sheet.rng.uniform(2, 6))
    return y + 4


def _combs(sheet: Sheet, y: float) -> float:
    """Rows of places for one digit each: boxes, or teeth on a line."""
    step = max(sheet.digit * float(sheet.rng.uniform(1.0, 1.4)), 4.5)
    high = step * float(sheet.rng.uniform(1.0, 1.4))
    boxed = sheet.rng.random() < 0.6
    for _ in range(int(sheet.rng.integers(1, 3))):
        count = int(sheet.rng.integers(4, 10))
        end = sheet.print(_words(sheet.rng, 1, 1), 15, y + 0.3 * high, 3) + 4
        if boxed:
            sheet.box(end, y, count * step, high)
        else:
            sheet.line((end, y + high), (end + count * step, y + high))
        for tooth in range(0 if not boxed else 1, count + (not boxed)):
            x = end + tooth * step
            sheet.line((x, y if boxed else y + 0.7 * high), (x, y + high))
        sheet.write_comb(end, y, step, high, count)
        y += high + 5
    return y + 4


def _table(sheet: Sheet, y: float) -> float:
    """A grid with a printed head; some of its cells are empty."""
    columns = int(sheet.rng.integers(3, 8))
    rows = int(sheet.rng.integers(3, 10))
    high = max(sheet.digit * float(sheet.rng.uniform(1.2, 2.0)), 5.5)
    rows = min(rows, int((PAGE[1] - 20 - y) / high))
    if rows < 2:
        return y
    wide = float(sheet.rng.uniform(0.8, 1)) * 180 / columns
    for row in range(rows + 1):
        sheet.line((15, y + row * high), (15 + columns * wide, y + row * high))
    for column in range(columns + 1):
        sheet.line((15 + column * wide, y), (15 + column * wide, y + rows * high))
    for column in range(columns):
        size = min(2.8, wide / 7)
        sheet.print(_words(sheet.rng, 1, 1)[:8], 16 + column * wide, y + 0.3 * high, size)
        for row in range(1, rows):
            if sheet.rng.random() < 0.75:
                x = 15 + column * wide
                sheet.write("cell", x + 0.8, y + row * high + 0.2, wide - 1.6, high - 0.4)
    return y + rows * high + 8


def _lines(sheet: Sheet, y: float) -> float:
    """Numbers in columns on plain or ruled paper."""
    high = sheet.digit * float(sheet.rng.uniform(1.5, 2.4))
    columns = int(sheet.rng.integers(1, 4))
    ruled = sheet.rng.random() < 0.5
    for _ in range(int(sheet.rng.integers(2, 7))):
        if y + high > PAGE[1] - 12:
            break
        if ruled:
            sheet.line((10, y + high), (200, y + high))
        for column in range(columns):
            wide = 180 / columns
            x = 15 + column * wide
            sheet.write("column", x, y + 0.2, wide - 2.2 * sheet.digit, high - 0.2)
        y += high
    return y + 6


def _text(sheet: Sheet, y: float) -> float:
    """A printed paragraph."""
    size = float(sheet.rng.uniform(2.0, 3.0))
    for _ in range(int(sheet.rng.integers(2, 7))):
        sheet.print(_words(sheet.rng, 8, 11), 15, y, size)
        y += 1.6 * size
    return y + 5


SECTIONS: tuple[Callable[[Sheet, float], float], ...] = (
    _boxed_fields,
    _boxed_fields,
    _combs,
    _table,
    _table,
    _lines,
    _text,
)


def form(glyphs: Glyphs, rng: np.random.Generator, megapixels: float | None = None) -> Form:
    """Make a form up, fill it in, and photograph or scan it.

    Args:
        glyphs: whose digits.
        rng: all that is random comes from it.
        megapixels: of the picture; None: anything from 2 to 12.
    """
    if megapixels is None:
        megapixels = float(np.exp(rng.uniform(*np.log(MEGAPIXELS))))
    hand = Glyphs(
        [glyphs.by_writer[int(rng.integers(len(glyphs.by_writer)))]],
        glyphs.pictures,
        glyphs.symbols,
        glyphs.letters,
    )
    dots = 0.95 * float(np.sqrt(megapixels * 1e6 / (PAGE[0] * PAGE[1])))
    sheet = Sheet(hand, dots, rng)
    y = _title(sheet, float(rng.uniform(10, 20)))
    while y < PAGE[1] - 45:
        section = SECTIONS[int(rng.integers(len(SECTIONS)))]
        y = section(sheet, y)
    return _photograph(sheet, megapixels, rng)


# --------------------------------------------------------------------------------------- the camera


def _photograph(sheet: Sheet, megapixels: float, rng: np.random.Generator) -> Form:
    """Take its picture: from above and askew, in uneven light, or by a scanner."""
    scanned = rng.random() < 0.3
    ratio = PAGE[0] / PAGE[1]
    width = round(float(np.sqrt(megapixels * 1e6 * ratio)))
    height = round(width / ratio)
    turn = _scan(sheet, (width, height), rng) if scanned else _view(sheet, (width, height), rng)
    desk = float(rng.uniform(0.1, 0.9)) if not scanned else 1.0
    light = cv2.warpPerspective(
        sheet.light, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=desk
    )
    if not scanned:
        light *= _uneven((height, width), rng)
        if rng.random() < 0.7:
            light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.2) * width / 2500))
    light *= np.float32(rng.uniform(150, 250) if not scanned else 250)
    noise = float(rng.uniform(0, 1)) ** 2 * (9 if not scanned else 3)
    for row in range(0, height, 256):
        part = light[row : row + 256]
        part += rng.standard_normal(part.shape, np.float32) * np.float32(noise)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))]
    grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE))
    fields = tuple(
        Field(
            one.kind,
            one.text,
            cv2.perspectiveTransform(one.marks.reshape(1, -1, 2), turn).reshape(-1, 4, 2),
        )
        for one in sheet.fields
    )
    return Form(grey, fields)


def _scan(sheet: Sheet, size: tuple[int, int], rng: np.random.Generator) -> Corners:
    """A scanner's view: turned a little, filling the picture."""
    rows, columns = sheet.light.shape
    angle = float(np.clip(rng.normal(0, 0.8), -3, 3))
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, size[0] / columns)
    turn[:, 2] += np.array(size) / 2 - (columns / 2, rows / 2)
    return np.vstack([turn, [0, 0, 1]])


def _view(sheet: Sheet, size: tuple[int, int], rng: np.random.Generator) -> Corners:
    """A phone's view: turned by up to ten degrees, in perspective, all of the sheet in it."""
    rows, columns = sheet.light.shape
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    angle = float(np.radians(np.clip(rng.normal(0, 4), -10, 10)))
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = (corners - (columns / 2, rows / 2)) @ spin
    seen += rng.uniform(-0.035, 0.035, (4, 2)) * columns
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = float(rng.uniform(0.0, 0.06)) * size[0]
    scale = float(((np.array(size) - 2 * margin) / (high - low)).min())
    seen = (seen - (low + high) / 2) * scale + np.array(size) / 2
    return np.asarray(
        cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32))
    )


def _uneven(size: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Uneven light and shadows; (H, W), at most 1."""
    rows, columns = 200, 150
    x = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    slope = rng.normal(0, 0.25, 2)
    light = 1 + np.float32(slope[0]) * x + np.float32(slope[1]) * y
    cloud = cv2.resize(rng.standard_normal((4, 3), np.float32), (columns, rows), None, 0, 0, 2)
    light *= 1 + np.float32(0.08) * cloud
    sharp = 20.0
    if rng.random() < 0.5:
        angle = float(rng.uniform(0, 2 * np.pi))
        way = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5) - rng.uniform(-0.3, 0.3)
        sharp = float(np.exp(rng.uniform(np.log(15), np.log(150))))
        depth = float(rng.uniform(0.2, 0.6))
        light *= (1 - depth / (1 + np.exp(-np.clip(way * sharp, -30, 30)))).astype(np.float32)
    light = np.clip(light / light.max(), 0.2, 1)
    return np.asarray(cv2.resize(light, size[::-1], interpolation=cv2.INTER_LINEAR))


# -------------------------------------------------------------------------------- what layout finds


@dataclass
class Found:
    """What became of the fields of a form, and which strips are of no field."""

    outcomes: list[tuple[Field, str]]
    spurious: int


def judge(form: Form, strips: Sequence[Strip]) -> Found:
    """Compare strips with the fields.

    A field is `right` if just one strip holds all its digits and its band is right; else it is
    `merged` with another, `split` over several strips, `missed`, `part` if some of its digits are
    outside of the strip that holds most, or off in its `band`.
    """
    held = [[_held(strip, one) for strip in strips] for one in form.fields]
    used = {index for row in held for index, some in enumerate(row) if some.any()}
    outcomes = [
        (one, _outcome(one, row, place, held, strips))
        for place, (one, row) in enumerate(zip(form.fields, held, strict=True))
    ]
    return Found(outcomes, len(strips) - len(used))


def _tall(one: Field) -> NDArray[np.bool_]:
    return np.array([c not in SEPARATORS for c in one.text])


def _in_strip(strip: Strip, corners: Corners) -> tuple[Corners, Corners]:
    """The boxes (left, top) and (right, foot) of marks, in pixels of a strip."""
    turn = cv2.invertAffineTransform(strip.to_picture)
    places = corners @ turn[:, :2].T + turn[:, 2]
    # half of the difference between a box around a turned box, and the box that it was
    sides = places[:, [1, 2, 2, 3]] + places[:, [0, 1, 3, 0]]
    middle = sides / 2
    low = np.stack([middle[:, 3, 0], middle[:, 0, 1]], axis=1)
    high = np.stack([middle[:, 1, 0], middle[:, 2, 1]], axis=1)
    return low, high


def _held(strip: Strip, one: Field) -> NDArray[np.bool_]:
    """Which digits of a field a strip's band covers."""
    low, high = _in_strip(strip, one.marks[_tall(one)])
    least = np.maximum(low, [0, strip.top])
    most = np.minimum(high, [strip.grey.shape[1], strip.bottom])
    share = np.clip((most - least) / np.maximum(high - low, 1e-6), 0, 1)
    # and it has to be a digit of this strip: not one that its much higher band runs over
    return (share[:, 0] >= COVERED) & (share[:, 1] >= COVERED / 1.5)


def _outcome(
    one: Field,
    row: list[NDArray[np.bool_]],
    place: int,
    held: list[list[NDArray[np.bool_]]],
    strips: Sequence[Strip],
) -> str:
    holding = [index for index, some in enumerate(row) if some.any()]
    if not holding:
        return "missed"
    best = max(holding, key=lambda index: row[index].sum())
    if any(other[best].any() for at, other in enumerate(held) if at != place):
        return "merged"
    if not row[best].all():
        return "split" if len(holding) > 1 else "part"
    if len(holding) > 1:
        return "split"
    low, high = _in_strip(strips[best], one.marks[_tall(one)])
    top, foot = float(low[:, 1].min()), float(high[:, 1].max())
    off = max(abs(strips[best].top - top), abs(strips[best].bottom - foot)) / (foot - top)
    return "right" if off <= BAND_ERROR else "band"


def main() -> None:
    """Print how much of some forms layout finds."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_report_options(parser)
    parser.add_argument("--forms", type=int, default=40, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the first form; the next is one up")
    parser.add_argument("--megapixels", type=float, default=None)
    parser.add_argument("--pictures", type=Path, help="folder for pictures of what was found")
    options = parser.parse_args()
    glyphs = held_out_glyphs(Path(os.environ.get("INKDIGITS_DATA", "/nowhere")))
    counts: dict[str, Counter[str]] = {}
    spurious, seconds, pages = [], [], 2 if options.quick else options.forms
    for seed in range(options.seed, options.seed + pages):
        made = form(glyphs, np.random.default_rng(seed), options.megapixels)
        start = time.perf_counter()
        strips = find_strips(made.picture)
        seconds.append((time.perf_counter() - start) / made.picture.size * 12e6)
        found = judge(made, strips)
        for one, outcome in found.outcomes:
            counts.setdefault(one.kind, Counter())[outcome] += 1
        spurious.append(found.spurious)
        if options.pictures:
            _draw(made, strips, found, options.pictures / f"{seed}.png")
    names = ("right", "band", "part", "split", "merged", "missed")
    report = Report(
        "Fields of photographed forms that layout finds",
        f"python benchmarks/forms.py --forms {pages} --seed {options.seed}",
        ("Kind", "Fields", *names),
    )
    counts["all"] = sum(counts.values(), Counter())
    for kind, outcomes in counts.items():
        total = outcomes.total()
        shares = [f"{100 * outcomes[name] / total:.1f} %" for name in names]
        report.rows.append((kind, str(total), *shares))
        report.figures[kind] = dict(outcomes)
    report.figures |= {"spurious": spurious, "seconds": seconds}
    report.notes.append(
        f"Strips of no field, printed words among them: {np.mean(spurious):.1f} a form. Layout of "
        f"12 megapixels: {np.median(seconds):.2f} s, the median."
    )
    publish(report, options)


def _draw(made: Form, strips: Sequence[Strip], found: Found, path: Path) -> None:
    """A picture of what was found: bands blue, fields green or, where not right, red."""
    canvas = cv2.cvtColor(made.picture, cv2.COLOR_GRAY2BGR)
    thick = max(1, round(canvas.shape[1] / 900))
    for strip in strips:
        width = strip.grey.shape[1]
        corners = np.array([[0, strip.top], [width, strip.top], [width, strip.bottom]])
        corners = np.vstack([corners, [0, strip.bottom]])
        places = corners @ strip.to_picture[:, :2].T + strip.to_picture[:, 2]
        cv2.polylines(canvas, [np.rint(places).astype(np.int32)], True, (255, 80, 0), thick)
    for one, outcome in found.outcomes:
        colour = (0, 160, 0) if outcome == "right" else (0, 0, 255)
        corners = one.marks.reshape(-1, 2)
        hull = cv2.convexHull(corners.astype(np.float32)).astype(np.int32)
        cv2.polylines(canvas, [hull], True, colour, thick)
        if outcome != "right":
            at = (int(corners[:, 0].min()), int(corners[:, 1].min()) - 4)
            cv2.putText(canvas, outcome, at, 0, 0.5 * thick, colour, thick)
    path.parent.mkdir(parents=True, exist_ok=True)
    scale = min(1.0, 1900 / max(canvas.shape))
    cv2.imwrite(str(path), cv2.resize(canvas, None, fx=scale, fy=scale, interpolation=3))


if __name__ == "__main__":
    main()
