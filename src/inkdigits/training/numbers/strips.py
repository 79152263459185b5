"""Training strips: a text, written, photographed and cut out as the line model sees it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.line import line_patch
from inkdigits.training.numbers.composing import compose
from inkdigits.training.numbers.glyphs import Glyphs
from inkdigits.training.numbers.scenes import clean, scene
from inkdigits.training.numbers.texts import number, with_others

DRAWN = 36  # pixels: height of a digit when it is drawn …
SEEN = (12, 44)  # … and when its picture is taken, from the least to the greatest
CLEAN = 0.32  # share of the strips that are drawings on a screen
OTHERS = 0.1  # share that has letters or signs
GHOSTS = 0.06  # share with other writing that shows through the paper
NEIGHBOURS = 0.12  # share with a bit of the line above or below
CELLS = 0.26  # share that is a cell of a table, cut out with its border
LOOSE = 0.2  # share cut out too high, as where digits do not fill their cell


@dataclass(frozen=True)
class Scene:
    """A line in a picture: (H, W) uint8, dark ink, the rows of its band, and what is written."""

    grey: NDArray[np.uint8]
    top: float
    bottom: float
    text: str


@dataclass(frozen=True)
class Strip:
    """(32, W, 2) uint8 as from `line_patch`, and what is written."""

    patch: NDArray[np.uint8]
    text: str


def strip(glyphs: Glyphs, rng: np.random.Generator) -> Strip:
    """Make up a line as the line model sees it."""
    made = line_scene(glyphs, rng)
    return Strip(line_patch(made.grey, made.top, made.bottom), made.text)


def line_scene(glyphs: Glyphs, rng: np.random.Generator) -> Scene:
    """Make up a line of writing."""
    text = number(rng)
    if rng.random() < OTHERS and glyphs.letters.unlike:
        text = with_others(text, rng)
    seen = float(np.exp(rng.uniform(*np.log(SEEN))))
    drawn = max(seen, float(DRAWN))
    composed = compose(glyphs, text, drawn, rng)
    ink, top, bottom = composed.ink, composed.top, composed.bottom
    if rng.random() < NEIGHBOURS:
        ink = _with_neighbour(ink, glyphs, (top, bottom), drawn, rng)
    if rng.random() < GHOSTS:
        ink = _with_ghost(ink, glyphs, drawn, rng)
    text = composed.text
    scale = seen / drawn
    if scale < 1:
        size = (max(1, round(ink.shape[1] * scale)), max(1, round(ink.shape[0] * scale)))
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA))
        top, bottom = top * scale, bottom * scale
    kind = rng.random()
    if kind < CELLS:
        return Scene(*_cell(ink, top, bottom, seen, rng), text)
    grey = clean(ink, rng) if kind < CELLS + CLEAN else scene(ink, top, bottom, rng)
    return Scene(*_cut(grey, top, bottom, seen, rng), text)


def _cell(
    ink: NDArray[np.uint8], top: float, bottom: float, height: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], float, float]:
    """A cell with its border, whose whole height is taken for that of the digits."""
    room = height * rng.uniform([-0.05, -0.1, -0.05, -0.1], [0.8, 0.5, 1.0, 0.5])
    left, right = height - room[0], ink.shape[1] - height + room[2]
    cell = (left, top - room[1], right, bottom + room[3])
    grey = scene(ink, top, bottom, rng, cell)
    beyond = height * rng.uniform(-0.08, 0.15, 4)
    rows = (round(max(0.0, cell[1] - beyond[0])), round(min(len(ink), cell[3] + beyond[1])))
    columns = (
        round(max(0.0, cell[0] - beyond[2])),
        round(min(ink.shape[1], cell[2] + beyond[3])),
    )
    cut = np.ascontiguousarray(grey[slice(*rows), slice(*columns)])
    inset = len(cut) * rng.uniform(0, 0.15, 2)
    return cut, float(inset[0]), len(cut) - float(inset[1])


def _with_neighbour(
    ink: NDArray[np.uint8],
    glyphs: Glyphs,
    band: tuple[float, float],
    height: float,
    rng: np.random.Generator,
) -> NDArray[np.uint8]:
    """The writing of the line above or below reaches into it."""
    other = compose(glyphs, number(rng), height, rng)
    below = rng.random() < 0.5
    gap = height * float(rng.uniform(0.02, 0.3))
    row = round(band[1] + gap - other.top if below else band[0] - gap - other.bottom)
    return _laid_over(ink, other.ink, row, round(float(rng.uniform(-0.5, 1)) * height))


def _with_ghost(
    ink: NDArray[np.uint8], glyphs: Glyphs, height: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Something shows through that was written on another sheet: blurred, and much weaker."""
    other = cv2.GaussianBlur(compose(glyphs, number(rng), height, rng).ink, (0, 0), 0.06 * height)
    faint = cv2.convertScaleAbs(other, alpha=float(rng.uniform(0.08, 0.25)))
    row, column = rng.uniform(-0.5, 0.5) * height, rng.uniform(-1, 1) * ink.shape[1]
    return _laid_over(ink, np.asarray(faint), round(row), round(column))


def _laid_over(
    ink: NDArray[np.uint8], other: NDArray[np.uint8], row: int, column: int
) -> NDArray[np.uint8]:
    """One ink, and of the other what lies within it with its corner there."""
    laid = ink.copy()
    y, x = max(row, 0), max(column, 0)
    part = other[y - row : y - row + len(ink) - y, x - column :][:, : max(0, ink.shape[1] - x)]
    if part.size:
        at = laid[y : y + len(part), x : x + part.shape[1]]
        np.maximum(at, part, out=at)
    return laid


def _cut(
    grey: NDArray[np.uint8], top: float, bottom: float, height: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], float, float]:
    """Cut the band out, not quite where it is, and with more or less paper at the ends."""
    high = bottom - top
    jitter = rng.normal(0, 0.06, 2) * high
    if rng.random() < LOOSE:
        room = float(rng.uniform(0.1, 0.9)) * high
        above = float(rng.uniform(0, 1))
        jitter += [-room * above, room * (1 - above)]
    first, last = top + jitter[0], bottom + jitter[1]
    if last - first < 0.6 * high:
        first, last = top, bottom
    margins = rng.uniform(0, 1, 2) ** 1.5 * height * 1.05
    start = round(max(0.0, height - margins[0]))
    end = grey.shape[1] - round(max(0.0, height - margins[1]))
    return np.ascontiguousarray(grey[:, start:end]), first, last
