"""The preprocessing: pinned by golden files, close to MNIST's, blind to what does not matter."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawings import DIGITS, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkdigits import Ink, normalize
from inkdigits.normalize import BOX, CENTRE, MIN_SIDE, PATCH, locate
from inkdigits.paper import find_ink

GOLDEN = Path(__file__).parent / "data" / f"patches-v{normalize.VERSION}.png"
CANVAS = 400

# Mean difference of two patches of the same drawing, of 1. Pen digits of two writers differ by
# 0.117 on average where the digit is the same, and by 0.161 where it is not.
SAME_PATCH = 0.08  # 0.0735 is the most seen in 2,500 tries, many of 20 pixels: a 2 of that size
MNIST_CHANGE = 0.036  # measured: 0.0336


def patch_of(page: NDArray[np.uint8]) -> NDArray[np.float32]:
    return normalize.normalize(find_ink(page))


def pages() -> dict[str, NDArray[np.uint8]]:
    """Pages whose patches are pinned: each digit at two pens, two sizes, slanted, in grey."""
    found = {}
    for digit in DIGITS:
        found[f"{digit} pen"] = drawn(digit).draw(CANVAS, CANVAS, 15)
        found[f"{digit} hairline"] = drawn(digit, size=350, at=(20, 20)).draw(CANVAS, CANVAS, 1)
        found[f"{digit} marker"] = drawn(digit, size=80, slant=0.3).draw(CANVAS, CANVAS, 16)
        small = drawn(digit, size=12, at=(6, 6)).draw(24, 24, 2)
        found[f"{digit} small"] = cv2.bitwise_not(small) // 2 + np.uint8(40)
    return found


def test_golden_patches() -> None:
    """Pixels → patch must not change without a new VERSION, for weights are bound to it.

    To write the file of a new version: raise VERSION, delete the old file, run the test once, look
    at the picture, run it again.
    """
    patches = [patch_of(page) for page in pages().values()]
    patches += [normalize.normalize(drawn(digit).render()) for digit in DIGITS]
    sheet = np.concatenate(
        [np.hstack(patches[start : start + 10]) for start in range(0, len(patches), 10)]
    )
    pixels = np.rint(sheet * 255).astype(np.uint8)
    if not GOLDEN.exists():
        cv2.imwrite(str(GOLDEN), pixels)
        pytest.fail(f"{GOLDEN.name} was missing and has been written: look at it, and commit it")
    golden = cv2.imread(str(GOLDEN), cv2.IMREAD_GRAYSCALE)
    assert golden is not None
    far = np.abs(golden.astype(int) - pixels)
    # Other versions of OpenCV draw the edges of lines a little otherwise (4.10: by 41 at most, by
    # 0.11 on average); a change of a constant shows more, or all over.
    assert far.max() <= 48
    assert far.mean() < 0.2


def test_version_is_the_one_of_the_golden_file() -> None:
    assert [path.name for path in GOLDEN.parent.glob("patches-v*.png")] == [GOLDEN.name]


def test_mnist_is_changed_little(mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]]) -> None:
    images = mnist_test[0]
    patches = np.stack([normalize.normalize(image) for image in images])
    wanted = images.astype(np.float32) / 255
    change = np.abs(patches - wanted).mean()
    assert change < MNIST_CHANGE
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(patches, wanted, strict=True)]
    assert np.mean(alike) > 0.94


def paint(
    digit: str, size: float, pen: int, at: tuple[float, float], inverted: bool
) -> NDArray[np.uint8]:
    """Draw a digit on a canvas as a drawing program does, independently of `Ink`."""
    page = np.full((CANVAS, CANVAS), 255, np.uint8)
    ink = drawn(digit, size=size, at=at)
    for stroke in ink.strokes:
        points = np.rint(np.array(stroke) * 16).astype(np.int32)
        cv2.polylines(page, [points], False, 0, pen, cv2.LINE_AA, 4)
    return cv2.bitwise_not(page) if inverted else page


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(DIGITS)),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)
def test_place_size_pen_and_polarity_do_not_matter(
    digit: str, size: float, pen: float, right: float, down: float, inverted: bool
) -> None:
    """From 20 px to the full canvas, from a hairline to a marker of a seventh of the digit."""
    height = 20 * (CANVAS * 0.85 / 20) ** size
    width = max(1, round(1 * (height / 7) ** pen))
    room = CANVAS - height - 2 * width - 2
    at = (width + 1 + right * max(0, room), width + 1 + down * max(0, room))
    patch = patch_of(paint(digit, height, width, at, inverted))
    same = normalize.normalize(drawn(digit).render())
    assert np.abs(patch - same).mean() < SAME_PATCH


@given(
    st.sampled_from(sorted(DIGITS)),
    st.floats(1e-3, 1e6),
    st.floats(-1e6, 1e6),
    st.floats(-0.3, 0.3),
)
def test_units_of_ink_do_not_matter(digit: str, size: float, at: float, slant: float) -> None:
    if size < abs(at) * 1e-9:
        return
    patch = normalize.normalize(drawn(digit, size=size, at=(at, at), slant=slant).render())
    same = normalize.normalize(drawn(digit, slant=slant).render())
    assert np.abs(patch - same).mean() < 0.01


@pytest.mark.parametrize("digit", DIGITS)
def test_patch_is_in_mnist_s_form(digit: str) -> None:
    patch = normalize.normalize(drawn(digit).render())
    assert patch.shape == (PATCH, PATCH)
    assert patch.dtype == np.float32
    assert (patch.min(), patch.max()) == (0, 1)
    ys, xs = np.nonzero(patch > 0.3)
    assert abs(max(np.ptp(xs), np.ptp(ys)) + 1 - BOX) <= 1
    total = patch.sum()
    rows, columns = np.mgrid[:PATCH, :PATCH]
    centre = ((patch * columns).sum() / total, (patch * rows).sum() / total)
    assert centre == pytest.approx((CENTRE, CENTRE), abs=0.15)


def test_aspect_is_kept() -> None:
    ink = np.zeros((200, 200), np.uint8)
    cv2.rectangle(ink, (65, 55), (104, 144), 255, 10)
    assert locate(ink) == (60, 50, 50, 100)
    ys, xs = np.nonzero(normalize.normalize(ink) > 0.5)
    assert (np.ptp(ys) + 1) / (np.ptp(xs) + 1) == pytest.approx(2, abs=0.3)


def test_specks_are_neither_digits_nor_in_the_way() -> None:
    page = np.full((CANVAS, CANVAS), 255, np.uint8)
    for x, y in [(30, 40), (200, 380), (390, 10), (111, 222)]:
        page[y : y + MIN_SIDE - 2, x : x + MIN_SIDE - 2] = 0
    assert not patch_of(page).any()
    assert locate(find_ink(page)) is None
    clean = drawn("5").draw(CANVAS, CANVAS, 15)
    dirty = np.minimum(clean, page)
    assert np.abs(patch_of(dirty) - patch_of(clean)).mean() < 0.01


def test_nothing_gives_nothing() -> None:
    for shape in [(1, 1), (3, 400), (28, 28)]:
        assert not normalize.normalize(np.zeros(shape, np.uint8)).any()
    assert not normalize.normalize(Ink([]).render()).any()
    assert not normalize.normalize(Ink([[[7, 7]]]).render()).any(), "a lone dot is a speck"


@pytest.mark.parametrize("shape", [(3, 21_844), (254, 258), (256, 256), (300, 300), (1000, 1000)])
def test_more_specks_than_16_bits_can_count(shape: tuple[int, int]) -> None:
    page = np.tile(np.array([[255, 0], [0, 0]], np.uint8), shape)
    assert not normalize.normalize(page).any()
    page[:4, :40] = 255
    assert locate(page) == (0, 0, 41, 5), "and the speck at its corner"


@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 60))
def test_any_pixels_give_a_patch(seed: int, height: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = (rng.random((height, width)) ** rng.integers(1, 30) * 255).astype(np.uint8)
    for patch in (normalize.normalize(pixels), patch_of(pixels)):
        assert patch.shape == (PATCH, PATCH)
        assert np.isfinite(patch).all()
        assert patch.min() >= 0
        assert patch.max() in (0, 1)
