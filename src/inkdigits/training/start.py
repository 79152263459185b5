"""Weights to begin with: those of a model folder, from which training goes on.

In a model folder batch normalization is folded into the layer before it, as it is when a network
answers. So the network that goes on has the same layers without it: with few images of one's own
its statistics would be those of too few anyway.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits import artifact
from inkdigits.digit_model import DigitModel
from inkdigits.errors import InvalidModel
from inkdigits.model_home import ModelHome
from inkdigits.training.config import TrainingConfig
from inkdigits.training.layers import FOLDED
from inkdigits.training.network import IS_DIGIT, layers_of, predict_all

WEIGHTED = (*FOLDED, "SeparableConv2D")
PROBES = 64  # patches on which the network is proved to answer as the model does
TOLERANCE = 1e-3  # greatest difference of a probability there: weights are stored in 16 bits
EVIDENCE = "evidence"  # what ONNX calls the second output, and its layer


class Operation(NamedTuple):
    """A layer with weights, as ONNX has it.

    Args:
        name: of its weights.
        kernel: as Keras has it.
        bias: (outputs,), or None.
    """

    name: str
    kernel: NDArray[np.float32]
    bias: NDArray[np.float32] | None


def fill(network: Any, config: TrainingConfig) -> None:
    """Give a new network the weights of the model that its recipe starts from.

    Labels that both know keep what tells them; what tells the others is as new.

    Args:
        network: from `network.build`.
        config: its recipe, with `start`.

    Raises:
        InvalidModel: the model's layers are others, or do not give the model's answers.
    """
    model = str(config.start)
    folder = ModelHome().find(model)
    known = artifact.read_model(folder)[0].labels
    body, head = _operations(folder)
    layers = [layer for layer in layers_of(network) if type(layer).__name__ in WEIGHTED]
    labels = config.dataset.label_names
    if len(layers) != len(body):
        raise _unlike(model, f"{len(body)} layers with weights, not {len(layers)}")
    for layer, operation in zip(layers[:-1], body, strict=False):
        _set(layer, operation, model)
    _set_labels(layers[-1], body[-1], known, labels, model)
    heads = [layer for layer in network.layers if layer.name.startswith(IS_DIGIT)]
    fits = [op.kernel.shape for op in head] == [layer.kernel.shape for layer in heads]
    if heads and fits:
        for layer, operation in zip(heads, head, strict=True):
            _set(layer, operation, model)
    if labels == known:
        _prove(network, folder, model)


def _operations(folder: Path) -> tuple[list[Operation], list[Operation]]:
    """The layers with weights of a model folder: the labels', and those of the second output."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(artifact.read_model(folder)[1]).graph
    values = {
        tensor.name: np.asarray(numpy_helper.to_array(tensor), np.float32)
        for tensor in graph.initializer
    }
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:  # stored in 16 bits
            values[node.output[0]] = values[node.input[0]]
    added = {
        name: values[other]
        for node in graph.node
        if node.op_type == "Add"
        for name, other in (node.input, reversed(node.input))
        if other in values
    }
    body: list[Operation] = []
    head: list[Operation] = []
    for node in graph.node:
        if node.op_type not in ("Conv", "MatMul", "Gemm") or node.input[1] not in values:
            continue
        name, kernel = node.input[1], values[node.input[1]]
        if node.op_type == "Conv":
            depthwise = any(item.name == "group" and item.i > 1 for item in node.attribute)
            # ONNX: outputs, inputs of a group, rows, columns
            kernel = kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))
        bias = values.get(node.input[2]) if len(node.input) > 2 else added.get(node.output[0])
        second = IS_DIGIT in name or EVIDENCE in name
        (head if second else body).append(Operation(name, kernel, bias))
    return body, head


def _set(layer: Any, operation: Operation, model: str) -> None:
    weights = [operation.kernel]
    if layer.use_bias:
        outputs = operation.kernel.shape[-1] * (
            operation.kernel.shape[-2] if type(layer).__name__ == "DepthwiseConv2D" else 1
        )
        weights.append(np.zeros(outputs, np.float32) if operation.bias is None else operation.bias)
    try:
        layer.set_weights(weights)
    except ValueError as error:
        raise _unlike(model, f"other shapes in {layer.name}") from error


def _set_labels(
    layer: Any, operation: Operation, known: Sequence[str], labels: Sequence[str], model: str
) -> None:
    """Put in place what tells each label: the columns of the last layer."""
    kernel, *bias = layer.get_weights()
    if kernel.shape[0] != operation.kernel.shape[0]:
        raise _unlike(model, f"{operation.kernel.shape[0]} features, not {kernel.shape[0]}")
    for place, label in enumerate(labels):
        if label in known:
            column = known.index(label)
            kernel[:, place] = operation.kernel[:, column]
            if bias and operation.bias is not None:
                bias[0][place] = operation.bias[column]
    layer.set_weights([kernel, *bias])


def _prove(network: Any, folder: Path, model: str) -> None:
    """Compare the network's answers with the model's: so no layer is in the wrong place."""
    rng = np.random.default_rng(0)
    patches = rng.random((PROBES, 28, 28), np.float32) * (rng.random((PROBES, 28, 28)) < 0.25)
    patches = patches.astype(np.float32)
    logits, _ = DigitModel(folder).run(patches)
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    told = predict_all(network, patches[..., None])[0]
    difference = float(np.abs(shifted / shifted.sum(axis=1, keepdims=True) - told).max())
    if not difference <= TOLERANCE:
        raise _unlike(model, f"other answers, by {difference:.1e}")


def _unlike(model: str, how: str) -> InvalidModel:
    return InvalidModel(
        f"{model}: training cannot go on from it: it has {how}. Leave `model` out of the recipe, so"
        " that its layers are taken, or train from nothing."
    )
