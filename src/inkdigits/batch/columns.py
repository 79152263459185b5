"""The column of a Parquet file that shows what is to be read: pictures, strokes or paths."""

from typing import Literal

import pyarrow as pa
from pyarrow import types

from inkdigits.errors import InvalidJob

Form = Literal["bytes", "struct", "numbers", "strokes", "text"]
STROKES = ("strokes", "ink")
# Looked for in this order, whatever their case; training knows the same (`training.forms.columns`).
USUAL = (*STROKES, "path", "file", "filename", "file_name", "filepath", "file_path", "image",
         "image_path", "img", "picture", "pixels", "x")  # fmt: skip


def choose(schema: pa.Schema, wanted: str | None, path: str) -> tuple[str, Form]:
    """Choose the column to read.

    Args:
        schema: of the file.
        wanted: its name; None for the first of `USUAL` that can be read.
        path: of the file, for messages.

    Returns:
        Its name, and what it holds: encoded pictures, `bytes`; a `struct` of `bytes` and `path` as
        Hugging Face writes it; `strokes` as nested lists; `numbers`, nested lists that are strokes
        or pixels; or `text`, paths or ink in JSON.

    Raises:
        InvalidJob: there is none, or it holds something else.
    """
    for name in _named(schema.names, wanted):
        form = _form(schema.field(name).type, name)
        if form is not None:
            return name, form
        if wanted is not None:
            raise InvalidJob(
                f"{path}: the column {name!r} holds {schema.field(name).type}; pictures as"
                " bytes, strokes or pixels as nested lists, or paths are needed."
            )
    there = ", ".join(schema.names) or "none"
    if wanted is not None:
        raise InvalidJob(f"{path} has no column {wanted!r}; there are: {there}.")
    raise InvalidJob(
        f"{path} has no column of pictures, strokes or paths that is called {', '.join(USUAL)};"
        f" name one by --column. There are: {there}."
    )


def _named(names: list[str], wanted: str | None) -> list[str]:
    """The columns that may be meant, the surest first; two of one name mean nothing."""
    if wanted is not None:
        return [wanted] if names.count(wanted) == 1 else []
    spelled = [name.strip().lower() for name in names]
    found = [names[spelled.index(usual)] for usual in USUAL if usual in spelled]
    return [name for name in found if names.count(name) == 1]


def _form(kind: pa.DataType, name: str) -> Form | None:
    """What a column of a type can hold."""
    kind = _plain(kind)
    if _is_bytes(kind):
        return "bytes"
    if _is_text(kind):
        return "text"
    if types.is_struct(kind):
        return "struct" if _is_picture(kind) else None
    depth = 0
    while types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        kind = _plain(kind.value_type)
        depth += 1
    if not (types.is_integer(kind) or types.is_floating(kind)) or not 1 <= depth <= 3:
        return None
    if name.strip().lower() in STROKES:
        return "strokes" if depth == 3 else None
    return "numbers"


def _is_picture(kind: pa.StructType) -> bool:
    """Whether a struct holds `bytes` that are bytes: text would be opened as a path."""
    place = kind.get_field_index("bytes")
    held = None if place < 0 else _plain(kind.field(place).type)
    return held is not None and (_is_bytes(held) or types.is_null(held))


def _plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, however they are stored."""
    if types.is_dictionary(kind):
        return _plain(kind.value_type)
    return _plain(kind.storage_type) if isinstance(kind, pa.BaseExtensionType) else kind


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))
