"""Ten thousand damaged pictures and JSON bodies: no error of ours, none slow, nothing grows."""

import io
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image
from servers import DRAWING, OWNER, resident

from inkdigits.web import Settings, create_app

EXAMPLES = Path(__file__).parents[1] / "examples"
SENT = 10_000
KINDS = ("png", "jpeg", "webp", "bmp", "tiff", "gif")
ADDRESSES = (
    "/api/v1/recognize",
    "/api/v1/read",
    "/api/v1/recognize/batch",
    "/api/v1/corrections",
    "/api/v1/corrections/reading",
    "/v2/models/inkdigits/infer",
)
HEADERS = {"Authorization": f"Bearer {OWNER}"}
SLOW = 1.0  # seconds that no answer may take
GROWTH = 60_000_000  # bytes


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A client of an app with a database of its own."""
    url = f"sqlite:///{tmp_path_factory.mktemp('web') / 'c.sqlite'}"
    known = {"database_url": url, "token": OWNER, "rate": 0, "log_level": "error"}
    return create_app(Settings.model_validate(known)).test_client()


def _pictures() -> list[tuple[str, bytes]]:
    """A picture in every format: its type and its bytes."""
    with Image.open(EXAMPLES / "2-marker.png") as picture:
        small = picture.convert("L").resize((60, 60))
    made = []
    for kind in KINDS:
        file = io.BytesIO()
        small.save(file, kind)
        made.append((f"image/{kind}", file.getvalue()))
    return made


def _bodies() -> list[bytes]:
    """A right body of each address."""
    tensor = {"name": "patch", "shape": [1, 28, 28], "datatype": "FP32", "data": [0.5] * 784}
    correction = {**DRAWING, "label": "1", "predicted": "7", "confidence": 0.5}
    digit = {"strokes": [0], "label": "1", "predicted": "7", "confidence": 0.5}
    bodies: list[Any] = [
        *(DRAWING, DRAWING, {"drawings": [DRAWING] * 2}, correction),
        *({**DRAWING, "digits": [digit]}, {"inputs": [tensor]}),
    ]
    return [json.dumps(body).encode() for body in bodies]


def _damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Bytes changed, cut off, doubled or swapped."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        if not found:
            break
        start, stop = sorted(int(place) for place in rng.integers(0, len(found) + 1, 2))
        match int(rng.integers(0, 5)):
            case 0:
                found[min(start, len(found) - 1)] = int(rng.integers(0, 256))
            case 1:
                del found[start : min(stop, start + 20)]
            case 2:
                del found[start:]
            case 3:
                found[start:start] = found[start : min(stop, start + 200)]
            case _:
                found[start:start] = rng.bytes(int(rng.integers(1, 9)))
    return bytes(found)


@pytest.mark.slow
def test_damaged_bodies_do_no_harm(client: FlaskClient) -> None:
    rng = np.random.default_rng(0)
    pictures, bodies = _pictures(), _bodies()
    statuses: dict[int, int] = {}
    slowest = 0.0
    held = []
    for number in range(SENT):
        if number % 2:
            kind, data = pictures[number // 2 % len(pictures)]
            address = ADDRESSES[number // 2 // len(pictures) % 2]
        else:
            which = number // 2 % len(bodies)
            kind, data, address = "application/json", bodies[which], ADDRESSES[which]
        body = _damaged(data, rng)
        began = time.perf_counter()
        answer = client.post(address, data=body, content_type=kind, headers=HEADERS)
        slowest = max(slowest, time.perf_counter() - began)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (address, kind, body)
        assert answer.is_json or answer.content_type == "application/problem+json"
        if number in (SENT // 5, SENT - 1):
            held.append(resident(os.getpid()))
    assert sum(statuses.values()) == SENT
    assert statuses[400] > SENT // 10
    assert statuses[422] > SENT // 100
    assert slowest < SLOW
    assert held[1] - held[0] < GROWTH
