"""The API: what it answers to drawings and pictures, and what it says of what it cannot read."""

import base64
import io
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from servers import DRAWING, OWNER, resident
from werkzeug.test import TestResponse

from inkdigits import Ink, Recognizer
from inkdigits.web import Settings, create_app

EXAMPLES = Path(__file__).parents[1] / "examples"
OURS = {"Sec-Fetch-Site": "same-origin"}
OWNERS = {"Authorization": f"Bearer {OWNER}"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of an app with a database of its own."""
    place = tmp_path_factory.mktemp("web")
    settings = Settings.model_validate(
        {"database_url": f"sqlite:///{place / 'c.sqlite'}", "token": OWNER, "rate": 0}
    )
    return create_app(settings).test_client()


def _ink(name: str) -> dict[str, Any]:
    path = EXAMPLES / f"{'4-open' if name == '4' else name}.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {"strokes": found["strokes"]}


def _problem(answer: TestResponse, status: int) -> str:
    """The sentence of a problem, after a look at all else of it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    told = json.loads(answer.text)
    assert told["status"] == status
    assert told["type"] == "about:blank"
    assert told["title"]
    assert told["instance"] == f"urn:uuid:{answer.headers['X-Request-ID']}"
    assert "Traceback" not in answer.text
    detail: str = told["detail"]
    return detail


@pytest.mark.parametrize("digit", "0123456789")
def test_a_drawing_is_read_as_the_library_reads_it(
    client: FlaskClient, recognizer: Recognizer, digit: str
) -> None:
    answer = client.post("/api/v1/recognize", json=_ink(digit))
    expected = recognizer.recognize(Ink.from_json(_ink(digit)))
    told = answer.get_json()
    assert answer.status_code == 200
    assert told["label"] == told["best_label"] == expected.label == digit
    assert told["confidence"] == pytest.approx(expected.confidence, abs=1e-5)
    assert told["scores"] == pytest.approx(expected.scores, abs=1e-5)
    assert list(told["scores"]) == list("0123456789")
    assert told["reason"] is None
    assert (told["model"], told["version"]) == ("inkdigits", recognizer.config.version)
    assert told["box"] == pytest.approx(expected.box)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ({"strokes": []}, "blank"),
        ({"strokes": [[[x, (x * 37) % 100] for x in range(100)]]}, "not_a_digit"),
    ],
)
def test_what_is_no_digit_is_refused_with_a_reason(
    client: FlaskClient, source: dict[str, Any], reason: str
) -> None:
    told = client.post("/api/v1/recognize", json=source).get_json()
    assert (told["label"], told["reason"]) == (None, reason)


def test_the_patch_is_what_the_model_saw(client: FlaskClient, recognizer: Recognizer) -> None:
    told = client.post("/api/v1/recognize?patch", json=_ink("3")).get_json()
    patch = np.frombuffer(base64.b64decode(told["patch"]), np.uint8).reshape(28, 28)
    expected = recognizer.patch(Ink.from_json(_ink("3")))
    np.testing.assert_array_equal(patch, np.rint(expected * 255).astype(np.uint8))


@pytest.mark.parametrize("how", ["part", "body", "octets"])
@pytest.mark.parametrize(("name", "digit"), [("2-marker", "2"), ("5-in-shadow", "5")])
def test_a_picture_is_read_however_it_is_sent(
    client: FlaskClient, how: str, name: str, digit: str
) -> None:
    data = (EXAMPLES / f"{name}.png").read_bytes()
    if how == "part":
        answer = client.post(
            "/api/v1/recognize", data={"image": (io.BytesIO(data), "x.png", "image/png")}
        )
    else:
        kind = "image/png" if how == "body" else "application/octet-stream"
        answer = client.post("/api/v1/recognize", data=data, content_type=kind)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["label"] == digit


def test_a_batch_answers_in_order(client: FlaskClient) -> None:
    drawings = [_ink(digit) for digit in "9074"] * 64
    answers = client.post("/api/v1/recognize/batch", json={"drawings": drawings}).get_json()
    assert "".join(one["label"] for one in answers["answers"]) == "9074" * 64
    too_many = client.post("/api/v1/recognize/batch", json={"drawings": [DRAWING] * 257})
    assert "256" in _problem(too_many, 422)


BAD = [
    ({"data": b"{", "content_type": "application/json"}, 400, "not JSON"),
    ({"data": b"", "content_type": "application/json"}, 400, "not JSON"),
    ({"data": b"[" * 100_000, "content_type": "application/json"}, 400, "not JSON"),
    ({"data": b"\xff\xfe\x00", "content_type": "application/json"}, 400, "not JSON"),
    ({"data": b"x", "content_type": "text/plain"}, 415, "application/json"),
    ({"data": b"x", "content_type": ""}, 415, "application/json"),
    ({"data": b"", "content_type": "image/png"}, 400, "empty"),
    ({"data": b"no picture", "content_type": "image/png"}, 400, "image"),
    ({"data": {"other": (io.BytesIO(b"x"), "x")}}, 400, "'image'"),
    ({"json": []}, 422, ""),
    ({"json": {"strokes": 3}}, 422, "strokes"),
    ({"json": {"stroke": []}}, 422, "strokes"),
    ({"json": {"strokes": [], "more": 1}}, 422, "more"),
    ({"json": {"strokes": [[[1, 2], [float("nan"), 2]]]}}, 422, "strokes"),
    ({"json": {"strokes": [[[1, 2], [1e300, 2]]]}}, 422, "strokes"),
    ({"json": {"strokes": [[["1", 2]]]}}, 422, "strokes"),
    ({"json": {"strokes": [[[True, 2]]]}}, 422, "strokes"),
    ({"json": {"strokes": [[[1, 2]]] * 100_000}}, 422, "strokes"),
]


@pytest.mark.parametrize(("sent", "status", "says"), BAD)
def test_what_cannot_be_read_is_told_in_a_problem(
    client: FlaskClient, sent: dict[str, Any], status: int, says: str
) -> None:
    assert says in _problem(client.post("/api/v1/recognize", **sent), status)


def test_a_picture_too_large_is_told_before_it_takes_memory(client: FlaskClient) -> None:
    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "png")
    answer = client.post("/api/v1/recognize", data=file.getvalue(), content_type="image/png")
    assert "pixels" in _problem(answer, 413)


def test_the_largest_picture_and_the_largest_batch_are_read_in_good_time(
    client: FlaskClient,
) -> None:
    page = Image.new("L", (5000, 5000), 255)
    with Image.open(EXAMPLES / "2-marker.png") as small:
        page.paste(small.convert("L").resize((2000, 2000)), (2500, 1000))
    file = io.BytesIO()
    page.save(file, "png")
    began, held = time.perf_counter(), resident(os.getpid())
    told = client.post(
        "/api/v1/recognize?patch", data=file.getvalue(), content_type="image/png"
    ).get_json()
    assert time.perf_counter() - began < 3  # a busy machine; alone it takes a third of a second
    assert resident(os.getpid()) - held < 120_000_000
    assert told["label"] == "2"
    left, top, width, height = told["box"]
    assert 2500 < left < left + width < 4500
    assert 1000 < top < top + height < 3000
    points = [[x % 97, x % 89] for x in range(600)]
    began = time.perf_counter()
    answer = client.post(
        "/api/v1/recognize/batch", json={"drawings": [{"strokes": [points]}] * 256}
    )
    assert answer.status_code == 200
    assert time.perf_counter() - began < 3


def test_json_too_large_is_told(client: FlaskClient) -> None:
    body = b'{"drawings": [' + b" " * 2_000_000 + b"]}"
    answer = client.post("/api/v1/recognize/batch", data=body, content_type="application/json")
    assert "2,000,000 bytes" in _problem(answer, 413)


def test_a_body_too_large_is_told(client: FlaskClient) -> None:
    body = b" " * 10_000_001
    answer = client.post("/api/v1/recognize", data=body, content_type="image/png")
    assert "10,000,000 bytes" in _problem(answer, 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/nothing", 404),
        ("get", "/api/v1/recognize", 405),
        ("delete", "/", 405),
        ("get", "/v2/models/other", 404),
        ("get", "/api/v1/../../etc/passwd", 404),
        ("get", "/static/../app.py", 404),
    ],
)
def test_an_address_that_does_not_answer_says_so(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    _problem(client.open(path, method=method.upper()), status)


def test_models_names_those_that_answer(client: FlaskClient) -> None:
    models = client.get("/api/v1/models").get_json()["models"]
    digits, lines = [model for model in models if model["answering"]]
    assert (digits["name"], digits["kind"]) == ("inkdigits", "digits")
    assert digits["labels"] == list("0123456789")
    assert (lines["name"], lines["kind"]) == ("numbers", "lines")
    assert client.get("/v2/models/numbers").status_code == 404  # lines are no patches


def test_a_correction_is_kept_shown_to_its_owner_and_taken_back(client: FlaskClient) -> None:
    told = {"label": "7", "predicted": "1", "confidence": 0.6, "writer": "W", "model": "inkdigits"}
    kept = client.post("/api/v1/corrections", json={**DRAWING, **told}, headers=OURS)
    assert kept.status_code == 201
    receipt = kept.get_json()
    assert kept.headers["Location"] == f"/api/v1/corrections/{receipt['id']}"
    assert receipt["is_new"]
    again = client.post("/api/v1/corrections", json={**DRAWING, **told}, headers=OURS).get_json()
    assert (again["id"], again["is_new"]) == (receipt["id"], False)
    found = client.get(kept.headers["Location"], headers=OWNERS).get_json()
    assert {key: found[key] for key in told} == told
    assert found["strokes"] == DRAWING["strokes"]
    lines = client.get("/api/v1/corrections/export", headers=OWNERS)
    assert [json.loads(line)["id"] for line in lines.text.splitlines()] == [receipt["id"]]
    wrong = {"Authorization": f"Bearer {receipt['token']}x"}
    _problem(client.delete(kept.headers["Location"], headers=wrong), 403)
    _problem(client.delete(kept.headers["Location"]), 401)
    right = {"Authorization": f"Bearer {receipt['token']}"}
    assert client.delete(kept.headers["Location"], headers=right).status_code == 204
    _problem(client.get(kept.headers["Location"], headers=OWNERS), 404)
    _problem(client.delete(kept.headers["Location"], headers=OWNERS), 404)


def test_a_picture_is_corrected_too_and_kept_without_what_a_camera_tells(
    client: FlaskClient,
) -> None:
    file = io.BytesIO()
    camera = Image.Exif()
    camera[271] = "a maker of cameras"
    Image.open(EXAMPLES / "2-marker.png").save(file, "png", exif=camera)
    assert b"a maker of cameras" in file.getvalue()
    answer = client.post(
        "/api/v1/corrections",
        data={
            "correction": json.dumps({"label": None, "predicted": "2"}),
            "image": (io.BytesIO(file.getvalue()), "x.png", "image/png"),
        },
        headers=OURS,
    )
    assert answer.status_code == 201, answer.text
    found = client.get(answer.headers["Location"], headers=OWNERS).get_json()
    kept = base64.b64decode(found["image"])
    assert found["label"] is None
    assert b"a maker of cameras" not in kept
    assert Image.open(io.BytesIO(kept)).mode == "L"
    client.delete(answer.headers["Location"], headers=OWNERS)


@pytest.mark.parametrize(
    ("told", "status", "says"),
    [
        ({}, 422, "label"),
        ({"label": ""}, 422, "label"),
        ({"label": 7}, 422, "label"),
        ({"label": "7", "confidence": 2}, 422, "confidence"),
        ({"label": "7", "when": "now"}, 422, "when"),
        ({"label": "x" * 1000}, 422, "label"),
        ({"label": ".."}, 422, "label: one of 0, 1, 2"),
        ({"label": "a/b"}, 422, "label: one of 0, 1, 2"),
    ],
)
def test_a_correction_that_cannot_be_kept_says_why(
    client: FlaskClient, told: dict[str, Any], status: int, says: str
) -> None:
    answer = client.post("/api/v1/corrections", json={**DRAWING, **told}, headers=OURS)
    assert says in _problem(answer, status)


def test_corrections_come_page_by_page(client: FlaskClient) -> None:
    ids = []
    for x in range(5):
        body = {"strokes": [[[x, 0], [3, 9]]], "label": "1"}
        ids.append(client.post("/api/v1/corrections", json=body, headers=OURS).get_json()["id"])
    seen: list[str] = []
    address = "/api/v1/corrections?limit=2"
    page = client.get(address, headers=OWNERS).get_json()
    while page["next"] is not None:
        seen += [one["id"] for one in page["corrections"]]
        client.delete(f"/api/v1/corrections/{seen[-1]}", headers=OWNERS)  # which loses no place
        page = client.get(f"{address}&after={page['next']}", headers=OWNERS).get_json()
    seen += [one["id"] for one in page["corrections"]]
    assert seen == ids
    assert "limit" in _problem(client.get("/api/v1/corrections?limit=101", headers=OWNERS), 422)
    assert "after" in _problem(client.get("/api/v1/corrections?after=x", headers=OWNERS), 422)
    assert "limt" in _problem(client.get("/api/v1/corrections?limt=5", headers=OWNERS), 422)


def test_a_database_that_is_gone_costs_corrections_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    url = f"sqlite:///{tmp_path / 'file' / 'c.sqlite'}"
    broken = create_app(Settings(database_url=url)).test_client()
    assert broken.post("/api/v1/recognize", json=DRAWING).status_code == 200
    for _ in range(2):
        answer = broken.post("/api/v1/corrections", json={**DRAWING, "label": "1"}, headers=OURS)
        assert str(tmp_path) not in _problem(answer, 503)
    owned = create_app(Settings.model_validate({"database_url": url, "token": OWNER})).test_client()
    _problem(owned.get("/api/v1/corrections/export", headers=OWNERS), 503)


def test_a_database_that_hangs_holds_nobody_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/name"
        hanging = create_app(Settings(database_url=url))

        def correct() -> None:
            body = {**DRAWING, "label": "1"}
            answer = hanging.test_client().post("/api/v1/corrections", json=body, headers=OURS)
            _problem(answer, 503)

        threads = [threading.Thread(target=correct) for _ in range(4)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        assert hanging.test_client().post("/api/v1/recognize", json=DRAWING).status_code == 200
        for thread in threads:
            thread.join()
        assert time.monotonic() - began < 9  # not once for each, and not for ever


@pytest.mark.parametrize("broken_part", ["recognize", "read"])
def test_a_model_that_does_not_answer_is_not_ready(
    monkeypatch: pytest.MonkeyPatch, broken_part: str
) -> None:
    app = create_app(Settings(log_level="error"))

    def broken(_: object) -> None:
        raise RuntimeError("no answer")

    monkeypatch.setattr(app.extensions["inkdigits"].recognizer, broken_part, broken)
    for path in ("/readyz", "/v2/health/ready", "/v2/models/inkdigits/ready"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.content_type) == (503, "application/json")


def test_prometheus_is_told_of_requests_answers_and_corrections(client: FlaskClient) -> None:
    def count(line: str) -> float:
        found = [one for one in client.get("/metrics").text.splitlines() if one.startswith(line)]
        return float(found[0].rsplit(" ", 1)[1]) if found else 0.0

    lines = (
        'inkdigits_answers_total{label="3",reason=""}',
        'inkdigits_answers_total{label="",reason="blank"}',
        'inkdigits_requests_total{endpoint="api.recognize",method="POST",status="200"}',
        'inkdigits_requests_total{endpoint="none",method="GET",status="404"}',
        'inkdigits_request_seconds_count{endpoint="api.recognize"}',
        'inkdigits_corrections_total{done="kept"}',
    )
    before = [count(line) for line in lines]
    client.post("/api/v1/recognize", json=_ink("3"))
    client.post("/api/v1/recognize", json={"strokes": []})
    client.get("/nothing")
    client.post("/api/v1/corrections", json={**_ink("3"), "label": "8"}, headers=OURS)
    assert [count(line) - was for line, was in zip(lines, before, strict=True)] == [
        1,
        1,
        2,
        1,
        2,
        1,
    ]
