"""Ink by formula that is no digit: scribbles, symbols, and strokes thrown together.

Shapes stand in a box about 1 wide and high; a common hand then turns, slants, stretches and bends
them.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.ink import Ink
from inkdigits.training.outlier_symbols import SYMBOLS

Points = NDArray[np.float64]
Drawing = list[Points]

TURN = 12.0  # how far the hand turns a drawing, degrees …
SLANT = 0.25  # … slants it …
STRETCH = 1.25  # … stretches it …
BEND = 0.03  # … and bends its lines, as a share of the size


def draw(kind: str, rng: np.random.Generator) -> Ink:
    """Draw one thing of this kind, one of `MAKERS`."""
    return Ink(_hand(MAKERS[kind](rng), rng))


def strike_out(rng: np.random.Generator) -> Drawing:
    """What crosses a word out, in a box of 1 around the origin: a zigzag, a coil or two lines."""
    how = rng.integers(3)
    if how == 0:
        bends = int(rng.integers(6, 14))
        x = np.linspace(-0.5, 0.5, bends) + rng.normal(0, 0.04, bends)
        y = np.where(np.arange(bends) % 2, 0.5, -0.5) * rng.uniform(0.6, 1.1, bends)
        return [np.stack([x, y] if rng.random() < 0.6 else [y, x], axis=1)]
    if how == 1:
        time = np.linspace(0, 1, 90)
        coil = 2 * np.pi * rng.integers(4, 8) * time
        return [np.stack([time - 0.5 + 0.2 * np.cos(coil), 0.4 * np.sin(coil)], axis=1)]
    ends = np.array([[-0.6, -0.6], [0.6, 0.6], [0.6, -0.6], [-0.6, 0.6]])
    ends = ends + rng.normal(0, 0.06, (4, 2))
    return [ends[:2], ends[2:]]


def _hand(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """Turn, slant, stretch and bend a drawing as a whole, so that what meets goes on meeting."""
    turn, slant, stretch = rng.uniform(-1, 1, 3) * (np.deg2rad(TURN), SLANT, np.log(STRETCH))
    cosine, sine, stretch = np.cos(turn), np.sin(turn), np.exp(stretch / 2)
    shape = np.array([[stretch, 0], [slant, 1 / stretch]])
    shape = shape @ np.array([[cosine, sine], [-sine, cosine]])
    points = np.concatenate(drawing)
    points = points @ shape
    points /= max(np.ptp(points, axis=0).max(), 1e-9)
    # A slow bend along each axis, and a tremor.
    waves = np.sin(points @ (rng.normal(0, 1, (2, 4)) * _REACH) + rng.uniform(0, 2 * np.pi, 4))
    waves *= BEND * rng.uniform(0, 1.6) * _SHARE
    points = points + waves[:, :2] + waves[:, 2:]
    return np.split(points, np.cumsum([len(stroke) for stroke in drawing])[:-1])


def _path(corners: Points, between: int = 7) -> Points:
    """Put points between corners, so that straight lines can be bent."""
    steps = np.linspace(0, 1, between, endpoint=False)[:, None]
    inner = corners[:-1, None] + steps * np.diff(corners, axis=0)[:, None]
    return np.concatenate([inner.reshape(-1, 2), corners[-1:]])


def _smooth(rng: np.random.Generator, knots: int, count: int, columns: int = 1) -> Points:
    """`count` points of a smooth random curve through `knots` normal values, (count, columns)."""
    values = rng.normal(0, 1, (knots, columns))
    return np.asarray(cv2.resize(values, (columns, count), interpolation=cv2.INTER_CUBIC))


def _arc(
    centre: tuple[float, float], radii: tuple[float, float], start: float, stop: float
) -> Points:
    """Points of an ellipse between two angles, degrees clockwise from the right."""
    angles = np.deg2rad(np.linspace(start, stop, 28))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + centre


def _ring(
    x: float, y: float, radius: float, rng: np.random.Generator, squeeze: float = 1.0
) -> Points:
    """A ring as people draw it, its ends not quite meeting."""
    start = rng.uniform(0, 360)
    return _arc((x, y), (radius, radius * squeeze), start, start + rng.uniform(345, 385))


def _scribble(rng: np.random.Generator) -> Drawing:
    """A line that wanders to and fro, more often than any digit does."""
    knots = int(rng.integers(9, 16))
    points = _smooth(rng, knots, 8 * knots, 2)
    wide = rng.uniform(0.75, 1.8)  # a slender one, merged, is a 1
    return [points / np.ptp(points, axis=0) * np.array([wide, 1.0])]


def _scrawl(rng: np.random.Generator) -> Drawing:
    """Up and down along a line, as a hand that writes a word."""
    waves = rng.uniform(3, 6)
    count = int(22 * waves)
    time = np.linspace(0, 1, count)
    noise = _smooth(rng, 9, count, 4)
    phase = 2 * np.pi * waves * time + 0.8 * noise[:, 0]
    height = rng.uniform(0.12, 0.35) * np.exp(0.5 * noise[:, 1])
    x = time + rng.uniform(0, 0.1) * np.cos(phase + rng.uniform(0, 6)) + 0.03 * noise[:, 2]
    y = height * np.sin(phase) + rng.uniform(0, 0.06) * noise[:, 3]
    drawing = [np.stack([x, y], axis=1)]
    if rng.random() < 0.3:  # lifted once
        drawing = np.split(drawing[0], [int(rng.integers(20, count - 20))])
    return drawing


def _zigzag(rng: np.random.Generator) -> Drawing:
    """Five bends and more: with fewer it is a 7, a 2, a 3 or a lightning 4."""
    corners = int(rng.integers(7, 12))
    step = rng.choice([0.12, 0.3]) * rng.uniform(0.9, 1.7)  # a patch filled in, or a saw
    x = np.arange(corners) * step + rng.normal(0, 0.03, corners)
    y = np.where(np.arange(corners) % 2, 1, 0) + rng.normal(0, 0.1, corners)
    upright = rng.random() < 0.3 and x[-1] < 1.7  # a slender one, merged, is a 1
    return [_path(np.stack([y, x] if upright else [x, y], axis=1), 4)]


def _spiral(rng: np.random.Generator) -> Drawing:
    """Two turns and more, with fewer it is a 6 or a 9; of many, the pen makes a disc or a ring."""
    angle = np.linspace(0, 2 * np.pi * rng.uniform(2.1, 2.9), 90)
    radius = angle ** rng.uniform(0.75, 1.1)
    angle = rng.choice([-1, 1]) * angle + rng.uniform(0, 2 * np.pi)
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _loops(rng: np.random.Generator) -> Drawing:
    """Three loops and more on a line; two of them are an 8 on its side."""
    loops = int(rng.integers(3, 6))
    angle = np.linspace(0, 2 * np.pi * (loops + 0.4), 20 * loops) + rng.uniform(-1, 1)
    wide, high = rng.uniform(1.5, 2.6), rng.uniform(1.5, 5)
    side = rng.choice([-1, 1])
    x = angle + side * wide * np.cos(angle)
    return [np.stack([x, high * np.sin(angle)], axis=1)]


def _arches(rng: np.random.Generator) -> Drawing:
    """Three arches and more, standing or hanging, or a wave as long."""
    count = int(rng.integers(3, 7))
    time = np.linspace(0, 1, 18 * count)
    y = np.sin(np.pi * count * time)
    y = (np.abs(y), -np.abs(y), y)[rng.integers(3)]
    wide = count * rng.uniform(0.6, 1.2)
    return [np.stack([wide * time, y * rng.uniform(0.7, 1.2)], axis=1)]


def _symbol(rng: np.random.Generator) -> Drawing:
    """One of `SYMBOLS`, its corners moved a little; lines may be lifted at each corner."""
    strokes = _SYMBOLS[int(rng.integers(len(_SYMBOLS)))]
    lifted = rng.random() < 0.3
    drawing: Drawing = []
    for corners in strokes:
        closed = (corners[0] == corners[-1]).all()
        moved = corners + rng.normal(0, 0.05, corners.shape)
        if closed and rng.random() < 0.6:
            moved[-1] = moved[0]
        if lifted and len(moved) > 2:
            for start in range(len(moved) - 1):
                line = moved[start : start + 2] + rng.normal(0, 0.025, (2, 2))
                drawing.append(_path(line))
        else:
            drawing.append(_path(moved))
    return drawing


def _round(rng: np.random.Generator) -> Drawing:
    """One of the curved symbols."""
    return ROUND[int(rng.integers(len(ROUND)))](rng)


def _heart(rng: np.random.Generator) -> Drawing:
    angle = np.linspace(0, 2 * np.pi, 60)
    x = 16 * np.sin(angle) ** 3
    y = 13 * np.cos(angle) - 5 * np.cos(2 * angle) - 2 * np.cos(3 * angle) - np.cos(4 * angle)
    return [np.stack([x, -rng.uniform(0.9, 1.1) * y], axis=1)]


def _face(rng: np.random.Generator) -> Drawing:
    smile = rng.choice([-1, 1])
    mouth = _arc((0, 0.25 - 0.15 * (smile < 0)), (0.5, 0.35 * smile), 20, 160)
    eyes = [np.array([[x, -0.4], [x, rng.uniform(-0.39, -0.2)]]) for x in (-0.38, 0.38)]
    return [_ring(0, 0, 1, rng), *eyes, mouth]


def _sun(rng: np.random.Generator) -> Drawing:
    rays = np.linspace(0, 2 * np.pi, int(rng.integers(6, 11)), endpoint=False)
    rays += rng.uniform(0, 1)
    way = np.stack([np.cos(rays), np.sin(rays)], axis=1)
    inner, outer = rng.uniform(0.55, 0.7), rng.uniform(0.95, 1.3)
    return [_ring(0, 0, 0.5, rng), *(np.stack([inner * ray, outer * ray]) for ray in way)]


def _target(rng: np.random.Generator) -> Drawing:
    return [_ring(0, 0, 1, rng), _ring(0, 0, rng.uniform(0.3, 0.5), rng)]


def _chain(rng: np.random.Generator) -> Drawing:
    """Rings side by side; one above the other they are an 8."""
    step = rng.uniform(1.1, 2.3)
    return [_ring(step * place, rng.normal(0, 0.1), 1, rng) for place in range(rng.integers(2, 5))]


def _infinity(rng: np.random.Generator) -> Drawing:
    angle = np.linspace(0, 2 * np.pi * rng.uniform(0.98, 1.03), 60) + rng.uniform(0, 6)
    return [np.stack([rng.uniform(1.8, 2.4) * np.cos(angle), np.sin(2 * angle)], axis=1)]


def _barred_ring(rng: np.random.Generator) -> Drawing:
    """A ring with two lines through it: with one it is a slashed zero."""
    turn = rng.uniform(-0.3, 0.3)
    ray = 1.4 * np.array([np.cos(turn), np.sin(turn)])
    return [
        _ring(0, 0, 1, rng),
        _path(np.stack([-ray, ray])),
        _path(np.stack([-ray, ray])[:, ::-1] * (-1, 1)),
    ]


def _flower(rng: np.random.Generator) -> Drawing:
    petals = int(rng.integers(3, 7))
    angle = np.linspace(0, 2 * np.pi, 90)
    radius = 1 + rng.uniform(0.35, 0.9) * np.cos(petals * angle + rng.uniform(0, 6))
    return [np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _cloud(rng: np.random.Generator) -> Drawing:
    bumps = int(rng.integers(5, 9))
    angle = np.linspace(0, 2 * np.pi, 90)
    radius = 1 + 0.5 * np.abs(np.sin(bumps * angle / 2 + rng.uniform(0, 3)))
    return [np.stack([1.6 * radius * np.cos(angle), radius * np.sin(angle)], axis=1)]


def _lissajous(rng: np.random.Generator) -> Drawing:
    across, down = ((3, 2), (4, 3), (5, 2))[rng.integers(3)]
    angle = np.linspace(0, 2 * np.pi, 120)
    phase = rng.uniform(0.3, 1.2)
    return [np.stack([np.sin(across * angle + phase), np.sin(down * angle)], axis=1)]


def _stick_man(rng: np.random.Generator) -> Drawing:
    hip, reach = rng.uniform(0.5, 0.65), rng.uniform(0.25, 0.4)
    return [
        _ring(0, 0.15, 0.15, rng),
        _path(np.array([[0, 0.3], [0, hip]])),
        _path(np.array([[-reach, 0.25 + rng.uniform(0, 0.3)], [0, 0.4], [reach, 0.4]])),
        _path(np.array([[-0.25, 1], [0, hip], [0.25, 1]])),
    ]


ROUND = (
    _heart,
    _face,
    _sun,
    _target,
    _chain,
    _infinity,
    _barred_ring,
    _flower,
    _cloud,
    _stick_man,
    _lissajous,
)


def _glyph(rng: np.random.Generator) -> Drawing:
    """Lines, arcs, rings and dots thrown into a box: too many of them to be a digit."""
    parts = int(rng.integers(4, 8))
    centres = rng.permutation(_PLACES)[:parts] + rng.normal(0, 0.08, (parts, 2))
    draws = rng.random((4, parts, 1))
    how, size = draws[0], 0.15 + 0.35 * draws[1]
    straight = how < 0.5
    ring = (how > 0.85) & (how < 0.93)
    dot = how > 0.93
    angle = np.where(straight, rng.choice(_ANGLES, (parts, 1)) + 0.4 * draws[3], 6.3 * draws[2])
    along = np.linspace(0, 1, 14)
    turned = angle + np.where(ring, 6.5, 1.6 + 2.3 * draws[3]) * along
    arc = np.stack([np.cos(turned), (0.5 + 0.5 * draws[2]) * np.sin(turned)], axis=2)
    line = np.concatenate([np.cos(angle), np.sin(angle)], axis=1)[:, None]
    line = line * (2 * along - 1)[None, :, None]
    reach = size * np.where(straight, 1, np.where(ring, 0.4, np.where(dot, 0, 0.7)))
    return list(centres[:, None] + reach[..., None] * np.where(straight[..., None], line, arc))


def _dash(rng: np.random.Generator) -> Drawing:
    """A level stroke; upright it would be a 1."""
    return [_path(np.array([[0, 0], [1, rng.normal(0, 0.08)]]), 12)]


def _dots(rng: np.random.Generator) -> Drawing:
    """Three and more dots or short dashes, in a row or anywhere."""
    count = int(rng.integers(3, 8))
    x, y = rng.uniform(0, 1, (2, count))
    if rng.random() < 0.4:
        x, y = np.arange(count) * 0.4, rng.normal(0, 0.03, count)
    ends = rng.normal(0, 0.05, (count, 2)) * (rng.random() < 0.5)
    middle = np.stack([x, y], axis=1)
    return [np.stack([point, point + end]) for point, end in zip(middle, ends, strict=True)]


_SYMBOLS = [[np.array(stroke, np.float64) for stroke in symbol] for symbol in SYMBOLS.values()]
_PLACES = np.array([(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)])
_ANGLES = np.array([0.0, 0.0, np.pi / 2, np.pi / 2, np.pi / 4, -np.pi / 4]) - 0.2
_REACH = np.array([4.0, 4.0, 11.0, 11.0])
_SHARE = np.array([1.0, 1.0, 0.3, 0.3])

MAKERS: dict[str, Callable[[np.random.Generator], Drawing]] = {
    "scribble": _scribble,
    "scrawl": _scrawl,
    "zigzag": _zigzag,
    "spiral": _spiral,
    "loops": _loops,
    "arches": _arches,
    "symbol": _symbol,
    "round": _round,
    "glyph": _glyph,
    "dash": _dash,
    "dots": _dots,
}
