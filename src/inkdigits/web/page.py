"""The page to draw on, and the page that shows the API."""

import json

from flask import Blueprint, Response, render_template

from inkdigits.web import openapi
from inkdigits.web.api import PREFIX
from inkdigits.web.parts import Parts
from inkdigits.wording import invitation, noun

NEEDS = {
    "owner": "the owner's token",
    "token": "the token that came with the correction",
    "origin or owner": "the owner's token, unless this server's own page asks",
}


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that people look at."""
    pages = Blueprint("pages", __name__)
    document = openapi.document()

    @pages.get("/")
    def index() -> str:
        recognizer = parts.recognizer
        model = recognizer.config
        return render_template(
            "index.html",
            model=model,
            noun=noun(model.labels),
            invitation=invitation(model.labels),
            numbers=recognizer.reads_numbers,
        )

    @pages.get("/api")
    def about_api() -> str:
        return render_template(
            "api.html", operations=openapi.OPERATIONS, always=openapi.ALWAYS, needs=NEEDS
        )

    @pages.get(f"{PREFIX}/openapi.json")
    def specification() -> Response:
        return Response(json.dumps(document, ensure_ascii=False), content_type="application/json")

    return pages
