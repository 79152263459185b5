"""How lines slope: over all of a page, and, seen in perspective, here and there on it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STEEPEST = 0.22  # slope, pixels down for one to the right, up to which a page is turned back
COARSE = 23  # slopes that are tried, then
FINE = 9  # as many between two of them
POINTS = 12_000  # pixels of ink that are looked at
FEWEST = 100  # pixels of ink that tell a slope
SHARPER = 1.04  # lines have to be so much sharper than on a level page to turn it

LEAN = 0.02  # by how much slopes usually differ over a page seen in perspective
DOUBT = 0.004  # standard deviation of a slope that the whole page tells
FAR_OFF = 0.03  # a line whose slope differs by more is not of the page


def page_slope(mask: NDArray[np.uint8]) -> float:
    """The slope at which rows of ink are told best from the paper between them.

    Args:
        mask: (H, W) uint8, ink on 0.
    """
    # edges of lines, not all of their ink: large dark things have few
    edge = cv2.subtract(mask[:-1], mask[1:])
    points = np.argwhere(edge)
    if len(points) < FEWEST:
        return 0.0
    y, x = points[:: max(1, len(points) // POINTS)].T.astype(np.float32)
    slopes = np.linspace(-STEEPEST, STEEPEST, COARSE)
    best = float(slopes[np.argmax([_sharpness(x, y, slope) for slope in slopes])])
    width = slopes[1] - slopes[0]
    for _ in range(2):
        slopes = np.linspace(best - width, best + width, FINE)
        best = float(slopes[np.argmax([_sharpness(x, y, slope) for slope in slopes])])
        width = slopes[1] - slopes[0]
    return best if _sharpness(x, y, best) > SHARPER * _sharpness(x, y, 0.0) else 0.0


def _sharpness(x: NDArray[np.float32], y: NDArray[np.float32], slope: float) -> float:
    rows = (y - np.float32(slope) * x).astype(np.int32)
    counts = np.bincount(rows - rows.min())
    counts = counts + np.roll(counts, 1)  # a line may fall between two rows
    return float(np.square(counts, dtype=np.float64).sum())


def levelling(slope: float, size: tuple[int, int]) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """The turn (2, 3) that makes lines of this slope level, and the width and height it needs."""
    length = float(np.hypot(1, slope))
    cos, sin = 1 / length, slope / length
    turn = np.array([[cos, sin, 0], [-sin, cos, 0]])
    corners = turn[:, :2] @ np.array([[0, size[0], 0, size[0]], [0, 0, size[1], size[1]]])
    turn[:, 2] = -corners.min(axis=1)
    width, height = np.ceil(corners.max(axis=1) - corners.min(axis=1)).astype(int).tolist()
    return turn, (width, height)


@dataclass(frozen=True)
class Slopes:
    """The slope of lines at each place of a page: `at` = a + b x + c y, in (3,) float64."""

    plane: NDArray[np.float64]

    @classmethod
    def of(cls, seen: NDArray[np.float64], size: float) -> "Slopes":
        """Fit them to lines.

        Args:
            seen: (N, 4), for each line x, y of its middle, slope, and the variance of that.
            size: of the page, pixels.
        """
        plane = np.zeros(3)
        kept = seen
        for _ in range(3):
            if not len(kept):
                break
            root = 1 / np.sqrt(kept[:, 3] + DOUBT**2)
            terms = np.column_stack([np.ones(len(kept)), kept[:, :2]]) * root[:, None]
            prior = np.diag([1 / (4 * LEAN), size / LEAN, size / LEAN])
            plane = np.linalg.lstsq(
                np.vstack([terms, prior]), np.append(kept[:, 2] * root, np.zeros(3)), rcond=None
            )[0]
            off = np.abs(seen[:, 2] - plane[0] - seen[:, :2] @ plane[1:])
            kept = seen[off < FAR_OFF]
        return cls(plane)

    def at(self, x: float, y: float) -> float:
        """The slope here."""
        return float(self.plane @ [1, x, y])
