"""Where numbers stand on a page: made pages, one property each."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sheets import INK, PAPER, Box, Grey, band, sheet, write

from inkdigits.reading.layout.page import EACH, MOST, find_strips
from inkdigits.reading.strip import Strip


def covers(strip: Strip, box: Box) -> bool:
    """Whether a strip holds a box, and its band is no more than a fifth off."""
    x, y, width, height = band(strip)
    left, top, wide, high = box
    across = x <= left + 2 and x + width >= left + wide - 2
    return across and abs(y - top) < 0.2 * high and abs(y + height - top - high) < 0.2 * high


def assert_are(strips: list[Strip], boxes: list[Box]) -> None:
    """Strips and boxes are the same, in the same order."""
    assert len(strips) == len(boxes)
    for strip, box in zip(strips, boxes, strict=True):
        assert covers(strip, box), (band(strip), box)


def turned(grey: Grey, degrees: float) -> tuple[Grey, NDArray[np.float64]]:
    """A picture turned about its middle, and how."""
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return np.asarray(cv2.warpAffine(grey, turn, (width, height), borderValue=PAPER)), turn


def page_of_lines() -> tuple[Grey, list[Box]]:
    grey = sheet()
    texts = ["20260", "318.5", "77", "90210"]
    return grey, [write(grey, text, 150, 200 + 120 * row) for row, text in enumerate(texts)]


@pytest.mark.parametrize("shape", [(28, 28), (60, 160), (300, 400), (2000, 1500)])
@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_sheet_holds_nothing(shape: tuple[int, int], level: int) -> None:
    assert find_strips(np.full(shape, level, np.uint8)) == []


@pytest.mark.parametrize("shape", [(60, 160), (100, 300), (1200, 900)])
def test_grain_is_no_ink(shape: tuple[int, int]) -> None:
    grain = np.random.default_rng(0).normal(200, 5, shape)
    assert find_strips(np.clip(grain, 0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (3, 900), (900, 3), (8, 8)])
def test_pictures_of_any_shape_are_looked_at(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    find_strips(picture)


def test_lines_are_found_from_top_to_foot() -> None:
    grey, boxes = page_of_lines()
    assert_are(find_strips(grey), boxes)


def test_two_columns_are_apart_and_read_row_by_row() -> None:
    grey = sheet()
    boxes = [
        write(grey, text, x, foot) for foot in (200, 320) for x, text in ((80, "415"), (420, "92"))
    ]
    assert_are(find_strips(grey), boxes)


def test_digits_written_wide_are_one_number() -> None:
    grey = sheet()
    boxes = [write(grey, digit, 100 + 64 * place, 300) for place, digit in enumerate("48263")]
    (strip,) = find_strips(grey)
    right = max(x + width for x, _, width, _ in boxes)
    assert covers(strip, (boxes[0][0], boxes[0][1], right - boxes[0][0], boxes[0][3]))


@given(degrees=st.floats(-10, 10))
@settings(max_examples=12)
def test_a_turned_page_gives_level_strips(degrees: float) -> None:
    grey, boxes = page_of_lines()
    picture, turn = turned(grey, degrees)
    strips = find_strips(picture)
    assert len(strips) == len(boxes)
    for strip, (x, y, width, height) in zip(strips, boxes, strict=True):
        corners = np.array([[x, y, 1], [x + width, y, 1], [x, y + height, 1]])
        back = cv2.invertAffineTransform(strip.to_picture)
        places = corners @ turn.T @ back[:, :2].T + back[:, 2]
        assert abs(places[0, 1] - places[1, 1]) < 0.15 * height  # level
        assert abs(places[0, 1] - strip.top) < 0.2 * height
        assert abs(places[2, 1] - strip.bottom) < 0.2 * height
        assert places[0, 0] > -2
        assert places[1, 0] < strip.grey.shape[1] + 2


@given(scale=st.floats(0.5, 3))
@settings(max_examples=8)
def test_size_does_not_matter(scale: float) -> None:
    grey, boxes = page_of_lines()
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=how))
    scaled = [(x * scale, y * scale, w * scale, h * scale) for x, y, w, h in boxes]
    strips = find_strips(picture)
    assert_are(strips, scaled)
    assert all(strip.bottom - strip.top < 80 for strip in strips)


def test_light_ink_on_dark_gives_dark_ink() -> None:
    grey, boxes = page_of_lines()
    strips = find_strips(np.asarray(cv2.bitwise_not(grey)))
    assert_are(strips, boxes)
    for strip in strips:
        assert np.median(strip.grey) > 150  # mostly paper


def test_a_shadow_is_no_ink_and_hides_none() -> None:
    grey, boxes = page_of_lines()
    x = np.arange(grey.shape[1])
    light = 1 - 0.5 / (1 + np.exp(-(x - 260) / 6))
    assert_are(find_strips((grey * light).astype(np.uint8)), boxes)


def test_faint_pencil_is_found_in_noise() -> None:
    grey = sheet()
    box = write(grey, "3071", 200, 400, ink=190)
    noisy = grey + np.random.default_rng(0).normal(0, 5, grey.shape)
    assert_are(find_strips(np.clip(noisy, 0, 255).astype(np.uint8)), [box])


def grid(grey: Grey, rows: int, columns: int) -> None:
    for row in range(rows + 1):
        cv2.line(grey, (50, 100 + 90 * row), (50 + 180 * columns, 100 + 90 * row), 90, 2)
    for column in range(columns + 1):
        cv2.line(grey, (50 + 180 * column, 100), (50 + 180 * column, 100 + 90 * rows), 90, 2)


@pytest.mark.parametrize("degrees", [0, 4])
def test_each_cell_of_a_grid_is_a_strip(degrees: float) -> None:
    grey = sheet()
    grid(grey, 4, 3)
    for row in range(4):
        for column in range(3):
            write(grey, f"{row}{column}57", 62 + 180 * column, 164 + 90 * row)
    strips = find_strips(turned(grey, degrees)[0])
    assert len(strips) == 12
    assert all(band(strip)[2] < 190 for strip in strips)  # none runs across a border


def test_a_digit_that_crosses_a_border_is_whole() -> None:
    grey = sheet()
    grid(grey, 2, 3)
    box = write(grey, "274", 80, 196)  # its feet are beneath the line at 190
    assert_are(find_strips(grey), [box])


def test_a_comb_is_one_number_and_its_sides_are_painted_over() -> None:
    grey = sheet()
    for place in range(8):
        cv2.line(grey, (100 + 50 * place, 300), (100 + 50 * place, 360), 60, 3)
    for foot in (300, 360):
        cv2.line(grey, (100, foot), (450, foot), 60, 3)
    boxes = [write(grey, digit, 107 + 50 * place, 350) for place, digit in enumerate("26085")]
    (strip,) = find_strips(grey)
    right = boxes[-1][0] + boxes[-1][2]
    assert covers(strip, (boxes[0][0], boxes[0][1], right - boxes[0][0], boxes[0][3]))
    x = round((100 + 50 * 3 - strip.to_picture[0, 2]) / strip.to_picture[0, 0])
    middle = round((strip.top + strip.bottom) / 2)
    assert strip.grey[middle - 8 : middle + 8, x - 2 : x + 3].min() > 150


def test_teeth_on_a_line_are_a_comb_and_the_word_beside_it_is_no_part_of_it() -> None:
    grey = sheet()
    cv2.line(grey, (200, 360), (500, 360), 60, 3)
    for place in range(7):
        cv2.line(grey, (200 + 50 * place, 345), (200 + 50 * place, 360), 60, 3)
    boxes = [write(grey, digit, 207 + 50 * place, 352) for place, digit in enumerate("2608")]
    write(grey, "Date", 60, 352)
    (strip,) = [one for one in find_strips(grey) if covers(one, boxes[-1])]
    assert covers(strip, (boxes[0][0], boxes[0][1], 0, boxes[0][3]))
    assert band(strip)[0] >= 195
    x = round((350 - strip.to_picture[0, 2]) / strip.to_picture[0, 0])
    foot = round((360 - strip.to_picture[1, 2]) / strip.to_picture[1, 1])
    assert strip.grey[foot - 12 : foot - 4, x - 2 : x + 3].min() > 150


def test_each_of_many_combs_is_one_number() -> None:
    grey = sheet(1400, 1400)
    corners = [(left, top) for top in range(20, 1000, 44) for left in range(20, 1290, 115)]
    for left, top in corners:
        for place in range(5):
            cv2.line(grey, (left + 22 * place, top), (left + 22 * place, top + 26), 60, 2)
        for foot in (top, top + 26):
            cv2.line(grey, (left, foot), (left + 88, foot), 60, 2)
        for place in (0, 3):
            at = (left + 5 + 22 * place, top + 21)
            cv2.putText(grey, "7", at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, INK, 2)
    strips = find_strips(grey)
    assert len(strips) == len(corners) > 256
    assert all(75 < band(strip)[2] < 90 for strip in strips)


def test_digits_that_touch_one_ruling_from_both_sides_are_two_numbers() -> None:
    grey = sheet()
    for row in range(4):
        cv2.line(grey, (50, 100 + 48 * row), (590, 100 + 48 * row), 90, 2)
    boxes = [write(grey, "4718", 80, 146 + 48 * row) for row in range(3)]
    assert_are(find_strips(grey), boxes)


@pytest.mark.parametrize("mark", [".", "-"])
def test_what_is_far_apart_is_one_number_if_a_point_or_a_dash_is_between(mark: str) -> None:
    grey = sheet()
    first = write(grey, "12", 200, 300)
    end = round(first[0] + first[2])
    if mark == ".":
        cv2.circle(grey, (end + 24, 296), 4, INK, cv2.FILLED)
    else:
        cv2.line(grey, (end + 18, 280), (end + 34, 280), INK, 4)
    last = write(grey, "50", end + 52, 300)
    (strip,) = find_strips(grey)
    assert covers(strip, (first[0], first[1], last[0] + last[2] - first[0], first[3]))


@pytest.mark.parametrize("side", [24, 30, 40])
@pytest.mark.parametrize("light", [90, 150, 200])
def test_the_lines_of_squared_paper_part_no_number_and_join_none(side: int, light: int) -> None:
    grey = sheet(1600, 1200)
    for at in range(side, 1600, side):
        cv2.line(grey, (0, at), (1200, at), light, 1)
        cv2.line(grey, (at, 0), (at, 1600), light, 1)
    boxes = [write(grey, "4718", x, y) for y in range(150, 1500, 170) for x in (100, 520, 860)]
    strips = find_strips(grey)
    found = [any(covers(strip, box) for strip in strips) for box in boxes]
    assert np.mean(found) > 0.6


def test_faint_writing_beside_dark_rulings_is_found() -> None:
    grey = sheet()
    for row in range(5):
        cv2.line(grey, (50, 100 + 60 * row), (650, 100 + 60 * row), 40, 5)
    box = write(grey, "3071", 200, 252, ink=205)
    assert_are(find_strips(grey), [box])


def test_an_underline_is_no_part_of_its_number() -> None:
    grey = sheet()
    cv2.line(grey, (150, 306), (550, 306), 60, 3)
    box = write(grey, "1985", 200, 300)
    assert_are(find_strips(grey), [box])


def test_a_comma_belongs_to_its_number() -> None:
    grey = sheet()
    first = write(grey, "12", 200, 300)
    end = round(first[0] + first[2])
    cv2.line(grey, (end + 12, 296), (end + 7, 310), INK, 4)
    last = write(grey, "50", end + 22, 300)
    (strip,) = find_strips(grey)
    assert covers(strip, (first[0], first[1], last[0] + last[2] - first[0], first[3]))


@pytest.mark.parametrize("blur", [0, 2, 8])
def test_noise_does_not_explode(blur: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 2000)).astype(np.uint8)
    if blur:
        noise = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), blur), None, 0, 255, cv2.NORM_MINMAX)
    assert cost(find_strips(np.asarray(noise))) <= MOST


def cost(strips: list[Strip]) -> float:
    """How much there is to be read."""
    lengths = [strip.grey.shape[1] / (strip.bottom - strip.top) for strip in strips]
    return float(sum(EACH - 1 + length for length in lengths))


def test_of_a_page_full_of_scribbles_no_more_is_read_than_of_a_page_of_numbers() -> None:
    grey = sheet(2880, 2880)
    rng = np.random.default_rng(0)
    for place in range(1024):
        middle = np.array([45 + 90 * (place % 32), 45 + 90 * (place // 32)])
        scribble = middle + rng.uniform(-18, 18, (9, 2))
        cv2.polylines(grey, [scribble.astype(np.int32)], False, INK, 3)
    assert 0.5 * MOST < cost(find_strips(grey)) <= MOST


def test_a_line_of_text_is_nothing_to_read() -> None:
    grey = sheet(900, 2400)
    box = write(grey, "2026", 200, 200)
    for foot in range(300, 900, 80):
        write(grey, "quick foxes jump over lazy dogs and " * 2, 40, foot)
    assert_are(find_strips(grey), [box])


def test_a_large_dark_area_leaves_the_numbers_beside_it() -> None:
    grey = sheet(1600, 1200)
    cv2.rectangle(grey, (700, 100), (1100, 700), 60, cv2.FILLED)
    box = write(grey, "5520", 200, 400)
    assert any(covers(strip, box) for strip in find_strips(grey))


def test_a_strip_is_no_larger_than_it_needs_to_be() -> None:
    grey = np.full((1500, 4000), PAPER, np.uint8)
    cv2.putText(grey, "2026", (300, 1200), cv2.FONT_HERSHEY_SIMPLEX, 40, INK, 90, cv2.LINE_AA)
    (strip,) = find_strips(grey)
    assert strip.bottom - strip.top <= 66
    _, y, _, height = band(strip)
    assert (y, y + height) == pytest.approx((290, 1245), abs=90)
