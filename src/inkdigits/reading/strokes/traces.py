"""Where the strokes of an ink run: their boxes, and a few points along each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink

SAMPLES = 24  # points along a stroke, evenly: enough to tell how near two strokes come

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Traces:
    """Strokes as geometry.

    Args:
        points: the points of each stroke, (P, 2).
        boxes: (N, 4), left, top, right and bottom of each.
        samples: (N, SAMPLES, 2), points along each, evenly spaced.
    """

    points: tuple[Floats, ...]
    boxes: Floats
    samples: Floats

    @classmethod
    def of(cls, ink: Ink) -> "Traces":
        """The strokes of an ink that is not empty."""
        points = tuple(np.split(ink.points, np.cumsum(ink.lengths)[:-1]))
        starts = np.concatenate(([0], np.cumsum(ink.lengths)[:-1]))
        boxes = np.hstack(
            [np.minimum.reduceat(ink.points, starts), np.maximum.reduceat(ink.points, starts)]
        )
        return cls(points, boxes, np.array([_along(stroke) for stroke in points]))


def _along(points: Floats) -> Floats:
    """Points along a polyline, evenly spaced."""
    steps = np.diff(points, axis=0)
    way = np.concatenate(([0.0], np.cumsum(np.sqrt((steps**2).sum(axis=1)))))
    places = np.linspace(0.0, way[-1], SAMPLES)
    return np.stack([np.interp(places, way, points[:, axis]) for axis in (0, 1)], axis=1)


def typical_height(boxes: Floats) -> float:
    """The height of a digit, from the boxes of all strokes: half of all height is in taller ones.

    Short strokes, as bars and dots, weigh little in it; where all strokes lie flat, it is the
    width of the widest; where all are dots, 1.
    """
    heights = np.sort(boxes[:, 3] - boxes[:, 1])
    share = np.cumsum(heights)
    if share[-1] > 0:
        return float(heights[np.searchsorted(share, share[-1] / 2)])
    return float((boxes[:, 2] - boxes[:, 0]).max()) or 1.0


def gaps(boxes: Floats, others: Floats, axis: int) -> Floats:
    """How far boxes (N, 4) are from others (M, 4) along x (0) or y (1): (N, M), overlap below 0."""
    start = np.maximum(boxes[:, None, axis], others[None, :, axis])
    end = np.minimum(boxes[:, None, axis + 2], others[None, :, axis + 2])
    return start - end
