"""What is written: numbers as people write them, with their separators and what stands around."""

import numpy as np

from inkdigits.training.numbers.glyphs import DIGITS

SEPARATORS = ".,-/:"
OTHER = "?"  # a mark that is no part of a number: it is told apart, and left out of what is read

LENGTHS = (1, 2, 3, 4, 5, 6, 7, 8)
SHARES = (0.08, 0.16, 0.18, 0.2, 0.18, 0.1, 0.06, 0.04)


def number(rng: np.random.Generator) -> str:
    """A number as somebody may write it: 2026, 12.500, 3,5, 11/07/94, 9:30, …."""
    count = int(rng.choice(LENGTHS, p=SHARES))
    digits = "".join(rng.choice(list(DIGITS), count))
    kind = rng.random()
    if kind < 0.15 and count >= 3:  # amounts end in noughts
        noughts = int(rng.integers(1, min(count, 5)))
        digits = digits[: count - noughts] + "0" * noughts
    elif kind < 0.2:  # one digit again and again: how many there are is what can be misread
        digits = digits[0] * count
    kind = rng.random()
    if kind < 0.62:
        return digits
    if kind < 0.74 and count > 3:
        return _in_threes(digits, str(rng.choice([".", ",", "."])))
    if kind < 0.86 and count > 1:
        place = int(rng.integers(1, count))
        return digits[:place] + str(rng.choice([".", ","])) + digits[place:]
    if kind < 0.9:
        return str(rng.choice(["-" + digits, digits + "-", digits + ".-", digits + ",-"]))
    if count < 2:
        return digits
    place = max(1, count // 2 + int(rng.integers(-1, 2)))
    return digits[:place] + str(rng.choice(list("-/:"))) + digits[place:]


def _in_threes(digits: str, mark: str) -> str:
    first = len(digits) % 3 or 3
    return mark.join([digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))])


def with_others(text: str, rng: np.random.Generator) -> str:
    """A number with letters or signs before, after or instead of it."""
    kind = rng.random()
    if kind < 0.35:
        return text + OTHER * int(rng.integers(1, 3))
    if kind < 0.6:
        return OTHER * int(rng.integers(1, 3)) + text
    return OTHER * int(rng.integers(1, 11))
