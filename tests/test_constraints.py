"""What is known of a number before it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.errors import InvalidConstraint
from inkdigits.reading.constraints import Constraints, value

texts = st.text("0123456789.,-/:", max_size=9)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2026", 2026),
        ("12.500", 12500),
        ("1.234.567", 1234567),
        ("1,234.5", 1234.5),
        ("1.234,50", 1234.5),
        ("3,5", 3.5),
        ("0.75", 0.75),
        ("0.125", 0.125),
        (".5", 0.5),
        ("-157.8", -157.8),
        ("12.-", 12),
        ("007", 7),
        ("12.5000", 12.5),
        ("11/07/94", None),
        ("9:30", None),
        ("1-2", None),
        ("1.2.3", None),
        ("-", None),
        ("", None),
    ],
)
def test_value(text: str, number: float | None) -> None:
    assert value(text) == number


@pytest.mark.parametrize(
    ("constraints", "allowed", "refused"),
    [
        (Constraints(length=4), ["2026", "20.26", "1/234"], ["226", "20226", ""]),
        (Constraints(pattern="dd.dd"), ["12.34"], ["12,34", "1234", "12.345", "1.234"]),
        (Constraints(minimum=10, maximum=99.5), ["10", "99,5", "99.50"], ["9", "100", "9:30"]),
        (Constraints(minimum=-5), ["-5", "0"], ["-5.1"]),
        (Constraints(check=lambda text: sum(map(int, text)) % 10 == 0), ["55", "1234"], ["56"]),
        (Constraints(), ["", "1", "1/2"], []),
    ],
)
def test_allow(constraints: Constraints, allowed: list[str], refused: list[str]) -> None:
    assert [text for text in allowed + refused if constraints.allow(text)] == allowed


@given(texts, st.integers(1, 5) | st.none(), st.sampled_from(["d", "dd.dd", "d/d", None]))
def test_what_is_allowed_may_begin_as_it_does(
    text: str, length: int | None, pattern: str | None
) -> None:
    try:
        constraints = Constraints(length, pattern)
    except InvalidConstraint:  # the pattern has another length
        return
    if constraints.allow(text):
        assert all(constraints.may_begin(text[:end]) for end in range(len(text) + 1))


@pytest.mark.parametrize(
    ("known", "word"),
    [
        ({"length": 0}, "at least 1"),
        ({"length": 2.5}, "whole number"),
        ({"length": True}, "whole number"),
        ({"length": "4"}, "whole number"),
        ({"length": 3, "pattern": "dd.dd"}, "has 4 digits"),
        ({"pattern": 5}, "pattern"),
        ({"minimum": float("nan")}, "minimum must be a number"),
        ({"maximum": "9"}, "maximum must be a number"),
        ({"check": 5}, "check must be a function"),
        ({"pattern": ""}, "pattern"),
        ({"pattern": "dd x"}, "pattern"),
        ({"minimum": 2.0, "maximum": 1.0}, "above maximum"),
    ],
)
def test_what_contradicts_itself_is_refused(known: dict[str, object], word: str) -> None:
    with pytest.raises(InvalidConstraint, match=word):
        Constraints(**known)  # type: ignore[arg-type]


def test_nothing_known_is_false() -> None:
    assert not Constraints()
    assert Constraints(length=1)
    assert Constraints(minimum=0)
