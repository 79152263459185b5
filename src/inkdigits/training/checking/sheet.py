"""A contact sheet of data: some images of each label, and those that may be mislabelled."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.normalize import PATCH
from inkdigits.training.checking.check import Check
from inkdigits.training.look import DPI, FAINT, INK, RED, new_figure, png, shortened, write_title
from inkdigits.wording import counted

COLUMNS = 12  # images of a row
LABELS, SUSPECTS = 60, 60  # of which images are drawn
SCALE = 2  # pixels of the sheet for one of a patch
TILE = PATCH * SCALE
CELL = TILE + 12  # from one image to the next
ROW, TOLD_ROW = TILE + 8, TILE + 50  # from one row to the next; with three lines of text below
SIDE, NAMES, TOP, HEAD, BOTTOM = 40, 126, 100, 50, 20  # pixels
NAME, PLACE = 8, 13  # characters of a label and of a place below a suspected image


def draw(found: Check) -> bytes:
    """Draw the sheet as a PNG: as the model sees the images, dark on white."""
    labels = list(found.counts)[:LABELS]
    suspected = found.suspected[:SUSPECTS]
    below = -(-len(suspected) // COLUMNS)
    width = 2 * SIDE + NAMES + COLUMNS * CELL
    height = TOP + len(labels) * ROW + (HEAD + below * TOLD_ROW if below else 0) + BOTTOM
    figure = new_figure(width / DPI, height / DPI)
    more = f", of which {LABELS} are shown" if len(found.counts) > LABELS else ""
    write_title(
        figure,
        SIDE / DPI,
        shortened(", ".join(found.sources)),
        f"{counted(found.images, 'image')} of {counted(len(found.counts), 'label')}{more}, as the"
        " model sees them",
    )
    paper = np.ones((height, width), np.float32)

    def write(x: float, y: float, words: str, **look: object) -> None:
        figure.text(x / width, 1 - y / height, words, **look)

    for row, label in enumerate(labels):
        top = TOP + row * ROW
        write(SIDE, top + TILE / 2, shortened(label, 9), size=10, color=INK, va="center")
        count = f"{found.counts[label]:,}"
        write(
            SIDE + NAMES - 14, top + TILE / 2, count, size=8, color=FAINT, va="center", ha="right"
        )
        for column, index in enumerate(_some(found.labels, label)):
            _put(paper, found.patches[index], top, SIDE + NAMES + column * CELL)
    top = TOP + len(labels) * ROW + HEAD
    if suspected:
        words = "Likely mislabelled: the label that each has → the one that it seems to be"
        write(SIDE, top - 18, words, size=10, color=INK, weight="bold")
    for number, one in enumerate(suspected):
        left = SIDE + NAMES + number % COLUMNS * CELL
        upper = top + number // COLUMNS * TOLD_ROW
        _put(paper, found.patches[one.index], upper, left)
        told = f"{shortened(one.label, NAME)}\n→ {shortened(one.suspected, NAME)}"
        middle, look = left + TILE / 2, {"ha": "center", "va": "top"}
        write(middle, upper + TILE + 1, told, size=6, color=RED, linespacing=1.0, **look)
        place = one.place if len(one.place) <= PLACE else f"…{one.place[1 - PLACE :]}"
        write(
            middle,
            upper + TILE + 29,
            shortened(place, PLACE),
            size=5.5,
            color=FAINT,
            **look,
        )
    figure.figimage(paper, 0, 0, cmap="gray", vmin=0, vmax=1, origin="upper")
    return png(figure)


def _some(labels: Sequence[str], label: str) -> list[int]:
    """Images of a label, evenly from first to last."""
    places = [index for index, own in enumerate(labels) if own == label]
    if len(places) <= COLUMNS:
        return places
    return [places[round(n * (len(places) - 1) / (COLUMNS - 1))] for n in range(COLUMNS)]


def _put(paper: NDArray[np.float32], patch: NDArray[np.uint8], top: int, left: int) -> None:
    tile = 1 - np.kron(patch.astype(np.float32) / 255, np.ones((SCALE, SCALE), np.float32))
    paper[top : top + TILE, left : left + TILE] = tile
