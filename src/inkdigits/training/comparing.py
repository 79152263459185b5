"""Champion and challenger: two models on the same digits, and whether the difference means much."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

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
    """

    name: str
    images: int
    champion: int
    challenger: int
    lost: int
    won: int

    @property
    def is_better(self) -> bool:
        """Whether the challenger errs less."""
        return self.challenger < self.champion

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
        }

    def __str__(self) -> str:
        """In a line."""
        return f"{self.name}: {self.champion} of {self.images:,} wrong, now {self.challenger}"


def compare(champion: Recognizer, challenger: Recognizer, digits: Digits) -> Comparison:
    """Let both read the same digits; what is refused counts by its best label."""
    one, other = (_right(recognizer, digits) for recognizer in (champion, challenger))
    return Comparison(
        digits.name,
        len(digits),
        int((~one).sum()),
        int((~other).sum()),
        int((one & ~other).sum()),
        int((other & ~one).sum()),
    )


def _right(recognizer: Recognizer, digits: Digits) -> np.ndarray[Any, np.dtype[np.bool_]]:
    patches = digits.patches[..., 0]
    answers = [
        recognizer.run(patches[start : start + BATCH]).logits.argmax(axis=1)
        for start in range(0, len(digits), BATCH)
    ]
    found = np.concatenate([np.zeros(0, np.int64), *answers])
    return np.asarray(found == digits.labels)
