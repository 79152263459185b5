"""Names of labels, writers and models: which there may be, and how each of them is written."""

import re
import unicodedata
from typing import Any

import numpy as np

LENGTH = 100  # characters
SHOWN = 60  # of them in messages
RULE = f"1 to {LENGTH} characters, none of them a control character or the end of a line"

# What breaks a line, a terminal or a file. Others that show nothing by themselves do not: joiners
# are part of emoji and of Persian words, and there are spaces that hold a name together.
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
_WHOLE = re.compile(r"-?\d+\.0+")  # a whole number that something wrote with a fraction


def is_name(text: str) -> bool:
    """Whether a text may be a name: see `RULE`."""
    return 0 < len(text) <= LENGTH and _BREAKING.isdisjoint(map(unicodedata.category, text))


def quoted(text: str) -> str:
    """A text as messages tell it where it is no name: short, and harmless on a terminal."""
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")


def normal(text: str) -> str:
    """A text as Unicode writes it in its form C: an accent may be a character of its own, or not.

    What looks the same is the same then; some file systems take accents apart.
    """
    return unicodedata.normalize("NFC", text)


def text_of(name: Any) -> str | None:
    """A name as text, whatever type a file keeps it in; None where there is none.

    Whole numbers are written without a fraction, as programs for tables put one to them where some
    other entry is empty.
    """
    name = name.item() if isinstance(name, np.generic) else name
    if name is None or name != name:  # NaN
        return None
    text = normal(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)).strip()
    return (text.split(".")[0] if _WHOLE.fullmatch(text) else text) or None
