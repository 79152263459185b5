"""Going on from a model: its layers, its weights, its labels."""

from pathlib import Path

import numpy as np
import pytest
from stand_in import write_stand_in
from tiny_training import RECIPE, refusing_run, tiny_run, write_recipe, write_refusing_recipe

from inkdigits import Recognizer
from inkdigits.confidence import softmax
from inkdigits.errors import InvalidModel
from inkdigits.model_home import ModelHome
from inkdigits.training import network, start
from inkdigits.training.config import TrainingConfig, layers_for, load_config, recipe_of
from inkdigits.training.layers import folded, with_classes
from inkdigits.training.train import train


def going_on(model: str, **changes: object) -> TrainingConfig:
    """A recipe that goes on from a model by that model's own recipe."""
    base = recipe_of(ModelHome().find(model))
    layers = folded(base.model.layers, model)
    made = base.model.model_copy(update={"layers": layers})
    return base.model_copy(update={"start": model, "model": made, **changes})


@pytest.mark.parametrize("model", ["inkdigits", "refusing"])
def test_the_network_answers_as_the_model_does(model: str) -> None:
    if model == "refusing":
        model = str(refusing_run()[1].folder)
    config = going_on(model)
    built = network.build(config)
    start.fill(built, config)
    recognizer = Recognizer(ModelHome().find(model))
    patches = np.zeros((30, 28, 28), np.float32)
    patches[:, 4:24, 8:20] = np.random.default_rng(3).random((30, 20, 12))
    logits, evidence = recognizer.run(patches)
    shown, is_digit = network.predict_all(built, patches[..., None])
    np.testing.assert_allclose(shown, softmax(logits), atol=1e-4)
    np.testing.assert_allclose(is_digit, 1 / (1 + np.exp(-evidence)), atol=1e-4)


def test_labels_that_both_know_keep_what_tells_them() -> None:
    labels = ("7", "x", "3")
    config = going_on("inkdigits")
    dataset = config.dataset.model_copy(update={"labels": labels, "classes": 3})
    layers = with_classes(config.model.layers, 3)
    made = config.model.model_copy(update={"layers": layers})
    config = config.model_copy(update={"dataset": dataset, "model": made})
    built = network.build(config)
    start.fill(built, config)
    patches = np.random.default_rng(1).random((8, 28, 28), np.float32)
    logits, _ = Recognizer().run(patches)
    shown = network.predict(built, patches[..., None])
    told = np.log(shown[:, 0] / shown[:, 2])
    np.testing.assert_allclose(told, logits[:, 7] - logits[:, 3], atol=1e-2)


def test_a_recipe_may_leave_its_layers_to_the_model(tmp_path: Path) -> None:
    """… and a run by it begins where the model is, not at chance."""
    write_refusing_recipe(tmp_path)
    _, before = refusing_run()
    text = (tmp_path / "refusing.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("model:\n")
    rest = rest[rest.index("training:") :].replace("epochs: 2", "epochs: 1")
    rest = rest.replace("learning_rate: 0.01", "learning_rate: 0.00001")
    rest = rest.replace("weight_averaging: {from_epoch: 2, batch_norm_images: 128}\n", "")
    (tmp_path / "on.yaml").write_text(f"{head}start: {before.folder}\n{rest}", encoding="utf-8")
    config = load_config(tmp_path / "on.yaml")
    assert not [layer for layer in config.model.layers if layer.name == "BatchNormalization"]
    after = train(config, tmp_path / "run")
    assert after.report["accuracy"] == pytest.approx(before.report["accuracy"], abs=0.02)


def test_a_known_name_comes_before_a_folder_and_only_a_model_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKDIGITS_MODELS", str(tmp_path / "models"))
    write_recipe(tmp_path)

    def found(model: str) -> str | None:
        path = tmp_path / "on.yaml"
        path.write_text(f"start: {model}\n{RECIPE}", encoding="utf-8")
        return load_config(path).start

    (tmp_path / "mine").mkdir()
    assert found("mine") == "mine", "no model, and so no path"
    made = write_stand_in(tmp_path / "mine" / "model", {"7": 0.9}, 0.5)
    assert found("mine") == str(tmp_path / "mine")
    assert found("mine/model") == str(made)
    ModelHome().add(made, "mine")
    assert found("mine") == "mine"
    write_stand_in(tmp_path / "inkdigits", {"7": 0.9}, 0.5)
    assert found("inkdigits") == "inkdigits"


def test_what_cannot_be_gone_on_from_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel, match="There is no model"):
        ModelHome().find(str(tmp_path / "nowhere"))
    # the tiny recipe has its batch normalization behind an activation
    with pytest.raises(InvalidModel, match="Train from nothing, without --from"):
        layers_for(str(tiny_run()[1].folder), 10)
    config = load_config(write_recipe(tmp_path, RECIPE))
    config = config.model_copy(update={"start": "inkdigits"})
    with pytest.raises(InvalidModel, match="layers with weights"):
        start.fill(network.build(config), config)
