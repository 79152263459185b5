"""`Prediction`: what is said of one digit."""

from collections.abc import Sequence
from dataclasses import dataclass

from inkdigits.confidence import Reason

Box = tuple[float, float, float, float]


def around(boxes: Sequence[Box]) -> Box:
    """The box around boxes; one at least."""
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Prediction:
    """An answer that keeps the raw answer, the final answer, and the reason why they differ.

    Args:
        label: what was read, or None when it was rejected.
        best_label: what it looks like most, whether accepted or not; None only when blank.
        confidence: probability that `best_label` is right, if it is a digit at all, in [0, 1]; 0
            when blank.
        scores: the probability of each label; they add up to 1, or are all 0 when blank.
        reason: None when accepted, else `blank` (nothing was drawn), `not_a_digit` (it resembles
            nothing that the model was trained on) or `unsure` (too little confidence).
        box: where the ink is, (x, y, width, height): pixels of an image, units of an ink; None when
            blank.
        strokes: which strokes of an ink a digit of a number is made of, counted from 0; None for a
            digit that is alone, and in pictures.
    """

    label: str | None
    best_label: str | None
    confidence: float
    scores: dict[str, float]
    reason: Reason | None
    box: Box | None
    strokes: tuple[int, ...] | None = None
