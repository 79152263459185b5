"""Picture files, bytes, arrays and PIL images → grey pixels, without surprises.

The header is read before the pixels: a picture above the limits is refused before it takes memory.
"""

import io
import os
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from inkdigits.errors import ImageTooLarge, UnreadableImage

MAX_PIXELS = 25_000_000
MAX_BYTES = 25_000_000
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "RGBa", "CMYK", "YCbCr", "HSV", "F",
         "I", "I;16", "I;16L", "I;16B", "I;16N")  # fmt: skip
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")

_UPRIGHT = {  # what undoes each orientation in EXIF; the others are upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Any


def load_image(
    source: ImageSource, *, max_pixels: int = MAX_PIXELS, max_bytes: int = MAX_BYTES
) -> NDArray[np.uint8]:
    """Decode a picture to grey.

    Args:
        source: a path; the bytes of a file; an open binary file; a PIL image; or an array: (H, W)
            or (H, W, 1) grey, (H, W, 3) RGB, (H, W, 4) RGBA, of bool, uint8, uint16 or float
            (floats in [0, 1], or in [0, 255] where any value is above 1). Files are PNG, JPEG,
            WebP, BMP, TIFF or GIF; of several frames the first is read. Orientation in EXIF is
            obeyed and transparency is laid on white.
        max_pixels: largest width × height, pixels.
        max_bytes: largest encoded size, bytes.

    Returns:
        (H, W) uint8, 0 black, 255 white.

    Raises:
        ImageTooLarge: above `max_pixels` or `max_bytes`.
        UnreadableImage: no such file or no permission, not a picture, cut short, empty, or an array
            of another shape or type.
    """
    called = "The image"
    if isinstance(source, Image.Image):
        _check_pixels(source.size, max_pixels, called)
        with _guarded(called):
            return _grey(source, called)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableImage(f"{os.fspath(source)!r} cannot be read: {reason}.") from error
        return _decode(data, max_pixels, max_bytes, str(path))
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), max_pixels, max_bytes, called)
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        called = name if isinstance(name, str) else called
        return _decode(_read_all(source, max_bytes, called), max_pixels, max_bytes, called)
    return _from_array(source, max_pixels)


def _read_all(file: Any, max_bytes: int, called: str) -> bytes:
    """Read an open file, which may give less than it is asked for, and one byte over the limit."""
    data = bytearray()
    with _guarded(called):
        while len(data) <= max_bytes and (part := file.read(max_bytes + 1 - len(data))):
            if isinstance(part, str):
                raise UnreadableImage(
                    f"{called} was opened as text; open it in binary mode ('rb')."
                )
            data += part
    return bytes(data)


def _decode(data: bytes, max_pixels: int, max_bytes: int, called: str) -> NDArray[np.uint8]:
    """Decode the bytes of an image file; `called` names it in messages."""
    if not data:
        raise UnreadableImage(f"{called} is empty (0 bytes).")
    if len(data) > max_bytes:
        raise ImageTooLarge(
            f"{called} is larger than the limit of {max_bytes:,} bytes; make it smaller."
        )
    # Pillow warns of large pictures and odd metadata; size is checked here, before pixels.
    with _guarded(called), _QUIET:
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
                _check_pixels(picture.size, max_pixels, called)
                return _grey(picture, called)
        except Image.DecompressionBombError as error:
            raise ImageTooLarge(
                f"{called} has more than the limit of {max_pixels:,} pixels; make it smaller."
            ) from error
        except UnidentifiedImageError as error:
            known = ", ".join(FORMATS)
            raise UnreadableImage(
                f"{called} is not an image that can be read ({known})."
            ) from error


class _Quiet:
    """No warnings while any thread is inside; `catch_warnings` alone is for one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._caught = warnings.catch_warnings(action="ignore")
                self._caught.__enter__()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._caught.__exit__(None, None, None)


_QUIET = _Quiet()


@contextmanager
def _guarded(called: str) -> Iterator[None]:
    """Turn what decoders raise on broken files, depending on where the damage lies, into ours."""
    try:
        yield
    except UnreadableImage:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError,
            OverflowError, MemoryError, struct.error) as error:  # fmt: skip
        raise UnreadableImage(
            f"{called} is damaged or cut short and cannot be decoded: {error}."
        ) from error


def _check_pixels(size: tuple[int, int], max_pixels: int, called: str) -> None:
    """Refuse a picture of no pixels or of too many."""
    width, height = size
    if width * height > max_pixels:
        raise ImageTooLarge(
            f"{called} has {width} × {height} = {width * height:,} pixels, above the limit of "
            f"{max_pixels:,}; make it smaller."
        )
    if width * height == 0:
        raise UnreadableImage(f"{called} has no pixels ({width} × {height}).")


def _grey(picture: Image.Image, called: str) -> NDArray[np.uint8]:
    """Turn a loaded PIL image upright, lay it on white and make it grey."""
    picture.load()
    picture = _upright(picture)
    if picture.mode not in MODES:
        raise UnreadableImage(
            f"{called} is in the colour mode {picture.mode}; save it in RGB or in shades of grey."
        )
    if picture.mode.startswith(("I", "F")):  # 16 or 32 bits
        return _scaled(np.asarray(picture), called)
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(paper, picture)
    return np.asarray(picture.convert("L"))


def _upright(picture: Image.Image) -> Image.Image:
    """Turn a loaded PIL image as its EXIF says; one that cannot be read says nothing.

    `ImageOps.exif_transpose` would write the rest of the EXIF anew too, which fails if damaged.
    """
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # whatever its parser meets in a damaged one
        return picture
    method = _UPRIGHT.get(orientation)
    return picture if method is None else picture.transpose(method)


def _from_array(source: Any, max_pixels: int) -> NDArray[np.uint8]:
    """Turn an array into grey pixels."""
    called = "The array"
    try:
        array = np.asarray(source)
    except ValueError as error:
        raise UnreadableImage(f"{called} is not rectangular.") from error
    if array.dtype == object or array.dtype.kind not in "buif" or array.ndim == 0:
        raise UnreadableImage(
            f"Cannot read an image from {type(source).__name__}: give a path, bytes, an open file, "
            "a PIL image, an array, or Ink."
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (3, 4)):
        raise UnreadableImage(
            f"{called} has shape {array.shape}; an image is (H, W), (H, W, 3) or (H, W, 4)."
        )
    height, width = array.shape[:2]
    _check_pixels((width, height), max_pixels, called)
    grey = _scaled(array, called)
    if grey.ndim == 2:
        return grey
    return _grey(Image.fromarray(np.ascontiguousarray(grey)), called)


def _scaled(array: NDArray[Any], called: str) -> NDArray[np.uint8]:
    """Bring any depth to 8 bits."""
    if array.dtype == np.uint8:
        return array
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        top = int(array.max())
        if int(array.min()) < 0 or top > 65535:
            raise UnreadableImage(f"{called} holds values outside 0 … 65535.")
        # An 8-bit picture in a wider type stays one; uint16 is 16 bits deep by its type.
        depth = 65535 if array.dtype == np.uint16 or top > 255 else 255
        return np.rint(array.astype(np.float64) * (255 / depth)).astype(np.uint8)
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 65535):
        raise UnreadableImage(f"{called} holds values that are not in [0, 1] or [0, 255].")
    scale = 255.0 if high <= 1 else 1.0 if high <= 255 else 255 / 65535
    return np.rint(array.astype(np.float64) * scale).astype(np.uint8)
