"""The Open Inference Protocol (version 2), for stacks that serve models of many kinds.

Source: https://github.com/kserve/open-inference-protocol, "inference_rest.md".
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

import numpy as np
from flask import Blueprint
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from inkdigits import __version__
from inkdigits.confidence import softmax
from inkdigits.normalize import PATCH
from inkdigits.recognizer import Recognizer
from inkdigits.web import bodies, security
from inkdigits.web.health import is_ready
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import MAX_BATCH, Whole

PIXELS = PATCH * PATCH
INPUT = {"name": "patch", "datatype": "FP32", "shape": [-1, PATCH, PATCH]}


def _form(data: object) -> str:
    """Whether data are nested as their shape says, or one list."""
    return "nested" if isinstance(data, list) and data and isinstance(data[0], list) else "flat"


Count = Annotated[int, Field(strict=True, ge=1, le=MAX_BATCH), Whole]
Side = Literal[28]
Pixel = Annotated[float, Field(strict=True, ge=0, le=1)]
Row = Annotated[list[Pixel], Field(min_length=PATCH, max_length=PATCH, fail_fast=True)]
Patch = Annotated[list[Row], Field(min_length=PATCH, max_length=PATCH, fail_fast=True)]
Flat = Annotated[
    list[Pixel], Field(min_length=PIXELS, max_length=MAX_BATCH * PIXELS, fail_fast=True)
]
Nested = Annotated[list[Patch], Field(min_length=1, max_length=MAX_BATCH, fail_fast=True)]
Data = Annotated[
    Annotated[Flat, Tag("flat")] | Annotated[Nested, Tag("nested")], Discriminator(_form)
]


class Tensor(BaseModel):
    """An input: N patches of 28×28, ink 1 on 0."""

    model_config = ConfigDict(extra="ignore")

    name: Literal["patch"]
    shape: tuple[Count, Side, Side]
    datatype: Literal["FP32"]
    data: Data = Field(
        description="As many numbers as the shape says: row after row in one list, or nested."
    )


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

    def known(name: str) -> Recognizer:
        recognizer = parts.recognizer
        if name != recognizer.config.name:
            raise Problem(
                HTTPStatus.NOT_FOUND,
                f"There is no model {name!r:.60} here, only {recognizer.config.name!r}.",
            )
        return recognizer

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
        config = known(name).config
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
        recognizer = known(name)
        config = recognizer.config
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
        Problem: 422, they are not as many as their shape says.
    """
    count = tensor.shape[0]
    values = np.asarray(tensor.data, np.float32)
    if values.size != count * PIXELS:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"inputs.0.data: {count * PIXELS} numbers are needed, as its shape says.",
        )
    return values.reshape(count, PATCH, PATCH)
