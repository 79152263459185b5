"""What is written: numbers as people write them, with their separators and what stands around."""

import numpy as np

from inkdigits.training.numbers.glyphs import DIGITS

SEPARATORS = ".,-/:"
OTHER = "?"  # a mark that is no part of a number: it is told apart, and left out of what is read
LETTER = "w"  # what is to be written: any letter of a word, told apart as OTHER
SIGN = "="  # and any of SIGNS, as well
SIGNS = "=#+<>%&$"  # what stands behind amounts
ALIKE = frozenset("OQDIJLZSBGTYVoilzsbgqytfj")  # letters that look like digits: told by their word

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
        digits = str(rng.choice([digits[0], "1"], p=[0.7, 0.3])) * count
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
    mark = str(rng.choice(list("-/:")))
    if mark == "/":  # dates and fractions: elsewhere it would only be a 1 that leans
        size = 1 if count == 2 else int(rng.integers(1, 3))
        return mark.join(digits[i : i + size] for i in range(0, min(count, 3 * size), size))
    if mark == ":":  # times
        parts = [digits[:2], *(digits[i : i + 2] for i in (2, 4) if len(digits) >= i + 2)]
        return mark.join(parts) if len(parts) > 1 else digits
    place = max(1, count // 2 + int(rng.integers(-1, 2)))
    return digits[:place] + mark + digits[place:]


def _in_threes(digits: str, mark: str) -> str:
    first = len(digits) % 3 or 3
    return mark.join([digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))])


def with_others(text: str, rng: np.random.Generator) -> str:
    """A number with letters or signs before, after or instead of it, to be written."""
    kind = rng.random()
    if kind < 0.25:
        return text + OTHER * int(rng.integers(1, 3))
    if kind < 0.45:
        return text + SIGN * int(rng.integers(1, 3))
    if kind < 0.6:
        return OTHER * int(rng.integers(1, 3)) + text
    if kind < 0.8:
        return LETTER * int(rng.integers(4, 13))
    return OTHER * int(rng.integers(1, 11))


def said(text: str) -> str:
    """What is to be read of a text to be written."""
    return text.replace(LETTER, OTHER).replace(SIGN, OTHER)
