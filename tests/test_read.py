"""Reading whole numbers, as users do: the shipped models, ink and pictures."""

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from drawings import drawn
from numpy.typing import NDArray

from inkdigits import Ink, InvalidConstraint, Reading, Recognizer

HEIGHT = 400.0  # side of the sheets of `drawn`


def beside(text: str, gap: float = 60.0, top: float = 0.0) -> list[list[tuple[float, float]]]:
    """The strokes of drawn digits beside each other."""
    strokes: list[list[tuple[float, float]]] = []
    left = 0.0
    for character in text:
        ink = drawn(character)
        x, _, width, _ = ink.box() or (0.0, 0.0, 0.0, 0.0)
        strokes += [[(px - x + left, py + top) for px, py, *_ in s] for s in ink.strokes]
        left += width + gap
    return strokes


def sheet_of(ink: Ink, height: int, pen: float = 0.09) -> NDArray[np.uint8]:
    """The ink on white paper with a margin, digits so many pixels high."""
    x, y, width, tall = ink.box() or (0.0, 0.0, 1.0, 1.0)
    margin = 0.5 * tall
    moved = Ink([[(px - x + margin, py - y + margin) for px, py, *_ in s] for s in ink.strokes])
    size = (round(width + 2 * margin), round(tall + 2 * margin))
    return moved.draw(*size, pen * tall, height / tall)


def texts_of(readings: Sequence[Reading]) -> list[str]:
    return [reading.text for reading in readings]


@pytest.mark.parametrize("text", ["2026", "10", "31", "475", "9081", "7", "55555"])
def test_a_number_is_read_from_ink(recognizer: Recognizer, text: str) -> None:
    ink = Ink(beside(text))
    (reading,) = recognizer.read(ink)
    assert reading.text == text
    assert "".join(digit.best_label or "" for digit in reading.digits) == text
    assert 0 < reading.confidence <= 1
    box = ink.box()
    assert box is not None
    assert reading.box == pytest.approx(box, abs=2)
    lefts = [digit.box[0] for digit in reading.digits if digit.box]
    assert lefts == sorted(lefts)
    for digit in reading.digits:
        assert sum(digit.scores.values()) == pytest.approx(1)
        assert digit.strokes is not None
        assert digit.box == pytest.approx(ink.part(digit.strokes).box())


@pytest.mark.parametrize("height", [24, 60, 150])
@pytest.mark.parametrize("text", ["2026", "3187", "640"])
def test_a_number_is_read_from_a_picture(recognizer: Recognizer, text: str, height: int) -> None:
    picture = sheet_of(Ink(beside(text)), height)
    (reading,) = recognizer.read(picture)
    assert reading.text == text
    x, y, width, tall = reading.box
    assert x >= -2
    assert y >= -2
    assert x + width <= picture.shape[1] + 2
    assert y + tall <= picture.shape[0] + 2
    assert tall == pytest.approx(height, rel=0.3)


def test_light_ink_on_a_dark_ground(recognizer: Recognizer) -> None:
    picture = 255 - sheet_of(Ink(beside("2026")), 60)
    assert texts_of(recognizer.read(picture)) == ["2026"]


def test_lines_are_readings_of_their_own(recognizer: Recognizer) -> None:
    ink = Ink([*beside("31"), *beside("475", top=500)])
    assert texts_of(recognizer.read(ink)) == ["31", "475"]
    assert texts_of(recognizer.read(sheet_of(ink, 200))) == ["31", "475"]


@pytest.mark.parametrize("height", [40, 100])
def test_two_lines_of_a_small_picture_are_two_readings(recognizer: Recognizer, height: int) -> None:
    sheet = sheet_of(Ink([*beside("2"), *beside("35", top=400)]), 2 * height)
    assert texts_of(recognizer.read(sheet)) == ["2", "35"]


def test_nothing_written_is_an_empty_list(recognizer: Recognizer) -> None:
    assert recognizer.read(Ink([])) == []
    assert recognizer.read(np.full((300, 400), 255, np.uint8)) == []
    assert recognizer.read(np.zeros((300, 400), np.uint8)) == []


def test_a_page_of_text_gives_no_numbers_it_does_not_hold(recognizer: Recognizer) -> None:
    page = np.full((700, 900), 255, np.uint8)
    lines = ["The quick brown fox jumps", "over the lazy dog and then", "walks home by the river"]
    for row in range(9):
        place = (40, 80 + 65 * row)
        cv2.putText(page, lines[row % 3], place, cv2.FONT_HERSHEY_SIMPLEX, 1.2, 30, 2, cv2.LINE_AA)
    sure = [reading for reading in recognizer.read(page) if reading.reason is None]
    assert texts_of(sure) == []


def test_what_is_known_makes_surer(recognizer: Recognizer) -> None:
    ink = Ink(beside("2026"))
    (free,) = recognizer.read(ink)
    (known,) = recognizer.read(ink, length=4, minimum=1900, maximum=2100)
    assert known.text == free.text == "2026"
    assert known.confidence >= free.confidence - 1e-9


def test_where_nothing_fits_the_text_is_given_without_confidence(recognizer: Recognizer) -> None:
    for source in (Ink(beside("2026")), sheet_of(Ink(beside("2026")), 60)):
        (reading,) = recognizer.read(source, check=lambda _: False)
        assert reading.text == "2026"
        assert reading.confidence == 0
        assert reading.reason == "unsure"


def test_a_pattern_keeps_to_its_length(recognizer: Recognizer) -> None:
    (reading,) = recognizer.read(Ink(beside("2026")), pattern="dddd")
    assert reading.text == "2026"


def test_what_contradicts_itself_is_refused(recognizer: Recognizer) -> None:
    with pytest.raises(InvalidConstraint, match="length"):
        recognizer.read(Ink([]), length=0)


def test_a_doubted_digit_is_told(recognizer: Recognizer) -> None:
    rng = np.random.default_rng(0)
    picture = sheet_of(Ink(beside("2026")), 40).astype(float)
    picture[:, 90:130] += rng.normal(0, 120, picture[:, 90:130].shape)
    for reading in recognizer.read(np.clip(picture, 0, 255).astype(np.uint8)):
        doubted = [digit for digit in reading.digits if digit.reason == "unsure"]
        assert all(digit.label is None for digit in doubted)
        if doubted:
            assert reading.reason == "unsure"


def test_the_model_of_lines_is_loaded_when_it_is_needed() -> None:
    recognizer = Recognizer()
    assert recognizer._reading is None
    recognizer.read(Ink([]))
    assert recognizer._reading is not None
