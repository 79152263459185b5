"""Likely mislabelled images: those whose label a classifier that has not seen them contradicts.

As in confident learning (Northcutt, Jiang & Chuang, "Confident learning: estimating uncertainty in
dataset labels", JAIR 2021): each image is judged by a classifier that learned from the others, and
another label than the given one counts only where it is as probable as it is, on average, for
images that do have it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST = 15  # images of a label below which none of them is judged
FOLDS = 5
MOST = 20_000  # images that are judged, drawn evenly by label: the time grows with them
WELL_BELOW = 0.2  # the given label's probability is at most this share of the other's
COMPONENTS = 64  # of what is told of an image

CELL, DIRECTIONS = 4, 8  # a histogram of so many directions for each square of so many pixels
BLOCK = 1000  # images of which that is made together


@dataclass(frozen=True)
class Judged:
    """What was found.

    Args:
        indices: (K,), places of the images that were judged.
        given: (K,) probability of each one's own label.
        other: (K,) the most probable label, as a number.
        probability: (K,) its probability.
        suspected: (K,), True where the label is likely wrong.
    """

    indices: NDArray[np.int64]
    given: NDArray[np.float64]
    other: NDArray[np.int64]
    probability: NDArray[np.float64]
    suspected: NDArray[np.bool_]


def judge(
    patches: NDArray[np.uint8],
    labels: NDArray[np.int64],
    seed: int = 1,
    step: Callable[[int], None] = lambda _: None,
) -> Judged | None:
    """Judge images by cross-validation.

    Args:
        patches: (N, 28, 28) uint8.
        labels: (N,), numbers of the labels.
        seed: what is drawn follows from it.
        step: told of each of `FOLDS` steps.

    Returns:
        None where fewer than two labels have `LEAST` images.
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.pipeline import make_pipeline

    rng = np.random.default_rng([seed, 0x5059])
    indices = _chosen(labels, rng)
    known, numbers = np.unique(labels[indices], return_inverse=True)
    if len(known) < 2:
        return None
    features = _features(patches[indices])
    chances = np.zeros((len(indices), len(known)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for learned, left in folds.split(features, numbers):
        components = min(COMPONENTS, len(learned) - 1)
        classifier = make_pipeline(
            PCA(components, whiten=True, random_state=seed),
            LogisticRegression(C=0.1, max_iter=300),
        )
        classifier.fit(features[learned], numbers[learned])
        chances[left] = classifier.predict_proba(features[left])
        step(1)
    rows = np.arange(len(indices))
    given = chances[rows, numbers]
    other, probability = chances.argmax(axis=1), chances.max(axis=1)
    usual = np.array([chances[numbers == label, label].mean() for label in range(len(known))])
    suspected = (other != numbers) & (probability >= usual[other])
    suspected &= given <= WELL_BELOW * probability
    return Judged(indices, given, known[other], probability, suspected)


def _chosen(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Images of labels that have enough, at most `MOST`, the same share of each of these."""
    names, counts = np.unique(labels, return_counts=True)
    enough = names[counts >= LEAST]
    places = np.flatnonzero(np.isin(labels, enough))
    if len(places) <= MOST:
        return places
    share = MOST / len(places)
    drawn = [
        rng.permutation(own)[: max(LEAST, round(share * len(own)))]
        for own in (np.flatnonzero(labels == name) for name in enough)
    ]
    return np.sort(np.concatenate(drawn))


def _features(patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of the directions of gradients, as Dalal & Triggs describe them (CVPR 2005).

    Returns:
        (N, cells × `DIRECTIONS`) float32, each image's of length 1.
    """
    parts = [_histograms(patches[at : at + BLOCK]) for at in range(0, len(patches), BLOCK)]
    return np.concatenate(parts)


def _histograms(patches: NDArray[np.uint8]) -> NDArray[np.float32]:
    down, right = np.gradient(patches.astype(np.float32), axis=(1, 2))
    strength = np.hypot(down, right)
    direction = np.arctan2(down, right) * (DIRECTIONS / (2 * np.pi))
    cells = patches.shape[1] // CELL
    found = []
    for number in range(DIRECTIONS):
        # a gradient between two directions counts for both, the more the nearer it is
        apart = np.abs((direction - number + DIRECTIONS / 2) % DIRECTIONS - DIRECTIONS / 2)
        share = strength * np.maximum(1 - apart, 0)
        found.append(share.reshape(-1, cells, CELL, cells, CELL).sum(axis=(2, 4)))
    features = np.sqrt(np.stack(found, axis=-1).reshape(len(patches), -1))
    return np.asarray(features / np.linalg.norm(features, axis=1, keepdims=True), np.float32)
