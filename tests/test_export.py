"""The model folder is what Keras trained: the same answers, calibrated, with a full card."""

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from rich.console import Console
from tiny_training import refusing_run, tiny_run, write_refusing_recipe

from inkdigits import normalize
from inkdigits.artifact import read_model
from inkdigits.confidence import softmax
from inkdigits.digit_model import DigitModel
from inkdigits.errors import InkdigitsError, InterruptedRun, InvalidModel, MissingExtra
from inkdigits.recognizer import Recognizer
from inkdigits.training import datasets, mixture, network
from inkdigits.training.backend import load_keras
from inkdigits.training.convert import to_onnx
from inkdigits.training.export import calibrate, export
from inkdigits.training.halves import halve

CONFIGS = Path(__file__).parents[1] / "configs"


def test_onnx_gives_the_logits_of_keras_for_any_batch() -> None:
    config, run = tiny_run()
    trained = load_keras().saving.load_model(run.folder / "model.keras")
    patches = datasets.test_digits(config.dataset).patches
    session = onnxruntime.InferenceSession(to_onnx(trained))
    (given,), (made,) = session.get_inputs(), session.get_outputs()
    assert given.shape[1:] == [28, 28, 1]
    assert made.shape[1:] == [10]
    for count in (1, 7, 60):
        (logits,) = session.run([made.name], {given.name: patches[:count]})
        assert np.abs(logits.sum(axis=1) - 1).max() > 0.1, "these are probabilities, not logits"
        wanted = network.predict(trained, patches[:count])
        np.testing.assert_allclose(softmax(logits), wanted, atol=1e-5)
    assert run.report["greatest_difference_to_keras"] < 1e-5
    assert 0 <= run.report["relabelled_by_rounding"] <= 2


def test_both_outputs_are_those_of_keras_and_the_recognizer_judges_by_the_second() -> None:
    config, run = refusing_run()
    trained = load_keras().saving.load_model(run.folder / "model.keras")
    patches = datasets.test_digits(config.dataset).patches
    rng = np.random.default_rng(0)
    patches = np.concatenate([patches, rng.random(patches.shape, np.float32)])
    session = onnxruntime.InferenceSession(to_onnx(trained))
    shapes = [output.shape[1:] for output in session.get_outputs()]
    assert shapes == [[10], [1]]
    shown, is_digit = network.predict_all(trained, patches)
    for count in (1, 7, len(patches)):
        names = [output.name for output in session.get_outputs()]
        logits, evidence = session.run(names, {session.get_inputs()[0].name: patches[:count]})
        np.testing.assert_allclose(softmax(logits), shown[:count], atol=1e-5)
        np.testing.assert_allclose(_sigmoid(evidence[:, 0]), is_digit[:count], atol=1e-5)
    written = Recognizer(run.folder / "model")
    outputs = written.run(patches[..., 0])
    assert outputs.evidence.shape == (len(patches),)
    # its weights are stored in 16 bits
    np.testing.assert_allclose(softmax(outputs.logits), shown, atol=0.02)
    np.testing.assert_allclose(_sigmoid(outputs.evidence), is_digit, atol=0.02)
    threshold = written.config.thresholds["evidence"]
    assert np.median(outputs.evidence[: len(patches) // 2]) > threshold, "digits"
    everywhere = (0.0, 0.0, 28.0, 28.0)
    answers = DigitModel(run.folder / "model").answer([(p, everywhere) for p in patches[..., 0]])
    for answer, evidence in zip(answers, outputs.evidence, strict=True):
        assert (answer.reason == "not_a_digit") == (evidence < threshold)


def _sigmoid(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(1 / (1 + np.exp(-values)))


def test_the_threshold_of_evidence_keeps_the_promised_share_of_held_out_digits() -> None:
    config, run = refusing_run()
    _, held_out = mixture.read(config)
    written = Recognizer(run.folder / "model")
    evidence = written.run(held_out.digits.patches[..., 0]).evidence
    kept = (evidence >= written.config.thresholds["evidence"]).mean()
    assert config.calibration.keep_digits <= kept
    assert written.run(held_out.outliers[..., 0]).evidence.mean() < evidence.mean()


def test_the_folder_says_what_it_is() -> None:
    config, run = tiny_run()
    written, _ = read_model(run.folder / "model")
    assert written.name == "tiny"
    assert written.version == "1.0.0"
    assert written.labels == tuple("0123456789")
    assert written.normalizer == normalize.VERSION
    assert written.training["test_accuracy"] == run.report["accuracy"]
    assert written.training["test_loss"] == run.report["loss"]
    assert written.training["seed"] == config.seed
    assert written.training["validation_images"] == 80
    assert written.training["held_out_by_writer"] == []
    drawn, _ = read_model(refusing_run()[1].folder / "model")
    named = drawn.training["held_out_by_writer"]  # of the pictures nobody tells who wrote them
    assert [Path(data).name for data in named] == ["digits.jsonl"]


def test_the_card_has_every_part_and_the_measured_figures() -> None:
    _, run = tiny_run()
    card = (run.folder / "model" / "README.md").read_text(encoding="utf-8")
    for part in ("What it is", "Data", "Figures", "Meant for", "Limits", "Made by"):
        assert f"\n## {part}\n" in card
    assert f"{run.report['accuracy']:.2%}" in card
    recipe = (run.folder / "model" / "recipe.yaml").read_text(encoding="utf-8")
    assert recipe == (run.folder / "config.yaml").read_text(encoding="utf-8")
    assert "turned by up to 8 degrees" in card
    assert "a share of each label. The run opened the test images" in card


def test_calibration_keeps_the_promised_share_of_the_held_out_digits() -> None:
    config, _ = tiny_run()
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 4000)
    logits = (rng.normal(size=(4000, 10)) + 4 * np.eye(10)[labels]).astype(np.float32)
    evidence = rng.normal(size=4000)
    temperature, thresholds = calibrate(3 * logits, evidence, labels, config)
    assert temperature == pytest.approx(
        3 * calibrate(logits, evidence, labels, config)[0], rel=1e-3
    )
    sure = softmax(3 * logits, temperature).max(axis=1)
    assert (sure >= thresholds["confidence"]).mean() == pytest.approx(0.995, abs=5e-4)
    assert (evidence >= thresholds["evidence"]).mean() == pytest.approx(0.998, abs=5e-4)


def test_export_writes_the_same_folder_again(tmp_path: Path) -> None:
    _, run = tiny_run()
    copy = tmp_path / "run"
    shutil.copytree(run.folder, copy)
    shutil.rmtree(copy / "model")
    said = StringIO()
    folder = export(copy, console=Console(file=said, width=120))
    assert "greatest difference of a probability" in said.getvalue()
    cards, configs = (
        [(path / "model" / name).read_text(encoding="utf-8") for path in (run.folder, copy)]
        for name in ("README.md", "config.json")
    )
    assert cards[0] == cards[1]
    first, again = ({**json.loads(text), "sha256": ""} for text in configs)
    assert first == again
    patches = np.random.default_rng(0).random((5, 28, 28), np.float32)
    np.testing.assert_allclose(
        Recognizer(folder).run(patches).logits,
        Recognizer(run.folder / "model").run(patches).logits,
        atol=1e-5,
    )


@pytest.mark.parametrize("missing", ["config.yaml", "model.keras", "report.json"])
def test_a_run_that_is_not_finished_is_not_exported(missing: str, tmp_path: Path) -> None:
    for name in {"config.yaml", "model.keras", "report.json"} - {missing}:
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(InterruptedRun, match=missing):
        export(tmp_path)


@pytest.mark.parametrize("output", ["logits", "evidence"])
def test_weights_that_answer_otherwise_are_not_written(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, run = tiny_run() if output == "logits" else refusing_run()
    copy = tmp_path / "run"
    shutil.copytree(run.folder, copy)
    shutil.rmtree(copy / "model")
    whole = network.with_logits

    def spoilt(trained: Any) -> Any:
        bare = whole(trained)
        kernel = bare.get_layer(output).weights[0]
        kernel.assign(np.asarray(kernel) * 1.01)
        return bare

    monkeypatch.setattr(network, "with_logits", spoilt)
    with pytest.raises(InvalidModel, match="differ from Keras"):
        export(copy, console=Console(file=StringIO()))
    assert not (copy / "model").exists()


def test_the_networks_of_the_committed_recipes_export() -> None:
    from inkdigits.training.config import load_config

    for name in ("original", "fast", "inkdigits"):
        trained = network.build(load_config(CONFIGS / f"{name}.yaml"))
        data = to_onnx(trained)
        session = onnxruntime.InferenceSession(data)
        patches = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
        logits, *evidence = session.run(None, {session.get_inputs()[0].name: patches})
        assert len(evidence) == (name == "inkdigits")
        np.testing.assert_allclose(softmax(logits), network.predict(trained, patches), atol=1e-5)
        if name == "inkdigits":
            assert len(halve(data)) <= 700_000


@pytest.mark.slow
def test_a_run_through_jax_ends_in_the_same_kind_of_model(tmp_path: Path) -> None:
    recipe, folder = write_refusing_recipe(tmp_path), tmp_path / "run"
    command = [sys.executable, "-m", "inkdigits", "train", str(recipe), "--output", str(folder)]
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(
        command, env=environment, check=False, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["training"]["backend"] == "jax"
    assert report["accuracy"] > 0.5
    assert report["greatest_difference_to_keras"] < 1e-5
    assert read_model(folder / "model")[0].name == "refusing"


def test_a_conversion_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unfit:
        def save(self, path: Path) -> None:
            path.write_text("nothing", encoding="utf-8")

    keras = load_keras()
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InkdigitsError, match=r"needs TensorFlow, failed: .*--resume"):
        to_onnx(Unfit())


def test_what_the_conversion_needs_is_missed_before_the_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from inkdigits.training.config import load_config
    from inkdigits.training.train import train

    config = load_config(write_refusing_recipe(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match="tensorflow"):
        train(config, tmp_path / "run", console=Console(file=StringIO()))
