"""From a recipe to the Keras model of lines, and what it answers."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidConfig
from inkdigits.reading.ctc import BLANK
from inkdigits.reading.line import HEIGHT, STRIDE
from inkdigits.training.backend import compile_just_in_time, load_keras
from inkdigits.training.config import NumbersConfig
from inkdigits.training.network import add, optimizer_of
from inkdigits.training.numbers.epochs import MARKS, Batch

CHANNELS = 2
CLASSES = len(MARKS) + 1  # with the blank


def build(config: NumbersConfig) -> Any:
    """Make the network, with fresh weights.

    Returns:
        A `keras.Model`, (N, 32, W, 2) float32 → (N, W / 2, classes) float32 logits, for any W that
        is a multiple of 16.

    Raises:
        InvalidConfig: A layer does not fit onto the one before it, or the chain does not end in one
            row with a column for two of the input; the message names the place.
    """
    keras = load_keras()
    value = strip = keras.Input((HEIGHT, None, CHANNELS), name="strip")
    for index, layer in enumerate(config.model.layers):
        value = add(layer, index, value)
    probe = keras.Model(strip, value).compute_output_shape((1, HEIGHT, 64, CHANNELS))
    if probe[1:3] != (1, 64 // STRIDE):
        raise InvalidConfig(
            f"model.layers: strips of {HEIGHT} × 64 come out as {probe[1]} × {probe[2]}, where"
            f" 1 × {64 // STRIDE} are needed: pool all rows, and two columns into one."
        )
    value = keras.layers.Conv2D(CLASSES, 1, name="marks")(value)
    frames = keras.layers.Reshape((-1, CLASSES), name="frames")(value)
    return keras.Model(strip, frames, name="numbers")


def prepare(network: Any, config: NumbersConfig) -> None:
    """Give the network its loss, optimizer and learning rate."""
    keras = load_keras()
    optimizer = optimizer_of(config, config.strings.count)
    optimizer.clipnorm = 5.0  # the loss of a string that hardly fits into its frames is steep
    network.compile(
        optimizer=optimizer, loss=keras.losses.CTC(), jit_compile=compile_just_in_time()
    )
    optimizer.build(network.trainable_variables)


def logits_of(network: Any, batches: Sequence[Batch]) -> list[NDArray[np.float32]]:
    """The logits of each batch, (N, W / 2, classes)."""
    return [np.asarray(network.predict_on_batch(batch.patches)) for batch in batches]


def best_paths(logits: NDArray[np.float32]) -> list[str]:
    """What each line says, by the most probable mark of each frame.

    Args:
        logits: (N, T, classes).
    """
    return [
        "".join(MARKS[mark - 1] for mark, _ in groupby(row) if mark != BLANK)
        for row in logits.argmax(axis=2).tolist()
    ]


def texts_of(batch: Batch) -> list[str]:
    """What the strips of a batch say."""
    return ["".join(MARKS[mark - 1] for mark in row if mark) for row in batch.texts.tolist()]
