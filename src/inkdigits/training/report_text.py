"""A report in words: for a terminal, as Markdown with its pictures, and as JSON."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.training import gallery
from inkdigits.training.cost import Cost
from inkdigits.training.markdown import escaped
from inkdigits.training.report import NO_LABEL, OutlierFigures, Report, refusals
from inkdigits.wording import counted

# The pictures that go with the Markdown, and those of `gallery`; `outliers` only if there are any.
PICTURES = {
    "confusion": "confusion_matrix.png",
    "reliability": "reliability.png",
    "rejection": "rejection.png",
    "outliers": "outliers.png",
}


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
    lines = [
        f"{report.model} {report.version} on {report.dataset}, {counted(report.images, 'image')}",
        "",
        f"accuracy           {report.accuracy:.2%} (95 % interval {low:.2%} to {high:.2%}),"
        f" {counted(report.errors, 'error')}",
        f"loss               {report.loss:.4f}, calibrated {report.calibrated_loss:.4f}",
        f"calibration error  {report.calibration_error:.4f},"
        f" of the answers given {report.calibration_error_of_answers:.4f}",
        f"refused            {refusals(report.refused)}",
        f"answers given      {report.accuracy_of_answers:.2%} right",
        *(_outliers_line(figures, report.noun) for figures in report.outliers),
        *(_cost_lines(report.cost) if report.cost else ()),
        "",
        classification_report(report),
    ]
    return "\n".join(lines)


def _outliers_line(figures: OutlierFigures, noun: str) -> str:
    return (
        f"outliers           {figures.dataset}, {counted(figures.images, 'image')}"
        f"{_left_out(figures)}:"
        f" AUROC {figures.auroc:.4f}, {figures.refused_keeping_99:.2%} refused when 99 % of the"
        f" {noun}s are kept, {sum(figures.refused.values()):.2%} as shipped"
    )


def _left_out(figures: OutlierFigures) -> str:
    return f" ({counted(figures.left_out, 'look-alike')} left out)" if figures.left_out else ""


def _cost_lines(cost: Cost) -> Iterable[str]:
    products = "unknown" if cost.multiply_adds is None else f"{cost.multiply_adds:,}"
    yield (
        f"cost               {cost.parameters:,} parameters, {products} multiply-adds,"
        f" {cost.bytes:,} bytes"
    )
    yield (
        f"time               {cost.drawing_milliseconds:.2f} ms from strokes,"
        f" {cost.network_milliseconds:.2f} ms of it the network; one core, this machine"
    )


def as_markdown(report: Report, before: str = "") -> str:
    """The report as Markdown.

    Args:
        report: the figures.
        before: Markdown to put between the title and the figures.
    """
    parts = (
        _main_figures(report),
        _labels(report),
        _trust(report),
        _outliers(report),
        _misread(report),
        _costs(report),
    )
    title = f"# {escaped(report.model)} {escaped(report.version)} on {escaped(report.dataset)}"
    lines = [title, "", *([before, ""] if before else [])]
    return "\n".join([*lines, *(line for part in parts for line in part)])


def _main_figures(report: Report) -> list[str]:
    low, high = report.accuracy_interval
    return [
        "| figure | value |",
        "|---|---|",
        f"| images | {report.images:,} |",
        f"| accuracy | **{report.accuracy:.2%}** (95 % interval {low:.2%} to {high:.2%}) |",
        f"| errors | {report.errors:,} |",
        f"| loss | {report.loss:.4f} |",
        f"| loss, calibrated | {report.calibrated_loss:.4f} |",
        f"| calibration error | {report.calibration_error:.4f} |",
        f"| calibration error of the answers given | {report.calibration_error_of_answers:.4f} |",
        f"| refused | {refusals(report.refused)} |",
        f"| accuracy of the answers given | {report.accuracy_of_answers:.2%} |",
        "",
    ]


def _labels(report: Report) -> list[str]:
    rows = [
        f"| {escaped(label)} | {row['precision']:.4f} | {row['recall']:.4f} | {row['f1']:.4f}"
        f" | {row['images']:,.0f} |"
        for label, row in report.per_label.items()
    ]
    return [
        "## Label by label",
        "",
        "| label | precision | recall | F1 | images |",
        "|---|---|---|---|---|",
        *rows,
        "",
        f"![Confusion matrix]({PICTURES['confusion']})",
        "",
    ]


def _trust(report: Report) -> list[str]:
    return [
        "## How far the confidence can be trusted",
        "",
        "Of the answers given at 90 %, nine in ten should be right: then the points lie on the"
        f" dashed line. The calibration error, {report.calibration_error:.4f}, is the mean distance"
        " between confidence and accuracy over the bins, each counted by its images. All"
        f" {report.noun}s are in it that are not blank, refused or not; of the answers that were"
        " given it is"
        f" {report.calibration_error_of_answers:.4f}. The whiskers are 95 % intervals.",
        "",
        f"![Reliability diagram]({PICTURES['reliability']})",
        "",
        "If only the surest answers are given, fewer of them are wrong. As shipped, the model"
        " refuses what is below its threshold of confidence, and besides what is below that of"
        " evidence, so that the mark may lie beside the curve:",
        "",
        f"![Rejection curve]({PICTURES['rejection']})",
        "",
    ]


def _outliers(report: Report) -> list[str]:
    if not report.outliers:
        return []
    lines = [
        f"## What is not a {report.noun}",
        "",
        f"| outliers | images | AUROC | refused when 99 % of the {report.noun}s are kept | refused"
        " as shipped |",
        "|---|---|---|---|---|",
    ]
    for figures in report.outliers:
        low, high = figures.refused_keeping_99_interval
        lines.append(
            f"| {escaped(figures.dataset)}{_left_out(figures)} | {figures.images:,}"
            f" | {figures.auroc:.4f}"
            f" | {figures.refused_keeping_99:.2%} (95 % interval {low:.2%} to {high:.2%})"
            f" | {refusals(figures.refused)} |"
        )
    return [
        *lines,
        "",
        f"AUROC is the probability that a {report.noun} has more evidence than an outlier: 1 is"
        " perfect, 0.5 is chance.",
        "",
        f"![Evidence of {report.noun}s and outliers]({PICTURES['outliers']})",
        "",
    ]


def _misread(report: Report) -> list[str]:
    title = f"Misread {report.noun}s"
    if not report.misread:
        return [f"## {title}", "", "None.", ""]
    return [
        f"## {title}",
        "",
        "What each is, and what it was taken for, the surest mistakes first; grey ones were"
        " refused, so that no wrong answer was given.",
        "",
        *(f"![{title}]({name})\n" for name in gallery.page_names(report)),
    ]


def _costs(report: Report) -> list[str]:
    cost = report.cost
    if cost is None:
        return []
    products = "unknown" if cost.multiply_adds is None else f"{cost.multiply_adds:,}"
    return [
        "## Cost",
        "",
        "| cost | value |",
        "|---|---|",
        f"| parameters | {cost.parameters:,} |",
        f"| multiply-adds a {report.noun} | {products} |",
        f"| bytes on disk | {cost.bytes:,} |",
        f"| from strokes to the answer | {cost.drawing_milliseconds:.2f} ms |",
        f"| of it the network | {cost.network_milliseconds:.2f} ms |",
        "",
        f"Times are medians on one core of the machine that wrote this report ({cost.machine}).",
        "",
    ]


def as_json(content: Mapping[str, Any]) -> str:
    """JSON that people can read, too: each record, row and label has a line."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    def lines(value: Any) -> str:
        if isinstance(value, dict) and any(isinstance(item, dict) for item in value.values()):
            inside = [f"{text(key)}: {text(item)}" for key, item in value.items()]
            return "{\n    " + ",\n    ".join(inside) + "\n  }"
        if isinstance(value, list | tuple) and any(
            isinstance(i, dict | list | tuple) for i in value
        ):
            return "[\n    " + ",\n    ".join(map(text, value)) + "\n  ]"
        return text(value)

    entries = [f"  {text(key)}: {lines(value)}" for key, value in content.items()]
    return "{\n" + ",\n".join(entries) + "\n}\n"


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
