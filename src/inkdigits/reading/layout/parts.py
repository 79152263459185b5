"""The connected parts of a mask: what every step of layout begins with."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

FEW = 30_000  # parts that can be numbered in 16 bits, which is much faster


class Parts(NamedTuple):
    """Connected parts; number 0 is what is in none.

    Args:
        labels: (H, W) integers, of which part a pixel is.
        boxes: (N, 4) int32, x, y, width, height of each.
        areas: (N,) int32, pixels of each.
    """

    labels: NDArray[np.integer]
    boxes: NDArray[np.int32]
    areas: NDArray[np.int32]


def parts(mask: NDArray[np.uint8]) -> Parts:
    """Find them; corners connect."""
    few = mask.size < FEW or cv2.connectedComponents(mask, connectivity=8)[0] < FEW
    kind = cv2.CV_16U if few else cv2.CV_32S
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=kind)
    return Parts(labels, stats[:, :4], stats[:, 4])
