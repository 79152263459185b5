"""Answers as JSON, with the name of whoever gave them."""

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.prediction import Prediction
from inkdigits.reading.result import Reading
from inkdigits.recognizer import Recognizer
from inkdigits.records import digit_record, reading_record


def as_json(
    answer: Prediction,
    recognizer: Recognizer,
    scale: float = 1.0,
    patch: NDArray[np.float32] | None = None,
) -> dict[str, Any]:
    """An answer as a JSON object.

    Args:
        answer: what was read.
        recognizer: which read it.
        scale: by how much the picture was shrunk before.
        patch: (28, 28) float32 in [0, 1], what the model saw, where it was asked for.
    """
    told = digit_record(answer, scale) | _reader(recognizer)
    if patch is not None:
        data = np.rint(patch * 255).astype(np.uint8).tobytes()
        told["patch"] = base64.b64encode(data).decode("ascii")
    return told


def readings_as_json(
    readings: Iterable[Reading], recognizer: Recognizer, scale: float
) -> dict[str, Any]:
    """All that was read in a source as a JSON object; arguments as for `as_json`."""
    lines = recognizer.lines_config
    return {
        "readings": [reading_record(reading, scale) for reading in readings],
        **_reader(recognizer),
        "lines": {"model": lines.name, "version": lines.version},
    }


def _reader(recognizer: Recognizer) -> dict[str, str]:
    return {"model": recognizer.config.name, "version": recognizer.config.version}
