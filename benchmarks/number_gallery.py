"""A sheet of the numbers that were misread, to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

COLUMNS = 6
TILE = (260, 92)  # width and height of a tile, pixels
CAPTION = 20  # of its height
MOST = 210  # on a sheet


class Misread(NamedTuple):
    """A number, what it was taken for, and how sure that was.

    Args:
        place: in its set, from 0.
        picture: (H, W) uint8.
        text: what it says.
        told: what was read.
        confidence: of that.
    """

    place: int
    picture: NDArray[np.uint8]
    text: str
    told: str
    confidence: float


def write_gallery(path: Path, misread: Sequence[Misread]) -> None:
    """Draw them, the first `MOST`, with place, text, what was read, and confidence."""
    tiles = [_tile(one) for one in misread[:MOST]]
    if not tiles:
        return
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.vstack(rows))


def _tile(one: Misread) -> NDArray[np.uint8]:
    tile = np.full((TILE[1], TILE[0]), 225, np.uint8)
    room = (TILE[0] - 4, TILE[1] - CAPTION - 4)
    scale = min(room[0] / one.picture.shape[1], room[1] / len(one.picture))
    size = [max(1, int(side * scale)) for side in one.picture.shape[::-1]]
    small = cv2.resize(one.picture, size, interpolation=cv2.INTER_AREA)
    tile[CAPTION : CAPTION + len(small), 2 : 2 + small.shape[1]] = small
    caption = f"{one.place}: {one.text} > {one.told} {one.confidence:.2f}"
    cv2.putText(tile, caption, (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    return tile
