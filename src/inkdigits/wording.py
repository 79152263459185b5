"""Words for people: of a model's labels, be they digits or not, and of how many there are."""

from collections.abc import Iterable, Sequence

DIGITS = frozenset("0123456789")


def noun(labels: Iterable[str]) -> str:
    """What labels are names of, for sentences about them: `digit`, `letter` or, else, `sign`."""
    told = set(labels)
    if told <= DIGITS:
        return "digit"
    return "letter" if all(len(label) == 1 and label.isalpha() for label in told) else "sign"


def counted(count: int, one: str, several: str = "") -> str:
    """A number and what there is so much of: `1 image`, `2,000 images`."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, and how many more there are: `a, b, c and 4 more`."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def invitation(labels: Iterable[str]) -> str:
    """What an empty sheet says."""
    told = set(labels)
    return f"Draw a {noun(told)} or a number" if told >= DIGITS else f"Draw a {noun(told)}"
