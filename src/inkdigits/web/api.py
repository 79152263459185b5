"""`/api/v1`: reading digits and numbers."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import numpy as np
from flask import Blueprint, request
from numpy.typing import NDArray

from inkdigits.artifact import installed_models
from inkdigits.recognizer import Source
from inkdigits.web import bodies, pictures, security
from inkdigits.web.answers import as_json, readings_as_json
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import Drawing, Drawings, Known
from inkdigits.web.settings import Settings

PREFIX = "/api/v1"


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that reads digits."""
    api = Blueprint("api", __name__, url_prefix=PREFIX)

    @api.post("/recognize")
    def recognize() -> dict[str, Any]:
        source, scale = _source(parts, pictures.read)
        recognizer = parts.recognizer
        answer, patch = recognizer.look(source)
        parts.metrics.count(answer)
        return as_json(answer, recognizer, scale, patch if "patch" in request.args else None)

    @api.post("/recognize/batch")
    def recognize_batch() -> dict[str, Any]:
        drawings = bodies.parsed(Drawings).drawings
        security.charge(len(drawings) / security.DRAWINGS)
        recognizer = parts.recognizer
        answers = recognizer.recognize_many([drawing.strokes for drawing in drawings])
        for answer in answers:
            parts.metrics.count(answer)
        return {"answers": [as_json(answer, recognizer) for answer in answers]}

    @api.post("/read")
    def read() -> dict[str, Any]:
        known = bodies.checked(Known, request.args.to_dict())
        source, scale = _source(parts, pictures.page)
        recognizer = parts.recognizer
        with security.metered():
            readings = recognizer.read(source, **known.model_dump())
        for reading in readings:
            parts.metrics.count_reading(reading)
        return readings_as_json(readings, recognizer, scale)

    @api.get("/models")
    def models() -> dict[str, Any]:
        recognizer = parts.recognizer
        used = [recognizer.config]
        if recognizer.reads_numbers:
            used.append(recognizer.lines_config)
        installed = installed_models()
        every = [config for config in used if config not in installed] + installed
        return {
            "models": [
                {
                    "name": config.name,
                    "version": config.version,
                    "labels": list(config.labels),
                    "kind": config.kind,
                    "answering": config in used,
                }
                for config in every
            ]
        }

    return api


def _source(
    parts: Parts, opened: Callable[[bytes, Settings], tuple[NDArray[np.uint8], float]]
) -> tuple[Source, float]:
    """The drawing or the picture that a request brings, and by how much the latter was shrunk.

    Args:
        parts: of the app.
        opened: decodes a picture and shrinks it.

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
    return opened(picture, parts.settings)
