"""`/api/v1`: reading digits."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, request

from inkdigits.artifact import installed_models
from inkdigits.recognizer import Source
from inkdigits.web import bodies, pictures, security
from inkdigits.web.answers import as_json
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import Drawing, Drawings

PREFIX = "/api/v1"


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that reads digits."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    recognizer = parts.recognizer

    @api.post("/recognize")
    def recognize() -> dict[str, Any]:
        source, scale = _source(parts)
        answer, patch = recognizer.look(source)
        parts.metrics.count(answer)
        return as_json(answer, recognizer, scale, patch if "patch" in request.args else None)

    @api.post("/recognize/batch")
    def recognize_batch() -> dict[str, Any]:
        drawings = bodies.parsed(Drawings).drawings
        security.charge(len(drawings) / security.DRAWINGS)
        answers = recognizer.recognize_many([drawing.strokes for drawing in drawings])
        for answer in answers:
            parts.metrics.count(answer)
        return {"answers": [as_json(answer, recognizer) for answer in answers]}

    @api.get("/models")
    def models() -> dict[str, Any]:
        used = recognizer.config
        every = installed_models()
        if used not in every:
            every = [used, *every]
        return {
            "models": [
                {
                    "name": config.name,
                    "version": config.version,
                    "labels": list(config.labels),
                    "answering": config == used,
                }
                for config in every
            ]
        }

    return api


def _source(parts: Parts) -> tuple[Source, float]:
    """The drawing or the picture that a request brings, and by how much the latter was shrunk.

    Raises:
        Problem, InvalidInk, UnreadableImage, ImageTooLarge: it cannot be read.
    """
    if request.mimetype == bodies.JSON:
        source: Source = bodies.parsed(Drawing).strokes
        return source, 1.0
    picture = bodies.picture()
    if picture is None:
        raise bodies.unsupported(bodies.JSON, bodies.FORM, *bodies.PICTURES)
    if not picture:
        raise Problem(HTTPStatus.BAD_REQUEST, "The picture is empty (0 bytes).")
    return pictures.read(picture, parts.settings)
