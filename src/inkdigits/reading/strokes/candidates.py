"""Reading pen strokes: which are a digit together is told by geometry, and by the digit model.

Every set of strokes of a line that may be a digit is shown to the model, all of an ink at once.
What a set is worth as a digit, as a separator or as neither is a sum of a few terms (`worth`), and
the best ways to part the line are found by dynamic programming (`covers`). The sum over all ways
makes a probability of what one is worth: a conditional random field over segmentations (Sarawagi &
Cohen, "Semi-Markov conditional random fields for information extraction", NeurIPS 2004).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdigits.digit_model import DigitModel
from inkdigits.ink import Ink
from inkdigits.reading.constraints import ANYTHING, Constraints
from inkdigits.reading.strokes.covers import KEPT, Cover, Option, best_covers, log_sum
from inkdigits.reading.strokes.separators import MARKS, separators
from inkdigits.reading.strokes.sightings import Sighting, look
from inkdigits.reading.strokes.worth import (
    DIGIT,
    MARK,
    NOTHING,
    digit_terms,
    mark_terms,
    nothing_terms,
    stroke_counts,
    worth,
)

N_BEST = 8  # texts of a line …
RIVALS = 2  # … so many of which what is known of the number does not allow, if there are such
CONSTRAINED = 8 * KEPT  # ways that are kept where most of the texts may be refused in the end
LABELS = 4  # of a group: the likeliest ones …
LEAST = 1e-4  # … that are at least so likely


@dataclass(frozen=True)
class Candidate:
    """One way to read a line of ink.

    Args:
        text: digits and separators.
        log_probability: of the whole, natural logarithm.
        groups: for each character of the text, the indices of its strokes in the ink.
        scores: for each character that is a digit, the probabilities of the model's labels; None
            for separators.
    """

    text: str
    log_probability: float
    groups: tuple[tuple[int, ...], ...]
    scores: tuple[NDArray[np.float64] | None, ...]

    @property
    def has_digits(self) -> bool:
        """Whether there is more than separators."""
        return any(row is not None for row in self.scores)


@dataclass(frozen=True)
class InkLine:
    """A line of ink: strokes that are near enough to be one number.

    Args:
        strokes: ascending indices of all its strokes, those too that are left out of the text.
        candidates: the best `N_BEST` ways to read it, of different texts, best first; empty if
            nothing there is a digit.
        height: typical height of its digits, in units of the ink.
    """

    strokes: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    height: float


def read_ink(ink: Ink, model: DigitModel, constraints: Constraints = ANYTHING) -> list[InkLine]:
    """Read the numbers of a drawing.

    Args:
        ink: a sheet with any number of lines.
        model: of single digits.
        constraints: what is known of each number: the ways to read a line that it allows are kept
            before others.

    Returns:
        A line for each number, in reading order; none for an empty ink.
    """
    if ink.is_empty:
        return []
    return [_read(line, model.labels, constraints) for line in look(ink, model)]


def _read(line: Sighting, labels: Sequence[str], constraints: Constraints) -> InkLine:
    """Read a line by a model of these labels."""
    strokes = tuple(sorted(line.strokes.tolist()))
    if line.is_specks:
        return InkLine(strokes, (), line.unit)
    kept = CONSTRAINED if constraints else KEPT
    covers, total = best_covers(_options(line, labels), len(strokes), kept)
    places = {members: place for place, members in enumerate(line.groups.members)}
    by_text: dict[str, list[Candidate]] = {}
    for cover in covers:
        candidate = _candidate(line, places, cover, total)
        by_text.setdefault(candidate.text, []).append(candidate)
    candidates = sorted(map(_merged, by_text.values()), key=lambda found: -found.log_probability)
    if not candidates[0].has_digits:
        return InkLine(strokes, (), line.unit)
    read = [candidate for candidate in candidates if candidate.has_digits]
    height = _height(line, read[0])
    if constraints:  # what is allowed, and what speaks against it
        allowed = [candidate for candidate in read if constraints.allow(candidate.text)]
        rivals = [candidate for candidate in read if candidate not in allowed]
        read = [*allowed[: N_BEST - RIVALS], *rivals[:RIVALS]]
        read.sort(key=lambda found: -found.log_probability)
    return InkLine(strokes, tuple(read[:N_BEST]), height)


def _options(line: Sighting, labels: Sequence[str]) -> list[Option]:
    """What each group may be: the likeliest digits, separators, nothing."""
    groups, evidence, scores = line.groups, line.evidence, line.scores
    digit = worth(digit_terms(groups, evidence, stroke_counts(labels, groups, scores)), DIGIT)
    nothing = worth(nothing_terms(groups, evidence), NOTHING)
    values = digit[:, None] + np.log(np.maximum(scores, LEAST))
    likeliest = np.argsort(-scores, axis=1)[:, :LABELS]
    options = []
    for place, members in enumerate(groups.members):
        others = [("", float(nothing[place]))]
        for mark, fit in separators(line.boxes, line.samples, members):
            terms = mark_terms(groups, evidence, place, mark, fit)
            others.append((mark, float(worth(terms, MARK))))
        digits = [
            (labels[label], float(values[place, label]))
            for label in likeliest[place]
            if scores[place, label] >= LEAST
        ]
        total = log_sum([float(digit[place]), *(score for _, score in others)])
        options.append(Option(members, digits + others, total))
    return options


def _candidate(
    line: Sighting, places: Mapping[tuple[int, ...], int], cover: Cover, total: float
) -> Candidate:
    """Put the groups of a cover, whose places are told, into the order in which they are read."""
    shown = [(places[option.members], text) for option, text in cover.chosen if text]
    shown.sort(key=lambda entry: line.groups.middles[entry[0]])
    return Candidate(
        "".join(text for _, text in shown),
        cover.score - total,
        tuple(_strokes(line, line.groups.members[place]) for place, _ in shown),
        tuple(None if text in MARKS else line.scores[place] for place, text in shown),
    )


def _strokes(line: Sighting, members: tuple[int, ...]) -> tuple[int, ...]:
    """Ascending indices in the ink of strokes of a line."""
    return tuple(sorted(line.strokes[list(members)].tolist()))


def _merged(same: list[Candidate]) -> Candidate:
    """The best of candidates of the same text, as likely as all of them together."""
    best = max(same, key=lambda candidate: candidate.log_probability)
    together = log_sum([candidate.log_probability for candidate in same])
    return replace(best, log_probability=min(together, 0.0))


def _height(line: Sighting, candidate: Candidate) -> float:
    """The median height of the digits, in units of the ink."""
    places = {stroke: place for place, stroke in enumerate(line.strokes.tolist())}
    heights = []
    for group, scores in zip(candidate.groups, candidate.scores, strict=True):
        if scores is not None:
            boxes = line.boxes[[places[stroke] for stroke in group]]
            heights.append(float(boxes[:, 3].max() - boxes[:, 1].min()))
    return float(np.median(heights)) * line.unit
