"""Who may do what on the server, what browsers are told, and what is written down."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from servers import DRAWING, OWNER

from inkdigits.web import Settings, create_app

NEW = {**DRAWING, "label": "1"}


@pytest.fixture
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An app with an owner, and no limits."""
    return _app(tmp_path_factory)


def _app(places: pytest.TempPathFactory, **settings: Any) -> Flask:
    url = f"sqlite:///{places.mktemp('web') / 'c.sqlite'}"
    known = {"database_url": url, "token": OWNER, "rate": 0}
    return create_app(Settings.model_validate(known | settings))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of that app."""
    return app.test_client()


@pytest.mark.parametrize("path", ["/", "/api", "/static/main.js", "/nothing", "/healthz"])
def test_every_answer_carries_the_headers_of_a_careful_server(
    client: FlaskClient, path: str
) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "camera=(self)" in headers["Permissions-Policy"]
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "http://localhost"}, 201),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Authorization": f"Bearer {OWNER}"}, 201),
        ({"Authorization": f"bearer {OWNER}"}, 201),
        ({"Authorization": "Bearer wrong", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Authorization": f"Basic {OWNER}"}, 403),
        ({"Authorization": "Bearer \u00fc"}, 403),
    ],
)
def test_only_the_page_itself_and_the_owner_write(
    client: FlaskClient, headers: dict[str, str], status: int
) -> None:
    assert client.post("/api/v1/corrections", json=NEW, headers=headers).status_code == status


@pytest.mark.parametrize("path", ["", "/export", "/00000000000000000000000000000000"])
def test_only_the_owner_reads_corrections(
    client: FlaskClient, path: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    address = f"/api/v1/corrections{path}"
    own = {"Sec-Fetch-Site": "same-origin"}
    assert client.get(address, headers=own).status_code == 401
    assert client.get(address, headers={"Authorization": "Bearer x"}).status_code == 401
    right = client.get(address, headers={"Authorization": f"Bearer {OWNER}"})
    assert right.status_code == (404 if "0" in path else 200)
    nobodys = _app(tmp_path_factory, token=None).test_client()
    assert nobodys.get(address, headers={"Authorization": "Bearer "}).status_code == 403


def test_a_token_takes_back_its_own_correction_only(client: FlaskClient) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    one = client.post("/api/v1/corrections", json=NEW, headers=own).get_json()
    two = client.post("/api/v1/corrections", json={**NEW, "label": "7"}, headers=own).get_json()
    token = {"Authorization": f"Bearer {one['token']}"}
    assert client.delete(f"/api/v1/corrections/{two['id']}", headers=token).status_code == 403
    assert client.delete(f"/api/v1/corrections/{one['id']}", headers=token).status_code == 204


def test_a_client_that_asks_too_often_waits_and_others_do_not(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    limited = _app(tmp_path_factory, rate=0.01, burst=3).test_client()
    here = {"REMOTE_ADDR": "192.0.2.1"}
    statuses = [
        limited.post("/api/v1/recognize", json=DRAWING, environ_base=here).status_code
        for _ in range(4)
    ]
    assert statuses == [200, 200, 200, 429]
    answer = limited.post("/api/v1/recognize", json=DRAWING, environ_base=here)
    assert 0 < int(answer.headers["Retry-After"]) <= 100
    there = {"REMOTE_ADDR": "192.0.2.2"}
    assert limited.get("/api/v1/models", environ_base=there).status_code == 200
    for path in ("/healthz", "/readyz", "/metrics", "/static/main.js"):
        with limited.get(path, environ_base=here) as told:
            assert told.status_code == 200


def test_what_costs_more_counts_more(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = _app(tmp_path_factory, rate=0.01, burst=20).test_client()
    batch = {"drawings": [DRAWING] * 100}
    statuses = [client.post("/api/v1/recognize/batch", json=batch).status_code for _ in range(2)]
    assert statuses == [200, 429]  # 11 of 20 requests each


def test_an_owner_of_many_addresses_is_one_client(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = _app(tmp_path_factory, rate=0.01, burst=1).test_client()
    statuses = [
        client.get("/api/v1/models", environ_base={"REMOTE_ADDR": address}).status_code
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    ]
    assert statuses == [200, 429, 200]


@pytest.mark.parametrize(("proxies", "limited"), [(0, True), (1, False)])
def test_only_trusted_proxies_say_who_asks(
    proxies: int, limited: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    client = _app(tmp_path_factory, rate=0.01, burst=1, proxies=proxies).test_client()
    statuses = [
        client.get("/api/v1/models", headers={"X-Forwarded-For": f"192.0.2.{last}"}).status_code
        for last in (1, 2)
    ]
    assert statuses == [200, 429 if limited else 200]


def test_a_client_that_lies_about_a_proxy_before_the_trusted_one_gains_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    client = _app(tmp_path_factory, rate=0.01, burst=1, proxies=1).test_client()
    statuses = [
        client.get(
            "/api/v1/models", headers={"X-Forwarded-For": f"10.0.0.{lie}, 192.0.2.1"}
        ).status_code
        for lie in (1, 2)
    ]
    assert statuses == [200, 429]


@pytest.fixture
def log(app: Flask) -> Iterator[io.StringIO]:
    """What the app logs."""
    stream = io.StringIO()
    (handler,) = app.logger.handlers
    assert isinstance(handler, logging.StreamHandler)
    before = handler.setStream(stream)
    yield stream
    handler.setStream(before)


def test_requests_are_logged_with_an_id_and_without_drawings(
    client: FlaskClient, log: io.StringIO
) -> None:
    given = "0123abcd-0000-4000-8000-0123456789ab"
    secret = {"strokes": [[[123.25, 456.75], [124.5, 480]]]}
    answer = client.post("/api/v1/recognize", json=secret, headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given
    forged = {"X-Request-ID": '"}, {"forged": 1}', "Authorization": "Bearer my-password"}
    other = client.post("/api/v1/recognize?patch=1.5", data=b"123.25", headers=forged)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["request"] for line in lines] == [given, other.headers["X-Request-ID"]]
    assert [line["status"] for line in lines] == [200, 415]
    assert all(line["path"] == "/api/v1/recognize" for line in lines)
    for part in ("123.25", "456.75", "strokes", "forged", "my-password", "patch"):
        assert part not in log.getvalue()


def test_an_error_of_ours_is_logged_and_not_shown(
    app: Flask, client: FlaskClient, log: io.StringIO
) -> None:
    @app.get("/broken")
    def broken() -> str:
        raise RuntimeError("the secret of the house")

    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "the secret of the house" in log.getvalue()
    assert answer.headers["X-Request-ID"] in log.getvalue()


def test_no_client_switches_debugging_on(client: FlaskClient, app: Flask) -> None:
    assert not app.debug
    for path in ("/console", "/?__debugger__=yes&cmd=resource&f=debugger.js"):
        assert "Werkzeug" not in client.get(path).text


def test_the_owners_token_is_never_shown(app: Flask, log: io.StringIO) -> None:
    settings = app.extensions["inkdigits"].settings
    assert OWNER not in repr(settings)
    assert OWNER not in str(settings)
