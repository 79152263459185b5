"""`/api/v1/corrections`: telling what is right, taking it back, and, for the owner, reading all."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import chain, islice
from typing import Any

from flask import Blueprint, Response, request, stream_with_context, url_for

from inkdigits.corrections import Correction
from inkdigits.corrections.exchange import as_entry
from inkdigits.errors import InvalidCorrection, UnknownCorrection
from inkdigits.web import bodies, pictures, security
from inkdigits.web.api import PREFIX
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import MAX_SHOWN, CorrectionTold, NewCorrection

PAGE, MOST = 20, 100  # corrections of a page by default, and at most


def blueprint(parts: Parts) -> Blueprint:
    """The part of the app that keeps corrections."""
    correcting = Blueprint("corrections", __name__, url_prefix=f"{PREFIX}/corrections")
    settings = parts.settings

    @correcting.post("")
    def keep() -> tuple[dict[str, Any], int, dict[str, str]]:
        security.same_origin_or_owner(settings)
        receipt = parts.store.add(_correction(parts))
        if receipt.is_new:
            parts.metrics.corrections.labels("kept").inc()
        body = {"id": receipt.id, "token": receipt.token, "is_new": receipt.is_new}
        place = url_for("corrections.one", number=receipt.id)
        return body, HTTPStatus.CREATED, {"Location": place}

    @correcting.delete("/<number>")
    def take_back(number: str) -> tuple[str, int]:
        token = security.bearer()
        if token is None:
            raise Problem(
                HTTPStatus.UNAUTHORIZED,
                "Send the token that came with the correction: Authorization: Bearer TOKEN.",
                WWW_Authenticate="Bearer",
            )
        if not (security.is_owner(settings) or parts.store.is_token(number, token)):
            raise Problem(HTTPStatus.FORBIDDEN, "This token does not belong to this correction.")
        parts.store.delete(number)
        parts.metrics.corrections.labels("taken back").inc()
        return "", HTTPStatus.NO_CONTENT

    @correcting.get("/<number>")
    def one(number: str) -> dict[str, Any]:
        security.owner_only(settings)
        return as_entry(parts.store.get(number))

    @correcting.get("")
    def page() -> dict[str, Any]:
        security.owner_only(settings)
        limit = _limit()
        try:
            found = list(parts.store.since(request.args.get("after"), limit + 1))
        except UnknownCorrection as error:
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"after: {error}") from error
        following = found[limit - 1].place if len(found) > limit else None
        return {"corrections": [as_entry(kept) for kept in found[:limit]], "next": following}

    @correcting.get("/export")
    def export() -> Response:
        security.owner_only(settings)

        every = iter(parts.store)
        first = list(islice(every, 1))  # a database that is gone is told before the answer begins

        def lines() -> Iterator[str]:
            for kept in chain(first, every):
                yield json.dumps(as_entry(kept), ensure_ascii=False) + "\n"

        name = "attachment; filename=corrections.jsonl"
        return Response(
            stream_with_context(lines()),
            headers={"Content-Disposition": name},
            content_type="application/x-ndjson",
        )

    return correcting


def _correction(parts: Parts) -> Correction:
    """The correction that a request brings: strokes in JSON, or a picture in a form.

    Raises:
        Problem, InvalidInk, InvalidCorrection, UnreadableImage, ImageTooLarge: it is none.
    """
    if request.mimetype == bodies.JSON:
        told = bodies.parsed(NewCorrection)
        if len(told.strokes.to_json()) > MAX_SHOWN:
            raise InvalidCorrection(
                f"strokes: at most {MAX_SHOWN:,} bytes of JSON are kept; draw with fewer points."
            )
        return Correction(told.strokes, **_told(told, parts))
    if request.mimetype != bodies.FORM:
        raise bodies.unsupported(bodies.JSON, bodies.FORM)
    fields = bodies.checked(CorrectionTold, bodies.decoded(request.form.get("correction", "")))
    picture = pictures.kept(bodies.picture() or b"", parts.settings, MAX_SHOWN)
    return Correction(picture, **_told(fields, parts))


def _told(fields: CorrectionTold, parts: Parts) -> dict[str, Any]:
    """What a client told, its label being one that the model knows."""
    labels = parts.recognizer.labels
    if fields.label is not None and fields.label not in labels:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"label: one of {', '.join(labels)}, or null where it is none of them.",
        )
    return fields.names()


def _limit() -> int:
    text = request.args.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"limit: a whole number from 1 to {MOST}.")
    return int(text)
