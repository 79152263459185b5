"""What is known of a number: it chooses among texts, and does not make anything up."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from inkdigits import Recognizer
from inkdigits.reading import searching, views
from inkdigits.reading.ctc import BEAM, Frames, Marks, log_probabilities
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


def test_of_a_long_line_no_more_than_a_few_texts_are_weighed(
    recognizer: Recognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []

    def counted(frames: Frames, texts: Sequence[Marks]) -> NDArray[np.float64]:
        counts.append(len(texts))
        return log_probabilities(frames, texts)

    monkeypatch.setattr(views, "log_probabilities", counted)
    recognizer.read(written(24), minimum=0)
    looks = sum(map(len, views.ASPECTS))
    assert max(counts) <= BEAM + looks * (searching.MOST + 1)


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
