"""The figures of a model on labelled data, as text and as Markdown."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_LABEL = -1  # what a blank picture is read as, where labels are numbers


@dataclass(frozen=True)
class Report:
    """The figures of a model on a data set.

    A blank picture is answered as `Recognizer` does, without asking the network: it has no most
    probable label, and its confidence is 0.

    Args:
        model: name of the model.
        version: its version.
        dataset: name of the data set.
        images: number of images.
        labels: names of the labels, in the order of the tables below.
        accuracy: share whose most probable label is right, refused or not; blanks are wrong.
        accuracy_interval: Wilson's interval of it, 95 %.
        errors: number of images whose most probable label is wrong, blanks among them: the counts
            off the diagonal of `confusion`, and the blanks.
        loss: mean cross-entropy in nats of the model's plain probabilities, as Keras computes it; a
            blank counts as if all labels were equally probable.
        calibrated_loss: the same of the probabilities that users see (temperature applied).
        calibration_error: expected calibration error of those, 15 bins.
        refused: share of images that get no label, by reason.
        accuracy_of_answers: share of right labels among the images that get one.
        per_label: precision, recall, f1 and images of each label; a blank lowers its label's
            recall and no label's precision.
        confusion: counts, one row a true label, one column a most probable label; blanks have no
            column, so a row adds up to the label's images without its blanks.
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


def classification_report(report: Report) -> str:
    """The table that scikit-learn prints, from the counts of the report."""
    from sklearn import metrics

    truth, answers = _spread_out(report)
    return str(
        metrics.classification_report(
            truth,
            answers,
            labels=range(len(report.labels)),
            target_names=list(report.labels),
            digits=4,
            zero_division=0,
        )
    )


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


def _spread_out(report: Report) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """One entry an image again, from the counts: true label and most probable label."""
    counts = np.array(report.confusion)
    images = [round(row["images"]) for row in report.per_label.values()]
    counts = np.column_stack([counts, np.array(images) - counts.sum(axis=1)])  # and the blanks
    labels = np.arange(len(images))
    answers = np.append(labels, NO_LABEL)
    return (
        np.repeat(labels, counts.sum(axis=1)),
        np.repeat(np.tile(answers, len(labels)), counts.ravel()),
    )
