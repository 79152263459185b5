"""Which side is ink, and what is only paper: photographs and scans of many kinds."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from drawings import DIGITS, drawn
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.normalize import normalize
from inkdigits.paper import find_ink

SIZE = 400
Pixels = NDArray[np.float64]
BOUND = 0.09  # mean difference of a patch from the one that the strokes give, of 1
ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE] / SIZE


def sheet(ink: Ink, pen: float = 15, dark: float = 30, light: float = 220) -> Pixels:
    """Ink on even paper."""
    return dark + (light - dark) * (ink.draw(SIZE, SIZE, pen) / 255.0)


def ruled(page: Pixels, step: int = 40, width: int = 2, across: bool = True) -> Pixels:
    """Draw lines over a page; what is darker stays."""
    page = page.copy()
    for start in range(20, SIZE, step):
        line = page[start : start + width] if across else page[:, start : start + width]
        np.minimum(line, 130, out=line)
    return page


def darker_corners() -> Pixels:
    """Blank paper under a lens that darkens the corners."""
    return np.asarray(230 * (1 - 0.9 * (np.square(ROWS - 0.5) + np.square(COLUMNS - 0.5))))


SHEETS: dict[str, Callable[[Ink], Pixels]] = {
    "dark on light": sheet,
    "light on dark": lambda ink: 255 - sheet(ink),
    "grey on grey": lambda ink: sheet(ink, dark=110, light=161),
    "grey on darker grey": lambda ink: 255 - sheet(ink, dark=110, light=161),
    "hairline": lambda ink: sheet(ink, pen=1),
    "marker": lambda ink: sheet(ink, pen=30),
    "noise": lambda ink: sheet(ink) + np.random.default_rng(1).normal(0, 12, (SIZE, SIZE)),
    "gradient": lambda ink: sheet(ink) * (1 - 0.7 * COLUMNS),
    "gradient, light ink": lambda ink: (255 - sheet(ink)) * (1 - 0.6 * ROWS) + 20,
    "soft shadow": lambda ink: sheet(ink) * (1 - 0.6 / (1 + np.exp(-20 * (COLUMNS - ROWS)))),
    "blurred": lambda ink: np.asarray(cv2.GaussianBlur(sheet(ink), (0, 0), 6), np.float64),
    "half in shadow": lambda ink: sheet(ink) * np.where(COLUMNS > 0.5, 0.5, 1),
    "ruled": lambda ink: ruled(sheet(ink)),
    "squared": lambda ink: ruled(ruled(sheet(ink)), across=False),
    "ruled, light ink": lambda ink: 255 - ruled(sheet(ink)),
}


def difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float(np.abs(first - second).mean())


def patch_of(page: Pixels) -> NDArray[np.float32]:
    return normalize(find_ink(np.clip(page, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize("kind", SHEETS)
@pytest.mark.parametrize("digit", DIGITS)
def test_digit_on_every_kind_of_sheet(digit: str, kind: str) -> None:
    ink = drawn(digit)
    assert difference(patch_of(SHEETS[kind](ink)), normalize(ink.render())) < BOUND


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("inverted", [False, True])
def test_digit_that_touches_the_border(digit: str, inverted: bool) -> None:
    for at in [(0, 100), (100, 0), (100, 201), (260, 100)]:
        page = sheet(drawn(digit, at=at))
        patch = patch_of(255 - page if inverted else page)
        assert (
            difference(patch, normalize(drawn(digit).render())) < BOUND + 0.05
        )  # half a pen cut off


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("inverted", [False, True])
def test_digit_cropped_tightly(digit: str, inverted: bool) -> None:
    page = sheet(drawn(digit))
    ys, xs = np.nonzero(page < 120)
    page = page[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    patch = patch_of(255 - page if inverted else page)
    assert difference(patch, normalize(drawn(digit).render())) < BOUND


@pytest.mark.parametrize("digit", sorted(set(DIGITS) - {"1"}))  # cut tightly, a 1 is all ink
@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("side", [16, 20, 24, 32])
def test_thick_digit_of_few_pixels_that_fills_the_picture(
    digit: str, inverted: bool, side: int
) -> None:
    page = sheet(drawn(digit), pen=30)
    ys, xs = np.nonzero(page < 120)
    page = page[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    height, width = page.shape
    size = (side * width // max(page.shape), side * height // max(page.shape))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    patch = patch_of(255 - small if inverted else small)
    assert difference(patch, normalize(drawn(digit).render())) < BOUND + 0.02


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("inverted", [False, True])
def test_blurred_digit_of_few_pixels_that_fills_the_picture(digit: str, inverted: bool) -> None:
    page = sheet(drawn(digit), pen=20)
    ys, xs = np.nonzero(page < 120)
    page = page[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    height, width = page.shape
    size = (28 * width // max(page.shape), 28 * height // max(page.shape))
    small = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    blurred = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.2), np.float64)
    patch = patch_of(255 - blurred if inverted else blurred)
    assert difference(patch, normalize(drawn(digit).render())) < BOUND


def test_mnist_pixels_are_left_as_they_are(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    images = mnist_test[0][:500]
    far = [np.abs(find_ink(image).astype(int) - image).mean() for image in images]
    assert np.mean(far) < 0.5  # of 255: only the contrast is stretched
    assert (
        np.mean([np.abs(find_ink(255 - image).astype(int) - image).mean() for image in images])
        < 0.5
    )


@pytest.mark.parametrize(
    "page",
    [
        np.full((SIZE, SIZE), 255.0),
        np.zeros((SIZE, SIZE)),
        np.full((SIZE, SIZE), 128.0),
        200 + 40 * ROWS,
        210 * (1 - 0.6 / (1 + np.exp(-20 * (COLUMNS - ROWS)))),
        200 + np.random.default_rng(0).normal(0, 8, (SIZE, SIZE)),
        ruled(np.full((SIZE, SIZE), 220.0)),
        ruled(ruled(np.full((SIZE, SIZE), 220.0)), across=False),
        np.where(COLUMNS > 0.5, 100.0, 210.0),
        darker_corners() + np.random.default_rng(2).normal(0, 4, (SIZE, SIZE)),
        255 - darker_corners() + np.random.default_rng(3).normal(0, 4, (SIZE, SIZE)),
        np.array([[0.0]]),
        np.array([[0.0, 255.0]]),
        np.full((1, 300), 7.0),
    ],
    ids=["white", "black", "grey", "gradient", "shadow", "noise", "ruled", "squared",
         "half dark", "darker corners", "lighter corners", "one pixel", "two pixels", "one row"],
)  # fmt: skip
def test_blank_sheets_hold_no_ink(page: Pixels) -> None:
    assert not patch_of(page).any()
