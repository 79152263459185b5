"""Random changes to training patches: what another hand, another slant, another pen would do.

All of them but the thickness are one resampling: for each pixel of the new patch, an affine map
and a smooth random field (Simard, Steinkraus & Platt, "Best practices for convolutional neural
networks applied to visual document analysis", ICDAR 2003) say where in the old patch to look. The
affine map turns about the centre of the patch, where the normaliser has put the centre of mass, so
that it stays there. Where the recipe says `refit`, the map is scaled so that the ink keeps the size
that the normaliser gives it: what is stretched a lot comes out as if it had been written so.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.normalize import BOX
from inkdigits.training.sections import AugmentationConfig

CHUNK = 256  # patches changed at a time by one thread
THREADS = 4


@dataclass(frozen=True)
class _Draws:
    """The random numbers for N patches, drawn in one go so that threads cannot change them."""

    affine: NDArray[np.float32]  # (N, 2, 3): from a pixel of the new patch to one of the old
    field: NDArray[np.float32] | None  # (N, 2, G, G): control points of the elastic field
    thickness: NDArray[np.float32]  # (N,): pixels, either sign
    changed: NDArray[np.bool_]  # (N,)


def augment(
    patches: NDArray[np.float32], config: AugmentationConfig, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Change each patch at random.

    Args:
        patches: (N, 28, 28, 1) float32 in [0, 1]; left as they are.
        config: how much of what.
        rng: all that is random comes from it, in an order that threads do not change.

    Returns:
        New patches, same shape, type and range.
    """
    count, height, width, _ = patches.shape
    draws, sizes = _draw(count, (height, width), config, rng)
    spread = _spread(height, config.elastic_smoothness)
    result = np.empty_like(patches)

    def change(start: int) -> None:
        part = slice(start, start + CHUNK)
        old, chosen = patches[part, :, :, 0], _part(draws, part)
        if config.refit:
            _refit(old, chosen.affine, sizes[part])
        _change(old, result[part, :, :, 0], chosen, spread)

    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(change, range(0, count, CHUNK)):
            pass
    return result


def _draw(
    count: int, size: tuple[int, int], config: AugmentationConfig, rng: np.random.Generator
) -> tuple[_Draws, NDArray[np.float64]]:
    """Draw the changes for `count` patches; and by how much each is to grow, (N,)."""
    turn, slant, zoom, stretch, right, down, thickness, chance = rng.uniform(-1, 1, (8, count))
    angle = np.deg2rad(config.rotation) * turn
    slant = config.shear * slant
    sides = [
        np.exp(np.log1p(config.scale) * zoom + sign * 0.5 * np.log1p(config.stretch) * stretch)
        for sign in (1, -1)
    ]
    cosine, sine = np.cos(angle), np.sin(angle)
    # forwards: stretch, then slant, then turn; backwards is what a resampling needs
    forwards = np.empty((count, 2, 2))
    forwards[:, 0, 0], forwards[:, 1, 0] = cosine * sides[0], sine * sides[0]
    forwards[:, 0, 1] = (cosine * -slant - sine) * sides[1]
    forwards[:, 1, 1] = (sine * -slant + cosine) * sides[1]
    backwards = np.linalg.inv(forwards)
    centre = (np.array(size[::-1]) - 1) / 2
    moved = centre + config.shift * np.stack([right, down], 1)
    offset = centre - np.einsum("nij,nj->ni", backwards, moved)
    field = None
    if config.elastic > 0:
        points = _control_points(size[0], config.elastic_smoothness)
        field = rng.standard_normal((count, 2, points, points), np.float32) * config.elastic
        field = field.astype(np.float32, copy=False)
    draws = _Draws(
        np.concatenate([backwards, offset[:, :, None]], 2).astype(np.float32),
        field,
        (config.thickness * thickness).astype(np.float32),
        (chance + 1) / 2 < config.share,
    )
    return draws, np.exp(np.log1p(config.scale) * zoom)


def _part(draws: _Draws, part: slice) -> _Draws:
    field = None if draws.field is None else draws.field[part]
    return _Draws(draws.affine[part], field, draws.thickness[part], draws.changed[part])


def _refit(
    patches: NDArray[np.float32], affine: NDArray[np.float32], sizes: NDArray[np.float64]
) -> None:
    """Scale each map, in place, so that the longer side of the ink becomes `sizes` times `BOX`."""
    _, height, width = patches.shape
    inked = (patches > 0.25).reshape(-1, 1, height * width)
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    backwards, offset = affine[:, :, :2], affine[:, :, 2]
    places = np.linalg.inv(backwards) @ np.stack([columns.ravel(), rows.ravel()])
    last = np.where(inked, places, -np.inf).max(axis=2)
    first = np.where(inked, places, np.inf).min(axis=2)
    longest = (last - first).max(axis=1) + 1
    factor = np.where(inked.any(axis=(1, 2)), longest / (BOX * sizes), 1)[:, None]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    moved = backwards @ centre + offset - centre  # what the shift has become
    backwards *= factor[:, :, None]
    offset[:] = centre - backwards @ centre + moved


def _change(
    old: NDArray[np.float32], new: NDArray[np.float32], draws: _Draws, spread: NDArray[np.float32]
) -> None:
    """Write the changed `old` (n, H, W) into `new`."""
    _, height, width = old.shape
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    grid = np.stack([columns.ravel(), rows.ravel(), np.ones(height * width, np.float32)])
    places = draws.affine.reshape(-1, 3) @ grid
    if draws.field is not None:
        places += draws.field.reshape(len(places), -1) @ spread
    places = places.reshape(-1, 2, height, width)
    for patch, (x, y), moved in zip(old, places, new, strict=True):
        cv2.remap(patch, x, y, cv2.INTER_CUBIC, moved, cv2.BORDER_CONSTANT)
    np.clip(new, 0, 1, out=new)
    _thicken(new, draws.thickness[:, None, None])
    peak = new.max(axis=(1, 2), keepdims=True)
    kept = ~draws.changed | (peak[:, 0, 0] <= 0.1)
    np.divide(new, peak, out=new, where=peak > 0)  # the normaliser's contrast
    new[kept] = old[kept]


def _thicken(patches: NDArray[np.float32], amount: NDArray[np.float32]) -> None:
    """Move the edge of the ink, in place, by `amount` pixels, outwards or (negative) inwards."""
    if not amount.any():
        return
    wider, narrower = patches.copy(), patches.copy()
    for here, there in (
        (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:, :-1], np.s_[:, 1:]),
        (np.s_[:, :, 1:], np.s_[:, :, :-1]),
        (np.s_[:, :, :-1], np.s_[:, :, 1:]),
    ):
        np.maximum(wider[here], patches[there], out=wider[here])
        np.minimum(narrower[here], patches[there], out=narrower[here])
    moved = np.where(amount > 0, wider, narrower)
    patches += np.abs(amount) * (moved - patches)


def _control_points(side: int, smoothness: float) -> int:
    return max(2, round(side / smoothness) + 1)


def _spread(side: int, smoothness: float) -> NDArray[np.float32]:
    """Matrix (G * G, side * side) from control points to pixels, cubic, of unit mean square."""
    points = _control_points(side, smoothness)
    along = cv2.resize(
        np.eye(points, dtype=np.float32), (points, side), interpolation=cv2.INTER_CUBIC
    )
    along = along / np.sqrt(np.square(along).sum(axis=1).mean())
    return np.ascontiguousarray(np.kron(along, along).T, np.float32)
