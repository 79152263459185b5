"""The Open Inference Protocol: what it tells, what it answers, what it refuses."""

from typing import Any

import numpy as np
import pytest
from drawings import drawn
from flask.testing import FlaskClient

import inkdigits
from inkdigits import Recognizer
from inkdigits.web import Settings, create_app


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    """A client of an app without limits."""
    return create_app(Settings(rate=0)).test_client()


def test_the_open_inference_protocol(client: FlaskClient, recognizer: Recognizer) -> None:
    assert client.get("/v2/health/live").get_json() == {"live": True}
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    assert client.get("/v2").get_json()["version"] == inkdigits.__version__
    model = client.get("/v2/models/inkdigits").get_json()
    assert model["inputs"] == [{"name": "patch", "datatype": "FP32", "shape": [-1, 28, 28]}]
    patches = np.stack([recognizer.patch(drawn(digit)) for digit in "38"])
    for data in (patches.ravel().tolist(), patches.tolist()):
        tensor = {"name": "patch", "shape": [2, 28, 28], "datatype": "FP32", "data": data}
        answer = client.post("/v2/models/inkdigits/infer", json={"id": "x", "inputs": [tensor]})
        told = answer.get_json()
        assert (told["id"], told["model_name"]) == ("x", "inkdigits")
        label, scores, evidence = told["outputs"]
        assert label["data"] == ["3", "8"]
        assert (scores["shape"], evidence["shape"]) == ([2, 10], [2])
        assert np.sum(scores["data"]) == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [1, 28, 27]},
        {"shape": [0, 28, 28]},
        {"shape": [257, 28, 28]},
        {"shape": [1.5, 28, 28]},
        {"shape": [True, 28, 28]},
        {"shape": [1, 28]},
        {"shape": [2, 28, 28], "data": [0.5] * 784},
        {"shape": [2, 28, 28], "data": [[[0.5] * 28] * 28]},
        {"data": []},
        {"data": [[0.5] * 28] * 28},
        {"data": [[[0.5] * 28] * 27 + [[0.5] * 27]]},
        {"data": [0.5] * 783},
        {"data": [2.0] * 784},
        {"data": ["0.5"] * 784},
        {"data": [True] * 784},
        {"data": [None] * 784},
        {"data": [float("nan")] * 784},
        {"datatype": "INT8"},
        {"name": "other"},
    ],
)
def test_tensors_that_do_not_fit_are_told(client: FlaskClient, change: dict[str, Any]) -> None:
    tensor = {"name": "patch", "shape": [1, 28, 28], "datatype": "FP32", "data": [0.5] * 784}
    answer = client.post("/v2/models/inkdigits/infer", json={"inputs": [tensor | change]})
    assert answer.status_code == 422
    assert f"inputs.0.{next(reversed(change))}" in answer.text


def test_a_whole_number_is_one_however_it_is_written(client: FlaskClient) -> None:
    tensor = {"name": "patch", "shape": [1.0, 28.0, 28], "datatype": "FP32", "data": [1] * 784}
    answer = client.post("/v2/models/inkdigits/infer", json={"inputs": [tensor]})
    assert answer.get_json()["outputs"][1]["shape"] == [1, 10]


def test_many_patches_cost_more_than_one_request() -> None:
    client = create_app(Settings(rate=0.01, burst=20)).test_client()
    tensor = {"name": "patch", "shape": [100, 28, 28], "datatype": "FP32", "data": [0.5] * 78_400}
    statuses = [
        client.post("/v2/models/inkdigits/infer", json={"inputs": [tensor]}).status_code
        for _ in range(2)
    ]
    assert statuses == [200, 429]  # 11 of 20 requests each
