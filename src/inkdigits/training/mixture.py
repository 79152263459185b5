"""What an epoch is made of: pictures as they are, ink drawn anew, and what is not a digit."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.model_home import ModelHome
from inkdigits.normalize import PATCH
from inkdigits.recognizer import prepare
from inkdigits.training import allographs, datasets, outliers
from inkdigits.training.config import TrainingConfig
from inkdigits.training.datasets import Digits, Source
from inkdigits.training.inks import draw_anew
from inkdigits.training.sections import PartConfig
from inkdigits.training.seen import Marks, Seen, marks

OUTLIER = -1  # the label of what is not a digit
HELD_OUT_SYNTHETIC = 2000


class Part(Protocol):
    """A part of each epoch."""

    def __len__(self) -> int:
        """How many of an epoch's patches it gives."""

    def draw(
        self, config: TrainingConfig, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Patches (N, 28, 28, 1) float32 and labels (N,) int64 for one epoch."""

    def sources(self) -> Iterator[NDArray[Any]]:
        """What it draws from, as far as no other part has it."""


@dataclass(frozen=True)
class Pictures:
    """Patches that are the same in each epoch."""

    digits: Digits
    wanted: PartConfig | None = None

    def __len__(self) -> int:
        return len(self.digits) if self.wanted is None else _count(self.wanted, len(self.digits))

    def draw(
        self, config: TrainingConfig, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """All of them, or as many as are wanted."""
        del config
        if self.wanted is None:
            return self.digits.patches, self.digits.labels
        chosen = _choose(len(self.digits), len(self), rng)
        return self.digits.patches[chosen], self.digits.labels[chosen]

    def sources(self) -> Iterator[NDArray[Any]]:
        """The patches and their labels."""
        yield self.digits.patches
        yield self.digits.labels


@dataclass(frozen=True)
class Inks:
    """Ink, drawn by another pen in each epoch.

    Args:
        inks: what was written.
        labels: (N,).
        wanted: how much of it.
        as_written: whether its shape is left as it is: what one writer writes may, bent or slanted,
            be what others write for another label.
    """

    inks: Sequence[Ink]
    labels: NDArray[np.int64]
    wanted: PartConfig
    as_written: bool = False

    def __len__(self) -> int:
        return _count(self.wanted, len(self.inks))

    def draw(
        self, config: TrainingConfig, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As many as are wanted, each about as often as the others."""
        chosen = _choose(len(self.inks), len(self), rng)
        how = config.ink.as_written() if self.as_written else config.ink
        patches = draw_anew([self.inks[index] for index in chosen], how, rng)
        return patches, self.labels[chosen]

    def sources(self) -> Iterator[NDArray[Any]]:
        """The strokes of all inks, without time and pressure, and their labels."""
        for ink in self.inks:
            yield ink.points
            yield np.array(ink.lengths, np.int64)
        yield self.labels


@dataclass(frozen=True)
class Allographs:
    """Digits written by formula, anew in each epoch."""

    count: int
    names: tuple[str, ...]

    def __len__(self) -> int:
        return self.count if allographs.known(self.names) else 0

    def draw(
        self, config: TrainingConfig, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As many as were asked for, each way of writing as often as the others."""
        written = allographs.write(len(self), self.names, rng)
        labels = np.array([self.names.index(label) for label, _ in written], np.int64)
        return draw_anew([ink for _, ink in written], config.ink, rng), labels

    def sources(self) -> Iterator[NDArray[Any]]:
        """Nothing: the recipe tells all."""
        yield from ()


@dataclass(frozen=True)
class Synthetic:
    """Things that are not digits, made up anew in each epoch."""

    count: int
    digits: Sequence[tuple[str, Ink]]

    def __len__(self) -> int:
        return self.count

    def draw(
        self, config: TrainingConfig, rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """As many as were asked for; what turns out blank is left to be a blank patch.

        Their ink is drawn as that of the digits is, lest the pen tells them apart.
        """
        sources = outliers.synthetic(self.count, self.digits, rng)
        inks = [source for source in sources if isinstance(source, Ink)]
        pictures = [source for source in sources if not isinstance(source, Ink)]
        patches = np.zeros((len(sources), PATCH, PATCH, 1), np.float32)
        patches[: len(inks)] = draw_anew(inks, config.ink, rng)
        for index, picture in enumerate(pictures, len(inks)):
            patches[index, :, :, 0] = prepare(picture)[0]
        return patches, np.full(len(patches), OUTLIER, np.int64)

    def sources(self) -> Iterator[NDArray[Any]]:
        """Nothing: its digits are the ink of other parts."""
        yield from ()


@dataclass(frozen=True)
class Mixture:
    """All parts of an epoch."""

    parts: tuple[Part, ...]

    def __len__(self) -> int:
        return sum(len(part) for part in self.parts)

    def draw(
        self, config: TrainingConfig, epoch: int, limit: int | None = None
    ) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Draw the patches of an epoch in a new order; all follows from seed and epoch.

        Returns:
            Patches (N, 28, 28, 1) float32 and labels (N,) int64, `OUTLIER` where it is no digit;
            the first `limit` of them.
        """
        drawn = [
            part.draw(config, np.random.default_rng([config.seed, epoch, 2, index]))
            for index, part in enumerate(self.parts)
        ]
        order = self._order(config, epoch)[:limit]
        patches, labels = (np.concatenate(arrays) for arrays in zip(*drawn, strict=True))
        return patches[order], labels[order]

    def origins(self, config: TrainingConfig, epoch: int) -> NDArray[np.int64]:
        """Which part each patch of an epoch comes from, (N,), in the order of `draw`."""
        numbers = np.repeat(np.arange(len(self.parts)), [len(part) for part in self.parts])
        return numbers[self._order(config, epoch)]

    def digest(self) -> str:
        """A hash of all that the epochs are drawn from; the same wherever the data lie."""
        digest = hashlib.sha256()
        for part in self.parts:
            digest.update(f"{type(part).__name__} {len(part)}".encode())
            for array in part.sources():
                digest.update(f"{array.dtype} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def _order(self, config: TrainingConfig, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([config.seed, epoch, 0]).permutation(len(self))


@dataclass(frozen=True)
class HeldOut:
    """What is never learned from: choices are made on it.

    Args:
        digits: of all parts.
        parts: name of each part, and where its digits lie in `digits`.
        outliers: (N, 28, 28, 1) float32, what is not a digit; N may be 0.
        by_writer: the data sets of which whole writers are held out; of others a share of each
            label.
        seen: what of data that may change is learned from and held out, and was before.
    """

    digits: Digits
    parts: dict[str, slice]
    outliers: NDArray[np.float32]
    by_writer: tuple[str, ...] = ()
    seen: Seen = field(default_factory=Seen)


def read(
    config: TrainingConfig, seen: Seen | None = None, *, only_seen: bool = False
) -> tuple[Mixture, HeldOut]:
    """Read all that a recipe trains on, and split off what is held out.

    Args:
        config: the recipe.
        seen: what was learned and held out before, and is again; None: what the model has seen
            from which the recipe goes on, if any.
        only_seen: whether what is new is left out, of data that may change.

    Raises:
        DataUnavailable: A data set is not to be had, or too small to be split.
        InvalidModel: The model to go on from is not there, or its `seen.npz` is damaged.
    """
    if seen is None:
        seen = Seen() if config.start is None else Seen.of(ModelHome().find(config.start))
    sides = _Sides(seen, only_seen and len(seen) > 0)
    digit_parts: list[Part] = []
    held: list[Digits] = []
    by_writer: list[str] = []
    known: list[tuple[str, Ink]] = []
    for part in datasets.digit_parts(config):
        source, how = datasets.open_part(part, config), config.of(part)
        learned, left = source.split(how)
        learned, left = sides.keep(part.data, source.marks, learned, left)
        held.append(source.digits(left))
        if source.data.is_split_by_writer(how):
            by_writer.append(part.data)
        if config.dataset.parts is None:
            digit_parts.append(Pictures(source.digits(learned)))
        else:
            parts, inks = _digits(part, source, learned)
            digit_parts += parts
            known += inks
    if config.dataset.allographs:
        written = Allographs(config.dataset.allographs, config.dataset.label_names)
        digit_parts.append(written)
    other_parts, strange = _outliers(config, known, sides)
    ends = np.cumsum([0, *map(len, held)]).tolist()
    validation = Digits(
        np.concatenate([digits.patches for digits in held]),
        np.concatenate([digits.labels for digits in held]),
        " + ".join(digits.name for digits in held),
    )
    places: dict[str, slice] = {}
    for number, (digits, start, end) in enumerate(zip(held, ends[:-1], ends[1:], strict=True), 1):
        name = digits.name if digits.name not in places else f"{digits.name} ({number})"
        places[name] = slice(start, end)
    return Mixture((*digit_parts, *other_parts)), HeldOut(
        validation, places, strange, tuple(by_writer), sides.noted
    )


class _Sides:
    """Keeps what was seen before on its side, and notes what is seen now, of data that may change.

    Args:
        seen: what was seen before.
        only: whether what is new is left out.
    """

    def __init__(self, seen: Seen, only: bool) -> None:
        self.noted = self._seen = seen
        self._only = only

    def keep(
        self,
        data: str,
        marks: Callable[[], Marks],
        learned: NDArray[np.int64],
        held: NDArray[np.int64],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """What of a data set is to be learned from and held out, given a split drawn anew.

        Raises:
            DataUnavailable: One of the two would be empty.
        """
        if not datasets.may_change(data):
            return learned, held
        shown = marks()
        learned, held = self._seen.again(shown, learned, held, only=self._only)
        if not len(learned) or not len(held):
            gone = "held out" if len(learned) else "learned from"
            raise DataUnavailable(
                f"{data}: the data are others than when the model learned that is gone on from:"
                f" nothing is left of what was {gone}."
            )
        self.noted = self.noted.and_also(shown[learned], shown[held])
        return learned, held


def _digits(
    part: PartConfig, source: Source, learned: NDArray[np.int64]
) -> tuple[list[Part], list[tuple[str, Ink]]]:
    """What is learned from one part with labels, and its ink; `learned` are the places of both.

    Corrections may hold both ink and pictures; then each of them takes its share of the limit.
    """
    drawn = source.data.is_ink[learned]
    pictures, inks = learned[~drawn], learned[drawn]
    parts: list[Part] = []
    if len(pictures):
        parts.append(Pictures(source.digits(pictures), _share(part, len(pictures), len(learned))))
    drawings = [source.data.pictures[index] for index in inks]
    if len(inks):
        wanted = _share(part, len(inks), len(learned))
        parts.append(Inks(drawings, source.labels[inks], wanted))
    known = [(source.data.labels[at], ink) for at, ink in zip(inks, drawings, strict=True)]
    return parts, known


def _share(part: PartConfig, some: int, of_all: int) -> PartConfig:
    """The same part with the share of its limit that falls to some of its images."""
    if part.limit is None or some == of_all:
        return part
    return part.model_copy(update={"limit": max(1, round(part.limit * some / of_all))})


def _outliers(
    config: TrainingConfig, known: Sequence[tuple[str, Ink]], sides: _Sides
) -> tuple[list[Part], NDArray[np.float32]]:
    """Read what is not a digit: the parts to learn from, and patches that are held out."""
    wanted = config.outliers
    parts: list[Part] = []
    held = [_patches([])]
    if wanted is None:
        return parts, held[0]
    for part in wanted.parts:
        ink = datasets.training_ink(part)
        learned, left = ink.split(config.of(part))
        learned, left = sides.keep(part.data, partial(marks, ink.inks), learned, left)
        labels = np.full(len(learned), OUTLIER, np.int64)
        parts.append(Inks([ink.inks[index] for index in learned], labels, part))
        held.append(_patches([ink.inks[index] for index in left]))
    if wanted.synthetic:
        made = Synthetic(wanted.synthetic, known)
        parts.append(made)
        few = Synthetic(min(HELD_OUT_SYNTHETIC, wanted.synthetic), known)
        held.append(few.draw(config, np.random.default_rng([config.seed, 0x5917]))[0])
    strange = np.concatenate(held)
    return parts, strange[strange.max(axis=(1, 2, 3)) > 0]  # a blank is told without the network


def _patches(inks: Sequence[Ink]) -> NDArray[np.float32]:
    """The patches by which ink is recognised, (N, 28, 28, 1)."""
    if not inks:
        return np.zeros((0, PATCH, PATCH, 1), np.float32)
    return np.stack([prepare(ink)[0] for ink in inks])[..., None]


def _count(wanted: PartConfig, available: int) -> int:
    """How many of an epoch's patches a part gives, at least one."""
    count = max(1, round(wanted.weight * available))
    return count if wanted.limit is None else min(count, wanted.limit)


def _choose(count: int, wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Take each of `count` equally often, but for a rest drawn at random; `wanted` in all."""
    whole, rest = divmod(wanted, count)
    return np.concatenate([np.tile(np.arange(count), whole), rng.permutation(count)[:rest]])
