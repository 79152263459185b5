"""The digits that the bars are measured on: what training holds out, or the test sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import numpy as np
from drawing import BROKEN, Strokes
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.recognizer import prepare
from inkdigits.training import datasets, mnist
from inkdigits.training.config import TrainingConfig
from inkdigits.training.labelled_ink import LabelledInk, read_ink
from inkdigits.training.labels import split
from inkdigits.training.unlabelled import Lines, Unlabelled, load_unlabelled

STRANGERS = ("unipen_1b_upper", "unipen_1c_lower", "unipen_1d_symbols")

Picture = NDArray[np.uint8]
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Labelled(Generic[Thing]):
    """Pictures or drawings, what they show, and what they are called in the report."""

    things: list[Thing]
    labels: list[str]
    name: str

    def some(self, limit: int | None) -> "Labelled[Thing]":
        """At most so many of them, chosen at random but always the same, in their order."""
        chosen = few(len(self.things), limit)
        return Labelled(
            [self.things[index] for index in chosen],
            [self.labels[index] for index in chosen],
            self.name,
        )


@dataclass(frozen=True)
class Data:
    """All digits and strangers, each set read when it is asked for.

    Args:
        test: whether the test sets of MNIST and pendigits are opened; else what training holds
            out of MNIST's training images, and the training writers that it holds out.
        recipe: the model's, which says what was held out of its training.
        limit: how many of each set are taken; None: all.
    """

    test: bool
    recipe: TrainingConfig
    limit: int | None = None

    @cached_property
    def mnist(self) -> Labelled[Picture]:
        """Pictures of 28×28, ink bright."""
        images, given = mnist.load("test" if self.test else "train")
        labels = given.astype(np.int64)
        chosen = np.arange(len(labels))
        if not self.test:
            _, chosen = split(labels, self.recipe.validation.fraction, self.recipe.seed)
        name = "MNIST test" if self.test else "MNIST held out"
        numbers = [str(label) for label in labels[chosen]]
        return Labelled(list(images[chosen]), numbers, name).some(self.limit)

    @cached_property
    def pendigits(self) -> Labelled[Strokes]:
        """Pen digits of writers of whom nothing was learned from."""
        if self.test:
            ink = read_ink("pendigits_test")
        else:
            ink = read_ink("pendigits_train", self._held_out("pendigits_train"))
        return _labelled(ink, f"pendigits {'test' if self.test else 'held out'}", self.limit)

    def _held_out(self, name: str) -> Lines:
        """Which lines of a set of ink count."""
        return Lines({"contributor": [BROKEN]}, datasets.held_out(name, self.recipe))

    @cached_property
    def unipen(self) -> Labelled[Strokes]:
        """Pen digits of the writers that are held out; there is no test set beside."""
        ink = read_ink("unipen_1a_digits", self._held_out("unipen_1a_digits"))
        return _labelled(ink, "UNIPEN held out", self.limit)

    @cached_property
    def pendigits_patches(self) -> datasets.Digits:
        """Those of pendigits as the model sees them from their ink."""
        return _patches(self.pendigits)

    @cached_property
    def unipen_patches(self) -> datasets.Digits:
        """Those of UNIPEN as the model sees them from their ink."""
        return _patches(self.unipen)

    def strangers(self, left_out: frozenset[str]) -> list[Unlabelled]:
        """Letters and symbols of writers that are held out, without these labels, set by set."""
        found = [load_unlabelled(name, left_out, self._held_out(name)) for name in STRANGERS]
        return [
            Unlabelled(some.patches[few(len(some), self.limit)], some.name, some.left_out)
            for some in found
        ]


def together(parts: Sequence[Unlabelled], name: str) -> Unlabelled:
    """Put several sets together."""
    patches = np.concatenate([part.patches for part in parts])
    return Unlabelled(patches, name, sum(part.left_out for part in parts))


def few(count: int, limit: int | None) -> NDArray[np.int64]:
    """Choose at most `limit` of `count` places at random, but always the same, in their order."""
    if limit is None or limit >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(count).permutation(count)[:limit])


def _patches(digits: Labelled[Strokes]) -> datasets.Digits:
    patches = np.stack([prepare(Ink(strokes))[0] for strokes in digits.things])
    numbers = np.array(list(map(int, digits.labels)))
    return datasets.Digits(patches[..., None], numbers, digits.name)


def _labelled(ink: LabelledInk, name: str, limit: int | None) -> Labelled[Strokes]:
    """The strokes as lists."""
    drawings = [[[[x, y] for x, y, *_ in stroke] for stroke in one.strokes] for one in ink.inks]
    return Labelled(drawings, ink.labels, name).some(limit)
