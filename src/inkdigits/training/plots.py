"""The two pictures of a report: how the run went, and what is taken for what."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from inkdigits.training.look import (
    BLUE,
    FAINT,
    GREY,
    GRID,
    INK,
    calm,
    new_figure,
    png,
    shortened,
    write_title,
)
from inkdigits.training.report import Report
from inkdigits.wording import counted

TRAINING = GREY  # what the network has seen …
VALIDATION = BLUE  # … and what counts
NAME = 13  # characters of a label beside the confusion matrix


def loss_accuracy_graph(history: Sequence[Mapping[str, float]], title: str) -> bytes:
    """Draw loss and accuracy over the epochs, training and validation.

    Args:
        history: the rows of `history.csv`.
        title: what to write above.

    Returns:
        A PNG.
    """
    figure = new_figure(9.6, 4.2)
    epochs = [row["epoch"] for row in history]
    figure.text(0.065, 0.93, shortened(title), size=13, weight="bold", color=INK)
    panels = (("loss", "Loss (cross-entropy)", "{:.3f}"), ("accuracy", "Accuracy", "{:.2%}"))
    for place, (key, label, form) in enumerate(panels):
        axes = figure.add_axes((0.065 + 0.49 * place, 0.13, 0.355, 0.66))
        calm(axes)
        axes.set_title(label, loc="left", size=10.5, color=INK, pad=10)
        axes.set_xlabel("epoch", size=9, color=FAINT)
        lines = (("training", TRAINING, key), ("validation", VALIDATION, f"val_{key}"))
        ends = []
        for name, colour, column in lines:
            values = [row[column] for row in history]
            axes.plot(epochs, values, color=colour, lw=2, solid_capstyle="round", zorder=3)
            axes.plot(epochs[-1], values[-1], "o", color=colour, ms=5, zorder=4, clip_on=False)
            ends.append((values[-1], f"{name}\n{form.format(values[-1])}", colour))
        _scale(axes, [row[c] for row in history for _, _, c in lines], key, epochs)
        _label_ends(axes, epochs[-1], ends)
    return png(figure)


def confusion_matrix(report: Report) -> bytes:
    """Draw the confusion matrix; mistakes stand out, right answers stay in the background.

    Its margins grow with the names of the labels, which stand upright above where they are long.

    Returns:
        A PNG.
    """
    counts = np.array(report.confusion)
    size = len(counts)
    side, left, top, right, bottom = 6.1, 0.95, 1.4, 0.35, 0.35
    names = [shortened(label, NAME) for label in report.labels]
    letters = min(10.5, 60 * side / size)  # no line higher than a row
    longest = 0.7 / 72 * letters * max(map(len, names))
    left += max(0, longest - 0.4)
    upright = longest > side / size
    top += upright * max(0, longest - 0.15)
    width, height = left + side + right, top + side + bottom
    figure = new_figure(width, height)
    axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
    write_title(
        figure,
        left,
        shortened(f"{report.model} on {report.dataset}"),
        f"{report.accuracy:.2%} right: {counted(report.errors, 'error')} in"
        f" {counted(report.images, 'image')}",
    )
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    shade = np.sqrt(wrong / max(1, wrong.max()))
    picture = np.empty((size, size, 3))
    light, dark = np.array([1.0, 1.0, 1.0]), np.array([0.80, 0.18, 0.13])
    picture[:] = light + (dark - light) * (0.12 * (wrong > 0) + 0.78 * shade)[..., None]
    picture[np.arange(size), np.arange(size)] = (0.91, 0.945, 0.98)
    axes.imshow(picture, aspect="equal", interpolation="nearest")
    for row in range(size):
        for column in range(size):
            count = counts[row, column]
            if count:
                right = row == column
                colour = VALIDATION if right else "white" if shade[row, column] > 0.7 else INK
                axes.text(column, row, f"{count}", ha="center", va="center", size=9.5, color=colour)
    axes.set_xticks(range(size), names, rotation=90 if upright else 0)
    axes.set_yticks(range(size), names)
    axes.set_xticks(np.arange(size + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(size + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=GRID, lw=0.8)
    axes.tick_params(which="both", length=0, labelcolor=INK, labelsize=letters)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("read as", size=10, color=FAINT, labelpad=6)
    axes.set_ylabel(f"true {report.noun}", size=10, color=FAINT, labelpad=6)
    axes.spines[:].set_visible(False)
    return png(figure)


def contact_sheet(before: Any, after: Any) -> bytes:
    """Draw patches and below each what augmentation makes of it.

    Args:
        before: (N, 28, 28) float32.
        after: (N, K, 28, 28) float32: K changed ones for each.

    Returns:
        A PNG, dark ink on white, one row for each patch, the original first.
    """
    count, changes = after.shape[:2]
    scale = 3
    cell, gap, lead = 28 * scale, 6, 18
    width = (changes + 1) * (cell + gap) + gap + lead
    sheet = np.full((count * (cell + gap) + gap, width), 1.0, np.float32)
    sheet[:, : cell + 2 * gap + lead // 2] = 0.93
    for row in range(count):
        top = gap + row * (cell + gap)
        for column, patch in enumerate((before[row], *after[row])):
            left = gap + column * (cell + gap) + (lead if column else 0)
            tile = 1 - np.kron(patch, np.ones((scale, scale), np.float32))
            sheet[top : top + cell, left : left + cell] = tile
    encoded: bytes = cv2.imencode(".png", (sheet * 255).astype(np.uint8))[1].tobytes()
    return encoded


def _scale(axes: Any, values: Sequence[float], key: str, epochs: Sequence[float]) -> None:
    """Choose limits that show the end of the run, where the curves differ; the start may be cut."""
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    if key == "loss":
        axes.set_ylim(0, min(max(values), 6 * float(np.median(values))) * 1.04)
    else:
        bottom = max(min(values), 1 - 6 * (1 - float(np.median(values))))
        spread = max(1 - bottom, 0.001)  # of a run without a single error, too
        axes.set_ylim(1 - 1.04 * spread, 1)
        decimals = 0 if spread > 0.05 else 1 if spread > 0.005 else 2
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=decimals))
    axes.set_xlim(min(epochs) - 0.2, max(max(epochs), 2))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    # Steps of 1, 2 or 5: a tick every 1.5 % would be labelled with a percentage that it is not.
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))


def _label_ends(axes: Any, last: float, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name and last value beside its end, apart from each other."""
    bottom, top = axes.get_ylim()
    apart = 0.16 * (top - bottom)
    low, high = sorted(ends)
    middle, half = (low[0] + high[0]) / 2, max((high[0] - low[0]) / 2, apart / 2)
    middle = min(max(middle, bottom + half + 0.04 * (top - bottom)), top - half)
    for place, (_, text, colour) in ((middle - half, low), (middle + half, high)):
        axes.annotate(
            text,
            (last, place),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            size=9,
            color=colour,
            linespacing=1.25,
            annotation_clip=False,
        )
