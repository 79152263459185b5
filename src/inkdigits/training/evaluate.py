"""How good a model folder is on labelled data, as everybody else will run it: by onnxruntime."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import confidence
from inkdigits.errors import MissingExtra
from inkdigits.recognizer import Recognizer
from inkdigits.training.datasets import Digits, load_digits
from inkdigits.training.files import write_whole

BATCH = 256


@dataclass(frozen=True)
class Report:
    """The figures of a model on a data set.

    Args:
        model: name of the model.
        version: its version.
        dataset: name of the data set.
        images: number of images.
        labels: names of the labels, in the order of the tables below.
        accuracy: share whose most probable label is right, refused or not; blanks count as wrong.
        accuracy_interval: Wilson's interval of it, 95 %.
        errors: number of images whose most probable label is wrong.
        loss: mean cross-entropy in nats of the model's plain probabilities, as Keras computes it.
        calibrated_loss: the same of the probabilities that users see (temperature applied).
        calibration_error: expected calibration error of those, 15 bins.
        refused: share of images that get no label, by reason.
        accuracy_of_answers: share of right labels among the images that get one.
        per_label: precision, recall, f1 and images of each label.
        confusion: counts, one row a true label, one column a most probable label.
    """

    model: str
    version: str
    dataset: str
    images: int
    labels: tuple[str, ...]
    accuracy: float
    accuracy_interval: tuple[float, float]
    errors: int
    loss: float
    calibrated_loss: float
    calibration_error: float
    refused: dict[str, float]
    accuracy_of_answers: float
    per_label: dict[str, dict[str, float]]
    confusion: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self)


def evaluate(model: Path | str | None, data: Path | str) -> Report:
    """Evaluate a model folder on a data set.

    Args:
        model: folder or name of a model; None: the shipped one.
        data: what `datasets.load_digits` takes: `mnist`, an IDX file, a folder, ink JSON lines.

    Raises:
        InvalidModel: The model cannot be used.
        DataUnavailable: The data cannot be used.
    """
    recognizer = Recognizer(model)
    return evaluate_digits(recognizer, load_digits(data, recognizer.labels))


def evaluate_digits(recognizer: Recognizer, digits: Digits) -> Report:
    """Evaluate a model on patches."""
    patches = digits.patches[..., 0]
    parts = range(0, len(patches), BATCH)
    logits = np.concatenate([recognizer.logits(patches[start : start + BATCH]) for start in parts])
    config = recognizer.config
    plain, seen = confidence.softmax(logits), confidence.softmax(logits, config.temperature)
    blank = patches.reshape(len(patches), -1).max(axis=1) == 0
    best, sure = seen.argmax(axis=1), seen.max(axis=1)
    right = (best == digits.labels) & ~blank
    strange = (confidence.energy(logits) < config.thresholds["energy"]) & ~blank
    unsure = (sure < config.thresholds["confidence"]) & ~strange & ~blank
    answered = ~(blank | strange | unsure)
    return Report(
        model=config.name,
        version=config.version,
        dataset=digits.name,
        images=len(digits),
        labels=recognizer.labels,
        accuracy=float(right.mean()),
        accuracy_interval=wilson(int(right.sum()), len(digits)),
        errors=int((~right).sum()),
        loss=cross_entropy(plain, digits.labels),
        calibrated_loss=cross_entropy(seen, digits.labels),
        calibration_error=confidence.expected_calibration_error(sure, right),
        refused={
            "blank": float(blank.mean()),
            "not_a_digit": float(strange.mean()),
            "unsure": float(unsure.mean()),
        },
        accuracy_of_answers=float(right[answered].mean()) if answered.any() else 0.0,
        **_tables(digits.labels, best, recognizer.labels),
    )


def cross_entropy(probabilities: NDArray[np.floating], labels: NDArray[np.int64]) -> float:
    """Mean cross-entropy in nats, bounded as Keras bounds it.

    Args:
        probabilities: (N, classes).
        labels: (N,) class indices.
    """
    chosen = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(chosen, 1e-7, 1 - 1e-7)).mean())


def wilson(successes: int, trials: int, deviations: float = 1.959964) -> tuple[float, float]:
    """Interval for a share (Wilson, "Probable inference, the law of succession", JASA 1927).

    Args:
        successes: how many came right.
        trials: out of how many; 0 gives the whole of [0, 1].
        deviations: half width of the interval in standard deviations; the default makes it 95 %.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = successes / trials, deviations**2
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = deviations * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    half /= 1 + square / trials
    return max(0.0, centre - half), min(1.0, centre + half)


def classification_report(report: Report) -> str:
    """The table that scikit-learn prints, from the counts of the report."""
    truth, answers = _spread_out(report.confusion)
    return str(
        _metrics().classification_report(
            truth,
            answers,
            labels=range(len(report.labels)),
            target_names=list(report.labels),
            digits=4,
            zero_division=0,
        )
    )


def _tables(
    truth: NDArray[np.int64], answers: NDArray[np.int64], labels: tuple[str, ...]
) -> dict[str, Any]:
    metrics = _metrics()
    numbers = range(len(labels))
    confusion = metrics.confusion_matrix(truth, answers, labels=numbers)
    columns = metrics.precision_recall_fscore_support(
        truth, answers, labels=numbers, zero_division=0
    )
    names = ("precision", "recall", "f1", "images")
    per_label = {
        label: dict(zip(names, (float(value) for value in row), strict=True))
        for label, row in zip(labels, np.stack(columns, axis=1), strict=True)
    }
    return {
        "per_label": per_label,
        "confusion": tuple(tuple(int(count) for count in row) for row in confusion),
    }


def _spread_out(
    confusion: tuple[tuple[int, ...], ...],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One entry an image again, from the counts."""
    counts = np.array(confusion)
    truth, answers = np.indices(counts.shape)
    return np.repeat(truth.ravel(), counts.ravel()), np.repeat(answers.ravel(), counts.ravel())


def _metrics() -> Any:
    try:
        from sklearn import metrics
    except ModuleNotFoundError as error:
        raise MissingExtra("train", "scikit-learn") from error
    return metrics


def write_report(
    report: Report, folder: Path, extra: Mapping[str, Any] | None = None, before: str = ""
) -> dict[str, Any]:
    """Write `report.md`, `report.json`, `classification_report.txt` and `confusion_matrix.png`.

    Args:
        report: the figures.
        folder: made if it is not there.
        extra: more for the JSON.
        before: Markdown to put between the title and the figures.

    Returns:
        What `report.json`, the last file to be written, holds.
    """
    from inkdigits.training.plots import confusion_matrix

    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "classification_report.txt", classification_report(report).encode())
    write_whole(folder / "confusion_matrix.png", confusion_matrix(report))
    write_whole(folder / "report.md", as_markdown(report, before).encode())
    content = {**report.as_json(), **(extra or {})}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / "report.json", text.encode())
    written: dict[str, Any] = json.loads(text)
    return written


def as_text(report: Report) -> str:
    """The report for a terminal: the figures, then the table."""
    low, high = report.accuracy_interval
    refused = ", ".join(f"{share:.2%} {reason}" for reason, share in report.refused.items())
    return (
        f"{report.model} {report.version} on {report.dataset}, {report.images:,} images\n\n"
        f"accuracy           {report.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}),"
        f" {report.errors:,} errors\n"
        f"loss               {report.loss:.4f}, calibrated {report.calibrated_loss:.4f}\n"
        f"calibration error  {report.calibration_error:.4f}\n"
        f"refused            {refused}\n"
        f"answers given      {report.accuracy_of_answers:.2%} right\n\n"
        f"{classification_report(report)}"
    )


def as_markdown(report: Report, before: str = "") -> str:
    """The report as Markdown."""
    low, high = report.accuracy_interval
    refused = ", ".join(f"{share:.2%} {reason}" for reason, share in report.refused.items())
    lines = [
        f"# {report.model} {report.version} on {report.dataset}",
        "",
        *([before, ""] if before else []),
        "| figure | value |",
        "|---|---|",
        f"| images | {report.images:,} |",
        f"| accuracy | **{report.accuracy:.2%}** (95 % interval {low:.2%} to {high:.2%}) |",
        f"| errors | {report.errors:,} |",
        f"| loss | {report.loss:.4f} |",
        f"| loss, calibrated | {report.calibrated_loss:.4f} |",
        f"| calibration error | {report.calibration_error:.4f} |",
        f"| refused | {refused} |",
        f"| accuracy of the answers given | {report.accuracy_of_answers:.2%} |",
        "",
        "| label | precision | recall | F1 | images |",
        "|---|---|---|---|---|",
    ]
    for label, row in report.per_label.items():
        lines.append(
            f"| {label} | {row['precision']:.4f} | {row['recall']:.4f} | {row['f1']:.4f}"
            f" | {row['images']:,.0f} |"
        )
    lines += ["", "![Confusion matrix](confusion_matrix.png)", ""]
    return "\n".join(lines)
