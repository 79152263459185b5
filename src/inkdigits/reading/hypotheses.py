"""What a line may say, who says so, and the reading that comes of it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.prediction import Box, Prediction
from inkdigits.reading.constraints import Constraints
from inkdigits.reading.line_model import OTHER
from inkdigits.reading.result import Reading
from inkdigits.reading.trust import Trust

LEAST = 0.02  # a text that is no more probable is none: print, a scribble, a picture


@dataclass(frozen=True)
class Look:
    """What the recogniser of digits says of one mark.

    Args:
        box: where the mark is.
        scores: the probability of each label, (labels,).
        strokes: of an ink, those that it is made of.
    """

    box: Box
    scores: NDArray[np.float64]
    strokes: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Hypotheses:
    """What a line may say.

    Args:
        texts: K different ones.
        logs: (K, witnesses) the logarithm of the probability of each, by each witness.
        looks: for each text, a look at each of its characters.
        labels: those of the recogniser of digits.
        box: where the line is.
    """

    texts: tuple[str, ...]
    logs: NDArray[np.float64]
    looks: tuple[tuple[Look, ...], ...]
    labels: tuple[str, ...]
    box: Box

    def reading(self, trust: Trust, sure: float, constraints: Constraints) -> Reading | None:
        """The most probable number, or None if what stands there is none.

        Args:
            trust: how far each witness is trusted.
            sure: the least confidence of a reading that is not unsure, and of each of its digits.
            constraints: what is known of the number; where no text satisfies them, the most
                probable one is given with a confidence of 0.
        """
        if not self.texts:
            return None
        shares = trust.probabilities(self.logs)
        first = self.texts[int(shares.argmax())]
        if not constraints and not is_number(first):
            return None
        numbers = [text.replace(OTHER, "") for text in self.texts]
        possible = np.array(
            [
                is_number(text) and constraints.allow(number)
                for text, number in zip(self.texts, numbers, strict=True)
            ]
        )
        if not is_number(first) and shares[possible].sum() < LEAST:
            return None
        if not possible.any():
            best = int(shares.argmax())
            return self._told(best, 0.0, np.where(np.arange(len(shares)) == best, 1e-9, 0.0), sure)
        if constraints:  # what is impossible is out of the question
            shares = np.where(possible, shares, 0.0)
            shares /= shares.sum() + np.exp(trust.none) / (1 + np.exp(trust.none))
        else:
            shares = np.where(possible, shares, 0.0)
        best = _best(numbers, shares)
        if not constraints and shares[best] < LEAST:
            return None
        same = np.array([number == numbers[best] for number in numbers])
        return self._told(best, float(shares[same].sum()), shares, sure)

    def _told(
        self, best: int, confidence: float, shares: NDArray[np.float64], sure: float
    ) -> Reading:
        """The reading of one text, each of its digits with the doubts that the others raise."""
        text = self.texts[best]
        digits = []
        for place, character in enumerate(text):
            if character not in self.labels:
                continue
            look = self.looks[best][place]
            scores = (1 - shares.sum()) * look.scores
            for other, share in zip(self.texts, shares, strict=True):
                # of a text with more or fewer marks nobody knows which is which
                said = other[place] if len(other) == len(text) else None
                if said in self.labels:
                    scores[self.labels.index(said)] += share
                else:
                    scores = scores + share * look.scores
            digits.append(_prediction(character, scores, self.labels, look, sure))
        unsure = confidence < sure
        reason: Literal["unsure"] | None = "unsure" if unsure else None
        return Reading(text.replace(OTHER, ""), confidence, tuple(digits), self.box, reason)


def _best(numbers: list[str], shares: NDArray[np.float64]) -> int:
    """The most probable text with the most probable digits: separators are easily mistaken."""
    digits = ["".join(mark for mark in number if mark.isdigit()) for number in numbers]
    sums: dict[str, float] = {}
    for said, share in zip(digits, shares.tolist(), strict=True):
        sums[said] = sums.get(said, 0.0) + share
    wanted = max(sums, key=sums.__getitem__)
    return int(np.where([said == wanted for said in digits], shares, -1.0).argmax())


def is_number(text: str) -> bool:
    """Whether a text has digits, and more of them than of what is no part of a number."""
    return sum(mark.isdigit() for mark in text) > text.count(OTHER)


def _prediction(
    character: str, scores: NDArray[np.float64], labels: tuple[str, ...], look: Look, sure: float
) -> Prediction:
    total = float(scores.sum())
    told = dict(zip(labels, (scores / max(total, 1e-12)).tolist(), strict=True))
    confidence = told[character]
    doubted = confidence < sure
    return Prediction(
        None if doubted else character,
        character,
        confidence,
        told,
        "unsure" if doubted else None,
        look.box,
        look.strokes,
    )
