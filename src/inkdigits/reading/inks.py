"""Lines of ink: the grouping of strokes reads, and the line model looks at them drawn as a line."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.digit_model import DigitModel
from inkdigits.ink import Ink
from inkdigits.prediction import Box
from inkdigits.reading.constraints import ANYTHING, Constraints
from inkdigits.reading.ctc import beam_search, log_probabilities
from inkdigits.reading.forms import form
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.line import BAND, line_patch
from inkdigits.reading.line_model import LineModel
from inkdigits.reading.searching import possible
from inkdigits.reading.strokes.candidates import Candidate, InkLine
from inkdigits.reading.trust import LEAST

WITNESSES = ("strokes", "line", "form")
KIND = "ink"

HEIGHT = 2 * BAND  # pixels of a digit when a line is drawn for the line model
PEN = 0.09  # width of its pen, in heights of a digit
WIDEST = 4000  # pixels: a line that is longer is not drawn
TEXTS = 4  # of the line model that are looked at
WITHIN = 6.0  # texts less probable than its best by more than this logarithm are left out


def look_at(
    ink: Ink,
    line: InkLine,
    lines: LineModel,
    digits: DigitModel,
    constraints: Constraints = ANYTHING,
) -> Hypotheses:
    """Say what a line of ink may say.

    Args:
        ink: all of the drawing.
        line: one of its lines.
        lines: the model of lines.
        digits: the model of single digits, whose labels are those of the digits here.
        constraints: what is known of the number.
    """
    strokes = _Strokes.of(ink)
    grouped = {candidate.text: candidate for candidate in line.candidates}
    drawn = _drawn(strokes, line)
    frames = None if drawn is None else lines.frames(drawn)
    told: list[str] = []
    if frames is not None:
        found = dict(beam_search(frames))
        near = [marks for marks in found if marks]
        near = [marks for marks in near if found[marks] > found[near[0]] - WITHIN][:TEXTS]
        if constraints:
            near += [m for m in possible(frames, lines, constraints)[:TEXTS] if m not in near]
        told = [lines.text(marks) for marks in near]
    # what the strokes cannot be grouped into has no digits to look at
    sizes = {len(candidate.text): candidate for candidate in reversed(line.candidates)}
    texts = [*grouped, *(text for text in told if text not in grouped and len(text) in sizes)]
    logs = np.full((len(texts), len(WITNESSES)), LEAST)
    looks = []
    for row, text in enumerate(texts):
        candidate = grouped.get(text, sizes[len(text)])
        logs[row, 0] = _by_strokes(text, candidate, digits)
        logs[row, 2] = form(text)
        looks.append(_looks(strokes, candidate, digits))
    if frames is not None:
        marks = [lines.marks(text) for text in texts]
        known = [row for row, text in enumerate(marks) if text is not None]
        said = [text for text in marks if text is not None]
        logs[known, 1] = np.maximum(log_probabilities(frames, said), LEAST)
    return Hypotheses(tuple(texts), logs, tuple(looks), digits.labels)


def _by_strokes(text: str, candidate: Candidate, digits: DigitModel) -> float:
    """What the grouping makes of a text of as many marks as a candidate has."""
    log = candidate.log_probability
    for own, other, scores in zip(candidate.text, text, candidate.scores, strict=True):
        if own == other:
            continue
        if scores is None or other not in digits.labels:
            return LEAST
        shares = np.log(np.maximum(scores, 1e-9))
        log += float(shares[digits.labels.index(other)] - shares[digits.labels.index(own)])
    return max(log, LEAST)


def _looks(strokes: "_Strokes", candidate: Candidate, digits: DigitModel) -> tuple[Look, ...]:
    even = np.full(len(digits.labels), 1 / len(digits.labels))
    return tuple(
        Look(strokes.around(group), even if scores is None else scores, group)
        for group, scores in zip(candidate.groups, candidate.scores, strict=True)
    )


class _Strokes(NamedTuple):
    """The points of each stroke, (N, 2)."""

    points: list[NDArray[np.float64]]

    @classmethod
    def of(cls, ink: Ink) -> "_Strokes":
        ends = np.cumsum(ink.lengths)[:-1]
        return cls(np.split(ink.points, ends) if ink.lengths else [])

    def around(self, indices: tuple[int, ...]) -> Box:
        """The box around some strokes."""
        points = np.concatenate([self.points[index] for index in indices])
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return float(left), float(top), float(right - left), float(bottom - top)


def _drawn(strokes: _Strokes, line: InkLine) -> NDArray[np.uint8] | None:
    """The line as the line model sees it; None where it is too long, or has no height."""
    points = [strokes.points[index] for index in line.strokes]
    low = np.min([stroke.min(axis=0) for stroke in points], axis=0)
    high = np.max([stroke.max(axis=0) for stroke in points], axis=0)
    if not line.height > 0:
        return None
    scale = HEIGHT * (1 - PEN) / line.height
    size = (high - low) * scale
    if size.max() > WIDEST:
        return None
    margin = HEIGHT // 2
    canvas = np.full((int(size[1]) + 2 * margin, int(size[0]) + 2 * margin), 255, np.uint8)
    thickness = round(PEN * HEIGHT) - 1  # OpenCV's lines come out wider: see `ink`
    for stroke in points:
        fixed = np.rint(((stroke - low) * scale + margin) * 16).astype(np.int32)
        if (fixed == fixed[0]).all():
            centre = (int(fixed[0, 0]), int(fixed[0, 1]))
            cv2.circle(canvas, centre, 8 * thickness, 0, cv2.FILLED, cv2.LINE_AA, 4)
        else:
            cv2.polylines(canvas, [fixed], False, 0, thickness, cv2.LINE_AA, 4)
    top, bottom = _band(points, low, line.height)
    half = PEN * HEIGHT / 2
    return line_patch(canvas, top * scale + margin - half, bottom * scale + margin + half)


def _band(
    points: list[NDArray[np.float64]], low: NDArray[np.float64], height: float
) -> tuple[float, float]:
    """Where the tall strokes begin and end, from the top of the line."""
    spans = np.array([(stroke[:, 1].min(), stroke[:, 1].max()) for stroke in points]) - low[1]
    tall = spans[spans[:, 1] - spans[:, 0] > 0.5 * height]
    spans = tall if len(tall) else spans
    return float(spans[:, 0].min()), float(max(spans[:, 1].max(), spans[:, 0].min() + 1e-6))
