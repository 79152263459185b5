"""Corrections as something to learn from: those that are learned, and those that are held out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

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
from inkdigits.training.seen import Seen, fingerprint

HELD_OUT = 5  # one correction in so many is never learned from
NAME = "corrections"
Shown = TypeVar("Shown")


@dataclass
class _Half:
    """Ink, and patches of pictures, by what is shown; each with its label's number."""

    inks: dict[bytes, tuple[Ink, int]] = field(default_factory=dict)
    patches: dict[bytes, tuple[NDArray[np.float32], int]] = field(default_factory=dict)

    def add(self, shown: Ink | bytes, label: int) -> None:
        if isinstance(shown, Ink):
            self.inks[fingerprint(shown)] = shown, label
        else:
            self.patches[fingerprint(shown)] = prepare(shown)[0], label

    def __len__(self) -> int:
        return len(self.inks) + len(self.patches)


@dataclass(frozen=True)
class Corrected:
    """All corrections that a model of these labels can learn from.

    Args:
        labels: names of the labels.
        strange: how many say what the model cannot learn: another label, or none of them.
        unreadable: how many pictures cannot be read.
        withdrawn: how many were corrected once more, otherwise: the latest word counts.
    """

    labels: tuple[str, ...]
    strange: int
    unreadable: int
    withdrawn: int
    _learned: _Half
    _held: _Half

    def __len__(self) -> int:
        """How many are learned from."""
        return len(self._learned)

    def parts(self, weight: float) -> list[Part]:
        """What is learned from, each as often in an epoch as `weight` says, on average."""
        wanted = PartConfig(data=NAME, weight=weight)
        parts: list[Part] = []
        if self._learned.inks:
            inks, labels = _in_order(self._learned.inks)
            parts.append(Inks(inks, labels, wanted, as_written=True))
        if self._learned.patches:
            patches, labels = _in_order(self._learned.patches)
            parts.append(Pictures(Digits(_stacked(patches), labels, NAME), wanted))
        return parts

    def held_out(self) -> Digits:
        """What is held out, labelled `OUTLIER` where it is none of the labels; maybe nothing."""
        inks, of_inks = _in_order(self._held.inks)
        patches, of_patches = _in_order(self._held.patches)
        stacked = _stacked([*(prepare(ink)[0] for ink in inks), *patches])
        return Digits(stacked, np.concatenate([of_inks, of_patches]), NAME)

    def left_out(self) -> str:
        """What cannot be learned, in a sentence; empty if there is nothing."""
        some = [
            (self.strange, "say what the model cannot learn (another label, or none of them)"),
            (self.unreadable, "hold a picture that cannot be read"),
            (self.withdrawn, "say of a drawing what a later one says otherwise"),
        ]
        told = " and ".join(f"{count} {what}" for count, what in some if count)
        return f"Of the corrections {told}; these are left out." if told else ""


def read_corrections(
    some: Iterable[Kept], labels: Sequence[str], *, refuses: bool, seen: Seen | None = None
) -> Corrected:
    """Sort corrections into those to learn from and those held out.

    Which are held out follows from what was drawn, so it is the same each time: what was held out
    once is never learned from later. Of what was corrected more than once the latest word counts.

    Args:
        some: the corrections.
        labels: names of the labels that the model knows.
        refuses: whether the model learns what is none of them; else such corrections are left out.
        seen: what the model has seen already, be it that it was trained on corrections: that stays
            learned, or held out.
    """
    seen = seen or Seen()
    learned, held = _Half(), _Half()
    strange = unreadable = 0
    # of the same moment, too, always the same one
    every = sorted(some, key=lambda kept: (kept.time, kept.correction.digest))
    latest = {fingerprint(kept.correction.shown): kept.correction for kept in every}
    for digest, correction in latest.items():
        label = OUTLIER
        if correction.label is not None:
            if correction.label not in labels:
                strange += 1
                continue
            label = labels.index(correction.label)
        elif not refuses:
            strange += 1
            continue
        half = held if seen.holds(digest, int.from_bytes(digest) % HELD_OUT == 0) else learned
        try:
            half.add(correction.shown, label)
        except InkdigitsError:
            unreadable += 1
    withdrawn = len(every) - len(latest)
    return Corrected(tuple(labels), strange, unreadable, withdrawn, learned, held)


def _in_order(some: Mapping[bytes, tuple[Shown, int]]) -> tuple[list[Shown], NDArray[np.int64]]:
    """What is shown, and its labels, in an order that depends on neither store nor time.

    So the same corrections make the same challenger.
    """
    found = [some[digest] for digest in sorted(some)]
    return [shown for shown, _ in found], np.array([label for _, label in found], np.int64)


def _stacked(patches: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.array(patches, np.float32).reshape(-1, PATCH, PATCH, 1)
