"""The network is what the recipe says, down to its rate and its statistics."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.errors import InvalidConfig
from inkdigits.training import network
from inkdigits.training.backend import load_keras, make_deterministic
from inkdigits.training.config import TrainingConfig, load_config, parse_config
from inkdigits.training.layers import Layer

ORIGINAL = Path(__file__).parents[1] / "configs" / "original.yaml"
HEAD = "  - Flatten\n  - Dense: {units: 10, activation: softmax}\n"


def _recipe(layers: str, more: str = "") -> TrainingConfig:
    return parse_config(
        f"model:\n  layers:\n{layers}{HEAD}training: {{epochs: 2, batch_size: 50}}\n{more}"
    )


def test_the_original_network_is_built_layer_by_layer() -> None:
    built = network.build(load_config(ORIGINAL))
    shapes = [layer.output.shape[1:] for layer in network.layers_of(built)]
    assert shapes[:3] == [(26, 26, 32), (13, 13, 32), (13, 13, 32)]
    assert shapes[-5:] == [(3, 3, 128), (1152,), (256,), (256,), (10,)]
    convolutions = 9 * 32 + 32 + 9 * 32 * 64 + 64 + 9 * 64 * 128 + 128
    dense = 1152 * 256 + 256 + 256 * 10 + 10
    assert built.count_params() == convolutions + dense + 4 * (32 + 64 + 128)
    assert network.layers_of(built)[10].rate == 0.5


def test_a_number_changed_in_the_recipe_changes_the_network() -> None:
    text = ORIGINAL.read_text(encoding="utf-8").replace("filters: 64", "filters: 48")
    built = network.build(parse_config(text))
    assert network.layers_of(built)[3].filters == 48


def test_probabilities_come_out() -> None:
    built = network.build(_recipe("  - MaxPooling2D\n"))
    answers = network.predict(built, np.random.default_rng(0).random((7, 28, 28, 1), np.float32))
    assert answers.shape == (7, 10)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", sorted(set(Layer.model_fields) - {"Dense", "Flatten"}))
def test_every_layer_that_a_recipe_may_name_exists_with_its_keys(name: str) -> None:
    needed = {
        "Conv2D": "{filters: 2, kernel_size: 3}",
        "DepthwiseConv2D": "{kernel_size: 3}",
        "SeparableConv2D": "{filters: 2, kernel_size: 3}",
        "Activation": "relu",
        "Dropout": "0.1",
        "SpatialDropout2D": "0.1",
    }
    built = network.build(_recipe(f"  - {name}: {needed.get(name, '{}')}\n"))
    assert type(network.layers_of(built)[0]).__name__ == name


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            "  - Conv2D: {filters: 2, kernel_size: 20}\n" * 2,
            r"model\.layers\.1\.Conv2D: does not fit .*\(shape \[9, 9, 2\]\)",
        ),
        (
            "  - Flatten\n  - Conv2D: {filters: 2, kernel_size: 3}\n",
            r"model\.layers\.1\.Conv2D: does not fit",
        ),
    ],
)
def test_layers_that_do_not_fit_are_named(layers: str, message: str) -> None:
    with pytest.raises(InvalidConfig, match=message):
        network.build(_recipe(layers))


def test_a_network_that_is_not_flattened_is_refused() -> None:
    recipe = parse_config(
        "model: {layers: [{Dense: {units: 10, activation: softmax}}]}\ntraining: {epochs: 1}"
    )
    with pytest.raises(InvalidConfig, match="Flatten or GlobalAveragePooling2D missing"):
        network.build(recipe)


def test_one_cycle_rises_and_falls_as_written() -> None:
    recipe = _recipe("", "schedule: {kind: one_cycle, warmup: 0.25, start: 0.1, end: 0.01}\n")
    schedule = network.learning_rate(recipe, 0.02, images=1001)  # 21 steps an epoch, 42 in all
    rates = np.array([float(np.asarray(schedule(step))) for step in range(43)])
    assert rates[0] == pytest.approx(0.002)
    assert rates.argmax() == 10
    assert rates.max() == pytest.approx(0.02)
    assert rates[42] == pytest.approx(0.0002, rel=1e-3)
    np.testing.assert_allclose(rates[26], (0.02 + 0.0002) / 2, rtol=1e-3)  # half-way down
    assert network.learning_rate(_recipe(""), 0.02, 1001) == 0.02


@pytest.mark.parametrize("name", ["adam", "adamw", "nadam", "rmsprop", "sgd"])
def test_every_optimizer_trains_with_weight_decay_on_weights_only(name: str) -> None:
    make_deterministic(1)
    recipe = parse_config(
        f"model:\n  layers:\n  - BatchNormalization\n{HEAD}"
        f"training: {{epochs: 1, batch_size: 8, optimizer: {name}, learning_rate: 0.5,"
        " weight_decay: 0.5}\n"
    )
    built = network.build(recipe)
    network.prepare(built, recipe, images=8)
    kernel, bias = built.layers[-1].weights
    bias.assign(np.full(10, 3.0, np.float32))
    decayed = [w.name for w in built.trainable_weights if built.optimizer._use_weight_decay(w)]
    assert decayed == ["kernel"]
    before = np.abs(np.asarray(kernel)).mean()
    same = np.full((8, 10), 0.1, np.float32)  # with equal biases and no input there is no gradient
    built.fit(np.zeros((8, 28, 28, 1), np.float32), same, batch_size=8, epochs=1, verbose=0)
    assert np.abs(np.asarray(kernel)).mean() == pytest.approx(before * 0.75, rel=0.01)
    np.testing.assert_allclose(np.asarray(bias), 3, atol=1e-3)


def test_the_network_without_its_softmax_gives_the_logits() -> None:
    patches = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    separate = parse_config(
        "model: {layers: [Flatten, {Dense: {units: 10}}, {Activation: softmax}]}\n"
        "training: {epochs: 1}"
    )
    for recipe in (_recipe("  - MaxPooling2D\n"), separate):
        built = network.build(recipe)
        (logits,) = (np.asarray(output) for output in _outputs(network.with_logits(built), patches))
        assert np.abs(logits.sum(axis=1) - 1).max() > 1e-3
        shown = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(shown, network.predict(built, patches), atol=1e-6)


def test_renewed_batch_norm_holds_the_statistics_of_what_each_layer_sees() -> None:
    recipe = _recipe(
        "  - BatchNormalization\n  - Conv2D: {filters: 3, kernel_size: 3, activation: relu}\n"
        "  - Dropout: 0.5\n  - BatchNormalization\n"
    )
    built = network.build(recipe)
    patches = np.random.default_rng(0).random((1203, 28, 28, 1), np.float32)
    network.renew_batch_norm(built, list(network.in_batches(patches)))
    layers = network.layers_of(built)
    first, second = layers[0], layers[3]
    assert float(np.asarray(first.moving_mean)[0]) == pytest.approx(patches.mean(), rel=1e-4)
    assert float(np.asarray(first.moving_variance)[0]) == pytest.approx(patches.var(), rel=1e-4)
    seen = np.asarray(_before(built, second)(patches), np.float64)
    np.testing.assert_allclose(np.asarray(second.moving_mean), np.mean(seen, (0, 1, 2)), rtol=1e-3)
    np.testing.assert_allclose(
        np.asarray(second.moving_variance), np.var(seen, (0, 1, 2)), rtol=1e-3
    )


OUTLIERS = "outliers: {synthetic: 5, hidden: 6, loss_weight: 0.25}\n"


def test_few_steps_leave_nothing_of_how_batch_norm_begins_in_what_is_answered() -> None:
    make_deterministic(1)
    built = network.build(_recipe("  - BatchNormalization: {momentum: 0.9}\n"))
    network.prepare(built, _recipe(""), 150)
    norm = network.layers_of(built)[0]
    patches = np.random.default_rng(3).uniform(0, 0.1, (150, 28, 28, 1)).astype(np.float32)
    labels = np.eye(10, dtype=np.float32)[np.arange(150) % 10]
    built.fit(patches, labels, batch_size=50, epochs=1, shuffle=False, verbose=0)
    before = [np.asarray(value) for value in norm.weights]
    assert before[3][0] > 0.7, "0.729 of the 1 that it began as"
    batches = patches.reshape(3, -1).astype(np.float64)
    shares = np.array([0.081, 0.09, 0.1]) / 0.271
    with network.batch_norm_corrected(built):
        np.testing.assert_allclose(norm.moving_mean, [shares @ batches.mean(axis=1)], rtol=1e-5)
        np.testing.assert_allclose(norm.moving_variance, [shares @ batches.var(axis=1)], rtol=1e-3)
    for value, kept in zip(norm.weights, before, strict=True):
        np.testing.assert_array_equal(value, kept)
    built.optimizer.iterations.assign(250)  # fewer than any epoch of a committed recipe has
    norm.moving_variance.assign([0.001])
    network.correct_batch_norm(built)
    np.testing.assert_array_equal(norm.moving_variance, np.array([0.001], np.float32))
    np.testing.assert_array_equal(norm.moving_mean, before[2])


def test_a_recipe_with_outliers_gets_a_second_output_beside_an_unchanged_first() -> None:
    layers = "  - Conv2D: {filters: 3, kernel_size: 5, activation: relu}\n"
    plain, headed, bare = (
        network.build(_recipe(layers, more))
        for more in ("", OUTLIERS, OUTLIERS.replace("hidden: 6, ", ""))
    )
    assert [network.has_head(built) for built in (plain, headed, bare)] == [False, True, True]
    kinds = [type(layer) for layer in network.layers_of(plain)]
    for built in (headed, bare):
        assert [type(layer) for layer in network.layers_of(built)] == kinds
    features = 24 * 24 * 3
    assert headed.count_params() - plain.count_params() == (features + 1) * 6 + 7
    assert bare.count_params() - plain.count_params() == features + 1
    patches = np.random.default_rng(0).random((7, 28, 28, 1), np.float32)
    probabilities, is_digit = network.predict_all(headed, patches)
    assert probabilities.shape == (7, 10)
    assert is_digit.shape == (7,)
    assert ((is_digit > 0) & (is_digit < 1)).all()
    np.testing.assert_array_equal(network.predict(headed, patches), probabilities)
    assert len(network.predict_all(plain, patches)) == 1


def test_both_outputs_are_given_as_logits() -> None:
    patches = np.random.default_rng(0).random((5, 28, 28, 1), np.float32)
    separate = (
        "model: {layers: [Flatten, {Dense: {units: 10}}, {Activation: softmax}]}\n"
        f"training: {{epochs: 1}}\n{OUTLIERS}"
    )
    for recipe in (_recipe("  - MaxPooling2D\n", OUTLIERS), parse_config(separate)):
        built = network.build(recipe)
        logits, evidence = (
            np.asarray(output) for output in _outputs(network.with_logits(built), patches)
        )
        assert evidence.shape == (5, 1)
        shown, is_digit = network.predict_all(built, patches)
        exponents = np.exp(logits)
        np.testing.assert_allclose(
            exponents / exponents.sum(axis=1, keepdims=True), shown, atol=1e-6
        )
        np.testing.assert_allclose(1 / (1 + np.exp(-evidence[:, 0])), is_digit, atol=1e-6)
        assert np.ptp(evidence) > 0


def test_outliers_count_for_the_second_output_alone() -> None:
    """Targets and weights make the loss that of the definition, computed here by hand."""
    make_deterministic(1)
    recipe = _recipe("  - MaxPooling2D\n", OUTLIERS)
    built = network.build(recipe)
    network.prepare(built, recipe, images=6)
    patches = np.random.default_rng(0).random((6, 28, 28, 1), np.float32)
    labels = np.array([3, -1, 0, 9, -1, 3])
    wanted, weights = network.targets(built, labels, recipe)
    figures = built.evaluate(patches, wanted, sample_weight=weights, verbose=0, return_dict=True)
    shown, is_digit = network.predict_all(built, patches)
    there = labels >= 0
    crossed = -np.log(shown[there, labels[there]]).sum() / 6
    binary = -np.log(np.where(there, is_digit, 1 - is_digit)).mean()
    assert figures["loss"] == pytest.approx(crossed + 0.25 * binary, rel=1e-4)
    accuracy = next(value for name, value in figures.items() if name.endswith("accuracy"))
    right = shown[there].argmax(axis=1) == labels[there]
    assert accuracy == pytest.approx(right.mean())


def test_targets_of_one_output_are_the_labels_alone() -> None:
    wanted, weights = network.targets(network.build(_recipe("")), np.array([2, 0]), _recipe(""))
    np.testing.assert_array_equal(wanted, np.eye(10, dtype=np.float32)[[2, 0]])
    assert weights is None


def test_a_batch_of_outliers_alone_does_not_move_what_tells_digits_apart() -> None:
    make_deterministic(1)
    recipe = _recipe("  - Conv2D: {filters: 3, kernel_size: 5}\n", OUTLIERS)
    built = network.build(recipe)
    network.prepare(built, recipe, images=8)
    names = network.layers_of(built)[-1]
    before = [np.asarray(value) for value in names.weights]
    head = np.asarray(built.get_layer(network.IS_DIGIT).kernel)
    patches = np.random.default_rng(0).random((8, 28, 28, 1), np.float32)
    wanted, weights = network.targets(built, np.full(8, -1), recipe)
    built.fit(patches, wanted, sample_weight=weights, batch_size=8, verbose=0)
    for one, other in zip(before, names.weights, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))
    assert (np.asarray(built.get_layer(network.IS_DIGIT).kernel) != head).any()


def _outputs(model: Any, patches: NDArray[np.float32]) -> list[Any]:
    """What a model gives, as a list however many outputs it has."""
    given = model(patches)
    return list(given) if isinstance(given, list | tuple) else [given]


def _before(built: Any, layer: Any) -> Any:
    return load_keras().Model(built.inputs[0], layer.input)


def test_balanced_labels_weigh_the_same_however_many_images_they_have() -> None:
    recipe = _recipe("")
    fitting = recipe.training.model_copy(update={"class_weights": "balanced"})
    recipe = recipe.model_copy(update={"training": fitting})
    labels = np.array([4, 4, 4, 7])
    _, weights = network.targets(network.build(recipe), labels, recipe)
    assert isinstance(weights, np.ndarray)
    assert weights[:3].sum() == pytest.approx(weights[3])
    assert weights.sum() == pytest.approx(4)
