"""Borders of cells in pictures that were cut to them, and ones that are none."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits.reading.layout.frames import borders, without_rules
from inkdigits.reading.layout.page import find_strips

SIZE = (34, 60)  # of a cell


def cell(*columns: int) -> NDArray[np.uint8]:
    """A cell with "71" in its middle and borders in these columns."""
    grey = np.full(SIZE, 190, np.uint8)
    cv2.putText(grey, "71", (18, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 60, 2, cv2.LINE_AA)
    for column in columns:
        grey[:, column] = 70
    return grey


def mask(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.where(grey < 130, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(("left", "right"), [(1, 57), (4, 53), (0, 59)])
def test_a_border_on_either_side_is_found(left: int, right: int) -> None:
    (found, of_left), (last, of_right) = borders(mask(cell(left, right)))
    assert (found, last) == pytest.approx((left, right), abs=1), "a border may lean by a pixel"
    assert of_left == of_right == SIZE[0]


def test_digits_are_no_borders() -> None:
    assert borders(mask(cell())) == [(-1, 0), (SIZE[1], 0)]


def test_a_border_far_from_the_ends_is_none() -> None:
    assert borders(mask(cell(30)))[0] == (-1, 0)


def test_lines_above_and_below_go_and_digits_stay() -> None:
    plain = mask(cell())
    ruled = plain.copy()
    ruled[[0, 1, 32], :] = 255
    rest = without_rules(ruled)
    assert not rest[[0, 1, 32]].any()
    np.testing.assert_array_equal(rest[5:29], plain[5:29])


def test_a_cell_is_cut_out_between_its_borders() -> None:
    (strip,) = find_strips(cell(1, 57))
    assert strip.grey.shape[1] < SIZE[1] - 3
    assert strip.bottom - strip.top < 0.7 * SIZE[0], "the digits' band, not the border's"
    (whole,) = find_strips(cell())
    assert whole.grey.shape[1] == SIZE[1]


def test_a_one_as_high_as_its_neighbours_is_no_border() -> None:
    grey = np.full(SIZE, 190, np.uint8)
    grey[4:30, 3:5] = 60
    cv2.putText(grey, "0", (20, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 60, 2, cv2.LINE_AA)
    (strip,) = find_strips(grey)
    assert strip.grey.shape[1] == SIZE[1]


def test_a_light_rim_does_not_make_ink_light() -> None:
    grey = cell(3, 56)
    grey[:, :2] = grey[:, -2:] = 250
    (strip,) = find_strips(grey)
    middle = strip.grey[:, strip.grey.shape[1] // 3 : -strip.grey.shape[1] // 3]
    assert np.median(middle) > middle.min() + 60, "dark ink on light paper"
