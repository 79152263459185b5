"""The pictures of how sure answers are, and of how well that tells right from wrong."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import confidence
from inkdigits.training.look import (
    BLUE,
    FAINT,
    GREY,
    GRID,
    INK,
    ORANGE,
    calm,
    new_figure,
    png,
    shortened,
    write_title,
)
from inkdigits.training.report import Measured, Report
from inkdigits.wording import counted

WIDTH, LEFT, RIGHT = 7.4, 0.95, 0.35  # of the pictures and of their margins, inches
COLUMNS = 64  # of the histograms of evidence


def reliability(report: Report) -> bytes:
    """Draw the reliability diagram, and under it how many answers each of its points stands for.

    All that is not blank is in it, refused or not.

    Returns:
        A PNG.
    """
    figure = new_figure(WIDTH, 8.05)
    write_title(
        figure,
        LEFT,
        shortened(f"{report.model} on {report.dataset}"),
        "Reliability: on the dashed line, answers are right as often as their confidence says.",
        f"Calibration error, the mean distance to it: {report.calibration_error:.2%}, refused or"
        " not; 95 % intervals",
    )
    above = _axes(figure, bottom=2.2, top=1.15)
    calm(above, "both")
    above.plot([0, 1], [0, 1], color=GREY, lw=1.2, ls=(0, (5, 4)), zorder=2)
    filled = [one for one in report.reliability if one.images]
    for one in filled:
        where = one.confidence
        above.plot([where, where], one.accuracy_interval, color=BLUE, lw=1.6, alpha=0.45, zorder=3)
    above.plot(
        [one.confidence for one in filled],
        [one.accuracy for one in filled],
        "o",
        color=BLUE,
        ms=7,
        mec="white",
        mew=1,
        zorder=4,
        clip_on=False,
    )
    _name(above, "share of right answers")
    above.set_ylim(0, 1)
    below = _axes(figure, bottom=0.65, top=8.05 - 2.05)
    calm(below)
    for one in filled:
        below.bar(
            one.low, one.images, width=one.high - one.low, align="edge", color=BLUE, ec="white"
        )
    below.set_yscale("log")
    below.set_ylim(0.8, 2 * max((one.images for one in filled), default=1))
    below.yaxis.set_major_formatter("{x:,.0f}")
    below.minorticks_off()
    _name(below, "images")
    below.set_xlabel("confidence", size=10, color=FAINT, labelpad=6)
    for axes in (above, below):
        axes.set_xlim(0, 1)
        axes.set_xticks(np.linspace(0, 1, 6))
        axes.xaxis.set_major_formatter(_percent)
    above.tick_params(labelbottom=False)  # they stand below
    above.set_yticks(np.linspace(0, 1, 6))
    above.yaxis.set_major_formatter(_percent)
    return png(figure)


def rejection(report: Report) -> bytes:
    """Draw coverage against accuracy, and what is answered as shipped.

    That is not on the curve, where answers are refused for their evidence, too.

    Returns:
        A PNG.
    """
    measured = _measured(report)
    curve = confidence.rejection_curve(measured.confidence, measured.right)
    height = 5.4
    figure = new_figure(WIDTH, height)
    write_title(
        figure,
        LEFT,
        shortened(f"{report.model} on {report.dataset}"),
        "Rejection: the fewer and surer the answers, the larger the share that is right.",
    )
    axes = _axes(figure, bottom=0.65, top=1.5)
    calm(axes)
    marks = [("all of them", 1.0, float(curve.accuracy[-1]), "white")]
    answered = float(measured.answered.mean())
    if answered:
        marks.insert(0, ("as shipped", answered, report.accuracy_of_answers, BLUE))
    # where every answer is right there is nothing to see
    first = int(np.argmax(curve.accuracy < 1)) if (curve.accuracy < 1).any() else 0
    least = min(float(curve.coverage[first]), *(coverage for _, coverage, _, _ in marks))
    left = float(np.clip(1 - 1.1 * (1 - least), 0, 0.99))
    shown = curve.coverage >= max(left, 0.02)  # of so few answers one decides
    axes.plot(curve.coverage, curve.accuracy, color=BLUE, lw=2, solid_capstyle="round", zorder=3)
    lowest = min(accuracy for _, _, accuracy, _ in marks)
    bottom = min(float(curve.accuracy[shown].min()), lowest, 0.999)
    axes.set_xlim(left, 1)
    axes.set_ylim(bottom - 0.08 * (1 - bottom), 1 + 0.02 * (1 - bottom))
    for row, (name, coverage, accuracy, colour) in enumerate(marks, 1):
        look: dict[str, Any] = {"color": BLUE, "mfc": colour, "ms": 8, "mew": 1.8}
        axes.plot(coverage, accuracy, "o", zorder=4, clip_on=False, **look)
        text = f"{name}: {coverage:.2%} answered, {accuracy:.2%} of the answers right"
        _explain(figure, row, text, [0.06], {**look, "marker": "o", "ls": ""})
    axes.set_xlabel("share of images answered, the surest first", size=10, color=FAINT, labelpad=6)
    _name(axes, "share of right answers")
    _percentages(axes.xaxis, 1 - left)
    _percentages(axes.yaxis, 1 - bottom)
    return png(figure)


def outliers(report: Report) -> bytes:
    """Draw how the evidence of what should be read and of each data set of outliers is spread.

    Returns:
        A PNG.
    """
    measured = _measured(report)
    noun, many = report.noun, counted(report.images, report.noun)
    sets = [(report.dataset, measured.evidence, BLUE, many)]
    for figures, evidence in zip(report.outliers, measured.outliers, strict=True):
        about = f"AUROC {figures.auroc:.4f}, {figures.refused_keeping_99:.1%} refused"
        sets.append((figures.dataset, evidence, ORANGE, about))
    edges = _edges([evidence for _, evidence, _, _ in sets])
    height = 1.85 + 0.95 * len(sets)
    figure = new_figure(WIDTH, height)
    write_title(
        figure,
        LEFT,
        shortened(f"{report.model} on {report.dataset}"),
        f"Outliers: the further left of the {noun}s, the better they are told from them.",
    )
    shipped = report.thresholds["evidence"]
    keeping = confidence.threshold_to_keep(measured.evidence, 0.99)
    lines = (
        (keeping, f"keeps 99 % of the {noun}s; the shares refused are for it", "--"),
        (shipped, "the shipped threshold", "-"),
    )
    for number, (name, evidence, colour, about) in enumerate(sets):
        bottom = 0.65 + 0.95 * (len(sets) - 1 - number)
        axes = _axes(figure, bottom=bottom, top=height - bottom - 0.6)
        calm(axes)
        axes.set_yticks([])
        counts, _ = np.histogram(evidence.clip(edges[0], edges[-1]), edges)
        axes.stairs(counts / max(1, counts.max()), edges, fill=True, color=colour)
        axes.set_ylim(0, 1.04)
        axes.set_xlim(edges[0], edges[-1])
        axes.axhline(0, color=GRID, lw=1.5)
        for place, _, style in lines:
            if edges[0] <= place <= edges[-1]:
                axes.axvline(place, color=INK, lw=1.2, ls=style, zorder=4)
        if number < len(sets) - 1:
            axes.set_xticklabels([])
        labels = {"size": 10, "va": "bottom", "transform": axes.transAxes}
        axes.text(0, 1.03, shortened(name, 40), color=INK, weight="bold", ha="left", **labels)
        axes.text(1, 1.03, about, color=FAINT, ha="right", **labels)
    axes.set_xlabel(f"evidence of a {noun}", size=10, color=FAINT, labelpad=6)
    for row, (_, text, style) in enumerate(lines, 1):
        _explain(figure, row, text, [0, 0.26], {"color": INK, "lw": 1.2, "ls": style})
    return png(figure)


def _measured(report: Report) -> Measured:
    if report.measured is None:
        raise ValueError("only a report as measured can be drawn")
    return report.measured


def _axes(figure: Any, *, bottom: float, top: float) -> Any:
    """Axes with these distances in inches to the edges of the figure."""
    width, height = figure.get_size_inches()
    across = (width - LEFT - RIGHT) / width
    return figure.add_axes(
        (LEFT / width, bottom / height, across, (height - bottom - top) / height)
    )


def _edges(evidences: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Edges of columns that show nearly all of each; what lies beyond goes into the last ones."""
    finite = [evidence[np.isfinite(evidence)] for evidence in evidences]
    some = [values for values in finite if len(values)] or [np.zeros(1)]
    low = min(float(np.quantile(values, 0.005)) for values in some)
    high = max(float(np.quantile(values, 0.995)) for values in some)
    return np.linspace(low, max(high, low + 1e-6), COLUMNS + 1)


def _percent(value: float, _: Any = None) -> str:
    return f"{value:.0%}"


def _percentages(axis: Any, spread: float) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    decimals = 0 if spread > 0.05 else 1 if spread > 0.005 else 2
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(PercentFormatter(1, decimals=decimals))


def _name(axes: Any, what: str) -> None:
    """Name a vertical axis, at the same place in all pictures."""
    figure = axes.figure
    box = axes.get_position()
    place = {"ha": "center", "va": "center", "rotation": 90}
    middle = (box.y0 + box.y1) / 2
    figure.text(0.2 / figure.get_figwidth(), middle, what, size=10, color=FAINT, **place)


def _explain(figure: Any, row: int, text: str, across: list[float], look: dict[str, Any]) -> None:
    """Write what a mark or a line stands for below the title, with a sample before it."""
    from matplotlib.lines import Line2D

    width, height = figure.get_size_inches()
    place = 1 - (0.6 + 0.23 * row) / height
    xs = [(LEFT + inches) / width for inches in across]
    ys = [place + 0.05 / height] * len(across)
    figure.add_artist(Line2D(xs, ys, **look))
    figure.text((LEFT + across[-1] + 0.14) / width, place, text, size=10, color=FAINT)
