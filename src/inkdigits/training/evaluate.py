"""How good a model folder is on labelled data, as everybody else will run it: by onnxruntime."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import confidence
from inkdigits.errors import DataUnavailable
from inkdigits.files import write_whole
from inkdigits.model_home import find_model
from inkdigits.recognizer import Recognizer
from inkdigits.training import cost, datasets, gallery, lines, plots, sureness
from inkdigits.training.config import TrainingConfig
from inkdigits.training.datasets import Digits
from inkdigits.training.lines import ALL, Lines
from inkdigits.training.outliers import LOOK_ALIKES
from inkdigits.training.report import (
    NO_LABEL,
    Bin,
    Measured,
    Misread,
    OutlierFigures,
    RejectionPoint,
    Report,
)
from inkdigits.training.report_text import PICTURES, as_json, as_markdown, classification_report
from inkdigits.training.seen import Seen
from inkdigits.training.unlabelled import Unlabelled, load_unlabelled

BATCH = 256
BINS = 15  # of the calibration error
KEPT = 0.99  # share of the digits at which refused outliers are counted
POINTS = 100  # of the rejection curve that are kept as figures
DIGITS = frozenset("0123456789")


@dataclass(frozen=True)
class _Answers:
    """What a model makes of N patches."""

    plain: NDArray[np.float64]  # (N, classes), probabilities without the temperature
    seen: NDArray[np.float64]  # (N, classes), those that users see
    best: NDArray[np.int64]  # (N,), NO_LABEL for a blank
    sure: NDArray[np.float64]  # (N,), the confidence
    evidence: NDArray[np.float64]  # (N,), −∞ for a blank
    reasons: dict[str, NDArray[np.bool_]]  # (N,) each: who was refused why

    @property
    def refused(self) -> dict[str, float]:
        return {reason: float(who.mean()) for reason, who in self.reasons.items()}


def evaluate(
    model: Path | str | None,
    data: Path | str,
    outliers: Sequence[Path | str] = (),
    *,
    look_alikes: bool = False,
    wanted: Lines = ALL,
    recipe: TrainingConfig | None = None,
) -> Report:
    """Evaluate a model folder on a data set.

    Args:
        model: as for `Recognizer`.
        data: what `forms.open_data` takes: `mnist`, a folder, a table, ink JSON lines ….
        outliers: data sets of what is not a digit, see `unlabelled.load_unlabelled`.
        look_alikes: whether ink lines among the outliers count whose label looks like a digit
            (`outliers.LOOK_ALIKES`). A line whose label the model can answer never counts.
        wanted: which ink lines count, among the data and among the outliers.
        recipe: by which the model was trained: of the sources that it names, only what it holds
            out counts. None: all of them.

    Raises:
        InvalidModel: The model cannot be used.
        DataUnavailable: The data cannot be used, or the recipe names none of them.
    """
    folder = find_model(model)
    recognizer = Recognizer(folder)
    lines.check(wanted, [data, *outliers])
    left_out = frozenset(recognizer.labels)
    if not look_alikes and left_out <= DIGITS:
        left_out |= LOOK_ALIKES
    chosen = _chosen([data, *outliers], wanted, recipe, Seen.of(folder))
    return evaluate_digits(
        recognizer,
        datasets.load_digits(data, recognizer.labels, chosen[0]),
        [
            load_unlabelled(source, left_out, some)
            for source, some in zip(outliers, chosen[1:], strict=True)
        ],
        cost.measure(folder, recognizer),
    )


def _chosen(
    sources: Sequence[Path | str], wanted: Lines, recipe: TrainingConfig | None, seen: Seen
) -> list[Lines]:
    """What counts of each source: by a recipe that names it only what training holds out."""
    if recipe is None:
        return [wanted] * len(sources)
    found = [
        replace(wanted, held_out=datasets.held_out(source, recipe, seen)) for source in sources
    ]
    if all(some.held_out is None for some in found):
        raise DataUnavailable(
            f"Nothing was held out of {', '.join(map(str, sources))}: the model learned from other"
            f" data ({', '.join(part.data for part in datasets.parts_of(recipe))}). Measure it"
            " without --held-out: all of it is new to the model."
        )
    return found


def evaluate_digits(
    recognizer: Recognizer,
    digits: Digits,
    outliers: Sequence[Unlabelled] = (),
    costs: cost.Cost | None = None,
) -> Report:
    """Evaluate a model on patches.

    Args:
        recognizer: the model.
        digits: what it should read.
        outliers: what it should refuse.
        costs: what `cost.measure` found.
    """
    config = recognizer.config
    patches = digits.patches[..., 0]
    answers = _answers(recognizer, patches)
    right = answers.best == digits.labels
    answered = ~np.any(list(answers.reasons.values()), axis=0)
    drawn = ~answers.reasons["blank"]
    strangers = [_answers(recognizer, some.patches) for some in outliers]
    return Report(
        model=config.name,
        version=config.version,
        sha256=config.sha256,
        thresholds=dict(config.thresholds),
        temperature=config.temperature,
        dataset=digits.name,
        images=len(digits),
        labels=recognizer.labels,
        accuracy=float(right.mean()),
        accuracy_interval=wilson(int(right.sum()), len(digits)),
        errors=int((~right).sum()),
        loss=cross_entropy(answers.plain, digits.labels),
        calibrated_loss=cross_entropy(answers.seen, digits.labels),
        calibration_error=_calibration_error(answers.sure[drawn], right[drawn]),
        calibration_error_of_answers=_calibration_error(answers.sure[answered], right[answered]),
        refused=answers.refused,
        accuracy_of_answers=float(right[answered].mean()) if answered.any() else 0.0,
        **_tables(digits.labels, answers.best, recognizer.labels),
        reliability=_bins(answers.sure[drawn], right[drawn]),
        rejection=_rejection(answers.sure, right),
        misread=_misread(answers, digits.labels, recognizer.labels),
        outliers=tuple(
            _outlier_figures(some, answers.evidence, found)
            for some, found in zip(outliers, strangers, strict=True)
        ),
        cost=costs,
        measured=Measured(
            patches,
            answers.sure,
            right,
            answered,
            answers.evidence,
            tuple(found.evidence for found in strangers),
        ),
    )


def _answers(recognizer: Recognizer, patches: NDArray[np.float32]) -> _Answers:
    """Answer as `Recognizer` does: a blank is not shown to the network."""
    parts = range(0, len(patches), BATCH)
    runs = [recognizer.run(patches[start : start + BATCH]) for start in parts]
    logits, evidence = (np.concatenate(part) for part in zip(*runs, strict=True))
    config = recognizer.config
    plain, seen = confidence.softmax(logits), confidence.softmax(logits, config.temperature)
    blank = patches.reshape(len(patches), -1).max(axis=1) == 0
    plain[blank] = seen[blank] = 1 / len(recognizer.labels)
    sure = np.where(blank, 0, seen.max(axis=1))
    why = [
        "blank" if nothing else confidence.refusal(best, found, config.thresholds)
        for nothing, best, found in zip(blank, sure, evidence, strict=True)
    ]
    return _Answers(
        plain=plain,
        seen=seen,
        best=np.where(blank, NO_LABEL, seen.argmax(axis=1)),
        sure=sure,
        evidence=np.where(blank, -np.inf, evidence),
        reasons={
            reason: np.array([reason == given for given in why])
            for reason in ("blank", "not_a_digit", "unsure")
        },
    )


def _calibration_error(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    return confidence.expected_calibration_error(sure, right, BINS)


def _bins(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[Bin, ...]:
    found = confidence.reliability(sure, right, BINS)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            images=int(images),
            confidence=float(mean) if images else None,
            accuracy=float(share) if images else None,
            accuracy_interval=wilson(round(share * images) if images else 0, int(images)),
        )
        for number, (images, mean, share) in enumerate(zip(*found, strict=True))
    )


def _rejection(sure: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[RejectionPoint, ...]:
    """The points of the curve next to coverages that lie the closer together the nearer to 1."""
    curve = confidence.rejection_curve(sure, right)
    wanted = 1 - np.linspace(1, 0, POINTS) ** 2
    places = np.unique(np.searchsorted(curve.coverage, wanted).clip(max=len(curve.coverage) - 1))
    return tuple(
        RejectionPoint(*(float(value) for value in point))
        for point in zip(*(column[places] for column in curve), strict=True)
    )


def _misread(
    answers: _Answers, truth: NDArray[np.int64], labels: tuple[str, ...]
) -> tuple[Misread, ...]:
    wrong = np.flatnonzero(answers.best != truth)
    surest = wrong[np.argsort(-answers.sure[wrong], kind="stable")]
    return tuple(
        Misread(
            image=int(index),
            label=labels[truth[index]],
            answer=None if answers.best[index] == NO_LABEL else labels[answers.best[index]],
            confidence=float(answers.sure[index]),
            reason=next((why for why, who in answers.reasons.items() if who[index]), None),
        )
        for index in surest
    )


def _outlier_figures(
    some: Unlabelled, digits: NDArray[np.float64], found: _Answers
) -> OutlierFigures:
    refused = confidence.share_refused(digits, found.evidence, KEPT)
    return OutlierFigures(
        dataset=some.name,
        images=len(some),
        left_out=some.left_out,
        auroc=confidence.auroc(digits, found.evidence),
        refused_keeping_99=refused,
        refused_keeping_99_interval=wilson(round(refused * len(some)), len(some)),
        refused=found.refused,
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
    """Write `report.md` with its pictures, `report.json` and `classification_report.txt`.

    Args:
        report: the figures, as measured.
        folder: made if it is not there.
        extra: more for the JSON.
        before: Markdown to put between the title and the figures.

    Returns:
        What `report.json`, the last file to be written, holds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "classification_report.txt", classification_report(report).encode())
    pictures = {
        "confusion": plots.confusion_matrix(report),
        "reliability": sureness.reliability(report),
        "rejection": sureness.rejection(report),
        "outliers": sureness.outliers(report) if report.outliers else None,
    }
    for kind, data in pictures.items():
        if data is not None:
            write_whole(folder / PICTURES[kind], data)
        else:  # lest one of an earlier report stands beside this one
            (folder / PICTURES[kind]).unlink(missing_ok=True)
    pages = gallery.page_names(report)
    for name, page in zip(pages, gallery.misread(report), strict=True):
        write_whole(folder / name, page)
    for number in count(len(pages) + 1):  # likewise
        if not (folder / gallery.page_name(number)).exists():
            break
        (folder / gallery.page_name(number)).unlink()
    write_whole(folder / "report.md", as_markdown(report, before).encode())
    text = as_json({**report.as_json(), **(extra or {})})
    write_whole(folder / "report.json", text.encode())
    written: dict[str, Any] = json.loads(text)
    return written
