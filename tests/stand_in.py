"""A model for tests of what stands on a model: small, at once there, and always of one opinion."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from inkdigits import artifact, normalize


def write_stand_in(
    folder: Path, scores: dict[str, float], threshold: float, labels: Sequence[str] = "0123456789"
) -> Path:
    """Write a model that gives every drawing the same scores."""
    logits = np.log([scores.get(label, 1e-9) for label in labels]).astype(np.float32)
    count = len(labels)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["patch"], ["flat"]),
            helper.make_node("MatMul", ["flat", "nothing"], ["zero"]),
            helper.make_node("Add", ["zero", "scores"], ["logits"]),
        ],
        "always the same",
        [helper.make_tensor_value_info("patch", TensorProto.FLOAT, ["n", 28, 28, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", count])],
        [
            helper.make_tensor("nothing", TensorProto.FLOAT, [784, count], np.zeros(784 * count)),
            helper.make_tensor("scores", TensorProto.FLOAT, [count], logits),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    artifact.write_model(
        folder,
        proto.SerializeToString(),
        name="stand-in",
        version="1",
        labels=list(labels),
        normalizer=normalize.VERSION,
        temperature=1.0,
        thresholds={"confidence": threshold, "evidence": -1e9},
        training={},
        card="For tests.",
    )
    return folder
