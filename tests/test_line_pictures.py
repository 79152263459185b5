"""A picture that is one line: cut out by somebody, seen from near, or a single digit."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from sheets import INK, PAPER, band, sheet, write

from inkdigits.reading.layout.page import find_strips


@pytest.mark.parametrize("height", [34, 60, 110])
@pytest.mark.parametrize("fill", [0.45, 0.7, 1.0])
@pytest.mark.parametrize("texture", [False, True])
def test_a_small_picture_is_one_strip_as_wide_as_it(
    height: int, fill: float, texture: bool
) -> None:
    grey = sheet()
    left, top, width, high = write(grey, "60482", 100, 300)
    margin = (high / fill - high) / 2
    cell = grey[round(top - margin) : round(top + high + margin), round(left) : round(left + width)]
    if texture:
        lines = np.sin(np.arange(cell.shape[0]) * 1.1)[:, None]
        cell = np.clip(cell - 25 * (lines > 0.3), 0, 255).astype(np.uint8)
    size = (round(cell.shape[1] * height / len(cell)), height)
    cell = np.asarray(cv2.resize(cell, size, interpolation=cv2.INTER_AREA))
    (strip,) = find_strips(cell)
    x, y, wide, tall = band(strip)
    assert x <= 1
    assert x + wide >= cell.shape[1] - 1
    assert y <= (1 - fill) / 2 * height + 0.15 * height
    assert y + tall >= (1 + fill) / 2 * height - 0.15 * height


def test_borders_that_come_into_a_cell_are_no_digits() -> None:
    cell = np.full((60, 150), PAPER, np.uint8)
    cv2.putText(cell, "317", (40, 44), cv2.FONT_HERSHEY_SIMPLEX, 1.2, INK, 2, cv2.LINE_AA)
    cv2.line(cell, (0, 57), (149, 56), 80, 2)
    cv2.line(cell, (3, 0), (4, 59), 80, 2)
    (strip,) = find_strips(cell)
    assert strip.top == pytest.approx(18, abs=4)
    assert strip.bottom - strip.top == pytest.approx(27, abs=5)


def test_a_small_picture_may_hold_two_lines() -> None:
    grey = np.full((110, 160), PAPER, np.uint8)
    for foot in (46, 98):
        cv2.putText(grey, "4051", (20, foot), cv2.FONT_HERSHEY_SIMPLEX, 1.3, INK, 2, cv2.LINE_AA)
    assert len(find_strips(grey)) == 2


def test_a_texture_with_no_digit_to_be_told_is_a_strip_all_the_same() -> None:
    x, y = np.meshgrid(np.arange(160), np.arange(60))
    texture = 150 + 60 * np.sin(x * 0.9) * np.sin(y * 0.8)
    assert len(find_strips(texture.astype(np.uint8))) == 1


def test_each_picture_of_mnist_is_one_strip(
    mnist_test: tuple[NDArray[np.uint8], NDArray[np.uint8]],
) -> None:
    right = []
    for image in mnist_test[0][:200]:
        (strip,) = find_strips(image)
        _, y, width, height = band(strip)
        inked = np.flatnonzero((image > 100).any(axis=1))
        right.append(y <= inked[0] + 3 and y + height >= inked[-1] - 2)
        assert width >= 27
        assert strip.grey[:, 0].mean() > strip.grey.min()
    assert np.mean(right) > 0.98


def test_each_amount_of_a_cheque_is_one_strip(data: Path) -> None:
    path = data / "numbers" / "orand_car_a_train.npz"
    if not path.is_file():
        pytest.skip("needs the amounts of cheques")
    with np.load(path) as file:
        kept = {key: file[key] for key in ("pixels", "offsets", "shapes")}
    for place in range(100):
        start, end = kept["offsets"][place : place + 2]
        picture = kept["pixels"][start:end].reshape(kept["shapes"][place])
        (strip,) = find_strips(picture)
        # all of its width, but for the border of a box
        assert band(strip)[2] >= (0.95 if place in (23, 32) else 1) * picture.shape[1] - 1
