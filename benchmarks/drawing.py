"""Drawings on the canvas of a drawing app, made without inkdigits' own renderer."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 400  # the canvas, pixels
PEN = 15  # the pen, pixels
SMALLEST, LARGEST = 0.35, 0.85  # longer side of a drawing as a share of the canvas
BROKEN = "ibm"  # the contributor to UNIPEN whose digits are badly cut out: left out

Strokes = list[list[list[float]]]


def draw(strokes: Strokes, pen: int = PEN) -> NDArray[np.uint8]:
    """Draw as an app does that joins the mouse's positions by lines: whole pixels, round pen.

    Returns:
        (400, 400) uint8: 0 ink on 255 paper, antialiased.
    """
    canvas = np.full((SIDE, SIDE), 255, np.uint8)
    for stroke in strokes:
        points = np.rint(np.array([point[:2] for point in stroke])).astype(np.int32)
        if (points == points[0]).all():
            centre = (int(points[0, 0]), int(points[0, 1]))
            cv2.circle(canvas, centre, pen // 2, 0, cv2.FILLED, cv2.LINE_AA)
        else:
            cv2.polylines(canvas, [points], False, 0, pen, cv2.LINE_AA)
    return canvas


def place(strokes: Strokes, rng: np.random.Generator, pen: int = PEN) -> Strokes:
    """Put strokes of any size anywhere on the canvas, at 35 to 85 % of it, the pen within it."""
    points = np.array([point[:2] for stroke in strokes for point in stroke], float)
    corner, extent = points.min(axis=0), np.ptp(points, axis=0)
    scale = rng.uniform(SMALLEST, LARGEST) * SIDE / max(extent.max(), 1e-9)
    room = np.maximum(SIDE - extent * scale - pen, 0)
    move = pen / 2 + rng.uniform(0, 1, 2) * room - corner * scale
    return [[(np.array(point[:2]) * scale + move).tolist() for point in line] for line in strokes]


def read_ink(path: Path, labels: Sequence[str]) -> Iterator[tuple[str, Strokes]]:
    """Read labelled ink: JSON lines of `{"label": …, "strokes": …}`, compressed or not.

    Raises:
        SystemExit: A label is none of `labels`.
    """
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row.get("contributor") == BROKEN:
                continue
            if str(row["label"]) not in labels:
                raise SystemExit(f"{path} holds {row['label']!r}, which is not one of {labels}.")
            yield str(row["label"]), row["strokes"]
