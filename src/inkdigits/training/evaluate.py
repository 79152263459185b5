"""How good a model folder is on labelled data, as everybody else will run it: by onnxruntime."""

import json
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import confidence
from inkdigits.files import write_whole
from inkdigits.recognizer import Recognizer
from inkdigits.training import plots
from inkdigits.training.datasets import Digits, load_digits
from inkdigits.training.report import (
    NO_LABEL,
    Report,
    as_markdown,
    as_text,
    classification_report,
)

__all__ = [  # a report and its forms are had here, too
    "Report",
    "as_markdown",
    "as_text",
    "classification_report",
    "cross_entropy",
    "evaluate",
    "evaluate_digits",
    "wilson",
    "write_report",
]

BATCH = 256


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
    runs = [recognizer.run(patches[start : start + BATCH]) for start in parts]
    logits, evidence = (np.concatenate(part) for part in zip(*runs, strict=True))
    config = recognizer.config
    plain, seen = confidence.softmax(logits), confidence.softmax(logits, config.temperature)
    blank = patches.reshape(len(patches), -1).max(axis=1) == 0
    plain[blank] = seen[blank] = 1 / len(recognizer.labels)
    best = np.where(blank, NO_LABEL, seen.argmax(axis=1))
    sure = np.where(blank, 0, seen.max(axis=1))
    right = best == digits.labels
    strange = (evidence < config.thresholds["evidence"]) & ~blank
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


def _tables(
    truth: NDArray[np.int64], answers: NDArray[np.int64], labels: tuple[str, ...]
) -> dict[str, Any]:
    from sklearn import metrics

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
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "classification_report.txt", classification_report(report).encode())
    write_whole(folder / "confusion_matrix.png", plots.confusion_matrix(report))
    write_whole(folder / "report.md", as_markdown(report, before).encode())
    content = {**report.as_json(), **(extra or {})}
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / "report.json", text.encode())
    written: dict[str, Any] = json.loads(text)
    return written
