"""The gallery of mistakes: everything misread with what it was taken for, page by page."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inkdigits.normalize import PATCH
from inkdigits.training.look import DPI, FAINT, RED, new_figure, png, shortened, write_title
from inkdigits.training.report import Misread, Report

PAGE = 400  # patches of a picture
COLUMNS = 10
SCALE = 3  # pixels of the gallery for one of a patch
TILE = PATCH * SCALE
CELL, ROW = TILE + 16, TILE + 54  # pixels from one patch to the next, two lines of text below each
SIDE, TOP, BOTTOM = 40, 130, 16  # pixels left free
SIZE, SMALL = 9.5, 7.0  # of what is written below a patch: on one line, on two
LINE = 9  # characters that one line has room for …
NAME = 10  # … and a name on one of two
PALE = 0.45  # how dark the ink of what was refused is


def misread(report: Report) -> Iterator[bytes]:
    """Draw what was misread, surest first; below each its label, its answer, the confidence.

    Returns:
        A PNG for each page, none where nothing is misread.
    """
    if report.measured is None:
        raise ValueError("only a report as measured can be drawn")
    patches = report.measured.patches
    return (_page(report, patches, first) for first in range(0, len(report.misread), PAGE))


def page_name(number: int) -> str:
    """The file name of a page, from 1."""
    return "misread.png" if number == 1 else f"misread-{number}.png"


def page_names(report: Report) -> list[str]:
    """The file names of all pages."""
    return [page_name(number) for number in range(1, 1 + -(-len(report.misread) // PAGE))]


def _page(report: Report, patches: NDArray[np.float32], first: int) -> bytes:
    shown = report.misread[first : first + PAGE]
    rows = -(-len(shown) // COLUMNS)
    width, height = 2 * SIDE + COLUMNS * CELL - (CELL - TILE), TOP + rows * ROW + BOTTOM
    figure = new_figure(width / DPI, height / DPI)
    refused = sum(one.reason is not None for one in report.misread)
    write_title(
        figure,
        SIDE / DPI,
        shortened(f"{report.model} on {report.dataset}"),
        f"{_how_many(report, first, len(shown))}: what each is → what it was taken"
        " for, and how surely",
        f"{refused:,} {'was' if refused == 1 else 'were'} refused (grey), so that no wrong answer"
        " was given",
    )
    sheet = np.ones((rows * ROW + BOTTOM, width), np.float32)
    for number, one in enumerate(shown):
        top, left = number // COLUMNS * ROW, SIDE + number % COLUMNS * CELL
        tile = _tile(patches[one.image], one)
        sheet[top : top + TILE, left : left + TILE] = tile
        middle = (left + TILE / 2) / width
        below = 1 - (TOP + top + TILE) / height
        colour = FAINT if one.reason else RED
        place = {"ha": "center", "va": "top", "linespacing": 1.0}
        words, size = _told(one)
        figure.text(middle, below - 3 / height, words, size=size, color=colour, **place)
        if one.answer is not None:
            sure = "> 99 %" if one.confidence >= 0.995 else f"{100 * one.confidence:.0f} %"
            under = 24 if size == SIZE else 34
            figure.text(middle, below - under / height, sure, size=8, color=FAINT, **place)
    figure.figimage(sheet, 0, 0, cmap="gray", vmin=0, vmax=1, origin="upper")
    return png(figure)


def _tile(patch: NDArray[np.float32], one: Misread) -> NDArray[np.float32]:
    """Dark ink on white, enlarged; paler where the answer was refused."""
    ink = patch * (PALE if one.reason else 1)
    return 1 - np.kron(ink, np.ones((SCALE, SCALE), np.float32))


def _told(one: Misread) -> tuple[str, float]:
    """What it is and what it was taken for, and how large to write it: long names on two lines."""
    label = shortened(one.label, NAME)
    answer = "blank" if one.answer is None else shortened(one.answer, NAME)
    words = f"{label} → {answer}"
    return (words, SIZE) if len(words) <= LINE else (f"{label}\n→ {answer}", SMALL)


def _how_many(report: Report, first: int, shown: int) -> str:
    total, noun = len(report.misread), report.noun
    if shown < total:
        return f"Misread {noun}s {first + 1:,} to {first + shown:,} of {total:,}, the surest first"
    return f"The only misread {noun}" if total == 1 else f"All {total:,} misread {noun}s"
