"""What is known of a number: it chooses among texts, and does not make anything up."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits import Recognizer
from inkdigits.training.numbers.glyphs import Pen
from inkdigits.training.numbers.hands import barred_seven, looped_two, smooth_five


def written(count: int) -> NDArray[np.uint8]:
    """A line of that many digits, 2, 5 and 7 in turn."""
    rng = np.random.default_rng(2)
    hands = (looped_two, smooth_five, barred_seven)
    marks = [hands[place % 3](rng).draw(48, Pen(0.09, 0.0, 1.0)) for place in range(count)]
    high = max(len(mark) for mark in marks)
    even = [np.pad(mark, ((high - len(mark) + 20, 20), (7, 7))) for mark in marks]
    return 255 - np.pad(np.hstack(even), ((0, 0), (20, 20)))


def test_what_is_allowed_is_read(recognizer: Recognizer) -> None:
    (plain,) = recognizer.read(written(3))
    (known,) = recognizer.read(written(3), length=3, pattern="ddd", minimum=200, maximum=300)
    assert plain.text == known.text == "257"
    assert known.confidence >= plain.confidence - 0.05


@pytest.mark.parametrize("known", [{"pattern": "d/d"}, {"pattern": ".ddd"}, {"maximum": 1}])
def test_where_nothing_is_allowed_the_most_probable_is_told_at_0(
    recognizer: Recognizer, known: dict[str, object]
) -> None:
    for reading in recognizer.read(written(3), **known):  # type: ignore[arg-type]
        assert reading.text == "257" or reading.confidence < 0.1
        assert reading.reason == "unsure"


def test_what_is_known_wrongly_does_not_make_sure(recognizer: Recognizer) -> None:
    (reading,) = recognizer.read(written(3), length=2)
    assert reading.confidence < 0.5


def test_a_long_line_of_which_something_is_known_is_read_in_time(recognizer: Recognizer) -> None:
    picture = written(24)
    recognizer.read(picture)
    start = time.perf_counter()
    recognizer.read(picture)
    plain = time.perf_counter() - start
    start = time.perf_counter()
    recognizer.read(picture, minimum=0)
    assert time.perf_counter() - start < 40 * plain + 1, "a bound, not a measure"


@pytest.mark.parametrize("margin", [0, 1, 3])
def test_digits_that_are_cut_tightly_keep_their_strokes(
    recognizer: Recognizer, margin: int
) -> None:
    rng = np.random.default_rng(4)
    right = 0
    for _ in range(10):
        for digit, hand in (("2", looped_two), ("5", smooth_five), ("7", barred_seven)):
            cut = 255 - np.pad(hand(rng).draw(24, Pen(0.1, 0.0, 1.0)), margin)
            right += [reading.text for reading in recognizer.read(cut)] == [digit]
    assert right >= 21
