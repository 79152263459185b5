"""Arrays of images, of whatever depth and range, as images of 8 bits."""

from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import UnreadableImage
from inkdigits.normalize import normalize
from inkdigits.training.forms.columns import LEAST_SIDE, side
from inkdigits.training.forms.labelled import patch_of_picture

DEPTHS = (1, 16, 255, 65535)  # the strongest ink of usual sets: theirs is the next that is enough
LOOKED_AT = 1000  # images by which it is told whether paper is nothing, as in MNIST
BLOCK = 4096  # images whose values are looked at together


class Pixels(Sequence[NDArray[np.uint8]]):
    """Images, each brought to 8 bits when it is asked for, all by the same scale.

    Args:
        images: (N, H, W) or (N, H, W, C), C of 1, 3 or 4, of any number type. Values below 0 are
            taken to be stretched about some mean: the least becomes 0, the greatest 255. Else 0
            stays 0, and 255 is the first of 1, 16, 255 and 65535 that none is above.
    """

    def __init__(self, images: NDArray[Any]) -> None:
        self._images = images
        self._low, self._high = _range(images)

    def __len__(self) -> int:
        return len(self._images)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.uint8]: ...
    @overload
    def __getitem__(self, index: slice) -> "Pixels": ...
    def __getitem__(self, index: int | slice) -> "NDArray[np.uint8] | Pixels":
        """One image (H, W[, C]) uint8.

        Raises:
            UnreadableImage: It holds something that is no number.
        """
        if isinstance(index, slice):
            raise TypeError("images are taken one at a time")
        image: NDArray[Any] = self._images[index]
        if image.dtype == np.uint8 and (self._low, self._high) == (0, 255):
            return np.asarray(image)
        values = image.astype(np.float64)
        if not np.isfinite(values).all():
            raise UnreadableImage("The image holds values that are not finite numbers.")
        scaled = (values - self._low) * (255 / (self._high - self._low))
        return np.asarray(np.rint(scaled).astype(np.uint8))

    def patcher(self) -> Callable[[NDArray[np.uint8]], NDArray[np.float32]]:
        """What makes patches of these images.

        Where most of the border of most images is nothing at all, as in MNIST, what is brighter is
        ink already; of all others paper is told from ink, whichever is darker.
        """
        few = range(0, len(self), -(-len(self) // LOOKED_AT) or 1)
        if self._images.ndim == 3 and self._low == 0:
            dark = [_border(self._images[index]) == 0 for index in few]
            if np.mean(dark or [False]) > 0.5:
                return normalize
        return patch_of_picture


def _border(image: NDArray[Any]) -> float:
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return float(np.median(border))


def _range(images: NDArray[Any]) -> tuple[float, float]:
    """The values that become 0 and 255."""
    low, high = 0.0, 0.0
    for start in range(0, len(images), BLOCK):
        block = images[start : start + BLOCK]
        if block.dtype.kind == "f":
            block = block[np.isfinite(block)]
        low, high = min(low, float(block.min(initial=0))), max(high, float(block.max(initial=0)))
    if low < 0:
        return low, high
    return 0.0, float(next((depth for depth in DEPTHS if high <= depth), high))


def as_images(array: NDArray[Any], called: str) -> NDArray[Any]:
    """Bring an array of images into the shape that `Pixels` takes.

    Args:
        array: (N, H, W), (N, side²), (N, H, W, C) or (N, C, H, W).
        called: what it is called in messages.

    Raises:
        UnreadableImage: It has another shape, or holds no numbers.
    """
    if array.dtype.kind not in "buif":
        raise UnreadableImage(f"{called} holds no numbers, but {array.dtype}.")
    if array.dtype == bool:
        array = array.view(np.uint8)
    if array.ndim == 2 and (root := side(array.shape[1])) is not None:
        return array.reshape(len(array), root, root)
    if array.ndim == 4 and array.shape[3] not in (1, 3, 4) and array.shape[1] in (1, 3, 4):
        array = np.moveaxis(array, 1, 3)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 3 and min(array.shape[1:]) >= LEAST_SIDE:
        return array
    if array.ndim == 4 and array.shape[3] in (3, 4) and min(array.shape[1:3]) >= LEAST_SIDE:
        return array
    raise UnreadableImage(
        f"{called} has the shape {array.shape}; images are (N, height, width), (N, height, width,"
        f" 1, 3 or 4) or (N, side × side), of at least {LEAST_SIDE} × {LEAST_SIDE} pixels."
    )
