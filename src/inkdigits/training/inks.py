"""Ink for training: the same strokes, drawn anew in each epoch by another pen and another hand."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import RENDER_PEN, RENDER_SIZE, Ink, render_polylines
from inkdigits.normalize import PATCH, normalize
from inkdigits.training.sections import InkConfig

USUAL = 0.4  # share drawn as `Ink.render` draws, by which ink is recognised
WAVES = 2  # of each wobble
WAVELENGTHS = (0.7, 2.5)  # of those, in longer sides


def draw_anew(
    inks: Sequence[Ink], config: InkConfig, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Draw each ink with a pen, slant, stretch and wobble of its own.

    Args:
        inks: what was written; left as it is.
        config: how much of what.
        rng: all that is random comes from it.

    Returns:
        (N, 28, 28, 1) float32 in [0, 1]: patches as the preprocessing makes them.
    """
    count = len(inks)
    patches = np.zeros((count, PATCH, PATCH, 1), np.float32)
    maps = _maps(count, config, rng)
    pens, sizes = _between(config.pen, count, rng), _between(config.resolution, count, rng)
    usual = rng.random(count) < USUAL
    # No threads: these are many short calls, which hold Python's lock.
    for index, ink in enumerate(inks):
        if ink.is_empty:
            continue  # its patch stays blank
        points, lengths = ink.points, list(ink.lengths)
        if config.joined and len(lengths) > 1:
            lengths = _joined(lengths, config.joined, rng)
        points = bent((points - points.mean(axis=0)) @ maps[index].T, config.wobble, rng)
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        box = (left, top, right - left, bottom - top)
        size, pen = float(RENDER_SIZE), RENDER_PEN
        if not usual[index]:
            size = float(sizes[index])
            pen = max(1.0, float(pens[index]) * size)
        patches[index, :, :, 0] = normalize(render_polylines(points, lengths, box, size, pen))
    return patches


def _between(
    limits: tuple[float, float], count: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Random numbers whose logarithms are spread evenly."""
    low, high = np.log(limits)
    return np.exp(rng.uniform(low, high, count))


def _maps(count: int, config: InkConfig, rng: np.random.Generator) -> NDArray[np.float64]:
    """Random linear maps (N, 2, 2): stretch, then slant, then turn."""
    turn, slant, stretch = rng.uniform(-1, 1, (3, count))
    angle = np.deg2rad(config.rotation) * turn
    lean = np.tan(np.deg2rad(config.slant) * slant)
    wide = np.exp(0.5 * np.log1p(config.stretch) * stretch)
    cosine, sine = np.cos(angle), np.sin(angle)
    maps = np.empty((count, 2, 2))
    maps[:, 0, 0], maps[:, 1, 0] = cosine * wide, sine * wide
    maps[:, 0, 1] = (cosine * -lean - sine) / wide
    maps[:, 1, 1] = (sine * -lean + cosine) / wide
    return maps


def bent(
    points: NDArray[np.float64], wobble: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Displace the points (N, 2) by smooth waves: `wobble` is their height in longer sides."""
    if not wobble:
        return points
    longest = max(float(np.ptp(points, axis=0).max()), 1e-9)
    direction = rng.uniform(0, 2 * np.pi, WAVES)
    length = longest * rng.uniform(*WAVELENGTHS, WAVES)
    waves = 2 * np.pi / length * np.stack([np.cos(direction), np.sin(direction)])
    height = rng.normal(0, wobble * longest / np.sqrt(WAVES), (WAVES, 2))
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    bent: NDArray[np.float64] = points + np.sin(points @ waves + phases) @ height
    return bent


def _joined(lengths: list[int], share: float, rng: np.random.Generator) -> list[int]:
    """Draw through some of the pen's lifts."""
    joined = [lengths[0]]
    for length, chance in zip(lengths[1:], rng.random(len(lengths) - 1), strict=True):
        if chance < share:
            joined[-1] += length
        else:
            joined.append(length)
    return joined
