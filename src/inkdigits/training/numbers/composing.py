"""Strings of digits in one hand: marks side by side, from far apart to overlapping."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.training.numbers import distorting
from inkdigits.training.numbers.glyphs import (
    DIGITS,
    WIDEST,
    Glyphs,
    Mark,
    Pen,
    Picture,
    Strokes,
)
from inkdigits.training.numbers.texts import LETTER, SEPARATORS, SIGN, said

T = TypeVar("T")

HABIT = 0.04  # share of the hands that write a digit, whichever, in a way that sets hardly hold …
HABITS = {"0": 0.1, "1": 0.26}  # … and of those who write one of these digits so
PRINTED = 0.4  # share of what is no part of a number that is printed, and not written
PICTURES = 0.33  # share of the strings that are made of MNIST's pictures, and not of pen ink
SMALL = 0.3  # share of the hands whose noughts are small, raised and flat …
LINKED = 0.35  # … and of those who go from one to the next without lifting the pen
SEPARATE = 0.03  # least gap beside a separator, in digits: one inside of a digit is not there
MIXED = 0.06  # share of the strings whose digits were written apart, by anybody with any pen
INKED = 64  # from which value on a pixel is ink when marks are pushed together


@dataclass(frozen=True)
class Composed:
    """A string as ink.

    Args:
        ink: (H, W) uint8, 255 the ink.
        text: what is to be read.
        boxes: (marks, 4) float32, x, y, width, height of each mark in pixels.
        top: row where the digits begin.
        bottom: row where they end.
    """

    ink: NDArray[np.uint8]
    text: str
    boxes: NDArray[np.float32]
    top: float
    bottom: float


def compose(glyphs: Glyphs, text: str, height: float, rng: np.random.Generator) -> Composed:
    """Write a text in one hand, with one pen.

    Args:
        glyphs: the marks to choose from.
        text: digits, separators, `OTHER`, `LETTER` and `SIGN`.
        height: of the digits, pixels.
        rng: all that is random comes from it.
    """
    pen = Pen(
        width=_pen_width(rng),
        slant=float(rng.normal(0.05, 0.15) if rng.random() < 0.85 else rng.uniform(0.2, 0.65)),
        stretch=float(np.exp(rng.normal(0, 0.15))),
    )
    mixed = rng.random() < MIXED
    marks = _marks(glyphs, text, mixed, rng)
    small = rng.random() < SMALL
    noughts = float(rng.uniform(0.5, 0.95)) if small else 1.0
    flat = float(np.exp(rng.uniform(0, np.log(2)))) if small and rng.random() < 0.6 else 1.0
    spread = float(rng.choice([0.03, 0.08, 0.15], p=[0.3, 0.5, 0.2]))
    drawn, rise = [], []
    for character, mark in zip(text, marks, strict=True):
        own = height * float(np.clip(np.exp(rng.normal(0, spread)), 0.6, 1.5))
        up = float(rng.normal(0, 0.05))
        own_pen = pen._replace(width=_pen_width(rng)) if mixed else pen
        if character == "0" and small:
            up += (1 - noughts) * float(rng.uniform(0, 0.7))
            own *= noughts
            own_pen = own_pen._replace(stretch=pen.stretch * flat)
        if character in SEPARATORS:
            own, up = _separator_place(character, height, pen, rng)
        elif character not in DIGITS:
            own *= float(rng.uniform(0.5, 1.1))
        own_pen = own_pen._replace(width=own_pen.width * height / max(own, 1))
        drawn.append(mark.draw(max(own, 3.0), own_pen))
        rise.append(up * height)
    composed = _side_by_side(text, drawn, rise, height, rng)
    if small and rng.random() < LINKED:
        _link_noughts(composed, text, pen.width * height, rng)
    return composed


def _link_noughts(composed: Composed, text: str, width: float, rng: np.random.Generator) -> None:
    """Draw the way of a pen of so many pixels from each nought to the next, near their tops."""
    for index, pair in enumerate(pairwise(text)):
        if pair != ("0", "0"):
            continue
        ends = composed.boxes[index : index + 2]
        share = rng.uniform([[0.5, 0.0], [0.1, 0.0]], [[0.9, 0.3], [0.5, 0.3]])
        start, end = ends[:, :2] + share * ends[:, 2:]
        middle = (start + end) / 2 + rng.normal(0, 0.12, 2) * ends[0, 3]
        along = np.linspace(0, 1, 9)[:, None]
        way = (1 - along) ** 2 * start + 2 * along * (1 - along) * middle + along**2 * end
        fixed = np.rint(way * 16).astype(np.int32)
        cv2.polylines(composed.ink, [fixed], False, 255, max(1, round(width - 1)), cv2.LINE_AA, 4)


def _pen_width(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(0.035), np.log(0.2))))


def _marks(glyphs: Glyphs, text: str, mixed: bool, rng: np.random.Generator) -> list[Mark]:
    """A mark for each character: digits of one writer, or pictures; or mixed."""
    pictured = rng.random() < PICTURES
    sharpness = float(rng.uniform(1.2, 3.5))
    writer = _any(glyphs.by_writer, rng)
    printed = bool(glyphs.print) and rng.random() < PRINTED
    letters = glyphs.print[int(rng.integers(len(glyphs.print)))] if printed else glyphs.letters
    habits = _habits(glyphs, rng)
    much = distorting.amount(rng)
    marks: list[Mark] = []
    for character in text:
        if mixed:
            writer = _any(glyphs.by_writer, rng)
            pictured = rng.random() < PICTURES
        if character in habits:
            marks.append(_any(habits[character], rng))
        elif character in DIGITS and pictured:
            marks.append(Picture(_any(glyphs.pictures[character], rng), sharpness))
        elif character in DIGITS:
            own = writer
            while character not in own:
                own = _any(glyphs.by_writer, rng)
            marks.append(_any(own[character], rng))
        elif character == SIGN and glyphs.signs:
            marks.append(_any(glyphs.signs, rng))
        elif character == LETTER:
            marks.append(_any([*letters.unlike, *letters.alike], rng))
        elif character in SEPARATORS:
            marks.append(_separator(glyphs, character, rng))
        else:
            marks.append(_any(letters.unlike, rng))
    return [
        mark if character in SEPARATORS else distorting.distorted(mark, much, rng)
        for character, mark in zip(text, marks, strict=True)
    ]


def _habits(glyphs: Glyphs, rng: np.random.Generator) -> dict[str, list[Strokes]]:
    """The digits that this hand writes in a way that sets hardly hold, and such marks."""
    return {
        digit: _any(ways, rng)
        for digit, ways in glyphs.allographs.items()
        if rng.random() < HABITS.get(digit, HABIT)
    }


def _any(some: Sequence[T], rng: np.random.Generator) -> T:
    return some[int(rng.integers(len(some)))]


def _separator(glyphs: Glyphs, character: str, rng: np.random.Generator) -> Strokes:
    """A separator that somebody wrote, or one that is made up."""
    written = glyphs.separators.get(character, [])
    if written and rng.random() < 0.6:
        return _any(written, rng)
    jitter = rng.normal(0, 0.12, (2, 2))
    lines = {
        ".": np.array([[0.0, 0.0], [0.0, 0.0]]),
        ",": np.array([[0.4, 0.0], [0.0, 1.0]]) + jitter,
        "-": np.array([[0.0, 0.0], [1.0, 0.0]]) + jitter * [0.5, 0.8],
        "/": np.array([[0.6, 0.0], [0.0, 1.0]]) + jitter,
    }
    if character == ":":
        two = np.array([[0.0, 0.0], [0.0, 0.0], [0.1, 1.0], [0.1, 1.0]])
        return Strokes(two.astype(np.float32), (2, 2))
    return Strokes(lines[character].astype(np.float32), (2,))


def _separator_place(
    character: str, height: float, pen: Pen, rng: np.random.Generator
) -> tuple[float, float]:
    """Height of a separator in pixels, and how far its foot is above the line, in digits."""
    width = pen.width * height
    if character == ".":
        return width * float(rng.uniform(1.0, 1.6)), float(rng.normal(0.02, 0.06))
    if character == ",":
        return width + height * float(rng.uniform(0.1, 0.35)), float(rng.normal(-0.12, 0.08))
    if character == "-":
        long = height * float(rng.uniform(0.2, 1.2))
        return max(width, long / WIDEST), float(rng.normal(0.45, 0.1))
    if character == ":":
        return height * float(rng.uniform(0.35, 0.7)), float(rng.normal(0.15, 0.06))
    return height * float(rng.uniform(1.0, 1.6)), float(rng.normal(-0.15, 0.1))


def _side_by_side(
    text: str,
    drawn: list[NDArray[np.uint8]],
    rise: list[float],
    height: float,
    rng: np.random.Generator,
) -> Composed:
    """Put the marks next to each other: by the gap between their inks, row by row."""
    low, high = _gaps(rng)
    drift = float(rng.normal(0, 0.03))  # of the line they stand on
    rows = int(4 * height) + 8
    foot = 2.4 * height
    reach = np.full(rows, -np.inf)  # how far to the right there is ink, row by row
    placed = []
    last = 0.0
    for index, (mark, up) in enumerate(zip(drawn, rise, strict=True)):
        top = round(foot + drift * last - up - len(mark))
        top = min(max(top, 0), rows - len(mark))
        inked = mark >= INKED
        some = inked.any(axis=1)
        left = np.where(some, inked.argmax(axis=1), np.inf)
        right = np.where(some, mark.shape[1] - inked[:, ::-1].argmax(axis=1), -np.inf)
        gap = height * float(rng.uniform(low, high))
        if {text[index], text[index - 1]} & set(SEPARATORS) and index:
            gap = max(gap, SEPARATE * height)
        x = 0.0
        if index:
            near = _widened(reach)[top : top + len(mark)] - left
            x = float(near.max()) + gap if np.isfinite(near).any() else last + gap
            # marks above and below each other, as a point beneath a 7, still follow each other
            x = max(x, last + min(gap, 0.1 * height) - 0.45 * min(mark.shape[1], height))
        start = round(x)
        placed.append((start, top))
        at = slice(top, top + len(mark))
        reach[at] = np.maximum(reach[at], start + right)
        last = max(last, start + mark.shape[1])
    return _laid(text, drawn, placed, height, foot)


def _gaps(rng: np.random.Generator) -> tuple[float, float]:
    """Least and greatest gap of a string, in heights of a digit."""
    kind = rng.random()
    if kind < 0.25:
        return -0.12, 0.06
    if kind < 0.75:
        return 0.0, float(rng.uniform(0.1, 0.35))
    low = float(rng.uniform(0.1, 0.5))
    return low, low + float(rng.uniform(0, 0.4))


def _widened(reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row's reach, or that of a row beside it if it is greater."""
    wide = reach.copy()
    np.maximum(wide[1:], reach[:-1], out=wide[1:])
    np.maximum(wide[:-1], reach[1:], out=wide[:-1])
    return wide


def _laid(
    text: str,
    drawn: list[NDArray[np.uint8]],
    placed: list[tuple[int, int]],
    height: float,
    foot: float,
) -> Composed:
    """Lay the marks onto one sheet, cut to them with a margin of a digit's height."""
    margin = round(height)
    left = min(x for x, _ in placed)
    right = max(x + mark.shape[1] for (x, _), mark in zip(placed, drawn, strict=True))
    top = min(y for _, y in placed)
    bottom = max(y + len(mark) for (_, y), mark in zip(placed, drawn, strict=True))
    ink = np.zeros((bottom - top + 2 * margin, right - left + 2 * margin), np.uint8)
    boxes = np.zeros((len(drawn), 4), np.float32)
    for index, ((x, y), mark) in enumerate(zip(placed, drawn, strict=True)):
        x, y = x - left + margin, y - top + margin
        part = ink[y : y + len(mark), x : x + mark.shape[1]]
        np.maximum(part, mark, out=part)
        boxes[index] = x, y, mark.shape[1], len(mark)
    tall = [index for index, character in enumerate(text) if character not in SEPARATORS]
    if tall:
        first = float(boxes[tall, 1].min())
        end = float((boxes[tall, 1] + boxes[tall, 3]).max())
    else:
        end = foot - top + margin
        first = end - height
    return Composed(ink, said(text), boxes, first, end)
