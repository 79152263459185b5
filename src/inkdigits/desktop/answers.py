"""What a drawing says: one digit, or numbers. Knows nothing of any window."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink
from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading
from inkdigits.wording import noun

if TYPE_CHECKING:
    from inkdigits.recognizer import Recognizer

Answer = Prediction | tuple[Reading, ...]


def read(recognizer: "Recognizer", ink: Ink) -> Answer:
    """Read a drawing as numbers where it has several digits, and else as one digit.

    What the recogniser of digits accepts is one, unless reading is sure that it is more: a 7 with
    its bar apart is no 71, but a 0 beside another is no 0. A model that does not know the digits
    reads no numbers.
    """
    readings = tuple(recognizer.read(ink)) if recognizer.reads_numbers else ()
    sure = any(reading.reason is None and len(reading.digits) > 1 for reading in readings)
    if not sure:
        alone = recognizer.recognize(ink)
        if alone.label is not None or len(digits_of(readings)) < 2:
            return alone
    return readings


def digits_of(answer: Answer) -> tuple[Prediction, ...]:
    """All digits of an answer, in reading order."""
    if isinstance(answer, Prediction):
        return (answer,)
    return tuple(digit for reading in answer for digit in reading.digits)


def patches_of(recognizer: "Recognizer", ink: Ink, answer: Answer) -> list[NDArray[np.float32]]:
    """What the model sees of each digit of an answer: (28, 28) float32 in [0, 1]."""
    return [
        recognizer.patch(ink if digit.strokes is None else ink.part(digit.strokes))
        for digit in digits_of(answer)
    ]


def doubtful(digits: Sequence[Prediction]) -> int:
    """The place of the digit to look at: the first in doubt, or else the last."""
    doubts = [place for place, digit in enumerate(digits) if digit.label is None]
    return doubts[0] if doubts else len(digits) - 1


def describe(answer: Answer | None) -> str:
    """Return what is printed for an answer; None is a blank sheet."""
    if isinstance(answer, tuple):
        return "\n".join(map(_describe_reading, answer))
    if answer is None or answer.best_label is None:
        return "Nothing drawn yet."
    kind = noun(answer.scores)
    if answer.label is None:
        return f"Not a {kind} (closest: {answer.best_label}, {answer.confidence:.2%})"
    return f"Predicted {kind.title()}: {answer.label}\nConfidence: {answer.confidence:.2%}"


def _describe_reading(reading: Reading) -> str:
    if reading.reason is not None:
        return f"Not sure (closest: {reading.text}, {reading.confidence:.2%})"
    return f"Predicted Number: {reading.text}\nConfidence: {reading.confidence:.2%}"
