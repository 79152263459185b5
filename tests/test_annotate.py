"""Pictures of what was read: boxes and texts where they belong, what is in doubt in red."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from drawings import number, page
from numpy.typing import NDArray

from inkdigits import Ink, Recognizer
from inkdigits.annotate import DOUBTED, SURE, annotated, write_annotated
from inkdigits.prediction import Box, Prediction
from inkdigits.reading.result import Reading

SCORES = dict.fromkeys("0123456789", 0.1)


def _reading(text: str, box: Box, doubted: str = "", unsure: bool = False) -> Reading:
    left, top, width, height = box
    count = sum(mark.isdigit() for mark in text)
    digits = tuple(
        Prediction(
            None if mark in doubted else mark, mark, 0.5, SCORES, None,
            (left + place * width / count, top, width / count, height),
        )
        for place, mark in enumerate(filter(str.isdigit, text))
    )  # fmt: skip
    return Reading(text, 0.5, digits, box, "unsure" if doubted or unsure else None)


def _of(picture: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((picture == colour).all(axis=2))


def test_a_picture_keeps_its_size_and_what_is_on_it() -> None:
    grey = page("305", "72")
    shown = annotated(grey, [_reading("305", (60, 60, 160, 60))])
    assert shown.shape == (*grey.shape, 3)
    assert (shown[150:] == grey[150:, :, None]).all()  # far from what was read
    assert _of(shown, SURE)[20:50].any()  # the text above
    assert not _of(shown, DOUBTED).any()


@pytest.mark.parametrize("unsure", [False, True])
def test_what_is_in_doubt_is_red(unsure: bool) -> None:
    grey = np.full((200, 400), 255, np.uint8)
    box: Box = (100, 100, 200, 60)
    one = annotated(grey, [_reading("1.23", box, "" if unsure else "2", unsure)])
    red = _of(one, DOUBTED)
    assert red[96:164, 92:308].any()  # a frame
    assert red[:95].any()  # the text
    assert _of(one, SURE).any() is np.bool_(not unsure)  # what else is in the text


def test_a_text_finds_room_at_every_edge() -> None:
    grey = np.full((100, 120), 255, np.uint8)
    for box in ((2, 2, 30, 40), (100, 2, 18, 30), (2, 60, 110, 38), (0, 0, 120, 100)):
        shown = annotated(grey, [_reading("123456789012", box)])
        assert shown.shape == (100, 120, 3)


@pytest.mark.parametrize("scale", [1e-6, 1, 1e6])
def test_ink_is_drawn_as_large_as_its_digits_need(recognizer: Recognizer, scale: float) -> None:
    strokes = [*number("305").strokes, *number("72", at=(100, 300)).strokes]
    ink = Ink([[(scale * x, scale * y) for x, y, *_ in stroke] for stroke in strokes])
    readings = recognizer.read(ink)
    assert [reading.text for reading in readings] == ["305", "72"]
    shown = annotated(ink, readings)
    assert 300 < min(shown.shape[:2]) < max(shown.shape[:2]) < 1000
    assert (shown < 50).all(axis=2).any()  # ink


@pytest.mark.parametrize("strokes", [[], [[[5, 5]]]])
def test_ink_in_which_nothing_is_read_is_a_sheet(strokes: list[list[list[float]]]) -> None:
    assert annotated(Ink(strokes), []).shape[2] == 3


def test_it_is_written_as_png(tmp_path: Path) -> None:
    grey = page("305")
    readings = [_reading("305", (60, 60, 160, 60))]
    write_annotated(tmp_path / "seen.png", grey, readings)
    found = cv2.imread(str(tmp_path / "seen.png"))
    np.testing.assert_array_equal(found, annotated(grey, readings))
