"""What a line may say, who says so, and the reading that comes of it."""

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.prediction import Box, Prediction, around
from inkdigits.reading.alignment import counterparts
from inkdigits.reading.constraints import OTHER, Constraints
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
    """

    texts: tuple[str, ...]
    logs: NDArray[np.float64]
    looks: tuple[tuple[Look, ...], ...]
    labels: tuple[str, ...]

    def readings(self, trust: Trust, sure: float, constraints: Constraints) -> list[Reading]:
        """The most probable number, or nothing if what stands there is none.

        They are several where something stands between that is no part of a number, and nothing is
        known of it.

        Args:
            trust: how far each witness is trusted.
            sure: the least confidence of a reading that is not unsure, and of each of its digits.
            constraints: what is known of the number; where no text satisfies them, the most
                probable one is given with a confidence of 0.
        """
        if not self.texts:
            return []
        shares = trust.probabilities(self.logs)
        first = self.texts[int(shares.argmax())]
        if not constraints and not is_number(first):
            return []
        numbers = [text.replace(OTHER, "") for text in self.texts]
        possible = np.array(
            [
                is_number(text) and constraints.allow(number)
                for text, number in zip(self.texts, numbers, strict=True)
            ]
        )
        if not is_number(first) and shares[possible].sum() < LEAST:
            return []
        if not possible.any():
            best = int(shares.argmax())
            shares = np.where(np.arange(len(shares)) == best, 1e-9, 0.0)
            return [self._told(best, slice(None), 0.0, shares, sure)]
        if constraints:  # what is impossible is out of the question
            shares = np.where(possible, shares, 0.0)
            shares /= shares.sum() + np.exp(trust.none) / (1 + np.exp(trust.none))
        else:
            shares = np.where(possible, shares, 0.0)
        best = _best(numbers, shares)
        if not constraints and shares[best] < LEAST:
            return []
        parts, said = _parts(self.texts[best]), _said(self.texts[best], constraints)
        if constraints or len(parts) == 1:
            same = np.array([_said(text, constraints) == said for text in self.texts])
            return [self._told(best, slice(None), float(shares[same].sum()), shares, sure)]
        found = []
        for place, part in enumerate(parts):
            same = np.array([_has_part(text, self.texts[best], place) for text in self.texts])
            found.append(self._told(best, part, float(shares[same].sum()), shares, sure))
        return found

    def _told(
        self, best: int, part: slice, confidence: float, shares: NDArray[np.float64], sure: float
    ) -> Reading:
        """The reading of a part of one text, each of its digits with the doubts of the others."""
        text = self.texts[best]
        others = [counterparts(text, other) for other in self.texts]
        digits = []
        for place in range(*part.indices(len(text))):
            character = text[place]
            if character not in self.labels:
                continue
            look = self.looks[best][place]
            scores = (1 - shares.sum()) * look.scores
            none = 0.0  # share of the texts that have no digit there
            for other, share in zip(others, shares.tolist(), strict=True):
                if other[place] in self.labels:
                    scores[self.labels.index(other[place])] += share
                else:
                    none += share
            digits.append(_prediction(character, scores, none, self.labels, look))
        if confidence < sure and digits and min(d.confidence for d in digits) >= sure:
            # many small doubts, or one about what else stands there: the least sure one is told
            least = int(np.argmin([digit.confidence for digit in digits]))
            digits[least] = replace(digits[least], confidence=confidence)
        doubted = [digit.confidence < sure for digit in digits]
        told = tuple(
            replace(digit, label=None, reason="unsure") if doubt else digit
            for digit, doubt in zip(digits, doubted, strict=True)
        )
        reason: Literal["unsure"] | None = "unsure" if confidence < sure or any(doubted) else None
        looks = zip(self.looks[best][part], text[part], strict=True)
        box = around([look.box for look, mark in looks if mark != OTHER])
        return Reading(text[part].replace(OTHER, ""), confidence, told, box, reason)


def _parts(text: str) -> list[slice]:
    """The numbers of a text: what has digits, between what is no part of a number."""
    found = (match for match in re.finditer(f"[^{re.escape(OTHER)}]+", text))
    return [slice(*match.span()) for match in found if any(map(str.isdigit, match[0]))]


def _said(text: str, constraints: Constraints) -> list[str]:
    """The numbers that a text says: where something is known of the number, there is but one."""
    if constraints:
        return [text.replace(OTHER, "")]
    return [text[part] for part in _parts(text)]


def _has_part(text: str, best: str, place: int) -> bool:
    """Whether a text has one of the numbers of another: as many from its start, or its end."""
    wanted = [best[part] for part in _parts(best)]
    found = [text[part] for part in _parts(text)]
    from_end = place - len(wanted)
    near = found[place : place + 1]
    if len(found) >= -from_end:
        near.append(found[from_end])
    return wanted[place] in near


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
    character: str, scores: NDArray[np.float64], none: float, labels: tuple[str, ...], look: Look
) -> Prediction:
    """A digit, with the doubts about it; `none` is the probability that no digit is there."""
    told = dict(zip(labels, (scores / max(float(scores.sum()), 1e-12)).tolist(), strict=True))
    confidence = told[character] * (1 - none)
    return Prediction(character, character, confidence, told, None, look.box, look.strokes)
