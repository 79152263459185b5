"""The recipe: what is understood, and how what is not is said."""

import subprocess
import sys
from pathlib import Path

import pytest

from inkdigits.errors import InvalidConfig
from inkdigits.training.config import (
    TrainingConfig,
    load_config,
    load_recipe,
    parse_config,
    parse_recipe,
)
from inkdigits.training.schema import page

# Parts, ink and outliers, laid onto the original's form.
PARTS = """
dataset:
  name: mine
  test: more
  parts:
    - {data: mnist-train, weight: 0.9}
    - {data: ink/mine.jsonl, limit: 20, leave_out: {contributor: [ibm]}}
    - data: pendigits_train
outliers:
  parts: [{data: letters.jsonl.gz}, {data: unipen_1b_upper}]
  synthetic: 10
ink: {pen: [0.05, 0.2], resolution: [24, 60]}
"""

ROOT = Path(__file__).parents[1]
ORIGINAL = ROOT / "configs" / "original.yaml"

# The original program's configuration, in its own words.
ORIGINAL_FORM = """
model:
  type: "CNN"
  layers:
    - Conv2D: {filters: 32, kernel_size: [3,3], activation: "relu", input_shape: [28,28,1]}
    - MaxPooling2D: {pool_size: [2,2]}
    - BatchNormalization
    - Conv2D:
        filters: 64
        kernel_size: [3, 3]
        activation: relu
    - MaxPooling2D:
        pool_size: [2, 2]
    - BatchNormalization:
    - Conv2D: {filters: 128, kernel_size: [3,3], activation: "relu"}
    - BatchNormalization: {}
    - Flatten
    - Dense: {units: 256, activation: "relu"}
    - Dropout: {rate: 0.5}
    - Dense: {units: 10, activation: "softmax"}
training:
  epochs: 12
  batch_size: 32
  optimizer: "adam"
dataset:
  name: "MNIST"
  input_shape: [28, 28, 1]
  classes: 10
"""


def test_the_original_form_is_understood_in_all_its_spellings() -> None:
    config = parse_config(ORIGINAL_FORM)
    assert [layer.name for layer in config.model.layers] == [
        "Conv2D",
        "MaxPooling2D",
        "BatchNormalization",
        "Conv2D",
        "MaxPooling2D",
        "BatchNormalization",
        "Conv2D",
        "BatchNormalization",
        "Flatten",
        "Dense",
        "Dropout",
        "Dense",
    ]
    assert config.model.layers[3].arguments()["filters"] == 64
    assert (config.training.epochs, config.training.batch_size) == (12, 32)
    assert config.augmentation is None
    shipped = load_config(ORIGINAL)
    assert shipped.model == config.model
    assert shipped.training == config.training


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "filters: 64",
            "filtres: 64",
            "model.layers.3.Conv2D.filtres: not known; did you mean filters?",
        ),
        ("- Flatten", "- Flaten", "model.layers.8.Flaten: not known; did you mean Flatten?"),
        ("Dropout", "dropout", "model.layers.10.dropout: not known; did you mean Dropout?"),
        ('"adam"', '"adm"', "training.optimizer: 'adm' is not known; did you mean adam?"),
        (
            "activation: relu",
            "activation: rleu",
            "model.layers.3.Conv2D.activation: 'rleu' is not known; did you mean relu?",
        ),
        ("training:", "trainin:", "trainin: not known; did you mean training?"),
        ("filters: 64", "filters: many", "model.layers.3.Conv2D.filters: input should be a valid"),
        ("filters: 64", "filters: 0", "model.layers.3.Conv2D.filters: input should be greater"),
        ("filters: 64", "filters: true", "model.layers.3.Conv2D.filters: input should be a valid"),
        ("rate: 0.5", "rate: yes", "model.layers.10.Dropout.rate: a number is needed, not true"),
        ("rate: 0.5", "rate: .nan", "model.layers.10.Dropout.rate: input should be"),
        ("epochs: 12", "epochs: 1.5", "training.epochs: input should be a valid integer"),
        ("        filters: 64\n", "", "model.layers.3.Conv2D.filters: is missing"),
        ("units: 10", "units: 9", "model.layers.11.Dense.units: 9, but dataset.classes is 10"),
        (
            '"softmax"',
            '"relu"',
            "model.layers.11.Dense: the last layer must end in activation: softmax",
        ),
        (
            'units: 256, activation: "relu"',
            "units: 256, activation: softmax",
            "model.layers.9.Dense.activation: softmax belongs to the last layer",
        ),
        ("[28,28,1]}", "[28,28,3]}", "model.layers.0.Conv2D.input_shape: [28, 28, 3], but dataset"),
        (
            "        filters: 64\n",
            "        filters: 64\n        input_shape: [28,28,1]\n",
            "only the first",
        ),
        (
            'name: "MNIST"',
            "name: MNITS",
            "dataset.name: 'MNITS' is not known (did you mean 'MNIST'?)",
        ),
        (
            'name: "MNIST"',
            "name: MNIST\n  train: x",
            "dataset: train and test belong to data of your own",
        ),
        ("classes: 10", "classes: 11", "dataset.classes: MNIST has 10"),
        (
            "input_shape: [28, 28, 1]",
            "input_shape: [32, 32, 1]",
            "dataset.input_shape: patches are",
        ),
        ('"CNN"', "RNN", "model.type: 'RNN' is not known; did you mean CNN?"),
        ("epochs: 12", "epochs: 12\n  epochs: 3", "'epochs' is said twice"),
        ("epochs: 12", "epochs: [12", "not valid YAML"),
        ("training:", "? [a, b]\n: 1\ntraining:", "not valid YAML: while constructing a mapping"),
        ("training:", "? {a: b}\n: 1\ntraining:", "not valid YAML: while constructing a mapping"),
        ("training:", "description: 2026-13-45\ntraining:", "not valid YAML: month must be in"),
        ("training:", "description: 2026-11-22\ntraining:", "description: input should be a valid"),
        ("training:", f"description: {'[' * 2000}\ntraining:", "not valid YAML: nested too deeply"),
        ("epochs: 12", "epochs: !!int many", "not valid YAML: invalid literal"),
        ("epochs: 12", "epochs: !!bool many", "not valid YAML"),
        ("epochs: 12", "epochs: !!timestamp many", "not valid YAML"),
        ("epochs: 12", "epochs: !!map [1]", "not valid YAML: expected a mapping node"),
        ("epochs: 12", "epochs: !!python/name:os.system", "not valid YAML: could not determine"),
        ("epochs: 12", f"epochs: {'1' * 5000}", "not valid YAML"),
        ("training:", "description: &a [*a]\ntraining:", "description: input should be a valid"),
        (
            "training:",
            "weight_averaging: {from_epoch: 13}\ntraining:",
            "from_epoch: 13 is after the last",
        ),
    ],
)
def test_what_is_not_understood_is_named_with_its_place(old: str, new: str, message: str) -> None:
    assert old in ORIGINAL_FORM
    with pytest.raises(InvalidConfig) as caught:
        parse_config(ORIGINAL_FORM.replace(old, new, 1), "my.yaml")
    assert message in str(caught.value)
    assert str(caught.value).startswith("my.yaml: ")


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b"])
def test_a_file_that_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(InvalidConfig, match="sections model, training and dataset"):
        parse_config(text)


def test_a_file_that_is_not_there_is_named_with_the_nearest_that_is(tmp_path: Path) -> None:
    (tmp_path / "original.yaml").write_text(ORIGINAL_FORM, encoding="utf-8")
    with pytest.raises(InvalidConfig, match=r"Did you mean original\.yaml\?"):
        load_config(tmp_path / "orignal.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: é".encode("latin-1"))
    with pytest.raises(InvalidConfig, match="UTF-8"):
        load_config(tmp_path / "latin.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda p: p.stem)
def test_every_committed_recipe_is_valid_and_survives_being_written(path: Path) -> None:
    config = load_recipe(path)
    assert parse_recipe(config.to_yaml()) == config
    assert parse_recipe(config.to_yaml(complete=False)) == config


def test_the_name_of_a_recipe_is_that_of_its_file_unless_it_says_another() -> None:
    assert load_config(ORIGINAL).model_name == "original"
    assert parse_config(ORIGINAL_FORM + "name: other\n").model_name == "other"


def test_paths_of_own_data_are_relative_to_the_recipe(tmp_path: Path) -> None:
    own = ORIGINAL_FORM.replace('name: "MNIST"', "name: mine\n  train: pictures\n  test: more")
    (tmp_path / "mine.yaml").write_text(own, encoding="utf-8")
    dataset = load_config(tmp_path / "mine.yaml").dataset
    assert dataset.train == str(tmp_path.resolve() / "pictures")
    assert dataset.test == str(tmp_path.resolve() / "more")


def _in_parts(old: str = "", new: str = "") -> str:
    assert old in PARTS
    return ORIGINAL_FORM.partition("dataset:")[0] + PARTS.replace(old, new, 1)


def test_names_of_data_stay_and_paths_of_parts_are_relative_to_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(_in_parts(), encoding="utf-8")
    config = load_config(tmp_path / "mine.yaml")
    folder = tmp_path.resolve()
    assert config.dataset.parts is not None
    assert [part.data for part in config.dataset.parts] == [
        "mnist-train",
        str(folder / "ink" / "mine.jsonl"),
        "pendigits_train",
    ]
    assert config.dataset.parts[1].leave_out == {"contributor": ("ibm",)}
    assert config.dataset.parts[1].limit == 20
    assert config.dataset.test == str(folder / "more")
    assert config.outliers is not None
    assert [part.data for part in config.outliers.parts] == [
        str(folder / "letters.jsonl.gz"),
        "unipen_1b_upper",
    ]
    assert parse_config(config.to_yaml()) == config
    named = _in_parts("test: more", "test: MNIST")
    (tmp_path / "named.yaml").write_text(named, encoding="utf-8")
    assert load_config(tmp_path / "named.yaml").dataset.test == "MNIST"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  test: more\n", "  test: more\n  train: x\n", "dataset.parts: they take the place of"),
        ("  test: more\n", "  test: more\n  limit: 5\n", "dataset.limit: it is for a single"),
        ("name: mine", "name: MNIST", "dataset: train and test belong to data of your own"),
        ("weight: 0.9", "wieght: 0.9", "dataset.parts.0.wieght: not known; did you mean weight?"),
        ("weight: 0.9", "weight: 0", "dataset.parts.0.weight: input should be greater than 0"),
        ("limit: 20", "limit: 0", "dataset.parts.1.limit: input should be greater"),
        ("[ibm]", "ibm", "dataset.parts.1.leave_out.contributor: input should be a valid tuple"),
        ("data: pendigits_train", "weight: 1", "dataset.parts.2.data: is missing"),
        ("[0.05, 0.2]", "[0.2, 0.05]", "ink.pen: the least, 0.2, is above the greatest, 0.05"),
        ("[0.05, 0.2]", "[0.05, 0.9]", "ink.pen.1: input should be less than or equal to 0.5"),
        ("[0.05, 0.2]", "[no, 0.2]", "ink.pen.0: a number is needed, not true or false"),
        ("[0.05, 0.2]", "[0.1]", "ink.pen.1: is missing"),
        ("[24, 60]", "[60, 24]", "ink.resolution: the least, 60, is above the greatest, 24"),
        ("[24, 60]", "[1, 60]", "ink.resolution.0: input should be greater than or equal to 8"),
        ("[24, 60]", "[24, 1e9]", "ink.resolution.1: input should be less than or equal to 1000"),
        ("synthetic: 10", "synthetic: -1", "outliers.synthetic: input should be greater"),
        ("synthetic: 10", "loss_weight: 0", "outliers.loss_weight: input should be greater"),
        ("ink: {", "validation: {writers: 1}\nink: {", "validation.writers: input should be"),
    ],
)
def test_what_is_wrong_with_parts_and_ink_is_named(old: str, new: str, message: str) -> None:
    parse_config(_in_parts())
    with pytest.raises(InvalidConfig) as caught:
        parse_config(_in_parts(old, new), "my.yaml")
    assert str(caught.value).startswith(f"my.yaml: {message}")


def test_there_must_be_parts_and_outliers_where_they_are_named() -> None:
    start = PARTS.index("  parts:\n    - ")
    end = PARTS.index("outliers:")
    with pytest.raises(InvalidConfig, match=r"dataset\.parts: there must be one at least"):
        parse_config(_in_parts(PARTS[start:end], "  parts: []\n"))
    start = PARTS.index("  parts: [{data: letters")
    end = PARTS.index("ink: {")
    with pytest.raises(InvalidConfig, match=r"outliers\.parts: nothing is there to learn from"):
        parse_config(_in_parts(PARTS[start:end], "  hidden: 32\n"))


def test_the_recipe_of_the_shipped_model_names_what_can_be_fetched() -> None:
    from inkdigits.training.fetch import INK

    config = load_config(ROOT / "configs" / "inkdigits.yaml")
    assert isinstance(config, TrainingConfig)
    assert config.dataset.parts is not None
    assert config.outliers is not None
    for part in (*config.dataset.parts, *config.outliers.parts):
        assert part.data in {"mnist-train", *INK}
        assert not part.data.endswith("_test")
    assert not config.dataset.opens_a_test


def test_overrides_are_checked_and_keep_the_share_of_the_averaging() -> None:
    config = parse_config(ORIGINAL_FORM + "weight_averaging: {from_epoch: 10}\n")
    changed = config.changed(epochs=6, seed=5)
    assert changed.weight_averaging is not None
    assert (changed.training.epochs, changed.seed) == (6, 5)
    assert changed.weight_averaging.from_epoch == 5
    for epochs, first in ((1, 1), (12, 10), (48, 37)):
        averaging = config.changed(epochs=epochs).weight_averaging
        assert averaging is not None
        assert averaging.from_epoch == first
    assert config.changed() == config
    with pytest.raises(InvalidConfig, match=r"training\.epochs"):
        config.changed(epochs=0)


def test_the_page_on_recipes_is_current() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == page(), "run: python -m inkdigits.training.schema > docs/configuration.md"


def test_reading_a_recipe_imports_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys; from inkdigits.training.config import load_config;"
        f"load_config({str(ORIGINAL)!r});"
        "sys.exit(bool({'keras', 'tensorflow', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
