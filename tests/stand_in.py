"""A model for tests of what stands on a model: small, at once there, and always of one opinion."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from inkdigits import artifact, normalize


def write_stand_in(folder: Path, scores: dict[str, float], threshold: float) -> Path:
    """Write a model that gives every drawing the same scores."""
    logits = np.log([scores.get(label, 1e-9) for label in "0123456789"]).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["patch"], ["flat"]),
            helper.make_node("MatMul", ["flat", "nothing"], ["zero"]),
            helper.make_node("Add", ["zero", "scores"], ["logits"]),
        ],
        "always the same",
        [helper.make_tensor_value_info("patch", TensorProto.FLOAT, ["n", 28, 28, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [
            helper.make_tensor("nothing", TensorProto.FLOAT, [784, 10], np.zeros(7840)),
            helper.make_tensor("scores", TensorProto.FLOAT, [10], logits),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    artifact.write_model(
        folder,
        proto.SerializeToString(),
        name="stand-in",
        version="1",
        labels=list("0123456789"),
        normalizer=normalize.VERSION,
        temperature=1.0,
        thresholds={"confidence": threshold, "evidence": -1e9},
        training={},
        card="For tests.",
    )
    return folder
