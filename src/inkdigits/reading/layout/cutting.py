"""A row of marks → a `Strip`: level, no larger than it needs to be, with paper around it."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.strip import Strip

TALLEST = 64  # pixels: digits that are taller in the picture are cut out smaller
ABOVE = 0.9  # paper above and below, in heights of the band
PAINTED = 3  # pixels around a line that tell what is painted over it
LEVEL = 0.5  # pixels that a strip may rise or fall by from end to end without being turned


@dataclass(frozen=True)
class Place:
    """Where a row is in a picture: a band that slopes.

    Args:
        left: where it begins, a column.
        right: where it ends.
        top: where its band begins, a row, at the column `left`.
        bottom: where its band ends, at the column `left`.
        slope: pixels down for one to the right.
    """

    left: float
    right: float
    top: float
    bottom: float
    slope: float

    def through(self, turn: NDArray[np.float64]) -> "Place":
        """The same place where a turn (2, 3) takes it."""
        rise = self.slope * (self.right - self.left)
        corners = [[self.left, self.top], [self.right, self.top + rise], [self.left, self.bottom]]
        start, end, foot = np.array(corners) @ turn[:, :2].T + turn[:, 2]
        slope = float((end[1] - start[1]) / (end[0] - start[0]))
        # the foot is not straight beneath the top: its row at the column of the top
        bottom = float(foot[1] + slope * (start[0] - foot[0]))
        return Place(float(start[0]), float(end[0]), float(start[1]), bottom, slope)


def cut(grey: NDArray[np.uint8], place: Place) -> Strip:
    """Cut a row out of a picture.

    Args:
        grey: (H, W) uint8, dark ink.
        place: where the row is.
    """
    across = float(np.hypot(1, place.slope))  # pixels along the row for one column
    high = (place.bottom - place.top) / across
    scale = min(1.0, TALLEST / max(high, 1.0))
    margin = ABOVE * high
    width = max(1, round((place.right - place.left) * across * scale))
    height = max(1, round((high + 2 * margin) * scale))
    cos, sin = 1 / across, place.slope / across
    # the strip's corner in the picture: so much above the band, seen along the row
    corner = place.left + margin * sin, place.top - margin * cos
    turn = np.array([[cos, -sin, corner[0]], [sin, cos, corner[1]]])
    turn[:, :2] /= scale
    top, bottom = margin * scale, (margin + high) * scale
    # no more than the picture has
    reach = turn @ np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]]).T
    above = max(0, int(np.floor(-max(reach[1, 0], reach[1, 1]) * scale)))
    below = max(0, int(np.floor((min(reach[1, 2], reach[1, 3]) - len(grey)) * scale)))
    above, below = min(above, int(top)), min(below, int(height - bottom))
    turn[:, 2] += turn[:, 1] * above
    height -= above + below
    pixels = _warped(grey, turn, (width, height), place.slope)
    return Strip(pixels, top - above, bottom - above, turn)


def _warped(
    grey: NDArray[np.uint8], turn: NDArray[np.float64], size: tuple[int, int], slope: float
) -> NDArray[np.uint8]:
    """The part of a picture that (width, height) pixels are taken to by `turn`."""
    corners = turn @ np.array([[0, 0, 1], [size[0], 0, 1], [0, size[1], 1], [*size, 1]]).T
    low = np.maximum(np.floor(corners.min(axis=1)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + 3, grey.shape[::-1])
    part = grey[low[1] : high[1], low[0] : high[0]]
    if not part.size:
        return np.full(size[::-1], 255, np.uint8)
    turn = turn.copy()
    turn[:, 2] -= low
    shrink = float(np.hypot(turn[0, 0], turn[1, 0]))
    if shrink > 1:  # all pixels count, not just those that are hit
        small = tuple(max(1, round(side / shrink)) for side in part.shape[::-1])
        ratio = np.array(small) / part.shape[::-1]
        part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
        turn = turn * ratio[:, None]
        turn[:, 2] += (ratio - 1) / 2
    if abs(slope) * size[0] < LEVEL:
        turn[0, 1] = turn[1, 0] = 0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(part, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def without_lines(strip: Strip, lines: NDArray[np.uint8], to_picture: NDArray[np.float64]) -> Strip:
    """Paint over lines, as those between the places of a comb: they would be read as ones.

    Args:
        strip: in which they are.
        lines: (H, W) uint8, 255 on 0.
        to_picture: (2, 3), takes (x, y, 1) of `lines` to (x, y) of the picture.
    """
    back = np.vstack([cv2.invertAffineTransform(to_picture), [0, 0, 1]])
    turn = (back @ np.vstack([strip.to_picture, [0, 0, 1]]))[:2]
    size = strip.grey.shape[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    mask = cv2.compare(cv2.warpAffine(lines, turn, size, flags=flags), 0, cv2.CMP_GT)
    painted = cv2.inpaint(strip.grey, mask, PAINTED, cv2.INPAINT_TELEA)
    return Strip(np.asarray(painted), strip.top, strip.bottom, strip.to_picture)
