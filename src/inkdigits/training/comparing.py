"""Champion and challenger: two models on the same digits, and whether the difference means much."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.confidence import negative_log_likelihood
from inkdigits.recognizer import Recognizer
from inkdigits.training.datasets import Digits

DEVIATIONS = 1.959964  # half width of a 95 % interval, in standard deviations
BATCH = 1000  # patches


@dataclass(frozen=True)
class Comparison:
    """Two models on a data set.

    Args:
        name: of the data set.
        images: how many.
        champion: how many of them the champion reads wrong.
        challenger: how many the challenger does.
        lost: how many only the champion reads right.
        won: how many only the challenger does.
        losses: mean cross-entropy of the champion and of the challenger, nats, as calibrated.
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
        """Whether the challenger errs more, beyond the 95 % interval of the difference.

        Of the digits that only one of the two reads right, chance alone gives either half
        (McNemar, "Note on the sampling error of the difference between correlated proportions or
        percentages", Psychometrika 1947).
        """
        return self.lost - self.won > DEVIATIONS * sqrt(self.lost + self.won)

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
        """In a line."""
        return f"{self.name}: {self.champion} of {self.images:,} wrong, now {self.challenger}"


def compare(champion: Recognizer, challenger: Recognizer, digits: Digits) -> Comparison:
    """Let both read the same digits, at least one; what is refused counts by its best label."""
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
    """Which digits are read right, (N,), and the mean cross-entropy."""
    patches = digits.patches[..., 0]
    parts = range(0, len(digits), BATCH)
    logits = np.concatenate([recognizer.run(patches[at : at + BATCH]).logits for at in parts])
    right = logits.argmax(axis=1) == digits.labels
    loss = negative_log_likelihood(logits, digits.labels, recognizer.config.temperature)
    return right, loss
