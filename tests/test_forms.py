"""What numbers look like."""

import pytest

from inkdigits.reading.forms import form, is_usual


@pytest.mark.parametrize(
    "text",
    [
        *("2026", "12.500", "3,5", "1.234.567,89", "-7", "12.-", "12,-", "1500-", "7.", ".5"),
        *("1/2", "11/07", "11/07/94", "11/07/1994", "7/2026", "9:30", "12:05:59"),
        *("11-07-94", "555-1234"),
    ],
)
def test_numbers_as_they_are_written(text: str) -> None:
    assert is_usual(text)


@pytest.mark.parametrize("text", ["1/000", "6./74", "138/45/", "1.:5", "--5", "9:3", "5-/3", ""])
def test_what_nobody_writes(text: str) -> None:
    assert not is_usual(text)


def test_each_number_of_a_text_counts() -> None:
    assert form("?12.5??7") == 0
    assert form("12?1/000") == -1
    assert form("??") == 0
