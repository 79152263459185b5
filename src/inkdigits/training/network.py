"""From a recipe to a Keras model: its layers, its optimizer, its learning rate."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidConfig
from inkdigits.training.backend import compile_just_in_time, load_keras
from inkdigits.training.config import Recipe, TrainingConfig
from inkdigits.training.layers import Layer

STEPS_AT_ONCE = 8  # steps between two returns to Python
PREDICTION_BATCH = 500
IS_DIGIT = "is_digit"  # name of the second output


def build(config: TrainingConfig) -> Any:
    """Make the network, with fresh weights.

    Returns:
        A `keras.Model`, (N, 28, 28, 1) float32 → (N, classes) float32 probabilities; where the
        recipe has outliers, a second output (N, 1), the probability that it is a digit at all.

    Raises:
        InvalidConfig: A layer does not fit onto the one before it; the message names its place.
    """
    keras = load_keras()
    patch = keras.Input(config.dataset.input_shape, name="patch")
    value = features = patch
    for index, layer in enumerate(config.model.layers):
        if layer.name == "Dense":
            features = value  # what the last Dense, which gives the labels, is told
        value = add(layer, index, value)
    if value.shape != (None, config.dataset.classes):
        raise InvalidConfig(
            f"model.layers: the network gives {list(value.shape[1:])} where one number a class is"
            " needed; is a Flatten or GlobalAveragePooling2D missing before Dense?"
        )
    outputs = value
    if config.outliers is not None:
        if config.outliers.hidden:
            features = keras.layers.Dense(
                config.outliers.hidden, activation="relu", name=f"{IS_DIGIT}_hidden"
            )(features)
        outputs = [value, keras.layers.Dense(1, activation="sigmoid", name=IS_DIGIT)(features)]
    return keras.Model(patch, outputs, name=_identifier(config.model_name))


def add(layer: Layer, index: int, value: Any) -> Any:
    """Put a layer of a recipe, the one of this index, onto a Keras tensor.

    Raises:
        InvalidConfig: It does not fit; the message names its place.
    """
    try:
        return getattr(load_keras().layers, layer.name)(**layer.arguments())(value)
    except (ValueError, TypeError) as error:
        raise InvalidConfig(
            f"model.layers.{index}.{layer.name}: does not fit onto what comes before it"
            f" (shape {list(value.shape[1:])}): {str(error).strip().splitlines()[0]}"
        ) from error


def has_head(network: Any) -> bool:
    """Whether the network says besides the label whether it is a digit at all."""
    return len(network.outputs) > 1


def prepare(network: Any, config: TrainingConfig, images: int) -> None:
    """Give the network its loss, optimizer and learning rate, for so many training images."""
    keras = load_keras()
    fitting = config.training
    optimizer = optimizer_of(config, images)
    losses = [keras.losses.CategoricalCrossentropy(label_smoothing=fitting.label_smoothing)]
    accuracy = [keras.metrics.CategoricalAccuracy(name="accuracy")]
    goals: dict[str, Any] = {"loss": losses[0], "weighted_metrics": accuracy}
    if config.outliers is not None:
        losses.append(keras.losses.BinaryCrossentropy())
        goals = {
            "loss": losses,
            "loss_weights": [1.0, config.outliers.loss_weight],
            "weighted_metrics": [accuracy, []],
        }
    network.compile(
        optimizer=optimizer,
        **goals,
        jit_compile=compile_just_in_time(),
        steps_per_execution=STEPS_AT_ONCE,
    )
    optimizer.build(network.trainable_variables)


def optimizer_of(config: Recipe, images: int) -> Any:
    """The optimizer of a recipe with its learning rate, for so many training images."""
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
    return optimizer


def learning_rate(config: Recipe, peak: float, images: int) -> Any:
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
    return predict_all(network, patches)[0]


def predict_all(network: Any, patches: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Each output for patches (N, 28, 28, 1): probabilities, and that of being a digit, (N,)."""
    answers = network.predict(patches, batch_size=PREDICTION_BATCH, verbose=0)
    return [answers[0], answers[1].reshape(-1)] if has_head(network) else [answers]


def targets(
    network: Any, labels: NDArray[np.int64], config: TrainingConfig
) -> tuple[Any, NDArray[np.float32] | list[NDArray[np.float32]] | None]:
    """What the network shall answer, and the weight of each patch, for each of its outputs.

    Args:
        network: from `build`.
        labels: (N,); negative where it is not a digit, which counts for the second output alone.
        config: its recipe.

    Returns:
        Targets and weights as `keras.Model.fit` takes them: (N, classes) and (N,) or None for one
        output; for two, a list of (N, classes) and (N, 1), and a list of two (N,).
    """
    is_digit = (labels >= 0).astype(np.float32)
    classes = config.dataset.classes
    one_hot = np.eye(classes, dtype=np.float32)[np.maximum(labels, 0)]
    counts = is_digit
    if config.training.class_weights == "balanced":
        counts = is_digit * _balance(labels[labels >= 0], classes)[labels]
    if not has_head(network):
        return one_hot, None if counts is is_digit else counts
    return [one_hot, is_digit[:, None]], [counts, np.ones_like(is_digit)]


def _balance(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """The weight of each class, (classes,): all weigh the same, and together what is there."""
    images = np.bincount(labels, minlength=classes)
    weights = len(labels) / (np.count_nonzero(images) * np.maximum(images, 1))
    return np.asarray(weights, np.float32)


def layers_of(network: Any) -> list[Any]:
    """The layers of a network as a recipe counts them, without the input and a second output."""
    inputs = load_keras().layers.InputLayer
    return [
        layer
        for layer in network.layers
        if not isinstance(layer, inputs) and not layer.name.startswith(IS_DIGIT)
    ]


def with_logits(network: Any) -> Any:
    """A model with the same layers whose outputs are logits instead of probabilities.

    Returns:
        A `keras.Model` with a list of one output, `logits` (N, classes), or of two: the second is
        `evidence` (N, 1), the logit of its being a digit.
    """
    keras = load_keras()
    last = layers_of(network)[-1]
    outputs = [_linear(last, "logits") if isinstance(last, keras.layers.Dense) else last.input]
    if has_head(network):
        outputs.append(_linear(network.get_layer(IS_DIGIT), "evidence"))
    return keras.Model(network.inputs[0], outputs, name=network.name)


def _linear(dense: Any, name: str) -> Any:
    """What a Dense layer gives before its activation."""
    bare = type(dense).from_config({**dense.get_config(), "activation": None, "name": name})
    output = bare(dense.input)
    bare.set_weights(dense.get_weights())
    return output


def renew_batch_norm(network: Any, batches: Sequence[NDArray[np.float32]]) -> None:
    """Set the statistics of each batch-norm layer to those of its input on these batches.

    Averaged weights have never seen data, so the running statistics of the run are not theirs
    (Izmailov et al. 2018, section 3.2). The layers are set in order, so that each sees what it will
    see when the network answers.
    """
    keras = load_keras()
    for layer in _batch_norms(network):
        probe = keras.Model(network.inputs[0], layer.input)
        count, total, squares = 0, 0.0, 0.0
        for batch in batches:
            answer = probe(batch, training=False)
            values = keras.ops.convert_to_numpy(answer).astype(np.float64)
            values = values.reshape(-1, values.shape[-1])
            count += len(values)
            total = total + values.sum(axis=0)
            squares = squares + np.square(values).sum(axis=0)
        mean = total / count
        layer.moving_mean.assign(mean)
        layer.moving_variance.assign(np.maximum(squares / count - np.square(mean), 0))


def correct_batch_norm(network: Any) -> None:
    """Take out of each batch-norm layer's running statistics what is left of their beginning.

    They begin as 0 and 1, of which `momentum ** steps` is left. After few steps that is so much,
    beside variances far below 1, that the network answers at random. Adam's moments are corrected
    likewise (Kingma and Ba 2015, section 3); after many steps it changes nothing, to the last bit.
    """
    steps = int(network.optimizer.iterations)
    for layer in _batch_norms(network):
        left = layer.momentum**steps
        if left < 1:
            mean = np.asarray(layer.moving_mean, np.float64)
            variance = np.asarray(layer.moving_variance, np.float64)
            layer.moving_mean.assign(mean / (1 - left))
            layer.moving_variance.assign(np.maximum(variance - left, 0) / (1 - left))


@contextmanager
def batch_norm_corrected(network: Any) -> Iterator[None]:
    """Let a network answer with corrected statistics; afterwards it learns on with its own."""
    layers = _batch_norms(network)
    kept = [(v, np.asarray(v)) for each in layers for v in each.non_trainable_variables]
    correct_batch_norm(network)
    try:
        yield
    finally:
        for variable, value in kept:
            variable.assign(value)


def _batch_norms(network: Any) -> list[Any]:
    kind = load_keras().layers.BatchNormalization
    return [layer for layer in network.layers if isinstance(layer, kind)]


def in_batches(patches: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    """Cut patches (N, 28, 28, 1) into batches."""
    for start in range(0, len(patches), PREDICTION_BATCH):
        yield patches[start : start + PREDICTION_BATCH]


def _identifier(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
