"""What a group of strokes is worth as a digit, as a separator, or as neither.

Each worth is a sum of a few terms, in nats. Their weights were fitted: they make the right way to
part a line most likely, over strings put together from pen digits
(`inkdigits.training.numbers.ink_strings`) of writers of whom the model had learned nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.strokes.groups import Groups
from inkdigits.reading.strokes.traces import Floats

# How often a digit has one, two, or more strokes, by pendigits and UNIPEN.
STROKES = {
    "0": (0.90, 0.095, 0.005),
    "1": (0.94, 0.050, 0.010),
    "2": (0.99, 0.008, 0.002),
    "3": (0.99, 0.008, 0.002),
    "4": (0.20, 0.790, 0.010),
    "5": (0.24, 0.750, 0.010),
    "6": (0.99, 0.008, 0.002),
    "7": (0.26, 0.710, 0.030),
    "8": (0.87, 0.125, 0.005),
    "9": (0.94, 0.055, 0.005),
}
ANY = (0.60, 0.38, 0.02)  # … and any other label

EVIDENCE = 10.0  # more evidence for or against a digit than this says no more
NARROW = 0.2  # what is narrower than this counts as so wide
WIDE = 1.5  # a digit that is so many times wider than high is as large as if it were 1 high

DIGIT = {
    "any": -0.78,  # for each digit
    "is_digit": 0.83,  # logarithm of the model’s probability that it is one
    "evidence": 3.96,  # the logit itself: 0 at most, −2 at least
    "more": -2.12,  # for each stroke after the first
    "strokes": 0.84,  # logarithm of how often such a digit has as many strokes
    "gap": -1.05,  # for the widest gap between its strokes, in heights of a digit
    "shared": 0.18,  # for width that its strokes share, up to 0.4
    "overlap": -5.19,  # for width that it shares with other strokes
    "touch": -0.68,  # for other strokes that touch it
    "part_overlap": -1.33,  # … and more, if they are no digits by themselves
    "part_touch": -0.81,  # likewise
    "small": -5.00,  # for the square of the logarithm of its size, below 1
    "large": -3.00,  # … above 1
}
NOTHING = {
    "any": -5.06,  # for each group
    "digit": -1.96,  # for evidence that it is a digit, up to 1
    "more": -3.37,  # for each stroke after the first
    "long": -2.62,  # for its longer side, up to 1
    "overlap": -1.67,  # as above
    "touch": -3.85,  # as above
}
MARK = {
    "fit": 1.81,  # for how well it fits (`inkdigits.reading.strokes.separators`), 0 at best
    "piled": -10.00,  # chosen: for the share of its width with marks above or below it, as in =
    "overlap": -4.89,  # as above
    "touch": -7.81,  # as above
    ".": -3.37,  # for each …
    ",": -1.78,
    "-": -2.15,
    "/": 1.50,  # chosen, not fitted: as strings hold more or fewer
    ":": -0.75,
}


def stroke_counts(labels: Sequence[str], groups: Groups, scores: Floats) -> Floats:
    """How often what each group may be has as many strokes, (G,).

    Args:
        labels: of the model.
        groups: G groups.
        scores: (G, classes) probabilities of the labels of each.
    """
    table = np.array([STROKES.get(label, ANY) for label in labels])
    counts = np.array([min(len(members), table.shape[1]) for members in groups.members])
    return np.asarray((scores * table.T[counts - 1]).sum(axis=1))


def unlike_digits(groups: Groups, evidence: Floats) -> Floats:
    """How little each of the N strokes is a digit by itself, in [0, 1]: it must be part of one."""
    alone = evidence[: groups.overlaps.shape[1]]
    return np.asarray(1 / (1 + np.exp(np.clip(alone, -EVIDENCE, EVIDENCE))))


def digit_terms(groups: Groups, evidence: Floats, strokes: Floats) -> dict[str, Floats]:
    """The terms of `DIGIT`, (G,) each.

    Args:
        groups: G groups.
        evidence: (G,) for each being a digit, above the least that is accepted: a logit.
        strokes: (G,) how often what each may be has as many strokes.
    """
    width, height = groups.sizes.T
    size = np.log(np.maximum(np.maximum(height, width / WIDE), 0.02))
    parts = unlike_digits(groups, evidence)
    return {
        "any": np.ones(len(evidence)),
        "is_digit": -np.logaddexp(0, -evidence),
        "evidence": np.clip(evidence, -EVIDENCE, EVIDENCE) / EVIDENCE - 1,
        "more": _more(groups),
        "strokes": np.log(strokes),
        "gap": groups.gaps,
        "shared": np.clip(groups.shared, -0.2, 0.4) - 0.4,
        "overlap": groups.overlaps.sum(axis=1),
        "touch": groups.touches.sum(axis=1),
        "part_overlap": groups.overlaps @ parts,
        "part_touch": groups.touches @ parts,
        "small": np.minimum(size, 0) ** 2,
        "large": np.maximum(size, 0) ** 2,
    }


def nothing_terms(groups: Groups, evidence: Floats) -> dict[str, Floats]:
    """The terms of `NOTHING`, (G,) each."""
    return {
        "any": np.ones(len(evidence)),
        "digit": np.clip(evidence, 0, EVIDENCE) / EVIDENCE,
        "more": _more(groups),
        "long": np.minimum(groups.sizes.max(axis=1), 1),
        "overlap": groups.overlaps.sum(axis=1),
        "touch": groups.touches.sum(axis=1),
    }


def mark_terms(
    groups: Groups, evidence: Floats, place: int, mark: str, fit: float
) -> dict[str, Floats]:
    """The terms of `MARK`, () each, of the group at a place, which fits a separator so well."""
    piled = groups.overlaps[place] @ unlike_digits(groups, evidence)
    return {
        "fit": np.array(fit),
        "piled": piled / max(groups.sizes[place, 0], NARROW),
        "overlap": groups.overlaps[place].sum(),
        "touch": groups.touches[place].sum(),
        mark: np.array(1.0),
    }


def worth(terms: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """Sum up terms."""
    return np.asarray(sum(weights[name] * values for name, values in terms.items()))


def _more(groups: Groups) -> NDArray[np.float64]:
    """How many strokes each has but one."""
    return np.array([len(members) - 1.0 for members in groups.members])
