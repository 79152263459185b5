"""A sheet, photographed: uneven light, shadows, perspective, blur, noise, JPEG; or scanned."""

import cv2
import numpy as np
from form_sheet import PAGE, Corners, Floats, Sheet
from numpy.typing import NDArray


def photograph(
    sheet: Sheet, megapixels: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], Corners]:
    """Take its picture: from above and askew, in uneven light, or by a scanner.

    Returns:
        (H, W) uint8, and (3, 3), the perspective from pixels of the sheet to those of the picture.
    """
    scanned = rng.random() < 0.3
    ratio = PAGE[0] / PAGE[1]
    width = round(float(np.sqrt(megapixels * 1e6 * ratio)))
    height = round(width / ratio)
    turn = _scan(sheet, (width, height), rng) if scanned else _view(sheet, (width, height), rng)
    desk = float(rng.uniform(0.1, 0.9)) if not scanned else 1.0
    light = cv2.warpPerspective(
        sheet.light, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=desk
    )
    if not scanned:
        light *= _uneven((height, width), rng)
        if rng.random() < 0.7:
            light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.2) * width / 2500))
    light *= np.float32(rng.uniform(150, 250) if not scanned else 250)
    noise = float(rng.uniform(0, 1)) ** 2 * (9 if not scanned else 3)
    for row in range(0, height, 256):
        part = light[row : row + 256]
        part += rng.standard_normal(part.shape, np.float32) * np.float32(noise)
    grey = np.clip(light, 0, 255).astype(np.uint8)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 95))]
    grey = np.asarray(cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], cv2.IMREAD_GRAYSCALE))
    return grey, turn


def _scan(sheet: Sheet, size: tuple[int, int], rng: np.random.Generator) -> Corners:
    """A scanner's view: turned a little, filling the picture."""
    rows, columns = sheet.light.shape
    angle = float(np.clip(rng.normal(0, 0.8), -3, 3))
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), angle, size[0] / columns)
    turn[:, 2] += np.array(size) / 2 - (columns / 2, rows / 2)
    return np.vstack([turn, [0, 0, 1]])


def _view(sheet: Sheet, size: tuple[int, int], rng: np.random.Generator) -> Corners:
    """A phone's view: turned by up to ten degrees, in perspective, all of the sheet in it."""
    rows, columns = sheet.light.shape
    corners = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float64)
    angle = float(np.radians(np.clip(rng.normal(0, 4), -10, 10)))
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    seen = (corners - (columns / 2, rows / 2)) @ spin
    seen += rng.uniform(-0.035, 0.035, (4, 2)) * columns
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = float(rng.uniform(0.0, 0.06)) * size[0]
    scale = float(((np.array(size) - 2 * margin) / (high - low)).min())
    seen = (seen - (low + high) / 2) * scale + np.array(size) / 2
    return np.asarray(
        cv2.getPerspectiveTransform(corners.astype(np.float32), seen.astype(np.float32))
    )


def _uneven(size: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Uneven light and shadows; (H, W), at most 1."""
    rows, columns = 200, 150
    x = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
    slope = rng.normal(0, 0.25, 2)
    light = 1 + np.float32(slope[0]) * x + np.float32(slope[1]) * y
    cloud = cv2.resize(rng.standard_normal((4, 3), np.float32), (columns, rows), None, 0, 0, 2)
    light *= 1 + np.float32(0.08) * cloud
    sharp = 20.0
    if rng.random() < 0.5:
        angle = float(rng.uniform(0, 2 * np.pi))
        way = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5) - rng.uniform(-0.3, 0.3)
        sharp = float(np.exp(rng.uniform(np.log(15), np.log(150))))
        depth = float(rng.uniform(0.2, 0.6))
        light *= (1 - depth / (1 + np.exp(-np.clip(way * sharp, -30, 30)))).astype(np.float32)
    light = np.clip(light / light.max(), 0.2, 1)
    return np.asarray(cv2.resize(light, size[::-1], interpolation=cv2.INTER_LINEAR))
