"""Allographs by formula: ways of writing a digit that the training sets hardly hold.

Each is a few strokes through given points in a box one wide and one high, smooth but for corners.
A hand of its own moves each point a little and makes the lines rounder or straighter; pen, slant,
stretch and bend are those of all training ink (`training/inks.py`).
"""

from collections.abc import Container
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink

Curve = tuple[tuple[float, float], ...]

JITTER = 0.045  # by which each point is moved, standard deviation, of the box
NARROWEST = 0.6  # width of the narrowest, as a share of that of the widest
STEPS = 6  # straight pieces between two points


class Allograph(NamedTuple):
    """One way of writing one digit: a point given twice in a row is a corner."""

    label: str
    strokes: tuple[Curve, ...]


ALLOGRAPHS: dict[str, Allograph] = {
    "nought with a curl": Allograph(
        "0",
        (
            (
                *((0.5, 0.02), (0.12, 0.28), (0.1, 0.75), (0.5, 1), (0.88, 0.7), (0.82, 0.22)),
                *((0.5, 0.02), (0.32, 0.2), (0.5, 0.3)),
            ),
        ),
    ),
    "nought that leads on": Allograph(
        "0",
        (
            (
                *((0.55, 0.1), (0.16, 0.3), (0.12, 0.8), (0.45, 1), (0.75, 0.65), (0.68, 0.2)),
                *((0.42, 0.1), (0.6, 0.2), (1, 0.08)),
            ),
        ),
    ),
    "one with a long upstroke": Allograph("1", (((0, 0.58), (0.6, 0), (0.6, 0), (0.56, 1)),)),
    "three with a flat top": Allograph(
        "3",
        (
            (
                *((0.12, 0.02), (0.85, 0), (0.85, 0), (0.4, 0.42), (0.4, 0.42), (0.88, 0.6)),
                *((0.7, 0.95), (0.05, 0.95)),
            ),
        ),
    ),
    "bolt of lightning": Allograph(
        "4", (((0.6, 0), (0.22, 0.38), (0.35, 0.54), (0.72, 0.64), (0.85, 0.78), (0.76, 1)),)
    ),
    "angular bolt of lightning": Allograph(
        "4", (((0.55, 0), (0.1, 0.55), (0.1, 0.55), (0.8, 0.58), (0.8, 0.58), (0.72, 1)),)
    ),
    "four with a loop": Allograph(
        "4",
        (((0.5, 0), (0.1, 0.58), (0.4, 0.74), (0.88, 0.52), (0.72, 0.44), (0.52, 0.7), (0.45, 1)),),
    ),
    "one with flag and foot": Allograph(
        "1", (((0.2, 0.32), (0.55, 0), (0.55, 0), (0.48, 0.97)), ((0.08, 1), (0.9, 0.96)))
    ),
    "six that leads on": Allograph(
        "6",
        (
            (
                *((0.35, 0), (0.08, 0.5), (0.2, 0.88), (0.5, 0.8), (0.78, 0.4), (0.62, 0.38)),
                *((0.52, 0.7), (0.65, 0.95), (0.98, 0.72)),
            ),
        ),
    ),
    "slim six": Allograph(
        "6",
        (((0.6, 0), (0.42, 0.4), (0.3, 0.85), (0.45, 1), (0.65, 0.88), (0.5, 0.72), (0.34, 0.82)),),
    ),
    "seven that crosses itself": Allograph(
        "7",
        (
            (
                *((0.05, 0.14), (0.4, 0), (0.72, 0.16), (0.66, 0.58), (0.52, 1), (0.38, 0.82)),
                *((0.5, 0.58), (1, 0.54)),
            ),
        ),
    ),
    "seven with a serif and a bar": Allograph(
        "7",
        (
            ((0.06, 0.2), (0.1, 0.02), (0.1, 0.02), (0.9, 0.02), (0.9, 0.02), (0.4, 1)),
            ((0.3, 0.52), (0.85, 0.5)),
        ),
    ),
    "eight of two rings": Allograph(
        "8",
        (
            ((0.5, 0), (0.22, 0.2), (0.5, 0.44), (0.78, 0.2), (0.5, 0)),
            ((0.5, 0.44), (0.14, 0.72), (0.5, 1), (0.86, 0.72), (0.5, 0.44)),
        ),
    ),
    "open nine": Allograph(
        "9",
        (((0.42, 0.36), (0.12, 0.33), (0.1, 0.1), (0.5, 0), (0.82, 0.14), (0.8, 0.5), (0.6, 1)),),
    ),
    "nine with a flat loop and a bow": Allograph(
        "9",
        (
            (
                *((0.7, 0.06), (0.3, 0), (0.08, 0.12), (0.32, 0.22), (0.7, 0.12), (0.35, 0.16)),
                *((0.7, 0.26), (0.95, 0.48), (0.85, 0.78), (0.4, 0.97), (0, 1)),
            ),
        ),
    ),
    "nine with a small loop and a hook": Allograph(
        "9",
        (
            (
                *((0.78, 0.05), (0.5, 0), (0.35, 0.14), (0.6, 0.24), (0.78, 0.08), (0.8, 0.55)),
                *((0.7, 0.92), (0.4, 1), (0.08, 0.86)),
            ),
        ),
    ),
}


def known(labels: Container[str]) -> list[Allograph]:
    """The ways of writing these labels."""
    return [way for way in ALLOGRAPHS.values() if way.label in labels]


def write(count: int, labels: Container[str], rng: np.random.Generator) -> list[tuple[str, Ink]]:
    """Write digits in the ways that are `known`, each way about as often as the others.

    Args:
        count: how many; 0 where no way is known.
        labels: names of the labels that are wanted.
        rng: all that is random comes from it.

    Returns:
        `count` pairs of label and ink.
    """
    ways = known(labels)
    return [(way.label, written(way, rng)) for way in (ways[i % len(ways)] for i in range(count))]


def written(way: Allograph, rng: np.random.Generator) -> Ink:
    """Write a digit in one way, in a hand of its own."""
    roundness = rng.uniform(0.3, 1)
    width = rng.uniform(NARROWEST, 1)
    strokes = []
    for corners in way.strokes:
        points = np.array(corners)
        same = np.all(points[1:] == points[:-1], axis=1)
        moved = points + rng.normal(0, JITTER, points.shape)
        moved[1:][same] = moved[:-1][same]
        strokes.append((curve(moved, roundness) * (width, 1)).tolist())
    return Ink(strokes)


def curve(points: NDArray[np.float64], roundness: float) -> NDArray[np.float64]:
    """A curve through points (N, 2): Catmull-Rom at roundness 1, straight lines at 0.

    A point given twice in a row is a corner.

    Source: Catmull & Rom, "A class of local interpolating splines", 1974, as cubic Hermite pieces
    whose tangents are scaled by `roundness`.
    """
    ahead = points[1:] - points[:-1]
    leaving, arriving = ahead.copy(), ahead.copy()  # at a corner, and at the ends: straight on
    smooth = np.any(ahead[1:] != 0, axis=1) & np.any(ahead[:-1] != 0, axis=1)
    between = 0.5 * (ahead[1:] + ahead[:-1])
    leaving[1:][smooth] = arriving[:-1][smooth] = between[smooth]
    time = np.linspace(0, 1, STEPS, endpoint=False)[:, None, None]
    curve = (
        (2 * time**3 - 3 * time**2 + 1) * points[:-1]
        + (time**3 - 2 * time**2 + time) * roundness * leaving
        + (3 * time**2 - 2 * time**3) * points[1:]
        + (time**3 - time**2) * roundness * arriving
    )
    return np.concatenate([curve.swapaxes(0, 1).reshape(-1, 2), points[-1:]])
