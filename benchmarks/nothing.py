"""Pictures on which nothing is written, made apart from those that training refuses."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

SIDES = (24, 28, 64, 150, 300)  # pixels

Picture = NDArray[np.uint8]
Field = NDArray[np.float64]


def pictures(kind: str, count: int, seed: int) -> Iterator[Picture]:
    """Make pictures of one kind, one of `KINDS`: (H, W) uint8, or (H, W, 3) for some solid ones."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    for _ in range(count):
        height = int(rng.choice(SIDES))
        width = max(min(SIDES), round(height * rng.choice([0.7, 1.0, 1.0, 1.4])))
        yield KINDS[kind](height, width, rng)


def _pixels(field: Field, rng: np.random.Generator) -> Picture:
    """Turn a field, whatever its values, into grey of a random contrast."""
    low, high = float(field.min()), float(field.max())
    even = (field - low) / max(high - low, 1e-9)
    black, white = np.sort(rng.uniform(0, 255, 2))
    if white - black < 40:
        black, white = 0, 255
    return np.asarray(np.rint(black + even * (white - black)), np.uint8)


def _noise(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Grain of several kinds: even, normal, black and white, in lines, or as of a bad camera."""
    kind = rng.integers(5)
    if kind == 0:
        return rng.integers(0, 256, (height, width), np.uint8)
    if kind == 1:
        grain = rng.normal(rng.uniform(60, 200), rng.uniform(15, 60), (height, width))
        return np.clip(grain, 0, 255).astype(np.uint8)
    if kind == 2:
        share = rng.uniform(0.05, 0.5)
        return np.where(rng.random((height, width)) < share, 0, 255).astype(np.uint8)
    if kind == 3:
        across = rng.normal(0, 1, (height, 1) if rng.random() < 0.5 else (1, width))
        return _pixels(across + 0.3 * rng.normal(0, 1, (height, width)), rng)
    coarse = rng.normal(0, 1, (height // 2, width // 2))
    return _pixels(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), rng)


def _texture(height: int, width: int, rng: np.random.Generator) -> Picture:
    """Cloth, wood, bricks, print screens, clouds, stone: patterns that fill the whole picture."""
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    turn = rng.uniform(0, np.pi)
    across = rows * np.sin(turn) + columns * np.cos(turn)
    along = rows * np.cos(turn) - columns * np.sin(turn)
    waves = rng.uniform(6, min(16, min(height, width) / 4))
    kind = rng.integers(6)
    if kind == 0:  # cloth
        field = np.sin(2 * np.pi * waves * across) + np.sin(2 * np.pi * waves * along)
    elif kind == 1:  # wood
        bent = across + 0.04 * np.sin(2 * np.pi * (2 * along + rng.random()))
        field = np.abs(np.sin(np.pi * waves * bent)) + 0.1 * rng.random((height, width))
    elif kind == 2:  # bricks
        layer = np.floor(waves * rows)
        joint = (waves * rows) % 1 < 0.2
        field = 1.0 - (joint | ((waves / 2 * columns + layer / 2) % 1 < 0.1))
    elif kind == 3:  # a printer's screen of dots
        field = 1.0 * (np.sin(2 * np.pi * waves * across) * np.sin(2 * np.pi * waves * along) > 0.4)
    elif kind == 4:  # clouds
        field = _clouds(height, width, rng)
    else:  # stone: the distance to the nearest of many points
        points = rng.random((60, 2)) * (rows.max(), columns.max())
        squared = [(rows - row) ** 2 + (columns - column) ** 2 for row, column in points]
        field = np.sqrt(np.min(squared, axis=0))
    return _pixels(field, rng)


def _clouds(height: int, width: int, rng: np.random.Generator) -> Field:
    """Noise at every size, the finer the fainter."""
    field = np.zeros((height, width))
    for octave in range(1, 6):
        knots = rng.normal(0, 1, (2**octave + 1, 2**octave + 1))
        field += cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC) / 2**octave
    return field


def _blank(height: int, width: int, rng: np.random.Generator) -> Picture:
    """A sheet with nothing on it: the camera's grain, and corners that are a little darker."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    shade = rng.uniform(190, 255) - rng.uniform(0, 25) * (rows**2 + columns**2)
    sheet = shade + rng.normal(0, rng.uniform(0, 4), (height, width))
    grey = 255 - sheet if rng.random() < 0.3 else sheet
    return np.asarray(np.clip(grey, 0, 255), np.uint8)


def _solid(height: int, width: int, rng: np.random.Generator) -> Picture:
    """One grey, or one colour, all over."""
    if rng.random() < 0.5:
        return np.full((height, width), rng.integers(256), np.uint8)
    return np.broadcast_to(rng.integers(0, 256, 3, np.uint8), (height, width, 3)).copy()


def _gradient(height: int, width: int, rng: np.random.Generator) -> Picture:
    """From light to dark: in one direction, outwards from a point, or with a soft step."""
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    slope = rows * np.sin(turn) + columns * np.cos(turn)
    kind = rng.integers(3)
    if kind == 1:
        row, column = rng.uniform(-1, 1, 2)
        slope = np.hypot(rows - row, columns - column)
    elif kind == 2:
        slope = np.tanh(slope * rng.uniform(1, 5))
    grain = rng.uniform(0, 0.02) * rng.normal(0, 1, (height, width))
    return _pixels((slope + grain) * rng.choice([-1, 1]), rng)


KINDS: dict[str, Callable[[int, int, np.random.Generator], Picture]] = {
    "noise": _noise,
    "texture": _texture,
    "blank": _blank,
    "solid": _solid,
    "gradient": _gradient,
}
