"""Ways of writing a digit that a training set lacks, drawn onto the digits that it has.

MNIST was written in the United States: few of its ones have a flag or a foot, few of its sevens a
bar, few of its nines a tail and few of its noughts a slash, as others write them. A flag is a
stroke that rises to the top of a one, a foot one under it, a bar one that crosses a seven, a tail
one that ends a nine to the left, and a slash one that strikes a nought through. Nor has it digits
of few pixels: some, of any label, are made coarse.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.normalize import PATCH, normalize
from inkdigits.training.sections import AugmentationConfig

STYLES = {"flag": "1", "bar": "7", "tail": "9", "slash": "0"}  # the label that can have each
FLAG_ANGLE = (20.0, 55.0)  # between flag and stem, degrees
FLAG_LENGTH = (4.0, 9.5)  # pixels of the patch
BAR_ANGLE = (-25.0, 15.0)  # of the bar, degrees clockwise from level
BAR_LENGTH = (5.0, 11.0)
BAR_HEIGHT = (0.4, 0.65)  # where it crosses, as a share of the digit's height from its top
TAIL_ANGLE = (-10.0, 30.0)  # of the tail, degrees that it rises to the left
TAIL_LENGTH = (4.0, 9.0)
FOOT_LENGTH = (4.0, 9.0)
FOOTED = 0.3  # share of the flagged ones that get a foot too: with no flag hardly anyone adds one
SLASH_ANGLE = (35.0, 70.0)  # degrees that it rises to the right
SLASH_REACH = (0.75, 1.25)  # its length, as a share of the nought's extent in its direction
COARSEST = 9  # pixels a side of the whole patch: the digit itself has six or seven
THICKEST = 3  # pixels by which the pen of a coarse digit grows, at most; about half keep theirs

_FINE = 4  # strokes are drawn at this multiple of the patch's resolution
_SUBPIXEL_BITS = 4


def restyle(
    patches: NDArray[np.float32],
    labels: NDArray[np.str_],
    config: AugmentationConfig,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Add flags and feet, bars, tails and slashes to a share of the digits, make a share coarse.

    What is changed is normalised again.

    Args:
        patches: (N, 28, 28, 1) float32 in [0, 1]; left as they are.
        labels: (N,) names of the labels.
        config: the shares, `flag`, `bar`, `tail`, `slash` and `coarse` (few pixels).
        rng: all that is random comes from it.

    Returns:
        New patches, same shape, type and range; the same array where nothing is wanted.
    """
    if not (config.flag or config.bar or config.tail or config.slash or config.coarse):
        return patches
    chance = rng.random(len(patches))
    result = patches.copy()
    for kind, add in (("flag", _flag), ("bar", _bar), ("tail", _tail), ("slash", _slash)):
        places = np.flatnonzero((labels == STYLES[kind]) & (chance < getattr(config, kind)))
        for place, draws in zip(places, rng.random((len(places), 4)), strict=True):
            result[place, :, :, 0] = add(result[place, :, :, 0], draws)
    coarse = np.flatnonzero(rng.random(len(patches)) < config.coarse) if config.coarse else ()
    for place in coarse:
        side = int(rng.integers(COARSEST, PATCH))
        growth = int(rng.integers(-THICKEST, THICKEST + 1))
        result[place, :, :, 0] = _coarse(result[place, :, :, 0], side, max(0, growth))
    return result


def _coarse(patch: NDArray[np.float32], side: int, growth: int) -> NDArray[np.float32]:
    """Widen the strokes by `growth` pixels, take all to `side` pixels a side, normalise that."""
    if growth:
        patch = cv2.dilate(patch, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (growth + 1,) * 2))
    small = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    return normalize(np.rint(small * 255).astype(np.uint8))


def _flag(patch: NDArray[np.float32], draws: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw a stroke from the left up to the top of the ink, at an angle to the stem."""
    rows, columns = np.nonzero(patch > 0.5)
    if not len(rows):
        return patch
    top, bottom = rows.min(), rows.max()
    tip = np.array([columns[rows <= top + 1].mean(), top + 0.5])
    foot = np.array([columns[rows >= bottom - 1].mean(), bottom])
    stem = foot - tip
    angle = np.arctan2(stem[0], stem[1]) - np.deg2rad(_between(FLAG_ANGLE, draws[0]))
    length = _between(FLAG_LENGTH, draws[1])
    end = tip + length * np.array([np.sin(angle), np.cos(angle)])
    pen = _pen(patch, float(bottom - top + 1))
    if draws[2] < FOOTED:
        half = np.array([0.5 * _between(FOOT_LENGTH, draws[3]), 0.0])
        patch = _drawn_over(patch, foot - half, foot + half, pen)
    return _with_stroke(patch, tip, end, pen)


def _bar(patch: NDArray[np.float32], draws: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw a stroke across the stem."""
    rows, columns = np.nonzero(patch > 0.5)
    if not len(rows):
        return patch
    top, height = rows.min(), np.ptp(rows) + 1
    row = round(float(top + height * _between(BAR_HEIGHT, draws[0])))
    here = columns[rows == row]
    if not len(here):
        return patch
    middle = np.array([here.max() - 1.0, row])  # the stem is what is farthest to the right
    angle = np.deg2rad(_between(BAR_ANGLE, draws[1]))
    half = 0.5 * _between(BAR_LENGTH, draws[2]) * np.array([np.cos(angle), np.sin(angle)])
    return _with_stroke(patch, middle - half, middle + half, _pen(patch, 1.6 * float(height)))


def _tail(patch: NDArray[np.float32], draws: NDArray[np.float64]) -> NDArray[np.float32]:
    """Draw a stroke from the foot of the ink to the left."""
    rows, columns = np.nonzero(patch > 0.5)
    if not len(rows):
        return patch
    bottom, height = rows.max(), np.ptp(rows) + 1
    foot = np.array([columns[rows >= bottom - 1].mean(), bottom - 0.5])
    angle = np.deg2rad(_between(TAIL_ANGLE, draws[0]))
    length = _between(TAIL_LENGTH, draws[1])
    end = foot - length * np.array([np.cos(angle), np.sin(angle)])
    return _with_stroke(patch, foot, end, _pen(patch, 2 * float(height)))


def _slash(patch: NDArray[np.float32], draws: NDArray[np.float64]) -> NDArray[np.float32]:
    """Strike the ink through, rising to the right."""
    rows, columns = np.nonzero(patch > 0.5)
    if not len(rows):
        return patch
    angle = np.deg2rad(_between(SLASH_ANGLE, draws[0]))
    direction = np.array([np.cos(angle), -np.sin(angle)])
    along = np.stack([columns, rows], axis=1) @ direction
    middle = np.array([columns.mean(), rows.mean()])
    half = 0.5 * _between(SLASH_REACH, draws[1]) * float(np.ptp(along)) * direction
    return _with_stroke(patch, middle - half, middle + half, _pen(patch, 2.5 * np.ptp(rows) + 1))


def _between(limits: tuple[float, float], draw: float) -> float:
    return limits[0] + (limits[1] - limits[0]) * draw


def _pen(patch: NDArray[np.float32], length: float) -> float:
    """Width of the pen that left this much ink along a line of this length, pixels."""
    return float(np.clip(patch.sum() / length, 1.5, 4.0))


def _with_stroke(
    patch: NDArray[np.float32],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    pen: float,
) -> NDArray[np.float32]:
    """Add a straight stroke, with the same pen, and normalise the whole again."""
    drawn = _drawn_over(patch, start, end, pen)
    return normalize(np.rint(drawn * 255).astype(np.uint8))


def _drawn_over(
    patch: NDArray[np.float32],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    pen: float,
) -> NDArray[np.float32]:
    """Add a straight stroke."""
    side = _FINE * len(patch)
    fine = np.zeros((side, side), np.uint8)
    first, last = (
        np.rint(((point + 0.5) * _FINE - 0.5) * (1 << _SUBPIXEL_BITS)).astype(int).tolist()
        for point in (start, end)
    )
    thickness = max(1, round(pen * _FINE) - 2)  # OpenCV draws lines two pixels wider than asked for
    cv2.line(fine, first, last, 255, thickness, cv2.LINE_AA, _SUBPIXEL_BITS)
    stroke = cv2.resize(fine, patch.shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(np.maximum(patch, stroke.astype(np.float32) / 255))
