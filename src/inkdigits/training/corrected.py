"""Corrections as something to learn from: those that are learned, and those that are held out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inkdigits.corrections import Kept
from inkdigits.errors import InkdigitsError
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH
from inkdigits.recognizer import prepare
from inkdigits.training.datasets import Digits
from inkdigits.training.mixture import OUTLIER, Inks, Part, Pictures
from inkdigits.training.sections import PartConfig

HELD_OUT = 5  # one correction in so many is never learned from
NAME = "corrections"


@dataclass
class _Half:
    """Some corrections: ink, and patches of pictures, each with the number of its label."""

    inks: list[Ink] = field(default_factory=list)
    of_inks: list[int] = field(default_factory=list)
    patches: list[NDArray[np.float32]] = field(default_factory=list)
    of_patches: list[int] = field(default_factory=list)

    def add(self, shown: Ink | bytes, label: int) -> None:
        if isinstance(shown, Ink):
            self.inks.append(shown)
            self.of_inks.append(label)
        else:
            self.patches.append(prepare(shown)[0])
            self.of_patches.append(label)

    def __len__(self) -> int:
        return len(self.inks) + len(self.patches)


@dataclass(frozen=True)
class Corrected:
    """All corrections that a model of these labels can learn from.

    Args:
        labels: names of the labels.
        strange: how many say what the model cannot learn: another label, or none of them.
        unreadable: how many pictures cannot be read.
    """

    labels: tuple[str, ...]
    strange: int
    unreadable: int
    _learned: _Half
    _held: _Half

    def __len__(self) -> int:
        """How many are learned from."""
        return len(self._learned)

    def parts(self, weight: float) -> list[Part]:
        """What is learned from, each as often in an epoch as `weight` says, on average."""
        wanted = PartConfig(data=NAME, weight=weight)
        learned = self._learned
        parts: list[Part] = []
        if learned.inks:
            labels = np.array(learned.of_inks, np.int64)
            parts.append(Inks(learned.inks, labels, wanted, as_written=True))
        if learned.patches:
            pictures = Digits(_stacked(learned.patches), np.array(learned.of_patches), NAME)
            parts.append(Pictures(pictures, wanted))
        return parts

    def held_out(self) -> Digits:
        """What is held out, labelled `OUTLIER` where it is none of the labels; maybe nothing."""
        held = self._held
        patches = [*(prepare(ink)[0] for ink in held.inks), *held.patches]
        labels = np.array([*held.of_inks, *held.of_patches], np.int64)
        return Digits(_stacked(patches), labels, NAME)

    def left_out(self) -> str:
        """What cannot be learned, in a sentence; empty if there is nothing."""
        some = [
            (self.strange, "say what the model cannot learn (another label, or none of them)"),
            (self.unreadable, "hold a picture that cannot be read"),
        ]
        told = " and ".join(f"{count} {what}" for count, what in some if count)
        return f"Of the corrections {told}; these are left out." if told else ""


def read_corrections(some: Iterable[Kept], labels: Sequence[str], *, refuses: bool) -> Corrected:
    """Sort corrections into those to learn from and those held out.

    Which are held out follows from what was drawn, so it is the same each time: what was held out
    once is never learned from later.

    Args:
        some: the corrections.
        labels: names of the labels that the model knows.
        refuses: whether the model learns what is none of them; else such corrections are left out.
    """
    learned, held = _Half(), _Half()
    strange = unreadable = 0
    for kept in some:
        correction = kept.correction
        label = OUTLIER
        if correction.label is not None:
            if correction.label not in labels:
                strange += 1
                continue
            label = labels.index(correction.label)
        elif not refuses:
            strange += 1
            continue
        half = held if int(correction.digest, 16) % HELD_OUT == 0 else learned
        try:
            half.add(correction.shown, label)
        except InkdigitsError:
            unreadable += 1
    return Corrected(tuple(labels), strange, unreadable, learned, held)


def _stacked(patches: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(patches, np.float32).reshape(-1, PATCH, PATCH, 1)
