"""What an answer costs, counted by hand and timed on a model that is known to be slow."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from stand_in import write_stand_in

from inkdigits import Ink, Recognizer, artifact
from inkdigits.digit_model import DigitModel, Outputs
from inkdigits.training import cost


def graph(nodes: list[Any], weights: dict[str, NDArray[Any]], output: list[Any]) -> bytes:
    patch = helper.make_tensor_value_info("patch", TensorProto.FLOAT, ["n", 28, 28, 1])
    made = helper.make_tensor_value_info("out", TensorProto.FLOAT, output)
    arrays = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    proto = helper.make_model(
        helper.make_graph(nodes, "net", [patch], [made], arrays),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString())


def test_convolutions_groups_and_products_are_counted() -> None:
    weights: dict[str, NDArray[Any]] = {
        "first": np.zeros((8, 1, 3, 3), np.float32),
        "depthwise": np.zeros((8, 1, 5, 5), np.float32),
        "point": np.zeros((4, 8, 1, 1), np.float16),
        "axes": np.array([2, 3], np.int64),
        "dense": np.zeros((6, 4), np.float32),
        "bias": np.zeros(6, np.float32),
        "last": np.zeros((6, 10), np.float32),
    }
    node = helper.make_node
    nodes = [
        node("Transpose", ["patch"], ["turned"], perm=[0, 3, 1, 2]),
        node("Conv", ["turned", "first"], ["a"], pads=[1, 1, 1, 1]),  # 28×28
        node("Conv", ["a", "depthwise"], ["b"], group=8, strides=[2, 2], pads=[2, 2, 2, 2]),
        node("Cast", ["point"], ["half"], to=TensorProto.FLOAT),
        node("Conv", ["b", "half"], ["c"]),  # 14×14
        node("GlobalAveragePool", ["c"], ["d"]),
        node("Squeeze", ["d", "axes"], ["e"]),
        node("Gemm", ["e", "dense", "bias"], ["f"], transB=1),
        node("MatMul", ["f", "last"], ["out"]),
    ]
    data = graph(nodes, weights, ["n", 10])
    by_hand = 28 * 28 * 8 * 9 + 14 * 14 * 8 * 25 + 14 * 14 * 4 * 8 + 4 * 6 + 6 * 10
    assert cost.count_multiply_adds(data) == by_hand
    assert cost.count_parameters(data) == 72 + 200 + 32 + 24 + 6 + 60


def test_a_transposed_factor_is_counted_by_its_other_side() -> None:
    weights: dict[str, NDArray[Any]] = {
        "flat": np.array([784, 1], np.int64),
        "dense": np.zeros((784, 10), np.float32),
    }
    nodes = [
        helper.make_node("Reshape", ["patch", "flat"], ["column"]),
        helper.make_node("Gemm", ["column", "dense"], ["out"], transA=1),
    ]
    assert cost.count_multiply_adds(graph(nodes, weights, ["n", 10])) == 7840


def test_a_graph_that_does_not_say_its_shapes_is_not_guessed_at() -> None:
    nodes = [
        helper.make_node("NonZero", ["patch"], ["places"]),  # as many as there are
        helper.make_node("Cast", ["places"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["turned"]),
        helper.make_node("MatMul", ["turned", "numbers"], ["out"]),
    ]
    assert cost.count_multiply_adds(graph(nodes, {}, ["n", 10])) is None


def test_the_shipped_model_costs_what_it_may() -> None:
    folder = artifact.model_path()
    found = cost.measure(folder, Recognizer(folder))
    assert 10_000 < found.parameters <= 300_000
    assert found.multiply_adds is not None
    assert 1_000_000 < found.multiply_adds <= 20_000_000
    assert found.bytes == sum((folder / n).stat().st_size for n in ("model.onnx", "config.json"))
    assert found.bytes <= 700_000
    assert 0 < found.network_milliseconds < found.drawing_milliseconds
    assert found.machine


def test_time_is_that_of_one_answer(tmp_path: Path) -> None:
    folder = write_stand_in(tmp_path / "model", {"8": 1.0}, 0.5)

    class Slow(DigitModel):
        def run(self, patches: NDArray[np.float32]) -> Outputs:
            time.sleep(0.004)
            return super().run(patches)

    recognizer = Recognizer(folder)
    recognizer._model = Slow(folder)
    found = cost.measure(folder, recognizer)
    assert 4 <= found.network_milliseconds < 20
    assert found.drawing_milliseconds > 4


def test_the_timed_drawing_is_a_digit(recognizer: Recognizer) -> None:
    assert recognizer.recognize(Ink(cost.drawing())).label == "8"


def test_a_folder_that_is_no_model_is_told(tmp_path: Path, recognizer: Recognizer) -> None:
    with pytest.raises(Exception, match="incomplete"):
        cost.measure(tmp_path, recognizer)
