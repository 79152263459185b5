"""What a string is written on and seen with: paper, texture, rulings, light, blur, noise, JPEG."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BROKEN = 0.2  # share of the sides of a border that are there in part
COARSE = 24  # pixels: of lower digits, JPEG of the worst quality leaves nothing to read


def clean(ink: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A drawing on a screen: even paper, even ink, hardly any noise; (H, W) uint8, dark ink."""
    paper = float(rng.uniform(200, 256))
    darkness = float(rng.uniform(0.5, 1))
    return np.asarray(cv2.convertScaleAbs(ink, alpha=-paper * darkness / 255, beta=paper))


Cell = tuple[float, float, float, float]  # left, top, right, bottom


def scene(
    ink: NDArray[np.uint8],
    top: float,
    bottom: float,
    rng: np.random.Generator,
    cell: Cell | None = None,
) -> NDArray[np.uint8]:
    """Lay ink on paper and take its picture.

    Args:
        ink: (H, W) uint8, 255 the ink.
        top: where the digits begin, a row.
        bottom: where they end.
        rng: all that is random comes from it.
        cell: a border to print around them.

    Returns:
        (H, W) uint8, dark ink on lighter paper.
    """
    size = (ink.shape[0], ink.shape[1])
    height = bottom - top
    strength = ink.astype(np.float32) * np.float32(1 / 255)
    if rng.random() < 0.3:  # a pen that presses unevenly, pencil
        strength *= np.clip(_cloud(size, height * 0.15, rng) * 0.35 + 1, 0.2, 1.3)
    if rng.random() < 0.25:
        strength = cv2.GaussianBlur(strength, (0, 0), float(rng.uniform(0.01, 0.035)) * height)
    darkness = float(rng.choice([rng.uniform(0.4, 0.95), rng.uniform(0.12, 0.4)], p=[0.8, 0.2]))
    light = 1 - darkness * np.clip(strength, 0, 1)
    if rng.random() < 0.45:
        light *= 1 - _texture(size, height, rng) * darkness
    lines = _border(size, cell, height, rng) if cell else _printed(size, top, bottom, rng)
    if lines is not None:
        light *= 1 - float(rng.uniform(0.15, 0.95)) * lines
    light *= _illumination(size, rng)
    level = float(rng.uniform(60, 256))
    return _camera(light * np.float32(level), height, darkness * level, rng)


def _cloud(size: tuple[int, int], grain: float, rng: np.random.Generator) -> Floats:
    """Smooth noise of unit size whose spots are so many pixels wide."""
    rows = max(2, round(size[0] / max(grain, 1)))
    columns = max(2, round(size[1] / max(grain, 1)))
    coarse = rng.standard_normal((rows, columns), np.float32)
    return np.asarray(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_LINEAR))


def _grid(size: tuple[int, int]) -> tuple[Floats, Floats]:
    return (
        np.arange(size[1], dtype=np.float32)[None, :],
        np.arange(size[0], dtype=np.float32)[:, None],
    )


def _texture(size: tuple[int, int], height: float, rng: np.random.Generator) -> Floats:
    """Security paper: families of fine lines, waves, rings or dots; 0 none, up to 0.6."""
    strength = float(rng.uniform(0.05, 0.6)) * float(rng.uniform(0.2, 1))
    made = _family(size, height, rng)
    kind = rng.random()
    if kind < 0.35:
        made = np.maximum(made, _family(size, height, rng))
    elif kind < 0.6:
        made = made * _family(size, height, rng)  # a lattice of dots
    if rng.random() < 0.3:
        made *= np.clip(_cloud(size, height, rng) * 0.5 + 0.7, 0, 1)  # comes and goes
    return made * np.float32(strength)


def _family(size: tuple[int, int], height: float, rng: np.random.Generator) -> Floats:
    """Lines side by side; (H, W) in [0, 1]."""
    x, y = _grid(size)
    period = height * float(rng.uniform(0.08, 0.4))
    if rng.random() < 0.25:  # rings around somewhere
        middle = rng.uniform(-1, 2, 2) * [size[1], size[0]]
        way = np.sqrt(np.square(x - np.float32(middle[0])) + np.square(y - np.float32(middle[1])))
    else:
        angle = float(rng.choice([rng.normal(np.pi / 2, 0.12), rng.uniform(0, np.pi)]))
        way = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
    if rng.random() < 0.6:  # they wave
        along = np.float32(2 * np.pi / (height * rng.uniform(0.4, 2.5)))
        turned = x if rng.random() < 0.8 else y
        way = way + np.float32(period * rng.uniform(0.2, 1.2)) * np.sin(
            along * turned + np.float32(rng.uniform(0, 6.3))
        )
    wave = np.sin(np.float32(2 * np.pi / period) * way + np.float32(rng.uniform(0, 6.3)))
    narrow = float(rng.uniform(0.5, 3))
    lines: Floats = np.clip(wave * np.float32(narrow) + np.float32(1 - narrow), 0, 1)
    return lines


def _printed(
    size: tuple[int, int], top: float, bottom: float, rng: np.random.Generator
) -> Floats | None:
    """Rulings, cell borders, other lines' writing: what else is dark; (H, W) in [0, 1]."""
    kind = rng.random()
    if kind < 0.5:
        return None
    canvas = np.zeros(size, np.uint8)
    height = bottom - top
    thick = max(1, round(height * float(rng.uniform(0.02, 0.12))))
    tilt = float(rng.normal(0, 0.012))

    def line(start: tuple[float, float], end: tuple[float, float]) -> None:
        ends = [tuple(round(v * 16) for v in point) for point in (start, end)]
        cv2.line(canvas, ends[0], ends[1], 255, thick, cv2.LINE_AA, 4)

    def across(row: float) -> None:
        line((0, row), (size[1], row + tilt * size[1]))

    def down(column: float, from_row: float = 0, to_row: float | None = None) -> None:
        end = size[0] if to_row is None else to_row
        line((column, from_row), (column - tilt * (end - from_row), end))

    if rng.random() < 0.75:  # beneath or through the feet
        across(bottom + height * float(rng.uniform(-0.25, 0.5)))
    if rng.random() < 0.55:
        across(top - height * float(rng.uniform(-0.15, 0.6)))
    edges = size[1] - height, height  # of the string, inside of the margins
    if rng.random() < 0.45:
        down(edges[0] + height * float(rng.uniform(0.1, 0.9)))
    if rng.random() < 0.45:
        down(edges[1] - height * float(rng.uniform(0.1, 0.9)))
    if rng.random() < 0.1:  # a comb: a box for each digit
        step = height * float(rng.uniform(0.7, 1.1))
        for column in np.arange(float(rng.uniform(0, step)), size[1], step):
            down(float(column), bottom - height * float(rng.uniform(0.1, 0.3)))
    return canvas.astype(np.float32) * np.float32(1 / 255)


def _border(size: tuple[int, int], cell: Cell, height: float, rng: np.random.Generator) -> Floats:
    """The border of a cell, one side darker than the other or not there; (H, W) in [0, 1]."""
    canvas = np.zeros(size, np.float32)
    left, top, right, bottom = cell
    tilt = float(rng.normal(0, 0.01))
    high, wide = float(size[0]), float(size[1])
    sides = [((0.0, row), (wide, row + tilt * wide)) for row in (top, bottom)]
    sides += [((column, 0.0), (column - tilt * high, high)) for column in (left, right)]
    doubled = rng.random() < 0.2
    for start, end in sides:
        if rng.random() < 0.25:
            continue
        widest = 0.1 if rng.random() < 0.8 else 0.3
        thick = max(1, round(height * float(np.exp(rng.uniform(np.log(0.02), np.log(widest))))))
        side = np.zeros(size, np.uint8)
        if rng.random() < BROKEN:  # a part of it, as near a corner
            (x, y), (u, v) = start, end
            first, last = np.sort(rng.uniform(-0.3, 1.3, 2)).clip(0, 1)
            start = x + first * (u - x), y + first * (v - y)
            end = x + last * (u - x), y + last * (v - y)
        for shift in (0.0, 0.2 * height) if doubled else (0.0,):
            ends = [tuple(round((v + shift) * 16) for v in point) for point in (start, end)]
            cv2.line(side, ends[0], ends[1], 255, thick, cv2.LINE_AA, 4)
        np.maximum(canvas, side * np.float32(rng.uniform(0.2, 1) / 255), out=canvas)
    return canvas


def _illumination(size: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Uneven light, now and then with the edge of a shadow; (H, W), at most 1."""
    x, y = _grid(size)
    slope = rng.normal(0, 0.12, 2)
    light = 1 + np.float32(slope[0] / size[1]) * x + np.float32(slope[1] / size[0]) * y
    if rng.random() < 0.15:
        angle = float(rng.uniform(0, np.pi))
        way = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        edge = float(way.min() + rng.random() * np.ptp(way))
        soft = np.float32(rng.uniform(1, max(2.0, 0.4 * size[0])))
        depth = np.float32(rng.uniform(0.1, 0.45))
        light = light * (
            1 - depth / (1 + np.exp(np.clip((way - np.float32(edge)) / soft, -30, 30)))
        )
    even: Floats = light / light.max()
    return even


def _camera(
    light: Floats, height: float, contrast: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Blur, noise in proportion to the ink's contrast, and the loss of JPEG; (H, W) uint8."""
    if rng.random() < 0.4:
        most = min(1.4, max(0.3, 0.06 * height))  # of more, nothing can be read
        light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.2, most)))
    if rng.random() < 0.7:
        spread = float(rng.uniform(0, 1)) ** 2 * min(14.0, 0.2 * contrast)
        noise = rng.standard_normal(light.shape, np.float32)
        if rng.random() < 0.4:
            noise = cv2.GaussianBlur(noise, (0, 0), 0.8) * np.float32(2)
        light = light + noise * np.float32(spread)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        worst = 15 if height > COARSE else 45
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(worst, 95))]
        grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], 0))
    return grey
