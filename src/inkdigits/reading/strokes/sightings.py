"""What the digit model sees of a drawing: lines, groups of strokes, and what it says of each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits import normalize
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.ink import Ink, render_polylines
from inkdigits.reading.strokes.groups import Groups, groups_of
from inkdigits.reading.strokes.ink_lines import Indices, lines_of
from inkdigits.reading.strokes.traces import Floats, Traces, typical_height

SPECKS = 0.12  # a line that is lower than this share of most of the drawing is specks


@dataclass(frozen=True)
class Sighting:
    """A line of a drawing, its N strokes sorted by x, all lengths in heights of a digit.

    Args:
        strokes: (N,) their indices in the ink.
        boxes: (N, 4) left, top, right and bottom.
        samples: (N, S, 2) points along them.
        groups: G sets of them that may be a digit.
        unit: typical height of a digit, in units of the ink.
        scores: (G, classes) probabilities of the labels, if a group is a digit.
        evidence: (G,) for a group being a digit, above the least that is accepted.
        is_specks: whether the line is too small to be read.
    """

    strokes: Indices
    boxes: Floats
    samples: Floats
    groups: Groups
    unit: float
    scores: Floats
    evidence: Floats
    is_specks: bool


def look(ink: Ink, model: DigitModel) -> list[Sighting]:
    """Find the lines of a drawing that is not empty, and show all groups to the model at once."""
    traces = Traces.of(ink)
    typical = typical_height(traces.boxes)
    lines = [_sorted(traces, strokes) for strokes in lines_of(traces.boxes)]
    units = [typical_height(traces.boxes[line]) for line in lines]
    scaled = [
        (traces.boxes[line] / unit, traces.samples[line] / unit)
        for line, unit in zip(lines, units, strict=True)
    ]
    groups = [groups_of(boxes, samples) for boxes, samples in scaled]
    patches = [
        _patch(traces, line[list(members)])
        for line, found in zip(lines, groups, strict=True)
        for members in found.members
    ]
    logits, evidence = model.run(np.array(patches))
    scores = softmax(logits, model.config.temperature)
    evidence = evidence - model.config.thresholds["evidence"]
    ends = np.cumsum([len(found.members) for found in groups])[:-1]
    return [
        Sighting(line, boxes, samples, found, unit, chances, sure, unit < SPECKS * typical)
        for line, (boxes, samples), found, unit, chances, sure in zip(
            lines,
            scaled,
            groups,
            units,
            np.split(scores, ends),
            np.split(evidence, ends),
            strict=True,
        )
    ]


def _sorted(traces: Traces, strokes: Indices) -> Indices:
    """Strokes by the x of their middles."""
    middles = traces.boxes[strokes, 0] + traces.boxes[strokes, 2]
    return strokes[np.argsort(middles, kind="stable")]


def _patch(traces: Traces, strokes: Indices) -> NDArray[np.float32]:
    """What the model sees of some strokes."""
    points = [traces.points[stroke] for stroke in strokes]
    left, top = traces.boxes[strokes, :2].min(axis=0).tolist()
    right, bottom = traces.boxes[strokes, 2:].max(axis=0).tolist()
    box = (left, top, right - left, bottom - top)
    pixels = render_polylines(np.concatenate(points), [len(stroke) for stroke in points], box)
    return normalize.normalize(pixels)
