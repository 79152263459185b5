"""Champion and challenger: two models on the same digits, and whether the difference means much."""

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.confidence import negative_log_likelihood, refusal, softmax
from inkdigits.recognizer import Recognizer
from inkdigits.training.datasets import Digits
from inkdigits.training.mixture import OUTLIER

CHANCE = 0.05  # two models differ beyond chance where chance does as much less often than this
BATCH = 1000  # patches


@dataclass(frozen=True)
class Comparison:
    """Two models on a data set.

    Args:
        name: of the data set.
        images: how many.
        champion: how many of them the champion gets wrong.
        challenger: how many the challenger does.
        lost: how many only the champion reads right.
        won: how many only the challenger does.
        losses: of those that are one of the labels, mean cross-entropy of the champion and of the
            challenger, nats, as calibrated.
    """

    name: str
    images: int
    champion: int
    challenger: int
    lost: int
    won: int
    losses: tuple[float, float] = (0.0, 0.0)

    @property
    def is_better(self) -> bool:
        """Whether the challenger errs less, or as much but is righter to be sure or unsure."""
        before, after = self.losses
        return (self.challenger, after) < (self.champion, before)

    @property
    def is_worse(self) -> bool:
        """Whether the challenger errs more, beyond the 95 % interval of the difference."""
        return self.lost > self.won and two_sided(self.lost, self.won) < CHANCE

    def as_json(self) -> dict[str, Any]:
        """The figures, for a file."""
        return {
            "images": self.images,
            "champion_errors": self.champion,
            "challenger_errors": self.challenger,
            "only_champion_right": self.lost,
            "only_challenger_right": self.won,
            "champion_loss": self.losses[0],
            "challenger_loss": self.losses[1],
        }

    def __str__(self) -> str:
        """In a line, with the losses where the errors do not tell the two apart."""
        told = f"{self.name}: {self.champion} of {self.images:,} wrong, now {self.challenger}"
        if self.champion != self.challenger or self.losses[0] == self.losses[1]:
            return told
        return f"{told}; loss {self.losses[0]:.4f}, now {self.losses[1]:.4f}"


def two_sided(lost: int, won: int) -> float:
    """How often chance alone parts so many digits at least as unevenly, in [0, 1].

    Of the digits that only one of two models gets right, chance gives either half (McNemar, "Note
    on the sampling error of the difference between correlated proportions or percentages",
    Psychometrika 1947; here its exact form, the two-sided sign test).
    """
    split, most = lost + won, max(lost, won)
    as_many = sum(comb(split, count) for count in range(most, split + 1))
    return min(1.0, 2 * as_many / (1 << split))


def compare(champion: Recognizer, challenger: Recognizer, digits: Digits) -> Comparison:
    """Let both answer to the same patches, at least one.

    Right is the label, not refused; and of what is none of the labels, that it is refused.
    """
    (one, before), (other, after) = (_read(each, digits) for each in (champion, challenger))
    return Comparison(
        digits.name,
        len(digits),
        int((~one).sum()),
        int((~other).sum()),
        int((one & ~other).sum()),
        int((other & ~one).sum()),
        (before, after),
    )


def _read(recognizer: Recognizer, digits: Digits) -> tuple[NDArray[np.bool_], float]:
    """Which patches are answered right, (N,), and the mean cross-entropy of the digits."""
    patches = digits.patches[..., 0]
    parts = range(0, len(digits), BATCH)
    outputs = [recognizer.run(patches[at : at + BATCH]) for at in parts]
    logits, evidence = (np.concatenate(arrays) for arrays in zip(*outputs, strict=True))
    config = recognizer.config
    confidence = softmax(logits, config.temperature).max(axis=1)
    is_refused = patches.max(axis=(1, 2)) == 0  # blank
    is_refused |= [
        refusal(sure, like, config.thresholds) is not None
        for sure, like in zip(confidence.tolist(), evidence.tolist(), strict=True)
    ]
    is_digit = digits.labels != OUTLIER
    right = np.where(is_digit, (logits.argmax(axis=1) == digits.labels) & ~is_refused, is_refused)
    known = logits[is_digit], digits.labels[is_digit]
    loss = negative_log_likelihood(*known, config.temperature) if is_digit.any() else 0.0
    return right, loss
