"""Answers as JSON objects, as the command line prints them and the API gives them."""

from typing import Any

from inkdigits.prediction import Box, Prediction
from inkdigits.reading.result import Reading

_PLACES = 6  # decimals of a probability


def digit_record(answer: Prediction, scale: float = 1.0) -> dict[str, Any]:
    """What is said of one digit.

    Args:
        answer: what was read.
        scale: by how much the picture was shrunk before.
    """
    return {
        "label": answer.label,
        "best_label": answer.best_label,
        "confidence": round(answer.confidence, _PLACES),
        "reason": answer.reason,
        "scores": {label: round(score, _PLACES) for label, score in answer.scores.items()},
        "box": answer.box and _scaled(answer.box, scale),
    }


def reading_record(reading: Reading, scale: float = 1.0) -> dict[str, Any]:
    """What is said of a number on a line, and of each of its digits; arguments as above."""
    return {
        "text": reading.text,
        "confidence": round(reading.confidence, _PLACES),
        "reason": reading.reason,
        "box": _scaled(reading.box, scale),
        "digits": [
            digit_record(digit, scale) | {"strokes": digit.strokes and list(digit.strokes)}
            for digit in reading.digits
        ],
    }


def _scaled(box: Box, scale: float) -> list[float]:
    return [scale * side for side in box]
