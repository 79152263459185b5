"""How sure an answer is, and when it is better to give none. NumPy only.

Calibration is temperature scaling (Guo, Pleiss, Sun & Weinberger, "On calibration of modern neural
networks", ICML 2017): one number, fitted on held-out digits, divides all logits; it changes no
answer, only how sure each is. Whether something is a digit at all is judged by its evidence: an
output of the model trained for that, or, where a model has none, the energy of its logits (Liu,
Wang, Owens & Li, "Energy-based out-of-distribution detection", NeurIPS 2020).
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


Reason = Literal["blank", "not_a_digit", "unsure"]


def refusal(
    confidence: float, evidence: float, thresholds: Mapping[str, float]
) -> Literal["not_a_digit", "unsure"] | None:
    """Accept or reject an answer.

    Args:
        confidence: probability of the best label, in [0, 1].
        evidence: how much it looks like a digit.
        thresholds: the least `confidence` and `evidence` that are accepted.

    Returns:
        None if it is accepted, else why not.
    """
    if evidence < thresholds["evidence"]:
        return "not_a_digit"
    if confidence < thresholds["confidence"]:
        return "unsure"
    return None


def softmax(logits: Floats, temperature: float = 1.0) -> NDArray[np.float64]:
    """Turn logits into probabilities.

    Args:
        logits: (N, classes).
        temperature: above 1 less sure, below 1 surer; positive.

    Returns:
        (N, classes) float64; each row adds up to 1.
    """
    scaled = np.asarray(logits, np.float64) / temperature
    exponentials = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def energy(logits: Floats) -> NDArray[np.float64]:
    """Return how much the model recognises: log Σ exp(logits), the negative energy of Liu et al.

    Args:
        logits: (N, classes), before any temperature.

    Returns:
        (N,) float64; high for what looks like the training data, low for anything else.
    """
    values = np.asarray(logits, np.float64)
    top = values.max(axis=1)
    return np.asarray(top + np.log(np.exp(values - top[:, None]).sum(axis=1)))


def negative_log_likelihood(
    logits: Floats, labels: NDArray[np.integer], temperature: float = 1.0
) -> float:
    """Return the mean cross-entropy in nats.

    Args:
        logits: (N, classes).
        labels: (N,) class indices.
        temperature: as in `softmax`.
    """
    scaled = np.asarray(logits, np.float64) / temperature
    right = scaled[np.arange(len(labels)), labels]
    return float((energy(scaled) - right).mean())


def fit_temperature(logits: Floats, labels: NDArray[np.integer]) -> float:
    """Find the temperature with the smallest cross-entropy (golden-section search over its log).

    Args:
        logits: (N, classes) of held-out digits, N ≥ 1.
        labels: (N,) class indices.

    Returns:
        A temperature in [0.05, 20]; not below 1 where all are right, for then nothing tells how
        sure is too sure, and the cross-entropy only falls with the temperature.
    """
    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.log(0.05), np.log(20.0)
    while high - low > 1e-4:  # the cross-entropy has one minimum in 1/temperature
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if negative_log_likelihood(logits, labels, float(np.exp(left))) < negative_log_likelihood(
            logits, labels, float(np.exp(right))
        ):
            high = right
        else:
            low = left
    found = float(np.exp((low + high) / 2))
    return found if np.any(logits.argmax(axis=1) != labels) else max(1.0, found)


def expected_calibration_error(
    confidence: Floats, correct: NDArray[np.bool_], bins: int = 15
) -> float:
    """Return the mean gap between confidence and accuracy, in bins of equal width (Guo et al.).

    Args:
        confidence: (N,) of the answers given, each in [0, 1].
        correct: (N,) whether the answer was right.
        bins: number of bins over [0, 1].

    Returns:
        Σ (bin's share) · |bin's accuracy − bin's mean confidence|, in [0, 1]; 0 for N = 0.
    """
    if len(confidence) == 0:
        return 0.0
    index = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = np.bincount(index, np.asarray(correct, np.float64) - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def threshold_to_keep(scores: Floats, fraction: float) -> float:
    """Return the highest threshold that at least `fraction` of the scores reach.

    Args:
        scores: (N,) of held-out digits, N ≥ 1; higher is better.
        fraction: in (0, 1].
    """
    ordered = np.sort(np.asarray(scores, np.float64))[::-1]
    return float(ordered[max(0, int(np.ceil(fraction * len(ordered))) - 1)])


class Reliability(NamedTuple):
    """How often answers are right, by how sure they are.

    Args:
        images: (bins,) int64, how many answers fell into each bin.
        confidence: (bins,) float64, their mean confidence; NaN where there are none.
        accuracy: (bins,) float64, the share of them that is right; NaN where there are none.
    """

    images: NDArray[np.int64]
    confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def reliability(confidence: Floats, correct: NDArray[np.bool_], bins: int = 15) -> Reliability:
    """Sort answers into bins by confidence, as a reliability diagram shows them (Guo et al.).

    Args:
        confidence: (N,) of the answers, each in [0, 1].
        correct: (N,) whether the answer was right.
        bins: number of bins of equal width over [0, 1]; those of `expected_calibration_error`.
    """
    sure = np.asarray(confidence, np.float64)
    index = np.minimum((sure * bins).astype(int), bins - 1)
    images = np.bincount(index, minlength=bins)
    some = np.where(images, images, np.nan)
    return Reliability(
        images,
        np.bincount(index, sure, minlength=bins) / some,
        np.bincount(index, np.asarray(correct, np.float64), minlength=bins) / some,
    )


class Rejection(NamedTuple):
    """What is gained by refusing the answers that are least sure, from few answers to all.

    Args:
        threshold: (K,) float64, falling: answers at least as sure are given.
        coverage: (K,) float64, share of answers given, rising to 1.
        accuracy: (K,) float64, share of right ones among those given.
    """

    threshold: NDArray[np.float64]
    coverage: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def rejection_curve(confidence: Floats, correct: NDArray[np.bool_]) -> Rejection:
    """Trace coverage against accuracy over all thresholds.

    This is the trade-off of El-Yaniv & Wiener ("On the foundations of noise-free selective
    classification", JMLR 2010), with accuracy for risk. Answers of equal confidence are given or
    refused together.

    Args:
        confidence: (N,) of the answers, N ≥ 1; higher is surer.
        correct: (N,) whether the answer was right.

    Returns:
        A point for each of the K different confidences.
    """
    sure = np.asarray(confidence, np.float64)
    order = np.argsort(-sure, kind="stable")
    ordered = sure[order]
    last = np.append(ordered[1:] != ordered[:-1], True)  # of those with the same confidence
    given = np.arange(1, len(order) + 1)[last]
    right = np.cumsum(np.asarray(correct, np.float64)[order])[last]
    return Rejection(ordered[last], given / len(order), right / given)


def auroc(inside: Floats, outside: Floats) -> float:
    """Return how well a score tells what belongs from what does not.

    It is the area under the receiver operating characteristic, which Hendrycks & Gimpel ("A
    baseline for detecting misclassified and out-of-distribution examples in neural networks", ICLR
    2017) made the usual figure for outliers. It is computed as the probability that a thing that
    belongs scores higher than one that does not, ties counting half (Hanley & McNeil, "The meaning
    and use of the area under a receiver operating characteristic curve", Radiology 1982).

    Args:
        inside: (N,) scores of what belongs, N ≥ 1; −∞ is a score like any other.
        outside: (M,) scores of what does not, M ≥ 1.

    Returns:
        A share in [0, 1]: 1 when all of `inside` score higher, 0.5 when the score says nothing.
    """
    ordered = np.sort(np.asarray(outside, np.float64))
    below = np.searchsorted(ordered, inside, side="left")
    not_above = np.searchsorted(ordered, inside, side="right")
    return float((below + not_above).mean() / (2 * len(ordered)))


def share_refused(inside: Floats, outside: Floats, keep: float = 0.99) -> float:
    """Return the share of outliers below the threshold that keeps most of what belongs.

    Args:
        inside: (N,) scores of what belongs, N ≥ 1.
        outside: (M,) scores of what does not, M ≥ 1.
        keep: share of `inside` to keep, in (0, 1]; at least this much is kept.
    """
    return float((np.asarray(outside, np.float64) < threshold_to_keep(inside, keep)).mean())
