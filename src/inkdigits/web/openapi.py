"""The OpenAPI 3.1 document of the API, made of the models that check what it takes and gives."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from inkdigits import __version__
from inkdigits.corrections import PLACE
from inkdigits.web import bodies, inference, problems, schemas

BINARY = {"type": "string", "contentMediaType": "application/octet-stream"}
REF = "#/components/schemas/{model}"


@dataclass(frozen=True)
class Operation:
    """One thing that the API does.

    Args:
        method: of HTTP, in small letters.
        path: with parameters in braces.
        name: operation id.
        summary: a line.
        takes: the model of the JSON body.
        pictures: whether a picture may come instead, as the body or as part of a form.
        form: the model of the part `correction` of a form with a picture.
        gives: the model of the answer; None: no body.
        status: where all went well.
        wrong: statuses of what may go wrong, besides those of every operation.
        query: parameters of the address, as OpenAPI writes them.
        not_ready: whether 503 gives the same model.
        needs: `owner` where only the owner may, `token` where a token is needed, `origin or owner`
            where the server's own page may without one.
        produces: type of the answer, where it is not JSON.
    """

    method: str
    path: str
    name: str
    summary: str
    takes: type[BaseModel] | None = None
    pictures: bool = False
    form: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200
    wrong: tuple[int, ...] = ()
    query: tuple[dict[str, Any], ...] = field(default=())
    not_ready: bool = False
    needs: str | None = None
    produces: str = bodies.JSON


def _parameter(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": about, "schema": schema}


def _parameters(model: type[BaseModel]) -> tuple[dict[str, Any], ...]:
    """The parameters that a model checks; one that is not sent is null to the model."""
    return tuple(
        _parameter(name, told["description"], told["anyOf"][0])
        for name, told in model.model_json_schema()["properties"].items()
    )


OPERATIONS = (
    Operation(
        "post", "/api/v1/recognize", "recognize",
        "Read one digit, or whatever else the model knows, drawn or in a picture.",
        takes=schemas.Drawing, pictures=True, gives=schemas.Answer, wrong=(400, 413, 415, 422),
        query=(_parameter("patch", "Also give what the model saw.", {"type": "string"}),),
    ),
    Operation(
        "post", "/api/v1/recognize/batch", "recognizeBatch",
        f"Read up to {schemas.MAX_BATCH} drawings, each by itself.",
        takes=schemas.Drawings, gives=schemas.Answers, wrong=(400, 413, 415, 422),
    ),
    Operation(
        "post", "/api/v1/read", "read",
        "Read all numbers, drawn or in a picture, where the model knows the digits.",
        takes=schemas.Drawing, pictures=True, gives=schemas.Readings, wrong=(400, 413, 415, 422),
        query=_parameters(schemas.Known),
    ),
    Operation(
        "get", "/api/v1/models", "models", "Which models are installed, and which answers.",
        gives=schemas.Models,
    ),
    Operation(
        "post", "/api/v1/corrections", "correct", "Tell what a drawing or a picture really is.",
        takes=schemas.NewCorrection, form=schemas.CorrectionTold, gives=schemas.Receipt, status=201,
        wrong=(400, 403, 413, 415, 422, 503, 507), needs="origin or owner",
    ),
    Operation(
        "post", "/api/v1/corrections/reading", "correctReading",
        "Tell what digits of a drawing or a picture really are.",
        takes=schemas.NewReadingCorrection, form=schemas.ReadingTold, gives=schemas.Receipts,
        status=201, wrong=(400, 403, 413, 415, 422, 503, 507), needs="origin or owner",
    ),
    Operation(
        "get", "/api/v1/corrections", "corrections", "Read corrections, the oldest first.",
        gives=schemas.KeptCorrections, wrong=(401, 403, 422, 503), needs="owner",
        query=(
            _parameter("limit", "How many.", {"type": "integer", "minimum": 1, "maximum": 100}),
            _parameter("after", "`next` of the page before.", {"type": "string", "pattern": PLACE}),
        ),
    ),
    Operation(
        "get", "/api/v1/corrections/export", "exportCorrections",
        "All corrections as ink JSON lines.",
        wrong=(401, 403, 503), needs="owner", produces="application/x-ndjson",
    ),
    Operation(
        "get", "/api/v1/corrections/{number}", "correction", "Read one correction.",
        gives=schemas.KeptCorrection, wrong=(401, 403, 404, 503), needs="owner",
    ),
    Operation(
        "delete", "/api/v1/corrections/{number}", "takeBack",
        "Take a correction back, with the token that came with it.",
        status=204, wrong=(401, 403, 404, 503), needs="token",
    ),
    Operation("get", "/healthz", "alive", "Whether the server lives.", gives=schemas.Health),
    Operation(
        "get", "/readyz", "ready", "Whether the model is loaded and answers.",
        gives=schemas.Health, not_ready=True,
    ),
    Operation(
        "get", "/metrics", "metrics", "Counts for Prometheus.", produces="text/plain",
    ),
    Operation(
        "get", "/v2", "server", "Open Inference Protocol: what serves.",
        gives=inference.ServerMetadata,
    ),
    Operation(
        "get", "/v2/health/live", "serverLive", "Open Inference Protocol: whether it lives.",
        gives=inference.ServerLive,
    ),
    Operation(
        "get", "/v2/health/ready", "serverReady", "Open Inference Protocol: whether it answers.",
        gives=inference.ServerReady, not_ready=True,
    ),
    Operation(
        "get", "/v2/models/{name}", "modelMetadata",
        "Open Inference Protocol: what the model takes and gives.",
        gives=inference.ModelMetadata, wrong=(404,),
    ),
    Operation(
        "get", "/v2/models/{name}/ready", "modelReady",
        "Open Inference Protocol: whether the model answers.",
        gives=inference.ModelReady, wrong=(404,), not_ready=True,
    ),
    Operation(
        "post", "/v2/models/{name}/infer", "infer",
        "Open Inference Protocol: N patches of 28×28 in, labels and probabilities out.",
        takes=inference.InferenceRequest, gives=inference.InferenceResponse,
        wrong=(400, 404, 413, 415, 422),
    ),
)  # fmt: skip
ALWAYS = (422, 429)  # a parameter that is not known, and too many requests


def known_queries() -> dict[tuple[str, str], set[str]]:
    """The parameters that each operation takes in its address, by method and path."""
    return {
        (operation.method.upper(), operation.path): {one["name"] for one in operation.query}
        for operation in OPERATIONS
    }


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    models: set[type[BaseModel]] = {schemas.ProblemDetails}
    for operation in OPERATIONS:
        models |= {m for m in (operation.takes, operation.form, operation.gives) if m}
    named = sorted(models, key=lambda model: model.__name__)
    _, definitions = models_json_schema(
        [(model, "validation") for model in named], ref_template=REF
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "inkdigits",
            "version": __version__,
            "summary": "Reads handwritten digits, or whatever else the model knows.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "owner": {"type": "http", "scheme": "bearer", "description": "INKDIGITS_TOKEN"},
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that came with a correction, or the owner's.",
                },
            },
        },
    }


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": REF.format(model=model.__name__)}


def _described(operation: Operation) -> dict[str, Any]:
    """An operation as OpenAPI writes it."""
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ] + list(operation.query)
    told: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary}
    if parameters:
        told["parameters"] = parameters
    if operation.takes:
        told["requestBody"] = {"required": True, "content": _bodies(operation)}
    right: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.gives:
        right["content"] = {operation.produces: {"schema": _ref(operation.gives)}}
    elif operation.status != HTTPStatus.NO_CONTENT:
        right["content"] = {operation.produces: {"schema": {"type": "string"}}}
    told["responses"] = {str(operation.status): right}
    for status in sorted({*operation.wrong, *ALWAYS}):
        told["responses"][str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {problems.TYPE: {"schema": _ref(schemas.ProblemDetails)}},
        }
    if operation.not_ready:
        told["responses"]["503"] = right | {"description": HTTPStatus(503).phrase}
    if operation.needs == "origin or owner":
        told["security"] = [{}, {"owner": []}]
    elif operation.needs:
        told["security"] = [{operation.needs: []}]
    return told


def _bodies(operation: Operation) -> dict[str, Any]:
    """The bodies that an operation takes, by their types."""
    assert operation.takes  # noqa: S101 (asked for only where there is one)
    found: dict[str, Any] = {bodies.JSON: {"schema": _ref(operation.takes)}}
    if operation.pictures or operation.form:
        parts: dict[str, Any] = {bodies.PART: BINARY}
        if operation.form:
            parts["correction"] = _ref(operation.form)
        schema = {"type": "object", "properties": parts, "required": list(parts)}
        found[bodies.FORM] = {"schema": schema}
    if operation.pictures:
        found |= {kind: {"schema": BINARY} for kind in bodies.PICTURES}
    return found
