"""`Reading`: a number that stands on a line, and how sure it is."""

from dataclasses import dataclass
from typing import Literal

from inkdigits.prediction import Box, Prediction


@dataclass(frozen=True, slots=True)
class Reading:
    """A number on a line.

    Args:
        text: what was read: digits, with the separators `.` `,` `-` `/` `:` where they stand.
        confidence: probability that all of `text` is right, in [0, 1].
        digits: one for each digit of `text`, from left to right, each with its box; one that is in
            doubt has a `reason`, and no `label`.
        box: where it stands, (x, y, width, height): pixels of an image, units of an ink.
        reason: None, or `unsure`: too little confidence, in all of it or in one of the digits.
    """

    text: str
    confidence: float
    digits: tuple[Prediction, ...]
    box: Box
    reason: Literal["unsure"] | None = None
