"""Reads handwritten digits: ink in, one 28×28 patch, one model, an answer that knows its doubt."""

from inkdigits.errors import (
    DataUnavailable,
    ImageTooLarge,
    InkdigitsError,
    InterruptedRun,
    InvalidConfig,
    InvalidConstraint,
    InvalidInk,
    InvalidModel,
    MissingExtra,
    NoDisplay,
    UnreadableImage,
)
from inkdigits.ink import Ink
from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading
from inkdigits.recognizer import Recognizer

__version__ = "0.1.0"

__all__ = [
    "DataUnavailable",
    "ImageTooLarge",
    "Ink",
    "InkdigitsError",
    "InterruptedRun",
    "InvalidConfig",
    "InvalidConstraint",
    "InvalidInk",
    "InvalidModel",
    "MissingExtra",
    "NoDisplay",
    "Prediction",
    "Reading",
    "Recognizer",
    "UnreadableImage",
    "__version__",
]
