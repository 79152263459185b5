"""The figures of a report, each against a calculation by hand."""

import gzip
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tiny_training import tiny_run

from inkdigits.artifact import ModelConfig
from inkdigits.confidence import energy
from inkdigits.errors import DataUnavailable, InvalidModel
from inkdigits.recognizer import Outputs, Recognizer
from inkdigits.training import datasets
from inkdigits.training.backend import load_keras
from inkdigits.training.evaluate import (
    cross_entropy,
    evaluate,
    evaluate_digits,
    wilson,
    write_report,
)
from inkdigits.training.report import as_markdown, as_text, classification_report


class _Told:
    """A model whose logits are written into the patch: the first three pixels."""

    labels = ("0", "1", "2")
    config = ModelConfig(
        "told", "1.0.0", labels, 1, 2.0, {"confidence": 0.6, "evidence": 1.0}, "", {}
    )

    def run(self, patches: NDArray[np.float32]) -> Outputs:
        """Those, and their energy."""
        logits = self.logits(patches)
        return Outputs(logits, energy(logits))

    def logits(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """The first row's first three pixels, ten times."""
        return patches[:, 0, :3] * 10


def _digits(rows: list[tuple[list[float], int]]) -> datasets.Digits:
    patches = np.zeros((len(rows), 28, 28, 1), np.float32)
    for patch, (logits, _) in zip(patches, rows, strict=True):
        patch[0, :3, 0] = np.array(logits) / 10
        patch[1, 0] = any(logits)  # ink, lest it counts as blank
    return datasets.Digits(patches, np.array([label for _, label in rows]), "told")


def test_the_figures_are_those_of_a_calculation_by_hand() -> None:
    rows = [
        ([8.0, 0.0, 0.0], 0),  # right and sure
        ([0.0, 6.0, 0.0], 1),  # right and sure
        ([0.0, 6.0, 0.0], 2),  # wrong and sure
        ([1.0, 1.1, 0.0], 1),  # right, but unsure
        ([-2.0, -2.0, -1.0], 2),  # right, but like nothing known
        ([0.0, 0.0, 0.0], 0),  # blank
        ([0.0, 0.0, 0.0], 2),  # blank
    ]
    report = evaluate_digits(_Told(), _digits(rows))  # type: ignore[arg-type]
    logits = np.array([row for row, _ in rows])
    labels = [label for _, label in rows]

    def loss(temperature: float) -> float:
        losses: list[float] = [
            math.log(sum(math.exp(value / temperature) for value in row))
            - float(row[label]) / temperature
            for row, label in zip(logits, labels, strict=True)
        ]
        return sum(losses) / len(losses)

    assert report.images == 7
    assert report.errors == 3
    assert report.accuracy == pytest.approx(4 / 7)
    assert report.loss == pytest.approx(loss(1.0), rel=1e-5)
    assert report.calibrated_loss == pytest.approx(loss(2.0), rel=1e-5)
    assert report.refused == pytest.approx({"blank": 2 / 7, "not_a_digit": 1 / 7, "unsure": 1 / 7})
    assert report.accuracy_of_answers == pytest.approx(2 / 3)
    assert report.confusion == ((1, 0, 0), (0, 2, 0), (0, 1, 1))
    assert report.per_label["0"] == pytest.approx(
        {"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "images": 2}
    )
    assert report.per_label["1"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1, "f1": 0.8, "images": 2}
    )


class _Fond(_Told):
    """A model that would read a blank as a 0, and is sure of it."""

    def logits(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Zeros for ink, a 0 for none."""
        return np.where(patches.max(axis=(1, 2))[:, None] > 0, 0, [9, 0, 0]).astype(np.float32)


@pytest.mark.parametrize("inked", [0, 1, 4])
def test_what_the_model_makes_of_a_blank_is_in_no_figure(inked: int) -> None:
    rows = [([0.0, 1.0, 0.0], 0)] * inked + [([0.0, 0.0, 0.0], 0), ([0.0, 0.0, 0.0], 1)]
    report = evaluate_digits(_Fond(), _digits(rows))  # type: ignore[arg-type]
    confusion = np.array(report.confusion)
    assert confusion.sum() == inked
    assert report.errors == confusion.sum() - np.trace(confusion) + 2
    assert report.errors + round(report.accuracy * report.images) == report.images
    assert report.loss == pytest.approx(math.log(3))
    assert report.calibrated_loss == pytest.approx(math.log(3))
    assert sum(row["images"] for row in report.per_label.values()) == report.images
    table = classification_report(report).splitlines()
    assert [float(line.split()[-1]) for line in table[2:4]] == [inked + 1, 1]
    assert table[2].split()[2] == f"{inked / (inked + 1):.4f}"


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (9917, 10000, 0.98973, 0.99330),
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (1, 2, 0.09453, 0.90547),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson_gives_the_tabulated_intervals(
    successes: int, trials: int, low: float, high: float
) -> None:
    assert wilson(successes, trials) == pytest.approx((low, high), abs=2e-5)


def test_cross_entropy_is_that_of_keras() -> None:
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(10, 0.1), 500).astype(np.float32)
    probabilities[0] = np.eye(10)[3]
    labels = rng.integers(0, 10, 500)
    labels[0] = 4  # probability zero: bounded, not infinite
    ours = cross_entropy(probabilities, labels)
    keras = load_keras()
    theirs = keras.losses.SparseCategoricalCrossentropy()(labels, probabilities)
    assert ours == pytest.approx(float(np.asarray(theirs)), rel=1e-4)


def test_the_report_of_a_run_is_that_of_keras() -> None:
    config, run = tiny_run()
    digits = datasets.test_digits(config.dataset)
    network = load_keras().saving.load_model(run.folder / "model.keras")
    loss, accuracy = network.evaluate(
        digits.patches, np.eye(10, dtype=np.float32)[digits.labels], verbose=0
    )
    assert run.report["loss"] == pytest.approx(loss, rel=1e-4)
    assert run.report["accuracy"] == pytest.approx(accuracy)


def test_a_model_folder_is_evaluated_as_the_run_was(tmp_path: Path) -> None:
    config, run = tiny_run()
    assert config.dataset.test is not None
    report = evaluate(run.folder / "model", config.dataset.test)
    for key in ("accuracy", "loss", "calibrated_loss", "calibration_error", "errors"):
        assert getattr(report, key) == run.report[key]
    written = write_report(report, tmp_path / "report", {"more": 1})
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.md",
        "report.json",
        "classification_report.txt",
        "confusion_matrix.png",
    }
    assert json.loads((tmp_path / "report" / "report.json").read_text()) == written
    assert written["more"] == 1
    picture = cv2.imread(str(tmp_path / "report" / "confusion_matrix.png"))
    assert picture is not None
    assert min(picture.shape[:2]) > 1000


def test_the_table_is_scikit_learns() -> None:
    config, run = tiny_run()
    report = evaluate(run.folder / "model", config.dataset.test or "")
    digits = datasets.test_digits(config.dataset)
    answers = Recognizer(run.folder / "model").run(digits.patches[..., 0]).logits.argmax(axis=1)
    from sklearn.metrics import classification_report as theirs

    assert classification_report(report) == theirs(
        digits.labels, answers, digits=4, zero_division=0
    )


def test_refusals_are_those_of_the_recognizer(tmp_path: Path) -> None:
    _, run = tiny_run()
    strokes = [[[[x, 0], [x + 9, 40], [3, x]]] for x in range(0, 200, 4)]
    lines = [json.dumps({"label": 1, "strokes": one}) for one in strokes]
    path = tmp_path / "ink.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    report = evaluate(run.folder / "model", path)
    from inkdigits.ink import Ink

    answers = Recognizer(run.folder / "model").recognize_many([Ink(one) for one in strokes])
    for reason, share in report.refused.items():
        assert share == pytest.approx(np.mean([answer.reason == reason for answer in answers]))
    assert report.accuracy == np.mean([answer.best_label == "1" for answer in answers])


def test_the_markdown_says_what_the_figures_are() -> None:
    config, run = tiny_run()
    text = as_markdown(evaluate(run.folder / "model", config.dataset.test or ""), "Before.")
    assert text.startswith("# tiny 1.0.0 on test-images-idx3-ubyte\n\nBefore.\n")
    assert "| images | 60 |" in text
    assert f"**{run.report['accuracy']:.2%}**" in text
    assert text.count("\n| ") == 9 + 11
    plain = as_text(evaluate(run.folder / "model", config.dataset.test or ""))
    assert f"accuracy           {run.report['accuracy']:.2%} (95 % interval" in plain
    assert "precision    recall  f1-score   support" in plain


def test_a_model_or_data_that_are_not_there_are_told() -> None:
    _, run = tiny_run()
    with pytest.raises(InvalidModel):
        evaluate("no such model", "mnist")
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        evaluate(run.folder / "model", "nowhere")
