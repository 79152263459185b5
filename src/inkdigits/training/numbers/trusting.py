"""Fitting, on held-out strings, how far each witness is trusted, and how sure frames are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.ctc import log_probabilities, probabilities
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.trust import NONE, negative_log_likelihood

Case = tuple[NDArray[np.float64], int | None]
FIRST = -3.0  # the constant before the fit
ROUNDS = 60  # of coordinate descent, at most

# The strings are made up as those are that the line model learned from: on them nobody else is
# needed, and no number looks unusual. Of real numbers neither holds, so each witness is heard, and
# none decides alone. Chosen on the amounts and cells that were looked at while this was built.
LEAST_WEIGHT, GREATEST_WEIGHT = 0.1, 2.5


def fit_trust(cases: Sequence[Case], witnesses: Sequence[str], kind: str) -> dict[str, float]:
    """Find the weights with which the right texts are most probable (coordinate descent).

    Args:
        cases: of each string the logarithms, (texts, witnesses), and which text is right; None:
            none of them.
        witnesses: their names.
        kind: of the source, for the keys.

    Returns:
        What `Trust.of` takes.
    """
    numbers = np.array([1.0] * len(witnesses) + [FIRST])
    best = negative_log_likelihood(numbers, cases)
    steps = np.array([0.5] * len(witnesses) + [1.0])
    for _ in range(ROUNDS):
        improved = False
        for place in range(len(numbers)):
            for sign in (1, -1):
                tried = numbers.copy()
                tried[place] += sign * steps[place]
                if place < len(witnesses):
                    tried[place] = np.clip(tried[place], LEAST_WEIGHT, GREATEST_WEIGHT)
                loss = negative_log_likelihood(tried, cases)
                if loss < best:
                    numbers, best, improved = tried, loss, True
                    break
        if not improved:
            steps /= 2
            if steps.max() < 0.01:
                break
    keys = [f"{kind}.{witness}" for witness in (*witnesses, NONE)]
    return {key: round(float(number), 4) for key, number in zip(keys, numbers, strict=True)}


def fit_line_temperature(
    logits: Sequence[NDArray[np.float32]], texts: Sequence[str], lines: LineModel
) -> float:
    """Find the temperature of frames with which held-out strings are most probable.

    Args:
        logits: of each string, (T, classes).
        texts: what they say.
        lines: the model, for its marks.
    """
    marks = [lines.marks(text) or () for text in texts]

    def loss(temperature: float) -> float:
        logs = [
            log_probabilities(probabilities(one, temperature), [text])[0]
            for one, text in zip(logits, marks, strict=True)
        ]
        # what the frames cannot spell says nothing about how sure they are
        return -float(np.mean(np.maximum(logs, -50.0)))

    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.log(0.4), np.log(4.0)
    while high - low > 0.03:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(float(np.exp(left))) < loss(float(np.exp(right))):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))
