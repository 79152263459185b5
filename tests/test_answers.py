"""What a drawing says in the window: one digit, or numbers."""

import numpy as np
import pytest
from drawings import drawn, example, number, side_by_side

from inkdigits import Ink, Prediction, Recognizer
from inkdigits.desktop.answers import Answer, digits_of, doubtful, patches_of, read


def _text(answer: Answer) -> list[str]:
    if isinstance(answer, Prediction):
        return [answer.label or "refused"]
    return [reading.text for reading in answer]


@pytest.mark.parametrize(
    "name", ["0", "1-with-foot", "2", "4-open", "4-closed", "5", "7-crossed", "8", "9-curled"]
)
def test_a_single_digit_is_one(recognizer: Recognizer, name: str) -> None:
    ink = Ink(example(name))
    assert read(recognizer, ink) == recognizer.recognize(ink)


@pytest.mark.parametrize("text", ["10", "00", "11", "2026", "359"])
def test_several_digits_are_a_number(recognizer: Recognizer, text: str) -> None:
    ink = Ink(side_by_side(text))
    answer = read(recognizer, ink)
    assert _text(answer) == [text]
    patches = patches_of(recognizer, ink, answer)
    for patch, digit in zip(patches, text, strict=True):
        alone = recognizer.patch(Ink(example(digit)))
        assert np.corrcoef(patch.ravel(), alone.ravel())[0, 1] > 0.95


def test_strokes_of_others_are_not_seen(recognizer: Recognizer) -> None:
    ink = number("745", gap=0.6, slant=0.6)
    patches = patches_of(recognizer, ink, read(recognizer, ink))
    for patch, digit in zip(patches, "745", strict=True):
        alone = recognizer.patch(drawn(digit, slant=0.6))
        np.testing.assert_allclose(patch, alone, atol=0.02)


def test_lines_are_readings_and_a_scrawl_is_no_digit(recognizer: Recognizer) -> None:
    lines = Ink([*side_by_side("35"), *side_by_side("7", at=(0, 200))])
    assert _text(read(recognizer, lines)) == ["35", "7"]
    scrawl = Ink([[(x, (37 * x) % 100) for x in range(0, 100, 2)]])
    assert read(recognizer, scrawl) == recognizer.recognize(scrawl)


def test_the_digit_to_look_at_is_in_doubt_or_the_last(recognizer: Recognizer) -> None:
    sure, *_ = digits_of(read(recognizer, Ink(side_by_side("35"))))
    unsure = Prediction(None, "3", 0.5, sure.scores, "unsure", sure.box)
    assert doubtful([sure, unsure, sure, unsure]) == 1
    assert doubtful([sure, sure]) == 1
