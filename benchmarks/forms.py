"""Forms: printed, filled in by hand, photographed.

Nothing of them is real but the digits: pen ink of writers on whom nothing was trained.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from form_photo import photograph
from form_sections import SECTIONS, title
from form_sheet import PAGE, Corners, Field, Sheet
from numpy.typing import NDArray

from inkdigits.training.numbers.glyphs import DIGITS, Glyphs, Pen, Strokes

FOLDS = 5  # every fifth writer is held out of training …
HELD_OUT = 4  # … those of this remainder
BROKEN = "ibm"  # contributor of UNIPEN some of whose digits are cut out wrongly
MEGAPIXELS = (2.0, 12.0)


@dataclass(frozen=True)
class Form:
    """A photograph of a form.

    Args:
        picture: (H, W) uint8.
        fields: the numbers on it.
        lines: (N, 2, 2), both ends of each line that is ruled.
        words: (N, 4, 2), the corners of what is printed.
    """

    picture: NDArray[np.uint8]
    fields: tuple[Field, ...]
    lines: Corners
    words: Corners


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
        glyphs.separators,
        letters=glyphs.letters,
    )
    dots = 0.95 * float(np.sqrt(megapixels * 1e6 / (PAGE[0] * PAGE[1])))
    sheet = Sheet(hand, dots, rng)
    y = title(sheet, float(rng.uniform(10, 20)))
    while y < PAGE[1] - 45:
        section = SECTIONS[int(rng.integers(len(SECTIONS)))]
        y = section(sheet, y)
    picture, turn = photograph(sheet, megapixels, rng)
    fields = tuple(Field(one.kind, one.text, _seen(one.marks, turn)) for one in sheet.fields)
    lines, words = np.array(sheet.lines), np.array(sheet.words)
    return Form(picture, fields, _seen(lines.reshape(-1, 2, 2), turn), _seen(words, turn))


def _seen(places: Corners, turn: Corners) -> Corners:
    """Where places (N, n, 2) of a sheet are in its picture."""
    if not len(places):
        return places
    return np.asarray(cv2.perspectiveTransform(places.reshape(1, -1, 2), turn)).reshape(
        places.shape
    )


def held_out_glyphs(data: Path, *, test: bool) -> Glyphs:
    """Digits of writers on whom nothing was trained, each of whom wrote all ten.

    Args:
        data: the folder in which `ink` is.
        test: whether pendigits' test writers are opened; else what training holds out of the
            others. UNIPEN has no test set.
    """
    pendigits = "pendigits_test" if test else "pendigits_train"
    rows: list[tuple[str, int, Strokes]] = []
    for name, first in ((pendigits, 0), ("unipen_1a_digits", 10_000)):
        for entry in _entries(data / "ink" / f"{name}.jsonl.gz"):
            learned = entry["writer"] % FOLDS != HELD_OUT and name != "pendigits_test"
            if learned or entry.get("contributor") == BROKEN:
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
