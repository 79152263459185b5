"""Whether the server lives, and whether it can answer."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app

from inkdigits.ink import Ink
from inkdigits.web.parts import Parts

_TRY = Ink([[[0, 0], [1, 8]]])


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that tells how it is."""
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def alive() -> dict[str, Any]:
        return {"status": "ok"}

    @health.get("/readyz")
    def ready() -> tuple[dict[str, Any], int]:
        if is_ready(parts):
            return {"status": "ok"}, HTTPStatus.OK
        return {"status": "not ready"}, HTTPStatus.SERVICE_UNAVAILABLE

    return health


def is_ready(parts: Parts) -> bool:
    """Whether the models are loaded and answer: they are asked."""
    try:
        recognizer = parts.recognizer
        if recognizer.reads_numbers:
            recognizer.read(_TRY)
        return recognizer.recognize(_TRY).best_label is not None
    except Exception:  # onnxruntime has no public base class; whatever it is, the log has it
        current_app.logger.exception("a model does not answer")
        return False
