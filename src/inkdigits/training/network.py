"""From a recipe to a Keras model: its layers, its optimizer, its learning rate."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidConfig
from inkdigits.training.backend import compile_just_in_time, load_keras
from inkdigits.training.config import TrainingConfig

STEPS_AT_ONCE = 8  # steps between two returns to Python
PREDICTION_BATCH = 500


def build(config: TrainingConfig) -> Any:
    """Make the network, with fresh weights.

    Returns:
        A `keras.Model`, (N, 28, 28, 1) float32 → (N, classes) float32 probabilities.

    Raises:
        InvalidConfig: A layer does not fit onto the one before it; the message names its place.
    """
    keras = load_keras()
    patch = keras.Input(config.dataset.input_shape, name="patch")
    value = patch
    for index, layer in enumerate(config.model.layers):
        try:
            value = getattr(keras.layers, layer.name)(**layer.arguments())(value)
        except (ValueError, TypeError) as error:
            raise InvalidConfig(
                f"model.layers.{index}.{layer.name}: does not fit onto what comes before it"
                f" (shape {list(value.shape[1:])}): {str(error).strip().splitlines()[0]}"
            ) from error
    if value.shape != (None, config.dataset.classes):
        raise InvalidConfig(
            f"model.layers: the network gives {list(value.shape[1:])} where one number a class is"
            " needed; is a Flatten or GlobalAveragePooling2D missing before Dense?"
        )
    return keras.Model(patch, value, name=_identifier(config.model_name))


def prepare(network: Any, config: TrainingConfig, images: int) -> None:
    """Give the network its loss, optimizer and learning rate, for so many training images."""
    keras = load_keras()
    fitting = config.training
    kinds = {"adam": "Adam", "adamw": "AdamW", "nadam": "Nadam", "rmsprop": "RMSprop", "sgd": "SGD"}
    kind = getattr(keras.optimizers, kinds[fitting.optimizer])
    options: dict[str, Any] = {"weight_decay": fitting.weight_decay or None}
    if fitting.optimizer == "adamw":
        options["weight_decay"] = fitting.weight_decay  # AdamW insists on a number
    if fitting.optimizer == "sgd":
        options |= {"momentum": fitting.momentum, "nesterov": fitting.momentum > 0}
    rate = fitting.learning_rate
    if rate is None:
        rate = 0.01 if fitting.optimizer == "sgd" else 0.001  # Keras's own defaults
    optimizer = kind(learning_rate=learning_rate(config, rate, images), **options)
    if fitting.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    network.compile(
        optimizer=optimizer,
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=fitting.label_smoothing),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        jit_compile=compile_just_in_time(),
        steps_per_execution=STEPS_AT_ONCE,
    )
    optimizer.build(network.trainable_variables)


def learning_rate(config: TrainingConfig, peak: float, images: int) -> Any:
    """The learning rate: a number, or a schedule over all steps of the run."""
    schedule = config.schedule
    if schedule is None or schedule.kind == "constant":
        return peak
    steps = config.training.epochs * -(-images // config.training.batch_size)
    warmup = min(round(schedule.warmup * steps), steps - 1)
    rise = {"warmup_target": peak, "warmup_steps": warmup} if warmup else {}
    return load_keras().optimizers.schedules.CosineDecay(
        peak * schedule.start if warmup else peak,
        decay_steps=steps - warmup,
        alpha=schedule.end,
        **rise,
    )


def predict(network: Any, patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities (N, classes) float32 of patches (N, 28, 28, 1)."""
    answers: NDArray[np.float32] = network.predict(patches, batch_size=PREDICTION_BATCH, verbose=0)
    return answers


def layers_of(network: Any) -> list[Any]:
    """The layers of a network as a recipe counts them, without the input."""
    inputs = load_keras().layers.InputLayer
    return [layer for layer in network.layers if not isinstance(layer, inputs)]


def without_softmax(network: Any) -> Any:
    """A model with the same layers that ends in logits instead of probabilities."""
    keras = load_keras()
    *body, last = layers_of(network)
    patch = keras.Input(network.input_shape[1:], name="patch")
    value = patch
    for layer in body:
        value = layer(value)
    if isinstance(last, keras.layers.Dense):
        options = {**last.get_config(), "activation": None, "name": "logits"}
        head = keras.layers.Dense.from_config(options)
        value = head(value)
        head.set_weights(last.get_weights())
    return keras.Model(patch, value, name=network.name)


def renew_batch_norm(network: Any, patches: NDArray[np.float32]) -> None:
    """Set the statistics of each batch-norm layer to those of its input on these patches.

    Averaged weights have never seen data, so the running statistics of the run are not theirs
    (Izmailov et al. 2018, section 3.2). The layers are set in order, so that each sees what it will
    see when the network answers.
    """
    keras = load_keras()
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            probe = keras.Model(network.inputs[0], layer.input)
            count, total, squares = 0, 0.0, 0.0
            for batch in _batches(patches):
                values = np.asarray(probe(batch, training=False), np.float64)
                values = values.reshape(-1, values.shape[-1])
                count += len(values)
                total = total + values.sum(axis=0)
                squares = squares + np.square(values).sum(axis=0)
            mean = total / count
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(np.maximum(squares / count - np.square(mean), 0))


def _batches(patches: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for start in range(0, len(patches), PREDICTION_BATCH):
        yield patches[start : start + PREDICTION_BATCH]


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
