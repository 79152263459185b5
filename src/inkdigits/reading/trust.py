"""Which of several texts is the right one, and how sure that is: witnesses weighed.

Each text has a logarithm of its probability from each witness: the line model, the recogniser of
single digits, the grouping of strokes. Their weighted sum makes a log-linear model (Och & Ney,
"Discriminative training and maximum entropy models for statistical machine translation", ACL 2002)
whose softmax is the probability of each text; a constant stands for all texts that nobody thought
of. The weights are fitted on held-out strings, so that the probability is calibrated as a whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidModel

LEAST = -12.0  # logarithm below which a witness's no counts no more: against its best, and at all
NONE = "none"  # the key of the constant


@dataclass(frozen=True)
class Trust:
    """How far each witness is trusted.

    Args:
        weights: of the witnesses, in their order.
        none: the logarithm of what stands for texts that nobody thought of, before the softmax.
    """

    weights: tuple[float, ...]
    none: float

    @classmethod
    def of(cls, numbers: Mapping[str, float], kind: str, witnesses: Sequence[str]) -> Self:
        """Take the weights for a kind of source out of a model's configuration.

        Raises:
            InvalidModel: it does not have them all.
        """
        try:
            weights = tuple(numbers[f"{kind}.{witness}"] for witness in witnesses)
            return cls(weights, numbers[f"{kind}.{NONE}"])
        except KeyError as error:
            raise InvalidModel(
                f"The model of lines does not say how far {error} is trusted: it was not trained to"
                " its end, or for another version. Train it again, or install the shipped one."
            ) from error

    def probabilities(self, logs: NDArray[np.floating]) -> NDArray[np.float64]:
        """The probability of each text.

        Args:
            logs: (texts, witnesses) logarithms of probabilities.

        Returns:
            (texts,) float64; they add up to less than 1: what is left is for all other texts.
        """
        scores = _bounded(np.asarray(logs, np.float64)) @ np.asarray(self.weights)
        top = max(float(scores.max(initial=self.none)), self.none)
        shares = np.exp(scores - top)
        return np.asarray(shares / (shares.sum() + np.exp(self.none - top)))


def _bounded(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithms as far as they count: each witness's best at least `LEAST`, and the others near.

    The best is raised together with the others, so that a witness to whom all is improbable still
    says which is less so.
    """
    if not len(logs):
        return logs
    best = logs.max(axis=0)
    best = np.where(np.isfinite(best), best, 0.0)
    lifted = logs + np.maximum(LEAST - best, 0.0)
    return np.asarray(np.maximum(lifted, np.maximum(best, LEAST) + LEAST))


def negative_log_likelihood(
    numbers: NDArray[np.floating], cases: Sequence[tuple[NDArray[np.floating], int | None]]
) -> float:
    """What a fit makes small: the mean of −log of the probability of what is right.

    Args:
        numbers: the weights, and the constant last.
        cases: of each string the logarithms, (texts, witnesses), and which text is right; None:
            none of them.
    """
    trust = Trust(tuple(float(weight) for weight in numbers[:-1]), float(numbers[-1]))
    total = 0.0
    for logs, right in cases:
        shares = trust.probabilities(logs)
        share = 1 - shares.sum() if right is None else shares[right]
        total -= np.log(max(float(share), 1e-12))
    return total / max(len(cases), 1)
