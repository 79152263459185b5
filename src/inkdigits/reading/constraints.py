"""What a number must be like, where that is known: length, pattern, value, check."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from inkdigits.errors import InvalidConstraint

OTHER = "?"  # in a text: a mark that is no part of a number
DIGIT = "d"  # stands for a digit in a pattern
LITERALS = ".,-/:"
# digits in threes, and perhaps the other mark and decimals
_THOUSANDS = re.compile(r"([1-9]\d{0,2}([.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?")


@dataclass(frozen=True)
class Constraints:
    """What is known of a number before it is read.

    Args:
        length: how many digits it has.
        pattern: `d` for a digit, and the separators where they stand, as `dd.dd`; all of the text.
        minimum: the least that its value may be, see `value`.
        maximum: the greatest.
        check: whether a text is possible, as one that ends in a check digit.

    Raises:
        InvalidConstraint: a length that is no whole number above 0, a pattern of other characters
            or of another length, a bound that is no number, a minimum above the maximum, or a check
            that cannot be called.
    """

    length: int | None = None
    pattern: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    check: Callable[[str], bool] | None = None

    def __post_init__(self) -> None:
        if self.length is not None and not (type(self.length) is int and self.length >= 1):
            raise InvalidConstraint(
                f"length must be a whole number, at least 1, not {self.length!r:.60}."
            )
        if self.pattern is not None and not (
            isinstance(self.pattern, str)
            and self.pattern
            and all(mark in DIGIT + LITERALS for mark in self.pattern)
        ):
            raise InvalidConstraint(
                f"pattern holds d for a digit and {' '.join(LITERALS)} for themselves, as dd.dd;"
                f" not {self.pattern!r:.60}."
            )
        if None not in (self.length, self.pattern):
            digits = str(self.pattern).count(DIGIT)
            if digits != self.length:
                raise InvalidConstraint(
                    f"length is {self.length}, but pattern {self.pattern!r:.60} has {digits}"
                    " digits."
                )
        for name, bound in (("minimum", self.minimum), ("maximum", self.maximum)):
            if bound is not None and (
                isinstance(bound, bool) or not isinstance(bound, int | float) or math.isnan(bound)
            ):
                raise InvalidConstraint(f"{name} must be a number, not {bound!r:.60}.")
        if self.check is not None and not callable(self.check):
            raise InvalidConstraint("check must be a function of a text.")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise InvalidConstraint(
                f"minimum ({self.minimum:g}) must not be above maximum ({self.maximum:g})."
            )

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return any(
            known is not None
            for known in (self.length, self.pattern, self.minimum, self.maximum, self.check)
        )

    def may_begin(self, text: str) -> bool:
        """Whether a text whose number is allowed may begin so."""
        text = text.replace(OTHER, "")
        if self.length is not None and sum(mark.isdigit() for mark in text) > self.length:
            return False
        return self.pattern is None or (
            len(text) <= len(self.pattern) and _fits(text, self.pattern[: len(text)])
        )

    def allow(self, text: str) -> bool:
        """Whether the number of a text is allowed: what is left of it without `OTHER`."""
        text = text.replace(OTHER, "")
        if self.length is not None and sum(mark.isdigit() for mark in text) != self.length:
            return False
        if self.pattern is not None and not (
            len(text) == len(self.pattern) and _fits(text, self.pattern)
        ):
            return False
        if self.minimum is not None or self.maximum is not None:
            number = value(text)
            if number is None or not (
                (self.minimum is None or number >= self.minimum)
                and (self.maximum is None or number <= self.maximum)
            ):
                return False
        return self.check is None or self.check(text)


ANYTHING = Constraints()


def _fits(text: str, pattern: str) -> bool:
    return all(
        mark.isdigit() if wanted == DIGIT else mark == wanted
        for mark, wanted in zip(text, pattern, strict=True)
    )


def value(text: str) -> float | None:
    """The value of a number as it is written.

    A `.` or `,` that cuts digits into threes groups thousands (12.500 is twelve thousand five
    hundred); another one is the decimal mark; a `-` in front is a minus, and behind (`12.-`)
    nothing.

    Returns:
        None for a date, a time, a fraction, and whatever else is no single number.
    """
    sign = -1.0 if text.startswith("-") else 1.0
    rest = text.removeprefix("-").rstrip(".,-")
    grouped = _THOUSANDS.fullmatch(rest)
    if grouped:
        rest = grouped[1].replace(grouped[2], "") + "." + (grouped[3] or "0")
    rest = rest.replace(",", ".")
    if not re.fullmatch(r"\d+(\.\d+)?|\.\d+", rest):
        return None
    return sign * float(rest)
