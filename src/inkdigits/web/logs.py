"""What is logged: one JSON object a line on standard error, each with its request; no drawings."""

import json
import logging
import re
import sys
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")  # an id that a proxy gave


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write time, level, message, the request's id, and what else was told."""
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        if has_request_context() and "request_id" in g:
            told["request"] = g.request_id
        told |= getattr(record, "told", {})
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


def register(app: Flask, level: str) -> None:
    """Log each request of this app, and give it an id."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    app.logger.handlers = [handler]
    app.logger.setLevel(level.upper())
    app.logger.propagate = False

    @app.before_request
    def identify() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _ID.fullmatch(given) else str(uuid.uuid4())
        g.begun = time.perf_counter()

    @app.after_request
    def log(answer: Response) -> Response:
        answer.headers["X-Request-ID"] = g.request_id
        quiet = answer.status_code < 400 and request.endpoint in ("health.alive", "health.ready")
        level = logging.DEBUG if quiet else logging.INFO
        if not app.logger.isEnabledFor(level):
            return answer
        told = {
            "method": request.method,
            "path": request.path[:200],
            "status": answer.status_code,
            "milliseconds": round(1000 * (time.perf_counter() - g.begun), 1),
        }
        app.logger.log(level, "request", extra={"told": told})
        return answer
