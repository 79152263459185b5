"""Data sets as patches: read, normalised in the one way, split by the seed or by writer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.training import mnist
from inkdigits.training.addresses import is_url
from inkdigits.training.config import TrainingConfig
from inkdigits.training.fetch import INK, obtain_ink
from inkdigits.training.forms import Labelled, database, is_there, open_data
from inkdigits.training.labelled_ink import LabelledInk, is_ink, read_ink
from inkdigits.training.labels import in_order, numbers_of, split
from inkdigits.training.lines import ALL, ALWAYS, Lines, check, find
from inkdigits.training.sections import DatasetConfig, PartConfig
from inkdigits.training.seen import Marks, Seen, marks


@dataclass(frozen=True)
class Digits:
    """Patches and what they show.

    Args:
        patches: (N, 28, 28, 1) float32 in [0, 1].
        labels: (N,) int64, index into the names of the labels.
        name: what the data set is called in reports.
    """

    patches: NDArray[np.float32]
    labels: NDArray[np.int64]
    name: str

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, indices: NDArray[np.int64]) -> "Digits":
        """Those at these places."""
        return Digits(self.patches[indices], self.labels[indices], self.name)


@dataclass(frozen=True)
class Source:
    """A data set whose pictures are still to be turned into patches, with its labels as numbers.

    Args:
        data: what was opened.
        labels: (N,) int64, index into the names of the labels.
    """

    data: Labelled
    labels: NDArray[np.int64]

    def split(self, config: TrainingConfig) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Split off what is held out, and take of both as much as is wanted.

        Returns:
            The indices (int64, ascending) of what is to be learned from and of what is held out.

        Raises:
            DataUnavailable: One of the two would be empty.
        """
        learned, held = self.data.split(config)
        limit = config.dataset.limit
        if limit is not None and limit < len(self.labels):
            learned, held = (
                part[split(self.labels[part], limit / len(self.labels), config.seed)[1]]
                for part in (learned, held)
            )
            if not len(learned) or not len(held):
                raise DataUnavailable(
                    f"{self.data.name}: dataset.limit, {limit}, is too small to be split into"
                    " images to learn from and such that are held out."
                )
        return learned, held

    def marks(self) -> Marks:
        """What tells an entry from others wherever it stands, (N,); see `seen`.

        Raises:
            DataUnavailable, UnreadableImage: One cannot be read; the message names its place.
        """
        return marks(self.data.picture(index) for index in range(len(self.labels)))

    def digits(self, indices: NDArray[np.int64] | None = None) -> Digits:
        """Normalise the pictures at these places, or all."""
        chosen = np.arange(len(self.labels)) if indices is None else indices
        return Digits(self.data.patches(chosen), self.labels[chosen], self.data.name)


def open_source(source: str | Path, labels: Sequence[str], wanted: Lines = ALL) -> Source:
    """Open a labelled data set of any form.

    Args:
        source: as for `forms.open_data`.
        labels: names of the labels, in the order of their numbers.
        wanted: which entries count.

    Raises:
        DataUnavailable: There is nothing there, or not what it should be.
    """
    data = open_data(source, wanted)
    return Source(data, numbers_of(data.labels, labels, data.name))


def open_part(part: PartConfig, config: TrainingConfig) -> Source:
    """Open one of the data sets of a recipe.

    Raises:
        DataUnavailable: It is not there, or has no such entries as are to be left out.
    """
    wanted = Lines(part.leave_out)
    check(wanted, [part.data])
    return open_source(part.data, config.dataset.label_names, wanted)


def with_labels(config: TrainingConfig) -> TrainingConfig:
    """The same recipe with the labels that its data have, where it tells none itself.

    Raises:
        DataUnavailable: The data are not there, or cannot be read.
        InvalidConfig: Their number is not that of the network's outputs.
    """
    if not config.dataset.takes_labels_from_data:
        return config
    ensure(config)
    found: set[str] = set()
    for part in config.dataset.parts or [PartConfig(data=_single(config))]:
        found.update(open_data(part.data, Lines(part.leave_out)).labels)
    labels = tuple(in_order(found))
    return config if labels == config.dataset.label_names else config.with_labels(labels)


def training_ink(part: PartConfig) -> LabelledInk:
    """Read the ink of a part of a recipe, of training and of validation.

    Raises:
        DataUnavailable: It is not there, or has no such entries as are to be left out.
    """
    wanted = Lines(part.leave_out)
    check(wanted, [part.data])
    return read_ink(part.data, wanted)


def is_at_hand(name: str) -> bool:
    """Whether a data set that has a name can be read without fetching anything."""
    if name.lower() in mnist.NAMES:
        return all(map(mnist.find, mnist.FILES[mnist.NAMES[name.lower()]]))
    try:
        return obtain_ink(name).is_file()
    except DataUnavailable:
        return False


def may_change(source: str) -> bool:
    """Whether a data set may be another tomorrow: of those that have a name it is the same."""
    return source.lower() not in mnist.NAMES and source not in INK


def held_out(
    source: str | Path, config: TrainingConfig, seen: Seen | None = None
) -> frozenset[int] | None:
    """Find what training by a recipe holds out of a source.

    Of the labels that a part leaves out, the ink of held-out writers is among it: a letter that
    looks like a digit is nothing to learn from, but it may be something to test with.

    Args:
        source: as for `forms.open_data`.
        config: the recipe.
        seen: what a model by it has seen: whatever it learned from is not held out, though the data
            are no longer the same. None: that is not known.

    Returns:
        Numbers, from 1, of lines of ink or of pictures; None where no part names the source, so
        that nothing was learned from it.

    Raises:
        DataUnavailable: The source cannot be read.
    """
    named = [part for part in parts_of(config) if _place(part.data) == _place(source)]
    learned: set[int] = set()
    held: set[int] = set()
    for part in named:
        if is_ink(part.data) and "label" in part.leave_out:
            rest = {key: some for key, some in part.leave_out.items() if key != "label"}
            every = read_ink(part.data, Lines(rest))
            if every.is_signed:
                left = every.by_held_out_writers(config.of(part))
                held.update(every.lines[left].tolist())
        if config.outliers and part in config.outliers.parts:
            ink = training_ink(part)
            entries, halves = ink.lines, ink.split(config.of(part))
            shown: Callable[[], Marks] = partial(marks, ink.inks)
        else:
            opened = open_part(part, config)
            entries, halves = opened.data.numbers, opened.split(config.of(part))
            shown = opened.marks
        if seen and may_change(part.data):
            halves = seen.again(shown(), *halves)
        for numbers, indices in zip((learned, held), halves, strict=True):
            numbers.update(entries[indices].tolist())
    return frozenset(held - learned) if named else None


def digit_parts(config: TrainingConfig) -> tuple[PartConfig, ...]:
    """The data sets of labelled images that a recipe learns from."""
    return tuple(config.dataset.parts or [PartConfig(data=_single(config))])


def parts_of(config: TrainingConfig) -> tuple[PartConfig, ...]:
    """All data sets that a recipe learns from."""
    strange = config.outliers.parts if config.outliers else ()
    return (*digit_parts(config), *strange)


def _single(config: TrainingConfig) -> str:
    """The only data set of a recipe without parts."""
    return config.dataset.train or "mnist-train"


def _place(source: str | Path) -> str | Path:
    """What tells whether two sources are the same: where it is, or the name of what is nowhere."""
    part = mnist.NAMES.get(str(source).lower())
    if is_url(str(source)):
        return str(source)
    try:
        return part or find(source).resolve()
    except DataUnavailable:
        return str(source)


def examples(config: TrainingConfig) -> Digits:
    """One training image of each label, chosen by the seed; of several parts, from the first."""
    parts = config.dataset.parts
    data = parts[0].data if parts else _single(config)
    source = open_source(data, config.dataset.label_names)
    rng = np.random.default_rng(config.seed)
    labels = np.unique(source.labels)
    return source.digits(np.array([rng.choice(np.flatnonzero(source.labels == n)) for n in labels]))


def test_digits(config: DatasetConfig) -> Digits:
    """Read the images for the final test."""
    return load_digits(config.test or "mnist", config.label_names)


def ensure(config: TrainingConfig) -> None:
    """Fail now rather than after the training if data are not there; the test set stays closed.

    Raises:
        DataUnavailable: Something that the recipe names is nowhere to be had.
        InvalidConfig: A part cannot be used as it is meant, or is the images of a test.
    """
    dataset = config.dataset
    if dataset.parts is None:
        refuse_a_test(_single(config), "dataset.train")
        _ensure(_single(config), "dataset.train")
    for index, part in enumerate(dataset.parts or ()):
        _ensure_part(part, f"dataset.parts.{index}")
    for index, part in enumerate(config.outliers.parts if config.outliers else ()):
        _ensure_part(part, f"outliers.parts.{index}", ink_only=True)
    if dataset.opens_a_test:
        _ensure(dataset.test or "mnist", "dataset.test")


def _ensure_part(part: PartConfig, place: str, *, ink_only: bool = False) -> None:
    if not is_ink(part.data):
        if ink_only:
            raise InvalidConfig(
                f"{place}.data: {part.data} is not ink: the name of an ink set, or a file of ink"
                " JSON lines (.jsonl, .jsonl.gz), is needed."
            )
        unknown = sorted(part.leave_out.keys() - ALWAYS)
        if unknown:
            raise InvalidConfig(
                f"{place}.leave_out: {unknown[0]}: of data other than ink JSON lines only what has"
                " a label or a writer can be left out."
            )
    refuse_a_test(part.data, f"{place}.data")
    _ensure(part.data, f"{place}.data")


def refuse_a_test(source: str, place: str) -> None:
    """Refuse to learn from the images of a test; `place` is where the recipe names them.

    Raises:
        InvalidConfig: They are.
    """
    for test, training in (("mnist", "mnist-train"), ("pendigits_test", "pendigits_train")):
        if _place(source) == _place(test):
            raise InvalidConfig(
                f"{place}: {source} is a test set, from which nothing may be learned (did you mean"
                f" {training!r}?)"
            )


def _ensure(source: str, place: str) -> None:
    if source.lower() in mnist.NAMES:
        mnist.ensure()
    elif source in INK:
        obtain_ink(source)
    elif is_url(source):
        database.ensure(source)
    elif not is_there(source):
        raise DataUnavailable(f"{source}: no such file or folder ({place}).")


def load_digits(source: str | Path, labels: Sequence[str], wanted: Lines = ALL) -> Digits:
    """Read a labelled data set.

    Args:
        source: as for `forms.open_data`.
        labels: names of the labels, in the order of their numbers.
        wanted: which entries count.

    Raises:
        DataUnavailable: There is nothing there, or not what it should be.
        UnreadableImage: A picture cannot be read.
    """
    return open_source(source, labels, wanted).digits()
