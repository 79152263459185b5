"""Decoding pictures: every form that is promised, and every way a file can be bad."""

import io
import struct
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from inkdigits import ImageTooLarge, UnreadableImage
from inkdigits.image import load_image

RAMP: NDArray[np.uint8] = np.tile(np.arange(0, 240, 10), (16, 1)).astype(np.uint8)  # (16, 24)


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be huge and ends after its header."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(b""))
    return b"\x89PNG\r\n\x1a\n" + chunks


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    ("form", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("GIF", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 4),
        ("JPEG", {"quality": 95}, 4),
    ],
)
def test_every_format_from_every_source(
    form: str, options: dict[str, object], tolerance: int, tmp_path: Path
) -> None:
    data = encoded(Image.fromarray(RAMP), form, **options)
    path = tmp_path / f"ramp.{form.lower()}"
    path.write_bytes(data)
    with path.open("rb") as file:
        sources = [path, str(path), data, bytearray(data), memoryview(data), file, io.BytesIO(data)]
        for source in sources:
            grey = load_image(source)
            assert grey.dtype == np.uint8
            assert grey.shape == RAMP.shape
            assert np.abs(grey.astype(int) - RAMP).max() <= tolerance


def test_first_frame_of_several() -> None:
    frames = [Image.new("L", (5, 4), level) for level in (10, 200)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (load_image(data) == 10).all()


def test_a_stream_may_give_a_little_at_a_time() -> None:
    class Socket:
        def __init__(self, data: bytes) -> None:
            self.left = data

        def read(self, size: int) -> bytearray:
            part, self.left = self.left[: min(size, 7)], self.left[min(size, 7) :]
            return bytearray(part)

    assert (load_image(Socket(encoded(Image.fromarray(RAMP), "PNG"))) == RAMP).all()


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F"]
)
def test_every_colour_mode(mode: str) -> None:
    grey = load_image(Image.new("RGB", (3, 3), "white").convert(mode))
    assert (grey == 255).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_obeyed(orientation: int) -> None:
    upright = Image.fromarray(RAMP)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert (load_image(encoded(stored, "PNG", exif=exif)) == RAMP).all()


@pytest.mark.parametrize(
    "exif",
    [b"II*\0", b"junk", b"", b"II*\0\x08\0\0\0\xff\xff\1\1", b"MM\0+\0\x08\0\0" + b"\xff" * 20],
    ids=["without a table", "not EXIF", "empty", "cut short", "big"],
)
def test_a_damaged_exif_block_says_nothing(exif: bytes) -> None:
    data = encoded(Image.fromarray(RAMP), "PNG")
    after_header = 8 + 25
    data = data[:after_header] + png_chunk(b"eXIf", exif) + data[after_header:]
    assert (load_image(data) == RAMP).all()
    with Image.open(io.BytesIO(data)) as picture:
        assert (load_image(picture) == RAMP).all()


def test_threads_leave_the_filters_of_warnings_as_they_were() -> None:
    data = encoded(Image.fromarray(RAMP), "PNG")
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        for grey in pool.map(load_image, [data] * 2000):
            assert (grey == RAMP).all()
    assert warnings.filters == before


def test_alpha_is_laid_on_white() -> None:
    black = np.zeros((4, 6, 4), np.uint8)
    black[:, :3, 3] = 255
    black[:, 3, 3] = 128
    wanted = [0, 0, 0, 127, 255, 255]
    assert load_image(black)[0].tolist() == wanted
    picture = Image.fromarray(black)
    for source in (picture, encoded(picture, "PNG"), encoded(picture, "WEBP", lossless=True)):
        assert np.abs(load_image(source)[0].astype(int) - wanted).max() <= 1
    grey_alpha = Image.fromarray(black).convert("LA")
    assert load_image(encoded(grey_alpha, "PNG"))[0].tolist() == wanted
    palette = Image.new("P", (3, 3), 0)
    palette.putpalette([0, 0, 0, 255, 255, 255])
    assert (load_image(encoded(palette, "PNG", transparency=0)) == 255).all()


def test_sixteen_bits_are_scaled() -> None:
    deep = RAMP.astype(np.uint16) * 257
    assert (load_image(deep) == RAMP).all()
    picture = Image.fromarray(deep)
    assert (load_image(encoded(picture, "PNG")) == RAMP).all()
    assert (load_image(encoded(picture, "TIFF")) == RAMP).all()
    assert load_image(np.array([[1000]], np.uint16)).tolist() == [[4]], "dark, but still 16 bits"


@pytest.mark.parametrize(
    "array",
    [
        RAMP,
        RAMP[:, :, None],
        np.repeat(RAMP[:, :, None], 3, axis=2),
        RAMP / 255,
        (RAMP / 255).astype(np.float32),
        RAMP.astype(np.float64),
        RAMP.astype(np.int64),
        RAMP.tolist(),
        np.asfortranarray(RAMP),
    ],
    ids=["uint8", "one channel", "rgb", "unit", "float32", "float255", "int64", "list", "fortran"],
)
def test_arrays_of_every_kind(array: object) -> None:
    assert (load_image(array) == RAMP).all()


def test_bool_and_colour_arrays() -> None:
    assert load_image(np.array([[True, False]])).tolist() == [[255, 0]]
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert load_image(colours).tolist() == [[76, 150, 29]]
    assert load_image(Image.fromarray(colours)).tolist() == [[76, 150, 29]]


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((2, 3, 5)),
        np.zeros(7),
        np.zeros((0, 4)),
        np.array([[np.nan, 0.5]]),
        np.array([[-1.0, 0.5]]),
        np.array([[-1, 5]]),
        np.array([["a"]]),
        [[1, 2], [3]],
        None,
        3,
        object,
    ],
    ids=repr,
)
def test_what_is_no_picture_is_refused(bad: object) -> None:
    with pytest.raises(UnreadableImage):
        load_image(bad)


def test_bad_files_are_named_with_the_reason(tmp_path: Path) -> None:
    good = encoded(Image.fromarray(np.tile(RAMP, (9, 9))), "PNG")
    cases = {
        "empty.png": (b"", "empty"),
        "text.png": (b"I am no picture", "not an image"),
        "cut.png": (good[: len(good) // 2], "cut short"),
        "cut.jpg": (encoded(Image.fromarray(np.tile(RAMP, (9, 9))), "JPEG")[:600], "cut short"),
        "svg.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
    }
    for name, (data, reason) in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(UnreadableImage, match=reason) as caught:
            load_image(path)
        assert name in str(caught.value)
        with path.open("rb") as file, pytest.raises(UnreadableImage, match=name):
            load_image(file)
    for source in (tmp_path, tmp_path / "nothing.png", "", "with\0null.png", "x" * 300):
        with pytest.raises(UnreadableImage, match="cannot be read"):
            load_image(source)
    cut = Image.open(io.BytesIO(good[: len(good) // 2]))
    with pytest.raises(UnreadableImage, match="cut short"):
        load_image(cut)
    cut.close()
    with pytest.raises(UnreadableImage):
        load_image(cut)
    with pytest.raises(UnreadableImage, match="colour mode LAB"):
        load_image(Image.new("LAB", (4, 4)))
    with pytest.raises(UnreadableImage, match="binary"):
        load_image(io.StringIO("text"))


def test_too_large_is_refused_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(60_000, 60_000))
    with pytest.raises(ImageTooLarge, match=r"huge.png.*25,000,000"):
        load_image(path)
    path.write_bytes(png_header(5_001, 5_000))
    with pytest.raises(ImageTooLarge, match="25,005,000 pixels"):
        load_image(path)
    path.write_bytes(bytes(25_000_001))
    with pytest.raises(ImageTooLarge, match="25,000,000 bytes"):
        load_image(path)
    with pytest.raises(ImageTooLarge):
        load_image(np.broadcast_to(np.uint8(0), (5_001, 5_000)))
    with pytest.raises(ImageTooLarge, match="limit of 100"):
        load_image(np.zeros((11, 10), np.uint8), max_pixels=100)
    assert load_image(np.zeros((10, 10), np.uint8), max_pixels=100).shape == (10, 10)


@settings(max_examples=300)
@given(
    st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"]),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 10_000),
)
def test_damaged_bytes_give_a_picture_or_our_error(
    form: str, damage: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(encoded(Image.fromarray(RAMP), form))
    for place, value in damage:
        data[place % len(data)] = value
    del data[len(data) - cut % (len(data) // 2) :]
    try:
        grey = load_image(bytes(data))
    except UnreadableImage:
        return
    assert grey.dtype == np.uint8
    assert grey.ndim == 2
