"""Numbers to measure by: real ones, cut out of cheques and logbooks, and strings of pen ink."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.training.labelled_ink import read_ink
from inkdigits.training.numbers.ink_strings import PLAIN, Manner, by_writer, strings

CANVAS_HEIGHT = (40, 120)  # pixels of the digits, least and most
PEN = (0.05, 0.12)  # width of the pen in heights of a digit


@dataclass(frozen=True)
class Numbered:
    """A number to read.

    Args:
        source: a picture, (H, W) uint8, or ink.
        text: what it says.
    """

    source: NDArray[np.uint8] | Ink
    text: str


def digits_of(text: str) -> str:
    """The digits of a text: the truth of the sets knows no separators."""
    return "".join(mark for mark in text if mark.isdigit())


def cut_out(name: str, limit: int | None = None) -> list[Numbered]:
    """The numbers of an npz file in `numbers/` of the folder that INKDIGITS_DATA names."""
    path = Path(os.environ["INKDIGITS_DATA"]) / "numbers" / f"{name}.npz"
    with np.load(path) as file:
        arrays = {key: file[key] for key in ("pixels", "offsets", "shapes", "labels")}
    starts, shapes = arrays["offsets"].tolist(), arrays["shapes"].tolist()
    found = [
        Numbered(arrays["pixels"][start:end].reshape(shape), str(label))
        for start, end, shape, label in zip(
            starts, starts[1:], shapes, arrays["labels"].tolist(), strict=False
        )
    ]
    return found[:limit]


def pen_strings(source: str, count: int, seed: int, manner: Manner = PLAIN) -> list[Numbered]:
    """Strings of 2 to 8 digits of pen ink, each by one writer, as ink."""
    writers = by_writer(read_ink(source))
    return [Numbered(one.ink, one.text) for one in strings(writers, count, seed, manner)]


def drawn(numbers: list[Numbered], seed: int) -> list[Numbered]:
    """The same strings as pictures: drawn black on white, with a pen and a size of their own."""
    rng = np.random.default_rng(seed)
    pictures = []
    for number in numbers:
        ink = number.source
        assert isinstance(ink, Ink)  # noqa: S101
        x, y, width, height = ink.box() or (0.0, 0.0, 1.0, 1.0)
        scale = float(rng.uniform(*CANVAS_HEIGHT)) / max(height, 1e-9)
        margin = height * float(rng.uniform(0.3, 1.0))
        moved = Ink([[(px - x + margin, py - y + margin) for px, py, *_ in s] for s in ink.strokes])
        pen = height * float(rng.uniform(*PEN))
        size = (round(width + 2 * margin), round(height + 2 * margin))
        pixels = moved.draw(*size, pen, scale)
        pictures.append(Numbered(pixels, number.text))
    return pictures
