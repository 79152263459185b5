"""The columns of a table: which holds the label, the picture, the writer."""

import re
from collections.abc import Sequence
from math import isqrt

# Names under which tables are found to keep each, the surest first; case does not matter.
LABEL = ("label", "labels", "class", "target", "digit", "character", "letter", "sign", "y")
PICTURE = ("path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path",
           "img", "picture", "pixels", "x")  # fmt: skip
WRITER = ("writer", "writer_id", "author", "person", "subject", "user")
STROKES = ("strokes", "ink")

PIXEL = re.compile(r"(?:pixel|px|p|x|c|col|f|feature)?[ _.-]?(\d+)(?:[x_](\d+))?", re.IGNORECASE)
LEAST_SIDE = 5  # pixels: smaller ink is a speck to the normaliser


def find(columns: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the column that has the first of these names; None where none has."""
    return next(iter(find_all(columns, names)), None)


def find_all(columns: Sequence[str], names: Sequence[str]) -> list[int]:
    """The places of the columns that have these names, in the order of the names."""
    spelled = [column.strip().lower() for column in columns]
    return [spelled.index(name) for name in names if name in spelled]


def pixels(columns: Sequence[str]) -> list[int]:
    """The places of columns that hold one pixel each, row by row: `pixel0` …, `1x1` …, `0` ….

    Their numbers tell the order, for a table may have been sorted by names, where `pixel10` comes
    before `pixel2`. Of two numbers the first is the row, unless the second never falls.
    """
    found = {
        place: (int(match[1]), int(match[2] or 0))
        for place, name in enumerate(columns)
        if (match := PIXEL.fullmatch(name.strip()))
    }
    second = [numbers[1] for numbers in found.values()]
    is_row = any(second) and second == sorted(second)
    order = sorted(found, key=lambda place: found[place][:: -1 if is_row else 1])
    return order if len(found) >= LEAST_SIDE**2 else []


def side(count: int) -> int | None:
    """The side of a square of so many pixels; None where they make none, or one of a speck."""
    root = isqrt(count)
    return root if root >= LEAST_SIDE and root * root == count else None
