"""Marks as another hand would have written them: turned, leaning, stretched and bent a little."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.training.inks import bent
from inkdigits.training.numbers.glyphs import Mark, Picture, Strokes

TURN = np.deg2rad(5)  # standard deviations, at an amount of 1
LEAN = 0.08
STRETCH = 0.14
WOBBLE = 0.045
MOST = 1.2  # greatest amount; a third of the hands write as the sets have it


def amount(rng: np.random.Generator) -> float:
    """How much a hand distorts its marks: 0 not at all."""
    return max(0.0, float(rng.uniform(-0.5, 1)) * MOST)


def distorted(mark: Mark, much: float, rng: np.random.Generator) -> Mark:
    """A mark in a hand of its own; where `much` is 0, the mark itself."""
    if not much:
        return mark
    if isinstance(mark, Strokes):
        return Strokes(_moved(mark.points, much, rng), mark.lengths)
    high, wide = mark.pixels.shape
    across, down = np.meshgrid(np.arange(wide), np.arange(high))
    grid = _moved(np.stack([across, down], axis=-1).reshape(-1, 2), much, rng)
    from_x, from_y = grid.reshape(high, wide, 2).transpose(2, 0, 1)
    pixels = cv2.remap(
        mark.pixels, np.ascontiguousarray(from_x), np.ascontiguousarray(from_y), cv2.INTER_LINEAR
    )
    return Picture(np.asarray(pixels), mark.sharpness)


def _moved(
    points: NDArray[np.generic], much: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Points (N, 2) after a random linear map about their middle, and bent by waves."""
    turn, lean, stretch = rng.normal(0, much, 3) * [TURN, LEAN, STRETCH]
    cosine, sine = np.cos(turn), np.sin(turn)
    linear = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1, lean], [0, 1]])
    linear = linear * np.exp([[stretch / 2], [-stretch / 2]])
    middle = points.mean(axis=0)
    moved = bent((points - middle) @ linear.T, WOBBLE * much, rng) + middle
    return np.asarray(moved, np.float32)
