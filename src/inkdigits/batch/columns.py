"""The column of a Parquet file that shows what is to be read: pictures, strokes or paths."""

from typing import Literal

import pyarrow as pa
from pyarrow import types

from inkdigits.errors import InvalidJob

Form = Literal["bytes", "struct", "strokes", "text"]
USUAL = ("image", "img", "picture", "strokes", "ink", "path", "file")  # looked for in this order


def choose(schema: pa.Schema, wanted: str | None, path: str) -> tuple[str, Form]:
    """Choose the column to read.

    Args:
        schema: of the file.
        wanted: its name; None for the first of `USUAL` that can be read.
        path: of the file, for messages.

    Returns:
        Its name, and what it holds: encoded pictures, `bytes`; a `struct` of `bytes` and `path` as
        Hugging Face writes it; `strokes` as nested lists; or `text`, paths or ink in JSON.

    Raises:
        InvalidJob: there is none, or it holds something else.
    """
    for name in USUAL if wanted is None else (wanted,):
        if name in schema.names:
            form = _form(schema.field(name).type)
            if form is not None:
                return name, form
            if wanted is not None:
                raise InvalidJob(
                    f"{path}: the column {name!r} holds {schema.field(name).type}; pictures as"
                    " bytes, strokes as nested lists, or paths are needed."
                )
    there = ", ".join(schema.names) or "none"
    if wanted is not None:
        raise InvalidJob(f"{path} has no column {wanted!r}; there are: {there}.")
    raise InvalidJob(
        f"{path} has no column of pictures, strokes or paths that is called {', '.join(USUAL)};"
        f" name one by --column. There are: {there}."
    )


def _form(kind: pa.DataType) -> Form | None:
    """What a column of a type can hold."""
    if types.is_binary(kind) or types.is_large_binary(kind):
        return "bytes"
    if types.is_string(kind) or types.is_large_string(kind):
        return "text"
    if types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        return "struct"
    depth = 0
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = kind.value_type
        depth += 1
    is_number = types.is_integer(kind) or types.is_floating(kind)
    return "strokes" if depth == 3 and is_number else None
