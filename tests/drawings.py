"""Digits for tests: drawn as strokes by formula, and by the people of `examples/`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits import Ink

EXAMPLES = Path(__file__).parents[1] / "examples"

Strokes = list[list[tuple[float, float]]]


def _arc(
    centre: tuple[float, float], radii: tuple[float, float], start: float, stop: float
) -> list[tuple[float, float]]:
    """Points of an ellipse between two angles in degrees, clockwise on a canvas, 0 to the right."""
    angles = np.radians(np.linspace(start, stop, 40))
    x = centre[0] + radii[0] * np.cos(angles)
    y = centre[1] + radii[1] * np.sin(angles)
    return list(zip(x.tolist(), y.tolist(), strict=True))


# Each digit stands in a box 1 high, origin at the top left.
DIGITS: dict[str, Strokes] = {
    "0": [_arc((0.33, 0.5), (0.33, 0.5), -90, 270)],
    "1": [[(0.0, 0.16), (0.14, 0.0), (0.14, 1.0)]],
    "2": [[*_arc((0.32, 0.3), (0.32, 0.3), -170, 30), (0.0, 1.0), (0.68, 1.0)]],
    "3": [
        [
            *_arc((0.3, 0.25), (0.3, 0.25), -150, 90),
            *_arc((0.3, 0.74), (0.33, 0.26), -90, 150),
        ]
    ],
    "4": [[(0.45, 0.0), (0.0, 0.65), (0.72, 0.65)], [(0.52, 0.3), (0.52, 1.0)]],
    "5": [
        [(0.08, 0.0), (0.05, 0.43), *_arc((0.28, 0.68), (0.34, 0.32), -120, 140)],
        [(0.08, 0.0), (0.6, 0.0)],
    ],
    "6": [[*_arc((0.55, 0.62), (0.55, 0.62), -95, -180), *_arc((0.3, 0.7), (0.3, 0.3), 180, 540)]],
    "7": [[(0.0, 0.0), (0.62, 0.0), (0.22, 1.0)]],
    "8": [
        [
            *_arc((0.3, 0.25), (0.25, 0.25), 90, 450),
            *_arc((0.3, 0.75), (0.3, 0.25), -90, 270),
        ]
    ],
    "9": [[*_arc((0.3, 0.3), (0.3, 0.3), 0, -360), (0.6, 0.3), (0.52, 1.0)]],
}


def drawn(
    digit: str, *, size: float = 200, at: tuple[float, float] = (100, 100), slant: float = 0
) -> Ink:
    """Draw a digit `size` units high with its top left corner at `at`, leaning by `slant`."""
    return Ink(
        [
            [(at[0] + size * (x + slant * (1 - y)), at[1] + size * y) for x, y in stroke]
            for stroke in DIGITS[digit]
        ]
    )


def number(
    digits: str,
    *,
    size: float = 100,
    at: tuple[float, float] = (100, 100),
    gap: float = 0.9,
    slant: float = 0,
) -> Ink:
    """Draw digits side by side, each `gap` times their size from the one before."""
    left, top = at
    return Ink(
        [
            stroke
            for place, digit in enumerate(digits)
            for stroke in drawn(
                digit, size=size, at=(left + gap * size * place, top), slant=slant
            ).strokes
        ]
    )


def page(*numbers: str, size: float = 60, pen: float = 6) -> NDArray[np.uint8]:
    """Draw numbers below each other on white paper."""
    longest = max(map(len, numbers))
    return Ink(
        [
            stroke
            for row, digits in enumerate(numbers)
            for stroke in number(digits, size=size, at=(size, size * (1 + 2.5 * row))).strokes
        ]
    ).draw(round(size * (2 + longest)), round(size * (0.5 + 2.5 * len(numbers))), pen)


def example(name: str) -> list[Any]:
    """The strokes of a drawing in `examples/`."""
    found = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    strokes: list[Any] = found["strokes"]
    return strokes


def side_by_side(
    names: Sequence[str], height: float = 100, gap: float = 0.35, at: tuple[float, float] = (0, 0)
) -> list[Any]:
    """The strokes of drawings in `examples/`, made as high as each other, one beside another."""
    written: list[Any] = []
    left, top = at
    for name in names:
        strokes = example(name)
        xs = [point[0] for stroke in strokes for point in stroke]
        ys = [point[1] for stroke in strokes for point in stroke]
        scale = height / (max(ys) - min(ys))
        written += [
            [[left + scale * (x - min(xs)), top + scale * (y - min(ys))] for x, y, *_ in stroke]
            for stroke in strokes
        ]
        left += scale * (max(xs) - min(xs)) + gap * height
    return written
