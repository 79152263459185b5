"""The figures of a report, each against a calculation by hand."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from tiny_training import ink_lines, tiny_run, write_ink, write_refusing_recipe
from told import Told, told_digits, told_outliers

from inkdigits.cli import main
from inkdigits.digit_model import Outputs
from inkdigits.errors import DataUnavailable, InvalidModel
from inkdigits.recognizer import Recognizer
from inkdigits.training import datasets
from inkdigits.training.backend import load_keras
from inkdigits.training.config import load_config
from inkdigits.training.evaluate import (
    cross_entropy,
    evaluate,
    evaluate_digits,
    wilson,
)
from inkdigits.training.report_text import classification_report


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
    report = evaluate_digits(Told(), told_digits(rows))  # type: ignore[arg-type]
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
    assert report.temperature == 2
    # of what is not blank 1 and 2 are in one bin, each of the others is in its own
    sure = [
        1 / sum(math.exp((value - max(row)) / 2) for value in row) for row in logits[:5].tolist()
    ]
    answers = 1 - sure[0] + abs(1 - 2 * sure[1])
    assert report.calibration_error_of_answers == pytest.approx(answers / 3)
    assert report.calibration_error == pytest.approx((answers + 2 - sure[3] - sure[4]) / 5)
    assert sum(one.images for one in report.reliability) == 5
    assert report.confusion == ((1, 0, 0), (0, 2, 0), (0, 1, 1))
    assert report.per_label["0"] == pytest.approx(
        {"precision": 1, "recall": 1 / 2, "f1": 2 / 3, "images": 2}
    )
    assert report.per_label["1"] == pytest.approx(
        {"precision": 2 / 3, "recall": 1, "f1": 0.8, "images": 2}
    )


class _Fond(Told):
    """A model that would read a blank as a 0, and is sure of it."""

    def run(self, patches: NDArray[np.float32]) -> Outputs:
        """Zeros for ink, a 0 for none."""
        blank = patches.max(axis=(1, 2))[:, None] == 0
        return Outputs(np.where(blank, [9, 0, 0], 0).astype(np.float32), np.full(len(patches), 9.0))


@pytest.mark.parametrize("inked", [0, 1, 4])
def test_what_the_model_makes_of_a_blank_is_in_no_figure(inked: int) -> None:
    rows = [([0.0, 1.0, 0.0], 0)] * inked + [([0.0, 0.0, 0.0], 0), ([0.0, 0.0, 0.0], 1)]
    report = evaluate_digits(_Fond(), told_digits(rows))  # type: ignore[arg-type]
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


def test_every_misread_digit_is_named_surest_first() -> None:
    rows = [
        ([0.0, 6.0, 0.0], 1),  # right
        ([1.0, 1.1, 0.0], 0),  # wrong and unsure
        ([0.0, 0.0, 0.0], 2),  # blank
        ([0.0, 0.0, 9.0], 1),  # wrong and sure
        ([-2.0, -2.0, -1.0], 0),  # wrong, and like nothing known
    ]
    report = evaluate_digits(Told(), told_digits(rows))  # type: ignore[arg-type]
    found = [(one.image, one.label, one.answer, one.reason) for one in report.misread]
    assert found == [
        (3, "1", "2", None),
        (4, "0", "2", "not_a_digit"),
        (1, "0", "1", "unsure"),
        (2, "2", None, "blank"),
    ]
    assert len(found) == report.errors
    assert report.misread[0].confidence == pytest.approx(1 / (1 + 2 * math.exp(-4.5)))
    assert report.misread[3].confidence == 0


def test_bins_and_rejection_are_those_of_the_answers() -> None:
    rows: list[tuple[list[float], int]] = [([6.0, 0.0, 0.0], 0)] * 6 + [([6.0, 0.0, 0.0], 1)] * 2
    rows += [([1.0, 1.1, 0.0], 1), ([1.0, 1.1, 0.0], 2)]
    report = evaluate_digits(Told(), told_digits(rows))  # type: ignore[arg-type]
    sure = 1 / (1 + 2 * math.exp(-3))
    assert len(report.reliability) == 15
    assert sum(one.images for one in report.reliability) == 10
    one = next(one for one in report.reliability if one.low <= sure < one.high)
    assert (one.images, one.accuracy) == (8, 0.75)
    assert one.confidence == pytest.approx(sure)
    assert one.accuracy_interval == pytest.approx(wilson(6, 8))
    empty = report.reliability[0]
    assert (empty.images, empty.confidence, empty.accuracy) == (0, None, None)
    gaps = [abs(b.accuracy - b.confidence) * b.images for b in report.reliability if b.images]  # type: ignore[operator]
    assert report.calibration_error == pytest.approx(sum(gaps) / 10)
    first, last = report.rejection
    assert (first.coverage, first.accuracy) == pytest.approx((0.8, 0.75))
    assert first.confidence == pytest.approx(sure)
    assert (last.coverage, last.accuracy) == pytest.approx((1.0, 0.7))


def test_the_rejection_curve_of_many_answers_keeps_its_ends() -> None:
    rng = np.random.default_rng(0)
    rows = [(row.tolist(), int(rng.integers(3))) for row in rng.normal(0, 3, (3000, 3))]
    report = evaluate_digits(Told(), told_digits(rows))  # type: ignore[arg-type]
    assert 50 <= len(report.rejection) <= 100
    assert report.rejection[-1].coverage == 1
    assert report.rejection[-1].accuracy == pytest.approx(report.accuracy)
    steps = np.diff([point.coverage for point in report.rejection])
    assert steps.max() < 0.03
    assert steps[-5:].max() < 0.002


def test_outliers_are_told_by_their_evidence() -> None:
    digits: list[tuple[list[float], int]] = [([float(n), 0.0, 0.0], 0) for n in range(1, 100)]
    digits.append(([0.0, 0.0, 0.0], 1))  # a blank: the hundredth that need not be kept
    strange = [[0.5, 0.0, 0.0], [50.5, 0.0, 0.0], [0.0, 0.0, 0.0], [-9.0, -9.0, -9.0]]
    report = evaluate_digits(
        Told(),  # type: ignore[arg-type]
        told_digits(digits),
        [told_outliers(strange, left_out=3), told_outliers([[60.0, 0.0, 0.0]], "one")],
    )
    figures, one = report.outliers
    assert (figures.dataset, figures.images, figures.left_out) == ("others", 4, 3)
    # the blank digit equals the blank outlier and is below the others; of the 99, all are above
    # three outliers, and 49 above the one at 50.5
    assert figures.auroc == pytest.approx((0.5 + 99 * 3 + 49) / 400)
    assert figures.refused_keeping_99 == 0.75
    assert figures.refused_keeping_99_interval == pytest.approx(wilson(3, 4))
    assert figures.refused == {"blank": 0.25, "not_a_digit": 0.25, "unsure": 0.25}
    assert one.auroc == pytest.approx(39.5 / 100)  # one digit has the same evidence
    assert one.refused_keeping_99 == 0


@pytest.mark.parametrize(("look_alikes", "left_out", "images"), [(False, 4, 2), (True, 1, 5)])
def test_look_alikes_are_left_out(
    tmp_path: Path, look_alikes: bool, left_out: int, images: int
) -> None:
    config, run = tiny_run()
    strokes = [[[0, 0], [40, 60], [5, 70]], [[30, 5], [2, 66]]]
    lines = [json.dumps({"label": label, "strokes": strokes}) for label in "AOlK|7"]
    path = tmp_path / "letters.jsonl"
    path.write_text("\n".join(lines))
    data = config.dataset.test or ""
    report = evaluate(run.folder / "model", data, [path], look_alikes=look_alikes)
    (figures,) = report.outliers
    assert (figures.left_out, figures.images) == (left_out, images)
    assert report.cost is not None


def test_of_what_the_recipe_names_only_what_it_holds_out_counts(tmp_path: Path) -> None:
    _, run = tiny_run()
    config = load_config(write_refusing_recipe(tmp_path))
    write_ink(tmp_path / "unseen.jsonl", ink_lines("digits", 30, seed=6))
    letters = tmp_path / "letters.jsonl.gz"
    model = run.folder / "model"
    report = evaluate(model, tmp_path / "unseen.jsonl", [letters], recipe=config)
    assert (report.dataset, report.images) == ("unseen", 30)
    assert [(some.dataset, some.images) for some in report.outliers] == [("letters, held out", 20)]
    report = evaluate(model, tmp_path / "digits.jsonl", [letters], recipe=config)
    assert (report.dataset, report.images) == ("digits, held out", 40)
    with pytest.raises(DataUnavailable, match=r"unseen\.jsonl: the model learned from other"):
        evaluate(model, tmp_path / "unseen.jsonl", recipe=config)


def test_the_command_measures_what_was_held_out() -> None:
    config, run = tiny_run()
    command = ["evaluate", str(run.folder / "model"), config.dataset.train or "", "--held-out"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0
    assert "train-images-idx3-ubyte, held out, 80 images" in result.stdout
    command[2] = config.dataset.test or ""
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert "Measure it without --held-out: all of it is new" in result.stderr


def test_a_model_or_data_that_are_not_there_are_told() -> None:
    _, run = tiny_run()
    with pytest.raises(InvalidModel):
        evaluate("no such model", "mnist")
    told = CliRunner().invoke(main, ["evaluate", "nobody's", "mnist"])
    assert (told.exit_code, "known are inkdigits, numbers" in told.stderr) == (2, True)
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        evaluate(run.folder / "model", "nowhere")
