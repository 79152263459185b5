"""How much the server keeps: so many corrections, none of them large."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from servers import DRAWING, OWNER

from inkdigits.web import Settings, create_app
from inkdigits.web.schemas import MAX_SHOWN

ADDRESS = "/api/v1/corrections"
OURS = {"Sec-Fetch-Site": "same-origin"}
OWNERS = {"Authorization": f"Bearer {OWNER}"}


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    """A client of an app that keeps two corrections."""
    url = f"sqlite:///{tmp_path / 'c.sqlite'}"
    known = {"database_url": url, "token": OWNER, "rate": 0, "max_corrections": 2}
    return create_app(Settings.model_validate(known)).test_client()


@pytest.mark.parametrize("headers", [OURS, OWNERS], ids=["visitor", "owner"])
def test_a_full_store_is_a_problem_until_there_is_room(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    one, two, three = ({**DRAWING, "label": label} for label in "123")
    kept = client.post(ADDRESS, json=one, headers=headers)
    assert client.post(ADDRESS, json=two, headers=headers).status_code == 201
    full = client.post(ADDRESS, json=three, headers=headers)
    assert (full.status_code, full.content_type) == (507, "application/problem+json")
    told = json.loads(full.text)
    assert told["title"] == "Insufficient Storage"
    assert "at most 2 are kept" in told["detail"]
    assert "export and delete some, or raise the limit" in told["detail"]
    again = client.post(ADDRESS, json=one, headers=headers)
    assert again.status_code == 201
    assert again.get_json() == kept.get_json() | {"is_new": False}
    assert client.delete(kept.headers["Location"], headers=OWNERS).status_code == 204
    assert client.post(ADDRESS, json=three, headers=headers).status_code == 201
    assert client.post(ADDRESS, json=one, headers=headers).status_code == 507


def test_the_document_tells_that_the_store_may_be_full(client: FlaskClient) -> None:
    told = client.get("/api/v1/openapi.json").get_json()
    full = told["paths"][ADDRESS]["post"]["responses"]["507"]
    assert full["description"] == "Insufficient Storage"
    assert "application/problem+json" in full["content"]


def test_strokes_that_are_too_long_to_be_kept_are_told(client: FlaskClient) -> None:
    point = [0.5, 0.25, 1.0]
    most = (MAX_SHOWN - len('{"strokes":[[]]}') + 1) // len("[0.5,0.25,1.0],")
    for count, status in ((most, 201), (most + 1, 422)):
        body = {"strokes": [[point] * count], "label": "1"}
        answer = client.post(ADDRESS, json=body, headers=OURS)
        assert answer.status_code == status, answer.text
    assert "strokes: at most 250,000 bytes" in json.loads(answer.text)["detail"]


@pytest.mark.parametrize("size", [(650, 650), (3000, 120), (400, 400)])
def test_a_picture_that_packs_badly_is_kept_smaller(
    client: FlaskClient, size: tuple[int, int]
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "png")
    sent = {"correction": '{"label": null}', "image": (io.BytesIO(file.getvalue()), "x.png")}
    answer = client.post(ADDRESS, data=sent, headers=OURS)
    assert answer.status_code == 201, answer.text
    found = client.get(answer.headers["Location"], headers=OWNERS).get_json()
    data = base64.b64decode(found["image"])
    height, width = np.asarray(Image.open(io.BytesIO(data))).shape
    assert len(data) <= MAX_SHOWN
    if height > 400 < width:
        assert len(data) > 0.8 * MAX_SHOWN  # no smaller than it must be
    assert height / width == pytest.approx(size[0] / size[1], rel=0.05)
