"""What is told when a request cannot be answered: RFC 9457 problems, and nothing of our insides."""

import json
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from inkdigits.errors import (
    ImageTooLarge,
    InkdigitsError,
    InvalidConstraint,
    InvalidCorrection,
    InvalidInk,
    NoNumbers,
    StoreFull,
    StoreUnavailable,
    UnknownCorrection,
    UnreadableImage,
)

TYPE = "application/problem+json"

# The first that fits counts.
STATUS: tuple[tuple[type[InkdigitsError], HTTPStatus], ...] = (
    (ImageTooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (UnreadableImage, HTTPStatus.BAD_REQUEST),
    (InvalidConstraint, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidInk, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NoNumbers, HTTPStatus.UNPROCESSABLE_ENTITY),
    (InvalidCorrection, HTTPStatus.UNPROCESSABLE_ENTITY),
    (UnknownCorrection, HTTPStatus.NOT_FOUND),
    (StoreFull, HTTPStatus.INSUFFICIENT_STORAGE),
    (StoreUnavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Problem(Exception):
    """A request that cannot be answered.

    Args:
        status: of HTTP.
        detail: a sentence or two: what was wrong, and what to do.
        headers: to be sent besides.
    """

    def __init__(self, status: HTTPStatus, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def details(status: HTTPStatus, detail: str) -> dict[str, Any]:
    """A problem as a JSON object."""
    return {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }


def response(status: HTTPStatus, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem as JSON."""
    body = details(status, detail)
    if "request_id" in g:
        body["instance"] = f"urn:uuid:{g.request_id}"
    text = json.dumps(body, ensure_ascii=False)
    return Response(text, status.value, headers, content_type=TYPE)


def register(app: Flask) -> None:
    """Answer every error of this app with a problem."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return response(error.status, error.detail, error.headers)

    @app.errorhandler(InkdigitsError)
    def ours(error: InkdigitsError) -> Response:
        for kind, status in STATUS:
            if isinstance(error, kind):
                if status is HTTPStatus.SERVICE_UNAVAILABLE:
                    app.logger.error(str(error))  # which names the database
                    return response(status, "Corrections cannot be kept just now; try again later.")
                return response(status, str(error))
        return broken(error)

    @app.errorhandler(HTTPException)
    def theirs(error: HTTPException) -> Response:
        status = HTTPStatus(error.code or 500)
        detail = {
            HTTPStatus.NOT_FOUND: "There is nothing at this address; /api lists what there is.",
            HTTPStatus.METHOD_NOT_ALLOWED: "This address does not answer to this method.",
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
                f"A body of at most {app.config['MAX_CONTENT_LENGTH']:,} bytes is taken; send"
                " fewer drawings at once, or a smaller picture."
            ),
        }.get(status, error.description or status.phrase)
        sent = {name: value for name, value in error.get_headers() if name == "Allow"}
        return response(status, detail, sent)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Response:
        app.logger.error("failed", exc_info=error)
        return response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "Something is broken here; it has been noted."
        )
