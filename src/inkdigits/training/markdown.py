"""Names that others chose, as Markdown that shows just them."""

import re

# Each is a mark of CommonMark or of GitHub's tables, strikings and formulas; _ is none in a word.
_MARKS = re.compile(r"[\\`*\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_])")


def escaped(name: str) -> str:
    """A label, a model or a data set in Markdown, also in a table, of which a row is one line."""
    return _MARKS.sub(r"\\\g<0>", " ".join(name.split()))
