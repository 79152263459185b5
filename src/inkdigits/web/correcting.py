"""`/api/v1/corrections`: telling what is right, taking it back, and, for the owner, reading all."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from http import HTTPStatus
from itertools import chain, islice
from typing import Any, TypeVar

import numpy as np
from flask import Blueprint, Response, request, stream_with_context, url_for
from numpy.typing import NDArray

from inkdigits.corrections import Correction
from inkdigits.corrections.exchange import as_entry
from inkdigits.errors import InvalidCorrection, InvalidInk, UnknownCorrection
from inkdigits.ink import Ink
from inkdigits.web import bodies, pictures, security
from inkdigits.web.api import PREFIX
from inkdigits.web.cutting import cut_out
from inkdigits.web.parts import Parts
from inkdigits.web.problems import Problem
from inkdigits.web.schemas import (
    MAX_SHOWN,
    CorrectionTold,
    NewCorrection,
    NewReadingCorrection,
    Origin,
    ReadingTold,
    RightAnswer,
    RightDrawnDigit,
    RightShownDigit,
)

Drawn = TypeVar("Drawn", bound=Origin)
Told = TypeVar("Told", bound=Origin)
_TOLD = set(CorrectionTold.model_fields)  # what a correction keeps besides what was shown

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
        place = url_for("corrections.one", number=receipt.id)
        return asdict(receipt), HTTPStatus.CREATED, {"Location": place}

    @correcting.post("/reading")
    def keep_reading() -> tuple[dict[str, Any], int]:
        security.same_origin_or_owner(settings)
        receipts = parts.store.add_all(_digits(parts))
        parts.metrics.corrections.labels("kept").inc(sum(one.is_new for one in receipts))
        return {"corrections": [asdict(receipt) for receipt in receipts]}, HTTPStatus.CREATED

    @correcting.delete("/<number>")
    def take_back(number: str) -> tuple[str, int]:
        _check_token(number, parts)
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
    """The correction that a request brings.

    Raises:
        Problem, InvalidInk, InvalidCorrection, UnreadableImage, ImageTooLarge: it is none.
    """
    told, shown = _brought(NewCorrection, CorrectionTold, parts)
    _check_label(told, "label", parts)
    return Correction(_small(shown, "strokes"), **told.model_dump(include=_TOLD))


def _digits(parts: Parts) -> list[Correction]:
    """The corrections that a request brings for the digits of a reading, each with its own ink.

    Raises:
        Problem, InvalidInk, InvalidCorrection, UnreadableImage, ImageTooLarge: one is none.
    """
    told, shown = _brought(NewReadingCorrection, ReadingTold, parts)
    security.charge(len(told.digits) - 1)  # each is kept as one that comes by itself
    digits: Sequence[RightDrawnDigit | RightShownDigit] = told.digits
    found = []
    for number, digit in enumerate(digits):
        place = f"digits.{number}"
        _check_label(digit, f"{place}.label", parts)
        try:
            if isinstance(digit, RightDrawnDigit):
                one = shown.part(digit.strokes)
            else:
                one = cut_out(shown, digit.box)
        except (InvalidInk, InvalidCorrection) as error:
            raise InvalidCorrection(f"{place}: {error}") from error
        fields = told.model_dump(include=_TOLD) | digit.model_dump(include=_TOLD)
        found.append(Correction(_small(one, place), **fields))
    return found


def _brought(drawn: type[Drawn], told: type[Told], parts: Parts) -> tuple[Drawn | Told, Any]:
    """What a request tells, and what it shows: an ink in JSON, or a picture in a form.

    Args:
        drawn: the model of the JSON, with `strokes`.
        told: the model of the part `correction` of the form.
        parts: of the app.
    """
    if request.mimetype == bodies.JSON:
        found: Any = bodies.parsed(drawn)
        return found, found.strokes
    if request.mimetype != bodies.FORM:
        raise bodies.unsupported(bodies.JSON, bodies.FORM)
    fields = bodies.checked(told, bodies.decoded(request.form.get("correction", "")))
    return fields, pictures.decoded(bodies.picture() or b"", parts.settings)


def _small(shown: Ink | NDArray[np.uint8], place: str) -> Ink | bytes:
    """What was shown, as it is kept: no larger than may be.

    Raises:
        InvalidCorrection: the strokes at this place are too long.
    """
    if not isinstance(shown, Ink):
        return pictures.packed(shown, MAX_SHOWN)
    if len(shown.to_json()) > MAX_SHOWN:
        raise InvalidCorrection(
            f"{place}: at most {MAX_SHOWN:,} bytes of JSON are kept; draw with fewer points."
        )
    return shown


def _check_label(right: RightAnswer, place: str, parts: Parts) -> None:
    """Refuse a label that the model does not know."""
    labels = parts.recognizer.labels
    if right.label is not None and right.label not in labels:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{place}: one of {', '.join(labels)}, or null where it is none of them.",
        )


def _check_token(number: str, parts: Parts) -> None:
    """Refuse whoever has neither the token of a correction nor the owner's.

    Raises:
        Problem: 401 or 403.
    """
    token = security.bearer()
    if token is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "Send the token that came with the correction: Authorization: Bearer TOKEN.",
            WWW_Authenticate="Bearer",
        )
    if not (security.is_owner(parts.settings) or parts.store.is_token(number, token)):
        raise Problem(HTTPStatus.FORBIDDEN, "This token does not belong to this correction.")


def _limit() -> int:
    text = request.args.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"limit: a whole number from 1 to {MOST}.")
    return int(text)
