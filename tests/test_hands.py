"""Ways of writing that data sets hardly hold: what they look like, and to whom."""

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits import Recognizer
from inkdigits.training.numbers.glyphs import DIGITS, Pen
from inkdigits.training.numbers.hands import HANDS, Hand

EVERY = [(digit, hand) for digit, hands in HANDS.items() for hand in hands]
NAMES = [hand.__name__ for _, hand in EVERY]
COUNT = 60


def drawn(hand: Hand) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(1)
    pictures = (hand(rng).draw(60, Pen(0.1, 0.0, 1.0)) for _ in range(COUNT))
    return [255 - np.pad(picture, 20) for picture in pictures]


@pytest.mark.parametrize(("digit", "hand"), EVERY, ids=NAMES)
def test_a_mark_is_about_one_high_and_no_two_are_the_same(digit: str, hand: Hand) -> None:
    rng = np.random.default_rng(0)
    assert digit in DIGITS
    marks = [hand(rng) for _ in range(COUNT)]
    for mark in marks:
        assert np.isfinite(mark.points).all()
        assert sum(mark.lengths) == len(mark.points)
        height = np.ptp(mark.points[:, 1])
        assert 0.7 < height < 1.4
        assert np.ptp(mark.points[:, 0]) < 2.2 * height
    assert len({mark.points.tobytes() for mark in marks}) == COUNT


@pytest.mark.parametrize(
    "name",
    [
        *("looped_two", "open_four", "root_five", "smooth_five"),
        *("barred_seven", "open_eight", "hooked_nine"),
    ],
)
def test_most_are_read_alone_too(recognizer: Recognizer, name: str) -> None:
    digit, hand = EVERY[NAMES.index(name)]
    read = [recognizer.recognize(picture).best_label for picture in drawn(hand)]
    assert np.mean([label == digit for label in read]) > 0.5


def test_a_nine_like_a_p_needs_its_neighbours(recognizer: Recognizer) -> None:
    _, hand = EVERY[NAMES.index("stem_left_nine")]
    read = [recognizer.recognize(picture).label for picture in drawn(hand)]
    assert np.mean([label == "9" for label in read]) < 0.5
