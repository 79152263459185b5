"""From what witnesses say of a line to its readings, and the doubts about their digits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.reading.alignment import counterparts
from inkdigits.reading.constraints import ANYTHING, Constraints
from inkdigits.reading.hypotheses import Hypotheses, Look
from inkdigits.reading.result import Reading
from inkdigits.reading.trust import Trust

LABELS = tuple("0123456789")
TRUST = Trust((1.0,), -9.0)
SURE = 0.9
SOME = st.text("0123456789.?", max_size=8)


def hypotheses(shares: dict[str, float]) -> Hypotheses:
    """Texts with these probabilities, marks ten wide."""
    looks = tuple(
        tuple(Look((10.0 * place, 0.0, 8.0, 20.0), _of(mark)) for place, mark in enumerate(text))
        for text in shares
    )
    logs = np.log(np.array(list(shares.values())))[:, None]
    return Hypotheses(tuple(shares), logs, looks, LABELS)


def _of(mark: str) -> np.ndarray:
    return np.array([0.91 if mark == label else 0.01 for label in LABELS])


def read(shares: dict[str, float], constraints: Constraints = ANYTHING) -> list[Reading]:
    return hypotheses(shares).readings(TRUST, SURE, constraints)


def doubted(reading: Reading) -> list[int]:
    return [place for place, digit in enumerate(reading.digits) if digit.label is None]


@given(SOME, SOME)
def test_each_character_has_at_most_one_counterpart_and_they_keep_their_order(
    text: str, other: str
) -> None:
    found = counterparts(text, other)
    assert len(found) == len(text)
    rest = iter(other)
    assert all(mark in rest for mark in found if mark), "in the order of the other text"
    assert counterparts(text, text) == list(text)


@pytest.mark.parametrize(
    ("text", "other", "found"),
    [
        ("416", "46", ["4", "", "6"]),
        ("46", "416", ["4", "6"]),
        ("130", "100", ["1", "0", "0"]),
        ("12", "", ["", ""]),
        ("", "12", []),
    ],
)
def test_counterparts(text: str, other: str, found: list[str]) -> None:
    assert counterparts(text, other) == found


def test_a_sure_reading_doubts_no_digit() -> None:
    (reading,) = read({"2026": 0.97, "2028": 0.01})
    assert (reading.text, reading.reason) == ("2026", None)
    assert doubted(reading) == []


def test_the_digit_that_others_read_otherwise_is_in_doubt() -> None:
    (reading,) = read({"2026": 0.6, "2028": 0.39})
    assert reading.reason == "unsure"
    assert doubted(reading) == [3]
    assert reading.digits[3].best_label == "6"


def test_a_digit_that_may_not_be_there_is_in_doubt() -> None:
    (reading,) = read({"416": 0.6, "46": 0.39})
    assert doubted(reading) == [1]
    assert reading.digits[1].confidence == pytest.approx(0.6, abs=0.03)


def test_an_unsure_reading_has_a_digit_in_doubt_whatever_the_doubt_is() -> None:
    (reading,) = read({"46": 0.6, "416": 0.39})
    assert reading.reason == "unsure"
    assert len(doubted(reading)) == 1


@given(st.dictionaries(st.text("0123456789.?", min_size=1, max_size=5), st.floats(0.01, 1)))
def test_readings_say_that_they_are_unsure_and_where(shares: dict[str, float]) -> None:
    if not shares:
        return
    total = sum(shares.values())
    for reading in read({text: share / total for text, share in shares.items()}):
        assert 0 <= reading.confidence <= 1
        assert (reading.reason is None) == (reading.confidence >= SURE)
        assert bool(doubted(reading)) == (reading.reason is not None)
        assert "?" not in reading.text


def test_numbers_with_something_else_between_them_are_two() -> None:
    left, right = read({"12?345": 0.9, "12?845": 0.05, "72?345": 0.03})
    assert (left.text, right.text) == ("12", "345")
    assert (left.confidence, right.confidence) == pytest.approx((0.95, 0.93), abs=0.025)
    assert left.box == (0.0, 0.0, 18.0, 20.0)
    assert right.box[0] == 30.0


def test_what_stands_around_a_number_is_left_out() -> None:
    (reading,) = read({"?12.5": 0.9})
    assert reading.text == "12.5"


def test_what_is_known_of_a_number_keeps_it_whole() -> None:
    (reading,) = read({"12?34": 0.9}, Constraints(length=4))
    assert reading.text == "1234"


def test_more_letters_than_digits_are_no_number() -> None:
    assert read({"1???": 0.9}) == []
