"""An answer as JSON."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.prediction import Prediction
from inkdigits.recognizer import Recognizer

_PLACES = 6  # decimals of a probability


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
    told = {
        "label": answer.label,
        "best_label": answer.best_label,
        "confidence": round(answer.confidence, _PLACES),
        "reason": answer.reason,
        "scores": {label: round(score, _PLACES) for label, score in answer.scores.items()},
        "box": answer.box and [scale * side for side in answer.box],
        "model": recognizer.config.name,
        "version": recognizer.config.version,
    }
    if patch is not None:
        data = np.rint(patch * 255).astype(np.uint8).tobytes()
        told["patch"] = base64.b64encode(data).decode("ascii")
    return told
