"""Pictures without a digit: noise, texture, filled shapes, and photographs of nothing."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Field = NDArray[np.float32]

SIDES = (40, 200)  # pixels
STRIPES = 4  # waves along the longer side: fewer stripes are ones


def _size(rng: np.random.Generator) -> tuple[int, int]:
    """Height and width, more often small: the time goes with their product."""
    low, high = SIDES
    side = low * (high / low) ** (rng.random() ** 2.5)
    other = side * rng.uniform(0.7, 1.4)
    return round(side), round(min(max(other, low), high))


def _field(shape: tuple[int, int], knots: int, rng: np.random.Generator) -> Field:
    """A smooth random field in [0, 1] with about `knots` hills along each side."""
    coarse = rng.random((knots + 1, knots + 1), np.float32)
    field = cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(field, 0, 1), np.float32)


def _grey(field: Field, rng: np.random.Generator, least: float = 0.15) -> Picture:
    """Turn a field in [0, 1] into grey of some contrast, either side dark."""
    contrast = rng.uniform(least, 1)
    dark = rng.uniform(0, 1 - contrast)
    if rng.random() < 0.5:
        field = 1 - field
    return np.asarray(255 * (dark + contrast * field), np.uint8)


def _noise(rng: np.random.Generator) -> Picture:
    return _grey(rng.random(_size(rng), np.float32), rng)


def _smooth(rng: np.random.Generator) -> Picture:
    return _grey(_field(_size(rng), int(rng.integers(2, 16)), rng), rng)


def _salt(rng: np.random.Generator) -> Picture:
    shape = _size(rng)
    share = 10 ** rng.uniform(-3, -0.7)
    grains = rng.random(shape, np.float32)
    if rng.random() < 0.5:  # coarser
        small = grains[: shape[0] // 3, : shape[1] // 3]
        grains = np.asarray(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_NEAREST))
    field = np.full(shape, 0.5 if rng.random() < 0.5 else 1, np.float32)
    field[grains < share] = 0
    return _grey(field, rng, 0.3)


def _waves(rng: np.random.Generator, shape: tuple[int, int], angle: float) -> Field:
    """Stripes across this direction, radians: sharp or soft, dark ones thinner or thicker."""
    longest = max(shape)
    turns = 2 * np.pi / longest * rng.uniform(STRIPES, min(14, longest / 6))
    columns = np.arange(shape[1], dtype=np.float32) * np.float32(turns * np.cos(angle))
    rows = np.arange(shape[0], dtype=np.float32) * np.float32(turns * np.sin(angle))
    wave = np.sin(np.add.outer(rows, columns) + np.float32(rng.uniform(0, 6)))
    sharp, share = rng.choice([1.0, 4.0, 20.0]), rng.uniform(-0.7, 0.7)
    wave = 0.5 + np.float32(sharp) * (wave + np.float32(share))
    return np.asarray(np.clip(wave, 0, 1), np.float32)


def _stripes(rng: np.random.Generator) -> Picture:
    return _grey(_waves(rng, _size(rng), rng.uniform(0, np.pi)), rng)


def _lattice(rng: np.random.Generator) -> Picture:
    """Two sets of stripes: a grid where they add, dots where they meet."""
    shape, angle = _size(rng), rng.choice([0, rng.uniform(0, np.pi)])
    first, second = _waves(rng, shape, angle), _waves(rng, shape, angle + np.pi / 2)
    both = cv2.min(first, second) if rng.random() < 0.5 else first * second
    return _grey(np.asarray(both, np.float32), rng)


def _checks(rng: np.random.Generator) -> Picture:
    """A chessboard, or squares at random."""
    shape, count = _size(rng), int(rng.integers(5, 12))
    squares = np.indices((count, count)).sum(axis=0) % 2
    if rng.random() < 0.5:
        squares = rng.integers(0, 2, (count, count))
    field = cv2.resize(squares.astype(np.float32), shape[::-1], interpolation=cv2.INTER_NEAREST)
    return _grey(np.asarray(field, np.float32), rng)


def _solid(rng: np.random.Generator) -> Picture:
    return np.full(_size(rng), rng.integers(256), np.uint8)


def _gradient(rng: np.random.Generator) -> Picture:
    height, width = _size(rng)
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.ogrid[-0.5 : 0.5 : height * 1j, -0.5 : 0.5 : width * 1j]
    slope = 0.5 + 0.7 * (columns * np.cos(angle) + rows * np.sin(angle))
    return _grey(np.asarray(np.clip(slope, 0, 1), np.float32), rng)


def _blobs(rng: np.random.Generator) -> Picture:
    """Filled shapes with soft outlines, as a hill country seen from above."""
    field = _field(_size(rng), int(rng.integers(3, 9)), rng)
    sharp = rng.choice([8.0, 60.0])
    return _grey(np.clip(0.5 + sharp * (field - rng.uniform(0.35, 0.65)), 0, 1), rng, 0.3)


def _polygon(rng: np.random.Generator) -> Picture:
    """A filled shape with corners, or with a round outline, wider than a stroke."""
    height, width = _size(rng)
    corners = int(rng.integers(3, 10))
    even = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    angle = even + rng.uniform(-0.5, 0.5, corners) * 2 / corners + rng.uniform(0, 2 * np.pi)
    radius = rng.uniform(0.3, 0.48, corners)  # no slivers: a slender shape is a 1
    radius *= rng.uniform(0.4, 1)
    x, y = np.cos(angle) * radius + 0.5, np.sin(angle) * radius + 0.5
    outline = np.stack([x * width, y * height], axis=1) * 16
    field = np.ones((height, width), np.float32)
    cv2.fillPoly(field, [outline.astype(np.int32)], 0.0, cv2.LINE_8, 4)
    if rng.random() < 0.5:
        field = cv2.GaussianBlur(field, (0, 0), rng.uniform(0.5, 0.05 * width))
    return _grey(np.asarray(field, np.float32), rng, 0.3)


def _nothing(rng: np.random.Generator) -> Picture:
    """A photograph of nothing: uneven light, edges of things, dark corners, grain."""
    shape = _size(rng)
    height, width = shape
    field = _field(shape, int(rng.integers(1, 4)), rng) + 0.4 * _field(shape, 9, rng)
    rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    for _ in range(rng.integers(1, 5)):
        angle = rng.uniform(0, 2 * np.pi)
        side = columns * np.cos(angle) + rows * np.sin(angle) > rng.uniform(-0.8, 0.8)
        field[side] += np.float32(rng.uniform(-0.6, 0.6))
    field -= rng.uniform(0, 0.3) * (rows**2 + columns**2).astype(np.float32)
    field += np.float32(rng.uniform(0, 0.1)) * rng.random(shape, np.float32)
    cv2.normalize(field, field, 0, 1, cv2.NORM_MINMAX)
    return _grey(field, rng)


def _text_lines(rng: np.random.Generator) -> Picture:
    """Rows of small blocks, as print too small to be read, or the bars of a shop's code."""
    height, width = _size(rng)
    if rng.random() < 0.3:
        bars = rng.integers(0, 2, (20, rng.integers(16, 40))).astype(np.float32)
        bars[:] = bars[0]
        bars[:2] = bars[-2:] = bars[:, :2] = bars[:, -2:] = 1  # a margin
        field = cv2.resize(bars, (width, height), interpolation=cv2.INTER_NEAREST)
        return _grey(np.asarray(field, np.float32), rng, 0.3)
    rows, columns = int(rng.integers(3, 8)), int(rng.integers(8, 24))
    letters = np.zeros((4 * rows, 2 * columns), np.float32)
    letters[1::4] = letters[2::4] = rng.random((1, 2 * columns)) < 0.8
    letters[:, 1::2] *= rng.random((4 * rows, columns)) < 0.4
    letters *= rng.random(letters.shape) < 0.9
    field = cv2.resize(1 - letters, (width, height), interpolation=cv2.INTER_LINEAR)
    return _grey(np.asarray(field, np.float32), rng, 0.3)


def _dirt(rng: np.random.Generator) -> Picture:
    """A sheet with nothing on it but grain, crumbs, stains and a fold."""
    shape = _size(rng)
    height, width = shape
    field = 0.8 + 0.2 * _field(shape, 3, rng)
    for _ in range(rng.integers(4, 14)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(1, 6)), int(rng.integers(1, 4)))
        shade = float(rng.uniform(0.2, 0.8))
        cv2.ellipse(field, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade, cv2.FILLED)
    if rng.random() < 0.5:
        start, stop = rng.integers(height, size=2).tolist()
        cv2.line(field, (0, start), (width, stop), float(rng.uniform(0.5, 1)), 1, cv2.LINE_8)
    field += np.float32(rng.uniform(0, 0.08)) * rng.random(shape, np.float32)
    return _grey(np.clip(field, 0, 1), rng, 0.5)


MAKERS: dict[str, Callable[[np.random.Generator], Picture]] = {
    "noise": _noise,
    "smooth": _smooth,
    "salt": _salt,
    "stripes": _stripes,
    "checks": _checks,
    "lattice": _lattice,
    "solid": _solid,
    "gradient": _gradient,
    "blobs": _blobs,
    "polygon": _polygon,
    "nothing": _nothing,
    "text_lines": _text_lines,
    "dirt": _dirt,
}
