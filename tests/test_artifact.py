"""Model folders: what is written is read again, and anything wrong with one is said."""

import json
import operator
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inkdigits import InvalidModel, Recognizer, normalize
from inkdigits.artifact import ModelConfig, installed_models, model_path, read_model, write_model

FIELDS: dict[str, Any] = {
    "name": "toy",
    "version": "1.2.3",
    "labels": ["a", "b"],
    "normalizer": normalize.VERSION,
    "temperature": 1.5,
    "thresholds": {"confidence": 0.5, "evidence": -1.0},
    "training": {"dataset": "none", "test_accuracy": 0.5},
    "card": "# Toy\n",
}


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped model folder, to be damaged."""
    return Path(shutil.copytree(model_path(), tmp_path / "model"))


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Make a damage out of a change of config.json."""

    def damage(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        change(config)
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    return damage


def flip_a_byte(folder: Path) -> None:
    weights = bytearray((folder / "model.onnx").read_bytes())
    weights[len(weights) // 2] ^= 1
    (folder / "model.onnx").write_bytes(weights)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written = write_model(tmp_path / "new" / "toy", b"weights", **FIELDS)
    read, weights = read_model(tmp_path / "new" / "toy")
    assert read == written
    assert weights == b"weights"
    assert (tmp_path / "new" / "toy" / "README.md").read_text() == "# Toy\n"
    assert sorted(path.name for path in (tmp_path / "new" / "toy").iterdir()) == [
        "README.md",
        "config.json",
        "model.onnx",
    ]
    assert isinstance(read, ModelConfig)


def test_shipped_model_is_complete(shipped: Path) -> None:
    config, weights = read_model(shipped)
    assert config.labels == tuple("0123456789")
    assert config.normalizer == normalize.VERSION
    assert len(weights) <= 700_000
    assert sum(path.stat().st_size for path in shipped.iterdir()) <= 700_000
    card = (shipped / "README.md").read_text(encoding="utf-8")
    assert f"{config.training['parameters']:,} parameters" in card
    assert installed_models()[0] == config


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (flip_a_byte, "damaged or was changed"),
        (lambda folder: (folder / "model.onnx").unlink(), "model.onnx"),
        (lambda folder: (folder / "config.json").unlink(), "no model"),
        (lambda folder: (folder / "config.json").write_text("{"), "not valid JSON"),
        (lambda folder: (folder / "config.json").write_text("[]"), "object"),
        (edit(lambda config: config.update(format=99)), "format 99"),
        (edit(lambda config: config.pop("format")), "format None"),
        (edit(lambda config: config.update(normalizer=99)), "version 99 of the preprocessing"),
        (edit(lambda config: config.update(labels=["0"])), "labels"),
        (edit(lambda config: config.update(labels=list("0123456788"))), "twice"),
        (edit(lambda config: config.update(labels=list("0123"))), "10 outputs"),
        (edit(lambda config: config.update(labels=list(range(10)))), "strings"),
        (edit(lambda config: config.update(temperature=0)), "temperature"),
        (edit(lambda config: config.update(temperature="1")), "temperature"),
        (edit(lambda config: config.update(thresholds={"confidence": 0.5})), "evidence"),
        (edit(lambda config: config.update(normalizer=True)), "normalizer"),
        (edit(lambda config: config.update(temprature=1)), "'temprature'.*'temperature'"),
        (edit(lambda config: config.update(x=1)), "unknown key 'x'"),
        (edit(lambda config: config["thresholds"].update(confidanc=0.5)), "thresholds.*confidence"),
        (edit(lambda config: config["thresholds"].update(accuracy=0.5)), "unknown key 'accuracy'"),
        *(
            (edit(operator.methodcaller("pop", key)), f"lacks the key '{key}'")
            for key in ("name", "version", "labels", "normalizer", "temperature", "thresholds",
                        "sha256", "training")
        ),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_refused(
    shipped: Path, damage: Callable[[Path], object], word: str
) -> None:
    damage(shipped)
    with pytest.raises(InvalidModel, match=word):
        Recognizer(shipped)


def test_weights_that_are_no_onnx_are_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "toy", b"weights", **FIELDS)
    with pytest.raises(InvalidModel, match="cannot be loaded"):
        Recognizer(tmp_path / "toy")


def test_a_failed_write_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path, b"old", **FIELDS)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_model(tmp_path, b"new", **FIELDS)
    assert read_model(tmp_path)[1] == b"old"
    assert len(list(tmp_path.iterdir())) == 3


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(InvalidModel, match=r"'nonsense'.*digits"):
        model_path("nonsense")
    assert model_path("inkdigits") == model_path()
