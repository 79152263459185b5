"""Reading numbers by the API: ink and pictures of pages, what is known of them, what it costs."""

import io
import json
import os
import time
from typing import Any

import numpy as np
import pytest
from drawings import number, page
from flask.testing import FlaskClient
from PIL import Image
from servers import resident
from werkzeug.test import TestResponse

from inkdigits import Ink, Recognizer
from inkdigits.web import Settings, create_app

ADDRESS = "/api/v1/read"
BLANK: dict[str, Any] = {"strokes": []}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of an app without limits."""
    return create_app(Settings(rate=0)).test_client()


def _drawing(ink: Ink) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ink.to_json())
    return found


def _png(grey: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "png")
    return file.getvalue()


def _detail(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    detail: str = json.loads(answer.text)["detail"]
    return detail


def test_ink_is_read_as_the_library_reads_it(client: FlaskClient, recognizer: Recognizer) -> None:
    ink = Ink([*number("305").strokes, *number("72", at=(100, 600)).strokes])
    told = client.post(ADDRESS, json=_drawing(ink)).get_json()
    expected = recognizer.read(ink)
    assert list(told) == ["readings", "model", "version", "lines"]
    assert (told["model"], told["version"]) == ("inkdigits", recognizer.config.version)
    assert told["lines"] == {"model": "numbers", "version": recognizer.lines_config.version}
    assert [one["text"] for one in told["readings"]] == ["305", "72"]
    for one, reading in zip(told["readings"], expected, strict=True):
        assert list(one) == ["text", "confidence", "reason", "box", "digits"]
        assert one["confidence"] == pytest.approx(reading.confidence, abs=1e-5)
        assert one["reason"] == reading.reason
        assert one["box"] == pytest.approx(reading.box)
        for digit, prediction in zip(one["digits"], reading.digits, strict=True):
            assert digit["label"] == prediction.label
            assert digit["scores"] == pytest.approx(prediction.scores, abs=1e-5)
            assert digit["box"] == pytest.approx(prediction.box)
            assert digit["strokes"] == (prediction.strokes and list(prediction.strokes))


def test_nothing_written_is_no_reading(client: FlaskClient) -> None:
    white = _png(np.full((300, 400), 255, np.uint8))
    for sent in ({"json": BLANK}, {"data": white, "content_type": "image/png"}):
        assert client.post(ADDRESS, **sent).get_json()["readings"] == []


@pytest.mark.parametrize("how", ["part", "body"])
def test_a_picture_is_read_however_it_is_sent(client: FlaskClient, how: str) -> None:
    data = _png(page("305", "72"))
    if how == "part":
        answer = client.post(ADDRESS, data={"image": (io.BytesIO(data), "x.png", "image/png")})
    else:
        answer = client.post(ADDRESS, data=data, content_type="image/png")
    assert [one["text"] for one in answer.get_json()["readings"]] == ["305", "72"]


def test_small_digits_on_a_page_of_12_megapixels_are_read(client: FlaskClient) -> None:
    sheet = np.full((4032, 3024), 255, np.uint8)
    small = page("3057", size=40, pen=4)
    sheet[3000 : 3000 + small.shape[0], 2000 : 2000 + small.shape[1]] = small
    answer = client.post(ADDRESS, data=_png(sheet), content_type="image/png")
    (one,) = answer.get_json()["readings"]
    assert one["text"] == "3057"
    left, top, width, height = one["box"]
    assert 2000 < left < left + width < 2000 + small.shape[1]
    assert 3000 < top < top + height < 3000 + small.shape[0]


def test_boxes_are_those_of_the_picture_that_was_sent(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {"data": _png(page("3057", size=100)), "content_type": "image/png"}
    (whole,) = client.post(ADDRESS, **sent).get_json()["readings"]
    monkeypatch.setattr("inkdigits.web.pictures.PAGE", 40_000)
    (shrunk,) = client.post(ADDRESS, **sent).get_json()["readings"]
    assert shrunk["text"] == "3057"
    assert shrunk["box"] == pytest.approx(whole["box"], abs=10)
    for small, large in zip(shrunk["digits"], whole["digits"], strict=True):
        assert small["box"] == pytest.approx(large["box"], abs=15)


def test_what_is_known_is_made_use_of(client: FlaskClient) -> None:
    drawing = _drawing(number("305"))
    for known in ("length=3", "pattern=ddd", "minimum=300&maximum=310", "minimum=-1e3"):
        (one,) = client.post(f"{ADDRESS}?{known}", json=drawing).get_json()["readings"]
        assert one["text"] == "305"
    (other,) = client.post(f"{ADDRESS}?length=5", json=drawing).get_json()["readings"]
    assert other["confidence"] == 0
    assert other["reason"] == "unsure"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("length=0", "length"),
        ("length=x", "length"),
        ("length=", "length"),
        ("length=101", "length"),
        ("pattern=", "pattern"),
        ("pattern=d%2B", "pattern"),
        ("minimum=nan", "minimum"),
        ("maximum=1e999", "maximum"),
        ("minimum=5&maximum=4", "minimum (5) must not be above maximum (4)"),
        ("lenght=3", "lenght"),
    ],
)
def test_what_contradicts_itself_is_told(client: FlaskClient, query: str, says: str) -> None:
    assert says in _detail(client.post(f"{ADDRESS}?{query}", json=BLANK), 422)


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400, "not JSON"),
        ({"data": b"x", "content_type": "text/plain"}, 415, "application/json"),
        ({"data": b"", "content_type": "image/png"}, 400, "empty"),
        ({"data": b"no picture", "content_type": "image/png"}, 400, "image"),
        ({"json": {"strokes": 3}}, 422, "strokes"),
    ],
)
def test_what_cannot_be_read_is_told(
    client: FlaskClient, sent: dict[str, Any], status: int, says: str
) -> None:
    assert says in _detail(client.post(ADDRESS, **sent), status)


def test_pixels_of_a_page_cost_before_it_is_read() -> None:
    client = create_app(Settings(rate=0.01, burst=20)).test_client()
    white = _png(np.full((4000, 2000), 255, np.uint8))
    sent = {"data": white, "content_type": "image/png"}
    statuses = [client.post(ADDRESS, **sent).status_code for _ in range(3)]
    assert statuses[0] == 200
    assert statuses[2] == 429  # 9 of 20 requests each, and what it took to read it


def test_what_it_took_to_read_is_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inkdigits.web.security.SECONDS", 1e-6)
    client = create_app(Settings(rate=100, burst=2)).test_client()
    assert client.post(ADDRESS, json=_drawing(number("305"))).status_code == 200
    late = client.post(ADDRESS, json=BLANK)
    assert late.status_code == 429
    assert 100 * int(late.headers["Retry-After"]) > 1000  # in requests: over 1 ms of a core


def test_the_largest_page_is_read_in_good_time(client: FlaskClient) -> None:
    sheet = np.full((5000, 5000), 255, np.uint8)
    small = page(*["3057"] * 20, size=40, pen=5)
    sheet[1000 : 1000 + small.shape[0], 2000 : 2000 + small.shape[1]] = small
    sent = {"data": _png(sheet), "content_type": "image/png"}
    began, held = time.perf_counter(), resident(os.getpid())
    readings = client.post(ADDRESS, **sent).get_json()["readings"]
    assert time.perf_counter() - began < 5  # a busy machine
    assert resident(os.getpid()) - held < 150_000_000
    assert len(readings) == 20


def test_prometheus_is_told_of_numbers_and_digits(client: FlaskClient) -> None:
    def count(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return sum(float(one.rsplit(" ", 1)[1]) for one in lines if one.startswith(f"{name}{{"))

    names = ("inkdigits_readings_total", "inkdigits_answers_total")
    before = [count(name) for name in names]
    client.post(ADDRESS, json=_drawing(number("305")))
    assert [count(name) - was for name, was in zip(names, before, strict=True)] == [1, 3]
