"""Labelled ink: drawings with what they show and who wrote them, read and split by writer."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink
from inkdigits.training.config import Recipe
from inkdigits.training.fetch import INK
from inkdigits.training.holding_out import by_held_out_writers, split_off
from inkdigits.training.labels import UNKNOWN, numbers_of, writer_numbers
from inkdigits.training.lines import ALL, Lines, find, holds_lines, labelled, refuse, stem

__all__ = ["UNKNOWN", "LabelledInk", "is_ink", "read_ink"]


@dataclass(frozen=True)
class LabelledInk:
    """Ink, what it shows and who wrote it.

    Args:
        inks: N drawings.
        labels: N names of labels.
        writers: (N,) int64, numbers of the writers; `UNKNOWN` where they are not told.
        lines: (N,) int64, numbers of the lines in their file, from 1.
        name: what the data set is called in reports.
    """

    inks: list[Ink]
    labels: list[str]
    writers: NDArray[np.int64]
    lines: NDArray[np.int64]
    name: str

    def numbers(self, known: Sequence[str]) -> NDArray[np.int64]:
        """The labels as (N,) indices into `known`.

        Raises:
            DataUnavailable: One of them is not among these.
        """
        return numbers_of(self.labels, known, self.name)

    @property
    def is_signed(self) -> bool:
        """Whether all writers are told."""
        return bool((self.writers != UNKNOWN).all())

    def by_held_out_writers(self, config: Recipe) -> NDArray[np.bool_]:
        """Which are by a writer whom training holds out, every so manieth."""
        return by_held_out_writers(self.writers, config.validation)

    def split(self, config: Recipe) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Split off every so manieth writer, or a share of each label; see `holding_out.split_off`.

        Returns:
            The indices (int64, ascending) of what is to be learned from and of what is held out.

        Raises:
            DataUnavailable: One of the two would be empty.
        """
        inks = dict(enumerate(self.inks))
        return split_off(self.name, self.labels, self.writers, inks, config)


def is_ink(source: str | Path) -> bool:
    """Whether a source is ink JSON lines: the name of an ink set, or such a file."""
    return str(source) in INK or holds_lines(Path(source))


def read_ink(source: str | Path, wanted: Lines = ALL) -> LabelledInk:
    """Read ink JSON lines, `{"label": …, "writer": …, "strokes": […]}`, compressed or not.

    Args:
        source: the name of an ink set that `inkdigits data fetch` gets, or a file.
        wanted: which lines count.

    Raises:
        DataUnavailable: The file is not there, or a line is not labelled ink.
    """
    path = find(source)
    inks, names, writers, numbers = [], [], [], []
    for number, label, writer, shown in labelled(path, wanted):
        if not isinstance(shown, Ink):
            refuse(f"{path}, line {number}", "a picture, where only ink can be used.")
        else:
            inks.append(shown)
            names.append(str(label))
            writers.append(writer)
            numbers.append(number)
    lines = np.array(numbers, np.int64)
    return LabelledInk(inks, names, writer_numbers(writers), lines, wanted.name(stem(path)))
