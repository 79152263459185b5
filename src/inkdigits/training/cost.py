"""What an answer costs: parameters, multiply-adds, bytes and, on this machine, milliseconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, pi, prod, sin
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from inkdigits import artifact, normalize
from inkdigits.ink import Ink
from inkdigits.recognizer import Recognizer
from inkdigits.training.environment import processor

FILES = ("model.onnx", "config.json")  # what is read to answer; the card is for people
WARM_UP, ROUNDS = 20, 200  # answers that do not count, and answers of which the median is taken
POINTS = 60  # of the drawing that is timed
WHOLE_NUMBERS = ("INT64", "INT32", "BOOL", "STRING")  # shapes and axes, not weights


@dataclass(frozen=True)
class Cost:
    """What a model costs.

    Args:
        parameters: numbers in the network as it is shipped, batch normalisation folded in.
        multiply_adds: for one digit, in convolutions and matrix products, counted from the ONNX
            graph; None where the graph does not say its shapes.
        bytes: of `model.onnx` and `config.json`.
        network_milliseconds: from the patch of one digit to logits and evidence, median.
        drawing_milliseconds: from the strokes of one drawing to the answer, median.
        machine: on which that was measured, with one thread: it is true of no other.
    """

    parameters: int
    multiply_adds: int | None
    bytes: int
    network_milliseconds: float
    drawing_milliseconds: float
    machine: str


def measure(folder: Path, recognizer: Recognizer) -> Cost:
    """Count and time a model.

    Args:
        folder: the model folder.
        recognizer: made of it.

    Raises:
        InvalidModel: The folder cannot be used.
    """
    _, weights = artifact.read_model(folder)
    strokes = drawing()
    patch = recognizer.patch(Ink(strokes))[None]
    return Cost(
        parameters=count_parameters(weights),
        multiply_adds=count_multiply_adds(weights),
        bytes=sum((folder / name).stat().st_size for name in FILES),
        network_milliseconds=_time(lambda: recognizer.run(patch)),
        drawing_milliseconds=_time(lambda: recognizer.recognize(Ink(strokes))),
        machine=processor(),
    )


def count_parameters(weights: bytes) -> int:
    """Count the numbers that an ONNX model holds, shapes and axes left out."""
    import onnx

    names = {onnx.TensorProto.DataType.Value(name) for name in WHOLE_NUMBERS}
    graph = onnx.load_from_string(weights).graph
    return sum(prod(array.dims) for array in graph.initializer if array.data_type not in names)


def count_multiply_adds(weights: bytes) -> int | None:
    """Count the multiply-adds of an ONNX model for one patch.

    Convolutions and matrix products are counted; what else a network does (adding, comparing,
    pooling) is some hundredths of that.

    Returns:
        The count, or None where the shape of a product cannot be told from the graph.
    """
    import onnx

    model = onnx.load_from_string(weights)
    for number, size in enumerate((1, normalize.PATCH, normalize.PATCH, 1)):
        model.graph.input[0].type.tensor_type.shape.dim[number].dim_value = size
    for output in model.graph.output:  # its free batch size would win over what follows
        output.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {array.name: tuple(array.dims) for array in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        sides = value.type.tensor_type.shape.dim
        if sides and all(side.HasField("dim_value") for side in sides):
            shapes[value.name] = tuple(side.dim_value for side in sides)
    total = 0
    for node in graph.node:
        if node.op_type in _TERMS:
            left, right, result = (shapes.get(n) for n in (*node.input[:2], node.output[0]))
            if left is None or right is None or result is None:
                return None
            total += prod(result) * _TERMS[node.op_type](node, left, right)
    return total


def drawing() -> list[list[tuple[float, float]]]:
    """The strokes that are timed: an 8, 200 units high, as from a pen or a mouse."""
    turns = [2 * pi * index / (POINTS - 1) for index in range(POINTS)]
    return [[(150 + 50 * sin(2 * turn), 200 + 100 * cos(turn)) for turn in turns]]


def _gemm_terms(node: Any, left: Sequence[int], _right: Sequence[int]) -> int:
    turned = any(given.name == "transA" and given.i for given in node.attribute)
    return left[0] if turned else left[1]


# How many products are added up for one number of the result, from the shapes of the two factors.
_TERMS: dict[str, Callable[[Any, Sequence[int], Sequence[int]], int]] = {
    "Conv": lambda _node, _patch, kernel: prod(kernel[1:]),  # of a group: its own channels only
    "MatMul": lambda _node, left, _right: left[-1],
    "Gemm": _gemm_terms,
}


def _time(action: Callable[[], object]) -> float:
    """Milliseconds that an action takes: the median, which a busy moment does not move."""
    for _ in range(WARM_UP):
        action()
    seconds = np.empty(ROUNDS)
    for place in range(ROUNDS):
        start = time.perf_counter()
        action()
        seconds[place] = time.perf_counter() - start
    return 1000 * median(seconds.tolist())
