"""Data sets as patches: read, normalised in the one way, split by the seed or by writer."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InvalidConfig
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH, normalize
from inkdigits.recognizer import prepare
from inkdigits.training import mnist
from inkdigits.training.config import TrainingConfig
from inkdigits.training.fetch import INK, obtain_ink
from inkdigits.training.labelled_ink import LabelledInk, is_ink, read_ink
from inkdigits.training.labels import numbers_of, split
from inkdigits.training.lines import ALL, Lines, check, find
from inkdigits.training.sections import DatasetConfig, PartConfig
from inkdigits.training.unlabelled import is_drawing, patch_of

THREADS = 4  # OpenCV works outside Python's lock; more threads than cores do no harm


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


class _Source:
    """A data set whose labels are read and whose pictures are still to be turned into patches."""

    def __init__(
        self,
        pictures: Sequence[Any] | NDArray[np.uint8],
        patch: Callable[[Any], NDArray[np.float32]],
        names: Sequence[Any] | NDArray[Any],
        known: Sequence[str],
        called: str,
        lines: NDArray[np.int64] | None = None,
    ) -> None:
        self.labels = numbers_of(names, known, called)
        self.name = called
        self.lines = np.arange(1, len(names) + 1) if lines is None else lines
        self._pictures, self._patch = pictures, patch

    def split(self, config: TrainingConfig) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Split off a share of each label by the seed, and take of both as much as is wanted.

        Returns:
            The indices (int64, ascending) of what is to be learned from and of what is held out.

        Raises:
            DataUnavailable: One of the two would be empty.
        """
        labels, limit = self.labels, config.dataset.limit
        learned, held = split(labels, config.validation.fraction, config.seed)
        if limit is not None and limit < len(labels):
            learned, held = (
                part[split(labels[part], limit / len(labels), config.seed)[1]]
                for part in (learned, held)
            )
        if not len(learned) or not len(held):
            raise DataUnavailable(f"{self.name}: {len(labels)} images are too few to split.")
        return learned, held

    def digits(self, indices: NDArray[np.int64] | None = None) -> Digits:
        """Normalise the pictures at these places, or all."""
        chosen = np.arange(len(self.labels)) if indices is None else indices
        patches = np.empty((len(chosen), PATCH, PATCH, 1), np.float32)

        def fill(start: int) -> None:
            for place, index in enumerate(chosen[start : start + 256], start):
                patches[place, :, :, 0] = self._patch(self._pictures[index])

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(fill, range(0, len(chosen), 256)):
                pass
        return Digits(patches, self.labels[chosen], self.name)


def training_digits(config: TrainingConfig, data: str | None = None) -> tuple[Digits, Digits]:
    """Read the images for training and those for validation, split off by the seed.

    Args:
        config: the recipe.
        data: one of its parts; None: the single data set that it names.
    """
    source = _open(data or _single(config), config.dataset.label_names)
    training, validation = source.split(config)
    return source.digits(training), source.digits(validation)


def training_ink(part: PartConfig) -> LabelledInk:
    """Read the ink of a part of a recipe, of training and of validation.

    Raises:
        DataUnavailable: It is not there, or has no such entries as are to be left out.
    """
    wanted = Lines(part.leave_out)
    check(wanted, [part.data])
    return read_ink(part.data, wanted)


def held_out(source: str | Path, config: TrainingConfig) -> frozenset[int] | None:
    """Find what training by a recipe holds out of a source.

    Of the labels that a part leaves out, the ink of held-out writers is among it: a letter that
    looks like a digit is nothing to learn from, but it may be something to test with.

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
        if (config.dataset.parts is None and part.data == _single(config)) or not is_ink(part.data):
            found: _Source | LabelledInk = _open(part.data, config.dataset.label_names)
        else:
            found = training_ink(part)
            if found.is_signed and "label" in part.leave_out:
                rest = {key: some for key, some in part.leave_out.items() if key != "label"}
                every = read_ink(part.data, Lines(rest))
                held.update(every.lines[every.by_held_out_writers(config)].tolist())
        for numbers, indices in zip((learned, held), found.split(config), strict=True):
            numbers.update(found.lines[indices].tolist())
    return frozenset(held - learned) if named else None


def parts_of(config: TrainingConfig) -> tuple[PartConfig, ...]:
    """All data sets that a recipe learns from."""
    strange = config.outliers.parts if config.outliers else ()
    return (*(config.dataset.parts or [PartConfig(data=_single(config))]), *strange)


def _single(config: TrainingConfig) -> str:
    """The only data set of a recipe without parts."""
    return config.dataset.train or "mnist-train"


def _place(source: str | Path) -> str | Path:
    """What tells whether two sources are the same: where it is, or the name of what is nowhere."""
    part = mnist.NAMES.get(str(source).lower())
    try:
        return part or find(source).resolve()
    except DataUnavailable:
        return str(source)


def examples(config: TrainingConfig) -> Digits:
    """One training image of each label, chosen by the seed; of several parts, from the first."""
    parts = config.dataset.parts
    data = parts[0].data if parts else _single(config)
    source = _open(data, config.dataset.label_names)
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
        if part.leave_out:
            raise InvalidConfig(f"{place}.leave_out: only entries of ink can be left out.")
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
    elif not Path(source).exists():
        raise DataUnavailable(f"{source}: no such file or folder ({place}).")


def load_digits(source: str | Path, labels: Sequence[str], wanted: Lines = ALL) -> Digits:
    """Read a labelled data set.

    Args:
        source: `mnist` (its test images), `mnist-train`, the name of an ink set that `inkdigits
            data fetch` gets, an IDX file of images whose file of labels lies beside it, a folder
            with one folder a label, of pictures and of ink files (`.json`), or a file of ink JSON
            lines (`{"label": …, "strokes": […]}`), compressed or not.
        labels: names of the labels, in the order of their numbers.
        wanted: which lines of ink, or which pictures, count.

    Raises:
        DataUnavailable: There is nothing there, or not what it should be.
    """
    found = _open(source, labels, wanted)
    if wanted.held_out is None:
        return found.digits()
    return found.digits(np.flatnonzero(np.isin(found.lines, list(wanted.held_out))))


def _open(source: str | Path, labels: Sequence[str], wanted: Lines = ALL) -> _Source:
    part = mnist.NAMES.get(str(source).lower())
    if part is not None:
        images, numbers = mnist.load(part)
        return _Source(images, normalize, numbers, labels, wanted.name(f"MNIST {part}"))
    path = Path(source)
    if path.is_dir():
        files = list(_labelled_files(path))
        called = wanted.name(path.name)
        return _Source([f for f, _ in files], patch_of, [n for _, n in files], labels, called)
    if not path.is_file() and str(source) not in INK:
        raise DataUnavailable(
            f"{source}: no such file or folder, and not one of {', '.join([*mnist.NAMES, *INK])}."
        )
    if is_ink(source):
        ink = read_ink(source, wanted)
        return _Source(ink.inks, _drawn, ink.labels, labels, ink.name, ink.lines)
    return _idx_pair(path, labels, wanted)


def _drawn(ink: Ink) -> NDArray[np.float32]:
    return prepare(ink)[0]


def _labelled_files(folder: Path) -> Iterator[tuple[Path, str]]:
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in sorted(below.rglob("*")):
            if is_drawing(path):
                yield path, below.name


def _idx_pair(path: Path, labels: Sequence[str], wanted: Lines) -> _Source:
    images, numbers = mnist.load_pair(path)
    return _Source(images, normalize, numbers, labels, wanted.name(path.name))
