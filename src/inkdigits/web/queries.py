"""Parameters of an address that nothing knows are refused, lest a misspelt one do nothing."""

from http import HTTPStatus

from flask import Flask, request

from inkdigits.web import openapi
from inkdigits.web.problems import Problem


def register(app: Flask) -> None:
    """Check the parameters of every operation that the OpenAPI document describes."""
    known = openapi.known_queries()

    @app.before_request
    def check() -> None:
        if request.url_rule is None or not request.args:
            return
        path = request.url_rule.rule.replace("<", "{").replace(">", "}")
        names = known.get((request.method, path))
        if names is None:
            return
        for name in request.args:
            if name not in names:
                these = f"known are {', '.join(sorted(names))}" if names else "there are none"
                raise Problem(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"The address has a parameter {name!r:.60} that is not known; {these}.",
                )
