"""The Open Inference Protocol (version 2), for stacks that serve models of many kinds.

Source: https://github.com/kserve/open-inference-protocol, "inference_rest.md".
"""

from http import HTTPStatus
from typing import Any, Literal

import numpy as np
from flask import Blueprint
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from inkdigits import __version__
from inkdigits.confidence import softmax
from inkdigits.normalize import PATCH
from inkdigits.web import bodies, security
from inkdigits.web.health import is_ready
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import MAX_BATCH

INPUT = {"name": "patch", "datatype": "FP32", "shape": [-1, PATCH, PATCH]}


class Tensor(BaseModel):
    """An input: N patches of 28×28, ink 1 on 0, row after row, as one list or nested."""

    model_config = ConfigDict(extra="ignore")

    name: Literal["patch"]
    shape: list[int] = Field(min_length=3, max_length=3)
    datatype: Literal["FP32"]
    data: list[Any]


class InferenceRequest(BaseModel):
    """A request for inference."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = Field(default=None, max_length=200)
    inputs: list[Tensor] = Field(min_length=1, max_length=1)


class InferenceResponse(BaseModel):
    """Answers: labels, the probability of each label, and the evidence that it is a digit."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[dict[str, Any]]


class ServerMetadata(BaseModel):
    """What serves."""

    name: str
    version: str
    extensions: list[str]


class ServerLive(BaseModel):
    """Whether the server lives."""

    live: bool


class ServerReady(BaseModel):
    """Whether all models of the server answer."""

    ready: bool


class ModelReady(BaseModel):
    """Whether a model answers."""

    name: str
    ready: bool


class TensorMetadata(BaseModel):
    """What goes into a model, or comes out of it; -1: any number."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(BaseModel):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that speaks this protocol."""
    inference = Blueprint("inference", __name__, url_prefix="/v2")
    recognizer = parts.recognizer
    config = recognizer.config

    def known(name: str) -> None:
        if name != config.name:
            raise Problem(
                HTTPStatus.NOT_FOUND, f"There is no model {name!r:.60} here, only {config.name!r}."
            )

    @inference.get("")
    def server() -> dict[str, Any]:
        return {"name": "inkdigits", "version": __version__, "extensions": []}

    @inference.get("/health/live")
    def live() -> dict[str, Any]:
        return {"live": True}

    @inference.get("/health/ready")
    def ready() -> tuple[dict[str, Any], int]:
        answers = is_ready(parts)
        return {"ready": answers}, HTTPStatus.OK if answers else HTTPStatus.SERVICE_UNAVAILABLE

    @inference.get("/models/<name>/ready")
    def model_ready(name: str) -> tuple[dict[str, Any], int]:
        known(name)
        answers = is_ready(parts)
        status = HTTPStatus.OK if answers else HTTPStatus.SERVICE_UNAVAILABLE
        return {"name": name, "ready": answers}, status

    @inference.get("/models/<name>")
    def model(name: str) -> dict[str, Any]:
        known(name)
        classes = len(config.labels)
        return {
            "name": name,
            "versions": [config.version],
            "platform": "onnx_onnxv1",
            "inputs": [INPUT],
            "outputs": [
                {"name": "label", "datatype": "BYTES", "shape": [-1]},
                {"name": "scores", "datatype": "FP32", "shape": [-1, classes]},
                {"name": "evidence", "datatype": "FP32", "shape": [-1]},
            ],
        }

    @inference.post("/models/<name>/infer")
    def infer(name: str) -> dict[str, Any]:
        known(name)
        asked = bodies.parsed(InferenceRequest)
        patches = _patches(asked.inputs[0])
        security.charge(len(patches) / security.DRAWINGS)
        logits, evidence = recognizer.run(patches)
        scores = softmax(logits, config.temperature)
        labels = [config.labels[index] for index in scores.argmax(axis=1)]
        return {
            "model_name": config.name,
            "model_version": config.version,
            **({"id": asked.id} if asked.id is not None else {}),
            "outputs": [
                _tensor("label", "BYTES", [len(labels)], labels),
                _tensor("scores", "FP32", list(scores.shape), scores.ravel().tolist()),
                _tensor("evidence", "FP32", [len(labels)], evidence.tolist()),
            ],
        }

    return inference


def _tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def _patches(tensor: Tensor) -> NDArray[np.float32]:
    """The patches of a request, (N, 28, 28).

    Raises:
        Problem: 422, they are not what they should be.
    """
    count, *sides = tensor.shape
    if sides != [PATCH, PATCH] or not 1 <= count <= MAX_BATCH:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"inputs.0.shape: [N, {PATCH}, {PATCH}] with N from 1 to {MAX_BATCH} is needed.",
        )
    try:
        values = np.asarray(tensor.data, np.float32).reshape(tensor.shape)
    except (TypeError, ValueError, OverflowError) as error:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"inputs.0.data: {count * PATCH * PATCH} numbers are needed, as its shape says.",
        ) from error
    if not ((values >= 0) & (values <= 1)).all():
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "inputs.0.data: numbers from 0 to 1.")
    return values
