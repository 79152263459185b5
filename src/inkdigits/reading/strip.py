"""A line of writing cut out of a picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inkdigits.prediction import Box


@dataclass(frozen=True)
class Strip:
    """A line of writing, level, cut out of a picture.

    Args:
        grey: (H, W) uint8, dark ink on lighter paper; above and below the writing there is as much
            paper as the picture has, up to about the height of the writing.
        top: where its tallest marks begin, a row of `grey` (fractions count).
        bottom: where they end; above `top`.
        to_picture: (2, 3) float64, takes (x, y, 1) of `grey` to (x, y) of the picture.
        alone: whether the picture is this line and nothing else, as when somebody cut it out.
    """

    grey: NDArray[np.uint8]
    top: float
    bottom: float
    to_picture: NDArray[np.float64]
    alone: bool = False

    def in_picture(self, left: float, top: float, right: float, bottom: float) -> Box:
        """The box, in pixels of the picture, around a rectangle of the strip."""
        corners = np.array([[x, y, 1.0] for x in (left, right) for y in (top, bottom)])
        places = corners @ self.to_picture.T
        (x, y), (end, foot) = places.min(axis=0), places.max(axis=0)
        return float(x), float(y), float(end - x), float(foot - y)
