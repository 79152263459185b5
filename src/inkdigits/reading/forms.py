"""What numbers look like: amounts, dates, times, fractions, and codes of several parts."""

import re

from inkdigits.reading.constraints import OTHER

FORMS = re.compile(
    r"""
    -?\d+([.,]\d+)*([.,]?-|[.,])?  # 2026, 12.500, 3,5, -7, 12.-, 1.500,-
    | [.,]\d+                      # .5
    | \d{1,2}/\d{1,2}(/\d{1,4})?
    | \d{1,2}/\d{4}
    | \d{1,2}:\d{2}(:\d{2})?
    | \d+(-\d+)+                   # 11-07-94, 555-1234
    """,
    re.VERBOSE,
)


def is_usual(text: str) -> bool:
    """Whether a number is written in a way that is in use: no 1/000, no 6./74."""
    return FORMS.fullmatch(text) is not None


def form(text: str) -> float:
    """What counts against a text, before it is weighed: −1 if its numbers look unusual, or 0."""
    numbers = [part for part in text.split(OTHER) if part]
    return 0.0 if all(map(is_usual, numbers)) else -1.0
