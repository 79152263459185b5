"""THE preprocessing: a patch of ink becomes the 28×28 picture that every model here is trained on.

As in MNIST (LeCun, Bottou, Bengio & Haffner, "Gradient-based learning applied to document
recognition", 1998, section III.A) the ink is scaled to fit a 20×20 box with its aspect kept, and
its centre of mass is put in the centre of 28×28. Two things are added: the work is done at three
times that resolution, so that the result moves smoothly with the drawing instead of in whole
pixels, and a pen that is thinner or thicker than most pens of MNIST is brought back to their range.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

VERSION = 2  # raise it whenever the same ink gives another patch: weights are bound to it

PATCH = 28  # side of the patch, pixels
BOX = 20  # the longer side of the ink in it, pixels
CENTRE = 14.0  # where the centre of mass goes, in x and in y: the middle of pixel 14, as in MNIST
OVERSAMPLING = 3  # work at this multiple of the patch's resolution

MIN_PEN = 2.0  # a thinner pen is thickened to this, pixels of the patch …
MAX_PEN = 3.0  # … and a thicker one thinned to this: the middle of MNIST's own range

EDGE = 0.25  # ink counts from this share of the darkest ink on: below it is blur and noise
MIN_SIDE = 5  # ink smaller than this (pixels of the source) is a speck, not a digit
SPECK_SIDE = 0.12  # a part is a speck if its longer side is below this share of the largest part's
SPECK_AREA = 0.02  # … and its area below this share of the largest part's
INTRUDER_AREA = 0.1  # a part at the border below this share comes from beyond the picture

_WORK = BOX * OVERSAMPLING
_CANVAS = PATCH * OVERSAMPLING


class Box(NamedTuple):
    """A rectangle in pixels of the source; `x`, `y` is its top left corner."""

    x: int
    y: int
    width: int
    height: int


def locate(ink: NDArray[np.uint8]) -> Box | None:
    """Find the ink that is worth reading: all of it but specks.

    Args:
        ink: (H, W) uint8, 0 where there is paper, brighter where there is more ink.

    Returns:
        The bounding box of the ink, or None where there is none, or nothing but specks.
    """
    edge = round(max(1.0, EDGE * float(ink.max(initial=0))))
    _, mask = cv2.threshold(ink, edge - 1, 255, cv2.THRESH_BINARY)  # a quarter of inRange's time
    x, y, width, height = cv2.boundingRect(mask)
    if max(width, height) < MIN_SIDE:
        return None
    view = mask[y : y + height, x : x + width]
    # At most one part to four pixels: where so many can be counted in 16 bits, it takes a third.
    most = ((width + 1) // 2) * ((height + 1) // 2)
    count, _, stats, _ = cv2.connectedComponentsWithStats(
        view, connectivity=8, ltype=cv2.CV_16U if most < 2**16 - 1 else cv2.CV_32S
    )
    if count == 2:  # the background and one part
        return Box(x, y, width, height)
    left, top, across, down, area = stats[1:].T
    left, top = left + x, top + y
    right, bottom = left + across, top + down
    side = np.maximum(across, down)
    if side.max() < MIN_SIDE:
        return None
    speck = (side < SPECK_SIDE * side.max()) & (area < SPECK_AREA * area.max())
    at_border = (left == 0) | (top == 0) | (right == ink.shape[1]) | (bottom == ink.shape[0])
    kept = ~speck & ~(at_border & (area < INTRUDER_AREA * area.max()))
    x, y = int(left[kept].min()), int(top[kept].min())
    return Box(x, y, int(right[kept].max()) - x, int(bottom[kept].max()) - y)


def normalize(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn ink pixels into the patch that the model sees.

    Args:
        ink: (H, W) uint8, 0 where there is paper, brighter where there is more ink.

    Returns:
        (28, 28) float32 in [0, 1], ink bright; all zeros where there is nothing to read.
    """
    box = locate(ink)
    if box is None:
        return np.zeros((PATCH, PATCH), np.float32)
    return normalize_box(ink, box)


def normalize_box(ink: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
    """Do what `normalize` does with ink already located.

    Args:
        ink: (H, W) uint8, 0 where there is paper, brighter where there is more ink.
        box: what to read in it, not empty.

    Returns:
        (28, 28) float32 in [0, 1], ink bright.
    """
    if max(box.width, box.height) < BOX:
        ink, box = _enlarged(ink, box)
    crop = ink[box.y : box.y + box.height, box.x : box.x + box.width]
    work = _fit(crop, _WORK / max(box.width, box.height))
    work, zoom = _even_pen(work)
    canvas = _centre(work, zoom)
    patch: NDArray[np.uint8] = cv2.resize(canvas, (PATCH, PATCH), interpolation=cv2.INTER_AREA)
    return patch.astype(np.float32) / np.float32(max(1, int(patch.max())))


def _enlarged(ink: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], Box]:
    """Enlarge a few pixels smoothly, and find the ink's edges between them."""
    around = cv2.copyMakeBorder(
        ink[box.y : box.y + box.height, box.x : box.x + box.width],
        *(2, 2, 2, 2),
        cv2.BORDER_CONSTANT,
        value=0,
    )
    factor = -(-_WORK // max(box.width, box.height))
    fine = cv2.resize(around, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    _, mask = cv2.threshold(fine, EDGE * float(fine.max()), 255, cv2.THRESH_BINARY)
    return np.asarray(fine), Box(*cv2.boundingRect(mask))


def _fit(crop: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """Scale the crop: area averaging downwards, smooth upwards."""
    height, width = crop.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return crop
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, size, interpolation=how))


def _even_pen(work: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
    """Bring the pen's width into the range of MNIST's.

    A stroke of width w has a mean distance to its edge of w/4, whatever its length, so the distance
    transform gives the width; moving the edge of the ink by d changes the width by 2d, and the size
    of the whole by 2d too, which the returned zoom makes good.

    Args:
        work: ink whose longer side is `_WORK` pixels.

    Returns:
        The ink, with a margin if it was thickened, and the factor to scale it by.
    """
    _, mask = cv2.threshold(work, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    margin = round(MAX_PEN * OVERSAMPLING)
    mask = cv2.copyMakeBorder(mask, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0)
    inside = cv2.distanceTransform(mask, cv2.DIST_L2, 3)
    width = 4 * (cv2.mean(inside, mask)[0] - 0.5)
    wanted = min(max(width, MIN_PEN * OVERSAMPLING), MAX_PEN * OVERSAMPLING)
    if wanted == width:
        return work, 1.0
    shift = _WORK * (wanted - width) / (2 * (_WORK - wanted))
    outside = inside if shift < 0 else 1 - cv2.distanceTransform(~mask, cv2.DIST_L2, 3)
    edge = outside + shift
    evened = np.clip(edge * 255, 0, 255).astype(np.uint8)
    return evened, _WORK / (_WORK + 2 * shift)


def _centre(work: NDArray[np.uint8], zoom: float) -> NDArray[np.uint8]:
    """Scale by `zoom` and put the centre of mass in the centre of the oversampled patch."""
    moments = cv2.moments(work)
    mass = max(moments["m00"], 1.0)
    centre = (CENTRE + 0.5) * OVERSAMPLING - 0.5
    move = np.array(
        [
            [zoom, 0, centre - zoom * moments["m10"] / mass],
            [0, zoom, centre - zoom * moments["m01"] / mass],
        ]
    )
    return np.asarray(cv2.warpAffine(work, move, (_CANVAS, _CANVAS), flags=cv2.INTER_LINEAR))
