"""The API keeps to its own description: requests are made from the document, right and wrong."""

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from servers import OWNER
from werkzeug.test import Client

from inkdigits.web import Settings, create_app
from inkdigits.web.inference import PIXELS
from inkdigits.web.openapi import OPERATIONS, Operation

DOCUMENT = "/api/v1/openapi.json"
KINDS = schemathesis.GenerationMode
# No schema tells bytes that are a picture from others, or characters that can be printed.
UNTOLD = {"recognize", "read", "correct", "correctReading"}
# Wrong data are refused by these, also where they are refused for their size alone.
REFUSED = [400, 401, 403, 404, 405, 406, 413, 415, 422]
CONFIG = schemathesis.Config.from_dict(
    {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        # the owner's token is sent with all, and would put a wrong one right
        "generation": {"with-security-parameters": False},
    }
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app with an owner, a database of its own, and no limits."""
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'c.sqlite'}"
    known = {"database_url": url, "token": OWNER, "rate": 0, "log_level": "error"}
    return create_app(Settings.model_validate(known))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        pytest.param(operation, kind, id=f"{operation.name}-{kind.value}")
        for operation in OPERATIONS
        for kind in KINDS
        # of what takes nothing there is nothing wrong to send
        if kind is KINDS.POSITIVE or operation.takes or operation.query
    ],
)
def test_every_operation_does_what_the_document_says(
    app: Flask, operation: Operation, kind: KINDS
) -> None:
    document = schemathesis.openapi.from_wsgi(DOCUMENT, app, config=CONFIG)
    described = document[operation.path][operation.method]

    cases = described.as_strategy(generation_mode=kind)
    if operation.name == "infer" and kind is KINDS.POSITIVE:
        cases = cases.map(_fitting)

    @given(case=cases)
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {OWNER}"},
            excluded_checks=[positive_data_acceptance] if operation.name in UNTOLD else [],
        )

    check()


def _fitting(case: schemathesis.Case[Any]) -> schemathesis.Case[Any]:
    """No schema tells that data are as many as their shape says, or which model is there."""
    body: Any = case.body
    (tensor,) = body["inputs"]
    data = tensor["data"]
    size = 1 if isinstance(data[0], list) else PIXELS
    count = len(data) // size
    tensor["shape"][0], tensor["data"] = count, data[: count * size]
    case.path_parameters = {"name": "inkdigits"}
    return case


def test_the_document_is_of_openapi_3_1_and_names_every_address(app: Flask) -> None:
    told = Client(app).get(DOCUMENT).get_json()
    assert told["openapi"].startswith("3.1")
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.rule.startswith("/static")
    }
    described = {(method.upper(), path) for path, ways in told["paths"].items() for method in ways}
    pages = {("GET", "/"), ("GET", "/api"), ("GET", DOCUMENT)}
    assert described == served - pages
