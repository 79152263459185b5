"""Marks from data sets: what is learned from, and what is held out, split by the writer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.training import allographs, datasets, mnist
from inkdigits.training.config import NumbersConfig
from inkdigits.training.labelled_ink import LabelledInk, is_ink, read_ink
from inkdigits.training.labels import split
from inkdigits.training.lines import Lines, check
from inkdigits.training.numbers.glyphs import DIGITS, Glyphs, Strokes
from inkdigits.training.numbers.hands import HANDS
from inkdigits.training.numbers.print import printed_letters
from inkdigits.training.numbers.texts import ALIKE, SEPARATORS, SIGNS
from inkdigits.training.sections import MarksConfig

FEWEST = 7  # different digits that a writer has to have written


def read_glyphs(config: NumbersConfig) -> tuple[Glyphs, Glyphs]:
    """Read all marks that a recipe names.

    Returns:
        Those to learn from, and those of held-out writers and pictures.

    Raises:
        DataUnavailable: They are not to be had, or no digit has been written by anybody.
    """
    learned, held = Glyphs(), Glyphs()
    for source in config.strings.digits:
        datasets.refuse_a_test(source.data, "strings.digits")
        if is_ink(source.data):
            for glyphs, rows in zip((learned, held), _ink(source, config), strict=True):
                glyphs.add_ink([row for row in rows if row[0] in DIGITS])
        else:
            _add_pictures(source, config, learned, held)
    for source in config.strings.others:
        for glyphs, rows in zip((learned, held), _ink(source, config), strict=True):
            for label, _, strokes in rows:
                if label in SEPARATORS:
                    glyphs.separators.setdefault(label, []).append(strokes)
                    continue
                letters = glyphs.letters.alike if label in ALIKE else glyphs.letters.unlike
                letters.append(strokes)
                if label in SIGNS:
                    glyphs.signs.append(strokes)
    _add_allographs(config, learned)
    if config.strings.others:
        learned.print = held.print = printed_letters()
    for glyphs in (learned, held):
        glyphs.by_writer = [marks for marks in glyphs.by_writer if len(marks) >= FEWEST]
        if not (glyphs.by_writer and all(glyphs.pictures.get(digit) for digit in DIGITS)):
            raise DataUnavailable(
                "strings.digits: pictures of all digits (mnist-train) and ink of writers who wrote"
                f" at least {FEWEST} different ones are needed."
            )
    return learned, held


def _add_allographs(config: NumbersConfig, glyphs: Glyphs) -> None:
    """Of each way of writing a digit so many that all together are what the recipe asks for."""
    rng = np.random.default_rng(config.seed)
    ways = allographs.known(DIGITS)
    each = -(-config.strings.allographs // (len(ways) + sum(map(len, HANDS.values()))))
    if not each:
        return
    for way in ways:
        written = [strokes_of(allographs.written(way, rng)) for _ in range(each)]
        glyphs.allographs.setdefault(way.label, []).append(written)
    for label, hands in HANDS.items():
        for hand in hands:
            glyphs.allographs.setdefault(label, []).append([hand(rng) for _ in range(each)])


Rows = list[tuple[str, int, Strokes]]


def _ink(source: MarksConfig, config: NumbersConfig) -> tuple[Rows, Rows]:
    """Labels, writers and strokes, to learn from and held out."""
    wanted = Lines(source.leave_out)
    check(wanted, [source.data])
    ink = read_ink(source.data, wanted)
    learned, held = ink.split(config)
    return _rows(ink, learned.tolist()), _rows(ink, held.tolist())


def _rows(ink: LabelledInk, indices: Sequence[int]) -> Rows:
    return [
        (ink.labels[index], int(ink.writers[index]), strokes_of(ink.inks[index]))
        for index in indices
        if not ink.inks[index].is_empty
    ]


def strokes_of(ink: Ink) -> Strokes:
    """A drawing as a mark."""
    return Strokes(ink.points.astype(np.float32), ink.lengths)


def _add_pictures(
    source: MarksConfig, config: NumbersConfig, learned: Glyphs, held: Glyphs
) -> None:
    """Pictures of MNIST's training set, or of an IDX file; in either case 28×28."""
    if source.data.lower() in mnist.NAMES:
        images, labels = mnist.load("train")
    else:
        images, labels = mnist.load_pair(Path(source.data))
    numbers = labels.astype(np.int64)
    for glyphs, indices in zip(
        (learned, held), split(numbers, config.validation.fraction, config.seed), strict=True
    ):
        for digit in range(10):
            chosen = indices[numbers[indices] == digit]
            glyphs.pictures.setdefault(str(digit), []).extend(images[chosen])
