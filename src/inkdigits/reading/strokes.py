"""Reading pen strokes: which are a digit together is told by geometry, and by the digit model.

Every set of strokes of a line that may be a digit is shown to the model, all of an ink at once.
What a set is worth as a digit, as a separator or as neither is a sum of a few terms
(`inkdigits.reading.worth`), and the best ways to part the line are found by dynamic programming
(`inkdigits.reading.covers`). The sum over all ways makes a probability of what one is worth: a
conditional random field over segmentations (Sarawagi & Cohen, "Semi-Markov conditional random
fields for information extraction", NeurIPS 2004).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.ink import Ink, render_polylines
from inkdigits.reading.covers import Cover, Option, best_covers, log_sum
from inkdigits.reading.groups import Groups, groups_of
from inkdigits.reading.ink_lines import Indices, lines_of
from inkdigits.reading.separators import LEAST_FIT, MARKS, band_of, marks_of, may_be_mark
from inkdigits.reading.traces import Floats, Traces, typical_height
from inkdigits.reading.worth import (
    DIGIT,
    MARK,
    NOTHING,
    digit_terms,
    mark_terms,
    nothing_terms,
    stroke_counts,
    worth,
)

N_BEST = 8  # texts of a line
SPECKS = 0.12  # a line that is lower than this share of most of the drawing is specks
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


@dataclass(frozen=True)
class _Line:
    """A line, its strokes sorted by x, in heights of a digit.

    Args:
        strokes: (N,) their indices in the ink.
        boxes: (N, 4) left, top, right and bottom.
        samples: (N, S, 2) points along them.
        groups: those that may be a digit.
        unit: typical height of a digit, in units of the ink.
    """

    strokes: Indices
    boxes: Floats
    samples: Floats
    groups: Groups
    unit: float


def read_ink(ink: Ink, model: DigitModel) -> list[InkLine]:
    """Read the numbers of a drawing.

    Args:
        ink: a sheet with any number of lines.
        model: of single digits.

    Returns:
        A line for each number, in reading order; none for an empty ink.
    """
    if ink.is_empty:
        return []
    traces = Traces.of(ink)
    lines = [_line(traces, strokes) for strokes in lines_of(traces.boxes)]
    patches = [
        _patch(traces, line.strokes[list(members)])
        for line in lines
        for members in line.groups.members
    ]
    logits, evidence = model.run(np.array(patches))
    scores = softmax(logits, model.config.temperature)
    evidence = evidence - model.config.thresholds["evidence"]  # 0: as little as is accepted
    typical = typical_height(traces.boxes)
    read = []
    start = 0
    for line in lines:
        end = start + len(line.groups.members)
        if line.unit < SPECKS * typical:
            read.append(InkLine(tuple(sorted(line.strokes.tolist())), (), line.unit))
        else:
            read.append(_read(line, scores[start:end], evidence[start:end], model.labels))
        start = end
    return read


def _line(traces: Traces, strokes: Indices) -> _Line:
    """Prepare a line."""
    unit = typical_height(traces.boxes[strokes])
    middles = traces.boxes[strokes, 0] + traces.boxes[strokes, 2]
    strokes = strokes[np.argsort(middles, kind="stable")]
    boxes, samples = traces.boxes[strokes] / unit, traces.samples[strokes] / unit
    return _Line(strokes, boxes, samples, groups_of(boxes, samples), unit)


def _patch(traces: Traces, strokes: Indices) -> NDArray[np.float32]:
    """What the model sees of some strokes."""
    points = [traces.points[stroke] for stroke in strokes]
    left, top = traces.boxes[strokes, :2].min(axis=0).tolist()
    right, bottom = traces.boxes[strokes, 2:].max(axis=0).tolist()
    box = (left, top, right - left, bottom - top)
    pixels = render_polylines(np.concatenate(points), [len(stroke) for stroke in points], box)
    return normalize.normalize(pixels)


def _read(line: _Line, scores: Floats, evidence: Floats, labels: Sequence[str]) -> InkLine:
    """Read a line.

    Args:
        line: G groups.
        scores: (G, classes) probabilities of the labels of each.
        evidence: (G,) for each being a digit, above the least that is accepted.
        labels: of the model.
    """
    counts = (scores * stroke_counts(labels, line.groups)).sum(axis=1)
    options = _options(line, scores, evidence, counts, labels)
    covers, total = best_covers(options, len(line.strokes))
    places = {members: place for place, members in enumerate(line.groups.members)}
    by_text: dict[str, list[Candidate]] = {}
    for cover in covers:
        candidate = _candidate(line, places, scores, cover, total)
        by_text.setdefault(candidate.text, []).append(candidate)
    candidates = sorted(map(_merged, by_text.values()), key=lambda found: -found.log_probability)
    strokes = tuple(sorted(line.strokes.tolist()))
    if not candidates[0].has_digits:
        return InkLine(strokes, (), line.unit)
    read = [candidate for candidate in candidates if candidate.has_digits]
    return InkLine(strokes, tuple(read[:N_BEST]), _height(line, read[0]))


def _options(
    line: _Line, scores: Floats, evidence: Floats, counts: Floats, labels: Sequence[str]
) -> list[Option]:
    """What each group may be: the likeliest digits, separators, nothing."""
    digit = worth(digit_terms(line.groups, evidence, counts), DIGIT)
    nothing = worth(nothing_terms(line.groups, evidence), NOTHING)
    values = digit[:, None] + np.log(np.maximum(scores, LEAST))
    likeliest = np.argsort(-scores, axis=1)[:, :LABELS]
    options = []
    for place, members in enumerate(line.groups.members):
        others = [("", float(nothing[place])), *_marks(line, evidence, place)]
        digits = [
            (labels[label], float(values[place, label]))
            for label in likeliest[place]
            if scores[place, label] >= LEAST
        ]
        total = log_sum([float(digit[place]), *(score for _, score in others)])
        options.append(Option(members, digits + others, total))
    return options


def _marks(line: _Line, evidence: Floats, place: int) -> list[tuple[str, float]]:
    """The separators that the group at a place may be, with their worth."""
    members = line.groups.members[place]
    if not may_be_mark(len(members), float(line.groups.sizes[place, 1])):
        return []
    band = band_of(line.boxes, members)
    if band is None:
        return []
    own = list(members)
    return [
        (mark, float(worth(mark_terms(line.groups, evidence, place, mark, fit), MARK)))
        for mark, fit in marks_of(line.boxes[own], line.samples[own], band)
        if fit >= LEAST_FIT
    ]


def _candidate(
    line: _Line, places: Mapping[tuple[int, ...], int], scores: Floats, cover: Cover, total: float
) -> Candidate:
    """Put the groups of a cover, whose places are told, into the order in which they are read."""
    shown = [(places[option.members], text) for option, text in cover.chosen if text]
    shown.sort(key=lambda entry: line.groups.middles[entry[0]])
    return Candidate(
        "".join(text for _, text in shown),
        cover.score - total,
        tuple(_strokes(line, line.groups.members[place]) for place, _ in shown),
        tuple(None if text in MARKS else scores[place] for place, text in shown),
    )


def _strokes(line: _Line, members: tuple[int, ...]) -> tuple[int, ...]:
    """Ascending indices in the ink of strokes of a line."""
    return tuple(sorted(line.strokes[list(members)].tolist()))


def _merged(same: list[Candidate]) -> Candidate:
    """The best of candidates of the same text, as likely as all of them together."""
    best = max(same, key=lambda candidate: candidate.log_probability)
    together = log_sum([candidate.log_probability for candidate in same])
    return replace(best, log_probability=min(together, 0.0))


def _height(line: _Line, candidate: Candidate) -> float:
    """The median height of the digits, in units of the ink."""
    places = {stroke: place for place, stroke in enumerate(line.strokes.tolist())}
    heights = []
    for group, scores in zip(candidate.groups, candidate.scores, strict=True):
        if scores is not None:
            boxes = line.boxes[[places[stroke] for stroke in group]]
            heights.append(float(boxes[:, 3].max() - boxes[:, 1].min()))
    return float(np.median(heights)) * line.unit
