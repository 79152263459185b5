"""Digits made harder to read: by pens, faint ink, JPEG, slant, stretch, few pixels, blur, shade."""

import cv2
import numpy as np
from drawing import Strokes
from numpy.typing import NDArray

SIDE = 200  # of the sheet, pixels
DIGIT = 140  # longer side of the digit on it, pen included, pixels
PLAIN_PEN = 0.075  # of the digit's height: 15 pixels for a digit that is 200 high
PAPER, INK = 255, 0
GREY_PAPER, GREY_INK = 153, 102  # a fifth of the way from black to white apart
SHADED_INK = 0.6  # share of the light that ink in a shadow takes
_FINE = 4  # drawn so many times larger, then averaged: thin pens come out as thin as asked for
_BLUR = 1.4  # pixels by which OpenCV's antialiased lines of an even thickness come out wider

Picture = NDArray[np.uint8]


def sheet(strokes: Strokes, pen: float = PLAIN_PEN, paper: int = PAPER, ink: int = INK) -> Picture:
    """Draw a digit in the middle of a sheet, not by inkdigits' own renderer.

    Args:
        strokes: the digit, of any size.
        pen: width as a share of the digit's longer side, that with the pen included.
        paper: grey of the paper.
        ink: grey of the ink.

    Returns:
        (200, 200) uint8, antialiased; the longer side of the digit is 140 pixels.
    """
    points = np.array([point[:2] for stroke in strokes for point in stroke], float)
    corner, extent = points.min(axis=0), np.ptp(points, axis=0)
    longest, width = DIGIT * _FINE, pen * DIGIT * _FINE
    scale = (longest - width) / max(extent.max(), 1e-9)
    move = SIDE * _FINE / 2 - (corner + extent / 2) * scale
    canvas = np.zeros((SIDE * _FINE, SIDE * _FINE), np.uint8)
    thickness = max(1, 2 * round((width - _BLUR) / 2))
    for stroke in strokes:
        line = np.rint(np.array([point[:2] for point in stroke]) * scale + move).astype(np.int32)
        if (line == line[0]).all():
            centre = (int(line[0, 0]), int(line[0, 1]))
            cv2.circle(canvas, centre, round(width / 2), 255, cv2.FILLED, cv2.LINE_AA)
        else:
            cv2.polylines(canvas, [line], False, 255, thickness, cv2.LINE_AA)
    drawn = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(np.rint(paper + (ink - paper) * (drawn / 255.0)), np.uint8)


def jpeg(picture: Picture, quality: int) -> bytes:
    """Compress a picture as JPEG."""
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise RuntimeError("OpenCV was built without JPEG.")
    return bytes(data)


def slanted(strokes: Strokes, degrees: float) -> Strokes:
    """Slant strokes: to the right where `degrees` is above 0."""
    lean = np.tan(np.deg2rad(degrees))
    return [[[x - lean * y, y] for x, y, *_ in stroke] for stroke in strokes]


def widened(strokes: Strokes, factor: float) -> Strokes:
    """Stretch strokes to `factor` times their width."""
    return [[[x * factor, y] for x, y, *_ in stroke] for stroke in strokes]


def enlarged_and_widened(picture: Picture, factor: float) -> Picture:
    """Enlarge a picture four times, smoothly, and its width by `factor` on top of that."""
    height, width = (4 * side for side in picture.shape)
    size = (round(width * factor), height)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC))


def of_few_pixels(picture: Picture, side: int) -> Picture:
    """Show a digit, bright on black, on so few pixels that it all but fills.

    Args:
        picture: (28, 28) uint8, as in MNIST.
        side: pixels of the square that is returned; of these, a twentieth on each side is margin.

    Returns:
        (side, side) uint8: each pixel is the mean of what it covers.
    """
    x, y, width, height = cv2.boundingRect((picture > 0).astype(np.uint8))
    crop = picture[y : y + height, x : x + width]
    longest = max(width, height)
    room = longest + 2 * round(longest / 20)
    top, left = (room - height) // 2, (room - width) // 2
    square = cv2.copyMakeBorder(
        crop, top, room - height - top, left, room - width - left, cv2.BORDER_CONSTANT, value=0
    )
    fine = cv2.resize(square, (side * 8, side * 8), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA))


def blurred(picture: Picture, sigma: float) -> Picture:
    """Blur a picture as a lens out of focus does; `sigma` in pixels."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma))


def in_shadow(picture: Picture, depth: float, rng: np.random.Generator) -> Picture:
    """Show a digit in grey ink on white paper that a shadow darkens more and more to one side.

    Args:
        picture: (H, W) uint8, the ink bright, as in MNIST.
        depth: share of the light that is gone where the shadow is deepest.
        rng: the shadow's direction comes from it.
    """
    height, width = picture.shape
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    slope = np.clip(rows * np.sin(turn) + columns * np.cos(turn), -1, 1)
    light = 1 - depth * (0.5 + 0.5 * slope)
    return np.asarray(np.rint((255 - SHADED_INK * picture) * light), np.uint8)
