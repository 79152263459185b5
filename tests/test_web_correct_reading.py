"""Corrections of a reading: each digit is cut out, and kept as a correction of its own, or none."""

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn, number, page
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image
from servers import OWNER
from werkzeug.test import TestResponse

from inkdigits import Ink, Recognizer
from inkdigits.web import Settings, create_app
from inkdigits.web.schemas import MAX_DIGITS, MAX_SHOWN

ADDRESS = "/api/v1/corrections/reading"
OURS = {"Sec-Fetch-Site": "same-origin"}
OWNERS = {"Authorization": f"Bearer {OWNER}"}
INK = number("305")


def _client(url: str, **settings: Any) -> FlaskClient:
    known = {"database_url": url, "token": OWNER, "rate": 0}
    return create_app(Settings.model_validate(known | settings)).test_client()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of an empty database."""
    return f"sqlite:///{tmp_path / 'c.sqlite'}"


@pytest.fixture
def client(url: str) -> FlaskClient:
    """A client of an app without limits."""
    return _client(url)


def _told(readings: list[dict[str, Any]], labels: str) -> list[dict[str, Any]]:
    """What a visitor sends of readings: x for what is no digit."""
    digits = [digit for reading in readings for digit in reading["digits"]]
    return [
        {
            "strokes": digit["strokes"],
            "label": None if label == "x" else label,
            "predicted": digit["label"],
            "confidence": digit["confidence"],
        }
        for digit, label in zip(digits, labels, strict=True)
    ]


def _of_ink(client: FlaskClient, labels: str, ink: Ink = INK, **more: Any) -> TestResponse:
    drawing = json.loads(ink.to_json())
    readings = client.post("/api/v1/read", json=drawing).get_json()["readings"]
    body = {**drawing, "digits": _told(readings, labels), **more}
    return client.post(ADDRESS, json=body, headers=OURS)


def _send(client: FlaskClient, grey: NDArray[np.uint8], told: dict[str, Any]) -> TestResponse:
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "png")
    sent = {"image": (io.BytesIO(file.getvalue()), "x.png"), "correction": json.dumps(told)}
    return client.post(ADDRESS, data=sent, headers=OURS)


def _kept(client: FlaskClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        "/api/v1/corrections?limit=100", headers=OWNERS
    ).get_json()["corrections"]
    return found


def _detail(answer: TestResponse, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    detail: str = json.loads(answer.text)["detail"]
    return detail


def test_each_digit_of_an_ink_is_kept_with_its_own_strokes(client: FlaskClient) -> None:
    answer = _of_ink(client, "3x5", model="inkdigits", version="1.2.0", writer="W")
    assert answer.status_code == 201, answer.text
    receipts = answer.get_json()["corrections"]
    assert [list(receipt) for receipt in receipts] == [["id", "token", "is_new"]] * 3
    for receipt, digit, label, place in zip(
        receipts, "305", ("3", None, "5"), range(3), strict=True
    ):
        found = client.get(f"/api/v1/corrections/{receipt['id']}", headers=OWNERS).get_json()
        expected = drawn(digit, size=100, at=(100 + 90 * place, 100))
        assert Ink(found["strokes"]) == expected
        assert (found["label"], found["predicted"]) == (label, digit)
        assert 0 < found["confidence"] <= 1
        assert (found["model"], found["version"], found["writer"]) == ("inkdigits", "1.2.0", "W")


def test_a_digit_keeps_its_strokes_where_others_reach_over_it(client: FlaskClient) -> None:
    ink = number("745", gap=0.6, slant=0.6)
    receipts = _of_ink(client, "745", ink).get_json()["corrections"]
    kept = {one["id"]: Ink(one["strokes"]) for one in _kept(client)}
    assert [kept[receipt["id"]] for receipt in receipts] == [
        ink.part(strokes) for strokes in ([0], [1, 2], [3, 4])
    ]


def test_each_can_be_taken_back_by_itself(client: FlaskClient) -> None:
    one, two, three = _of_ink(client, "305").get_json()["corrections"]
    token = {"Authorization": f"Bearer {two['token']}"}
    assert client.delete(f"/api/v1/corrections/{one['id']}", headers=token).status_code == 403
    assert client.delete(f"/api/v1/corrections/{two['id']}", headers=token).status_code == 204
    assert {kept["id"] for kept in _kept(client)} == {one["id"], three["id"]}
    again = _of_ink(client, "305").get_json()["corrections"]
    assert [receipt["is_new"] for receipt in again] == [False, True, False]
    assert (again[0]["id"], again[0]["token"]) == (one["id"], one["token"])


def test_each_digit_of_a_picture_is_kept_as_its_part_of_it(
    client: FlaskClient, recognizer: Recognizer
) -> None:
    grey = page("3057", size=80, pen=9)
    readings = recognizer.read(grey)
    told = [
        {"box": digit.box, "label": label}
        for reading in readings
        for digit, label in zip(reading.digits, "3057", strict=True)
    ]
    answer = _send(client, grey, {"digits": told, "writer": "W"})
    assert answer.status_code == 201, answer.text
    for receipt, label in zip(answer.get_json()["corrections"], "3057", strict=True):
        found = client.get(f"/api/v1/corrections/{receipt['id']}", headers=OWNERS).get_json()
        image = base64.b64decode(found["image"])
        assert (found["label"], found["writer"]) == (label, "W")
        assert np.asarray(Image.open(io.BytesIO(image))).size < grey.size / 4
        assert recognizer.recognize(image).best_label == label


def test_all_are_kept_or_none(url: str) -> None:
    client = _client(url, max_corrections=2)
    assert "at most 2 are kept" in _detail(_of_ink(client, "305"), 507)
    assert _kept(client) == []
    other = {"strokes": [[[20, 10], [21, 35], [22, 60]]], "label": "1"}
    assert client.post("/api/v1/corrections", json=other, headers=OURS).status_code == 201
    body = {**json.loads(INK.to_json()), "digits": [{"strokes": [0], "label": "3"}] * 2}
    receipts = client.post(ADDRESS, json=body, headers=OURS).get_json()["corrections"]
    assert [receipt["is_new"] for receipt in receipts] == [True, False]  # twice the same
    assert receipts[0]["id"] == receipts[1]["id"]
    assert len(_kept(client)) == 2


@pytest.mark.parametrize(
    ("digits", "says"),
    [
        ([], "digits"),
        ([{"strokes": [0], "label": "3"}] * (MAX_DIGITS + 1), "digits"),
        ([{"strokes": [0], "label": "x"}], "digits.0.label: one of 0, 1"),
        ([{"strokes": [0]}], "digits.0.label"),
        ([{"label": "3"}], "digits.0.strokes"),
        ([{"strokes": [], "label": "3"}], "digits.0.strokes"),
        ([{"strokes": [-1], "label": "3"}], "digits.0.strokes.0"),
        ([{"strokes": [0.5], "label": "3"}], "digits.0.strokes.0"),
        ([{"strokes": ["0"], "label": "3"}], "digits.0.strokes.0"),
        ([{"strokes": [200], "label": "3"}], "digits.0.strokes.0"),
        ([{"strokes": [0, 4], "label": "3"}], "digits.0: There is no stroke 4 among 4"),
        ([{"strokes": [0], "label": "3", "confidence": 2}], "digits.0.confidence"),
        ([{"strokes": [0], "label": "3", "writer": "W"}], "digits.0.writer"),
    ],
)
def test_what_cannot_be_kept_is_told_and_nothing_is(
    client: FlaskClient, digits: list[dict[str, Any]], says: str
) -> None:
    right = [{"strokes": [0], "label": "3"}] if len(digits) == 1 else []
    body = {**json.loads(INK.to_json()), "digits": [*digits, *right]}
    assert says in _detail(client.post(ADDRESS, json=body, headers=OURS), 422)
    assert _kept(client) == []


@pytest.mark.parametrize(
    ("box", "says"),
    [
        ([-60, 10, 40, 40], "digits.0: The box lies beside"),
        ([10, 9000, 40, 40], "digits.0: The box lies beside"),
        ([100, 100, 60], "digits.0.box"),
        ([100, 100, -60, 100], "digits.0.box"),
        ([100, 100, 1e300, 100], "digits.0.box"),
        ([float("nan"), 100, 60, 100], "digits.0.box"),
        (["100", 100, 60, 100], "digits.0.box"),
        (None, "digits.0.box"),
    ],
)
def test_a_box_that_holds_nothing_is_told(
    client: FlaskClient, box: list[Any] | None, says: str
) -> None:
    digits = [{"box": box, "label": "3"}]
    assert says in _detail(_send(client, page("3"), {"digits": digits}), 422)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"strokes": [], "digits": [{"strokes": [0], "label": "3"}]}}, 422),
        ({"data": b"x", "content_type": "image/png"}, 415),
        ({"data": {"correction": "{}"}}, 422),
        ({"data": {"correction": '{"digits": [{"box": [0, 0, 1, 1], "label": "3"}]}'}}, 400),
        ({"data": b"[", "content_type": "application/json"}, 400),
    ],
)
def test_what_is_no_correction_is_told(
    client: FlaskClient, sent: dict[str, Any], status: int
) -> None:
    if isinstance(sent.get("data"), dict):
        sent = sent | {"content_type": "multipart/form-data"}
    _detail(client.post(ADDRESS, headers=OURS, **sent), status)


def test_each_digit_is_kept_small(client: FlaskClient) -> None:
    # larger than what is kept, and smaller than what Werkzeug's test client leaves open in a file
    noise = np.random.default_rng(0).integers(0, 256, (650, 650), np.uint8)
    digits = [{"box": [0, 0, 650, 650], "label": None}, {"box": [9, 9, 20, 30], "label": "3"}]
    receipts = _send(client, noise, {"digits": digits}).get_json()["corrections"]
    sizes = [
        len(base64.b64decode(kept["image"]))
        for receipt in receipts
        for kept in _kept(client)
        if kept["id"] == receipt["id"]
    ]
    assert 0.8 * MAX_SHOWN < sizes[0] <= MAX_SHOWN
    assert sizes[1] < 10_000
    points = [[0.123456789, 0.123456789]] * 15_000
    body: dict[str, Any] = {"strokes": [points], "digits": [{"strokes": [0], "label": None}]}
    answer = client.post(ADDRESS, json=body, headers=OURS)
    assert "at most 250,000 bytes" in _detail(answer, 422)


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403), (OURS, 201), (OWNERS, 201)],
)
def test_only_the_page_itself_and_the_owner_write(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    digits = [{"strokes": [0], "label": "3"}]
    body = {**json.loads(INK.to_json()), "digits": digits}
    assert client.post(ADDRESS, json=body, headers=headers).status_code == status


def test_each_digit_costs_as_much_as_one_alone(url: str) -> None:
    client = _client(url, rate=0.01, burst=20)
    body = {
        **json.loads(INK.to_json()),
        "digits": [{"strokes": [0], "label": "3"}] * 12,
    }
    statuses = [client.post(ADDRESS, json=body, headers=OURS).status_code for _ in range(2)]
    assert statuses == [201, 429]


def test_prometheus_is_told_of_each_that_is_new(client: FlaskClient) -> None:
    for _ in range(2):
        _of_ink(client, "305")
    assert 'inkdigits_corrections_total{done="kept"} 3.0' in client.get("/metrics").text


def test_as_many_digits_as_are_taken_are_taken_from_a_client_that_is_limited(url: str) -> None:
    client = _client(url, rate=40, burst=80)
    digits = [{"strokes": [0], "label": "3"}] * MAX_DIGITS
    body = {**json.loads(INK.to_json()), "digits": digits}
    assert client.post(ADDRESS, json=body, headers=OURS).status_code == 201
