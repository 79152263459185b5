"""Weights in 16 bits: half the bytes, all but the same answers."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from inkdigits.errors import InvalidModel
from inkdigits.training.halves import SMALLEST, halve

Weights = NDArray[np.float32]


def model(weights: Weights, bias: Weights) -> bytes:
    """One matrix product."""
    count, units = weights.shape
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "weights", "bias"], ["y"])],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", count])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", units])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(made.SerializeToString())


def answers(data: bytes, inputs: Weights) -> Weights:
    (made,) = onnxruntime.InferenceSession(data).run(None, {"x": inputs})
    return np.asarray(made, np.float32)


def test_half_the_bytes_and_all_but_the_same_answers() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(300, 40)).astype(np.float32)
    whole = model(weights, rng.normal(size=40).astype(np.float32))
    half = halve(whole)
    assert 0.49 * len(whole) < len(half) < 0.52 * len(whole)
    inputs = rng.normal(size=(5, 300)).astype(np.float32)
    np.testing.assert_allclose(answers(half, inputs), answers(whole, inputs), atol=0.05)
    rounded = weights.astype(np.float16).astype(np.float32)
    bias = numpy_helper.to_array(onnx.load_from_string(whole).graph.initializer[1])
    np.testing.assert_allclose(answers(half, inputs), inputs @ rounded + bias, atol=1e-4)


def test_what_is_small_stays_exact() -> None:
    side = int(np.sqrt(SMALLEST)) - 1
    whole = model(np.full((side, side), 1 / 3, np.float32), np.zeros(side, np.float32))
    inputs = np.eye(side, dtype=np.float32)
    np.testing.assert_array_equal(answers(halve(whole), inputs), answers(whole, inputs))


def test_a_weight_that_does_not_fit_is_told() -> None:
    weights = np.zeros((20, 20), np.float32)
    weights[3, 4] = 70_000
    with pytest.raises(InvalidModel, match="weights: a weight is beyond 65,504"):
        halve(model(weights, np.zeros(20, np.float32)))
