"""Parquet: labels with pictures, paths, pixels or strokes; one file or a folder of them.

Pictures are read from the file as they are asked for, a few rows at a time, so that a set may be
larger than memory.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from inkdigits.errors import DataUnavailable, InkdigitsError, UnreadableImage
from inkdigits.ink import Ink
from inkdigits.names import text_of
from inkdigits.recognizer import prepare
from inkdigits.training.forms import columns
from inkdigits.training.forms.columns import LEAST_SIDE
from inkdigits.training.forms.labelled import Entries, Labelled
from inkdigits.training.forms.pixels import Pixels, as_images
from inkdigits.training.lines import ALL, Complain, Lines, label_of, refuse
from inkdigits.training.unlabelled import patch_of

SUFFIXES = (".parquet", ".pq")
ROWS = 64  # pictures that are in memory at a time …
SMALL_ROWS = 2048  # … and rows of what is small: labels, strokes, pixels
PART = re.compile(r"(?<![a-z])(train|test|val)(?:ing|id|idation)?(?![a-z])")
KINDS = ("encoded", "pixels", "path", "")  # of pictures, the surest first: a path may be a name
BINARY = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary,
          pa.types.is_binary_view)  # fmt: skip
TEXT = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
DAMAGED = (pa.ArrowException, OSError, EOFError)


def files_of(path: Path) -> list[Path]:
    """The files of a data set: the file, or those of a folder."""
    if not path.is_dir():
        return [path] if path.name.lower().endswith(SUFFIXES) else []
    return sorted(file for file in path.iterdir() if file.name.lower().endswith(SUFFIXES))


@dataclass(frozen=True)
class _Columns:
    """The names of the columns that count, and what the label's numbers stand for."""

    label: str
    writer: str | None
    shown: list[str]
    kind: str  # "strokes" or one of `KINDS`
    names: list[str] | None


def read(path: Path, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Read a column of labels, and find the pictures.

    They may be the bytes of files, also as Hugging Face keeps them (`{bytes, path}`), paths
    relative to the file, pixels, as lists or a column each, or strokes. Numbers that stand for
    Hugging Face's names of classes become these.

    Args:
        path: a file, or a folder with the files of one set, which are read by their names.
        wanted: which rows count.
        complain: told of rows that cannot be read.

    Raises:
        DataUnavailable: It cannot be read, or has no such columns; or what `complain` raises.
    """
    files = files_of(path)
    _refuse_several_parts(path, files)
    try:
        found, *others = (_columns(file, parquet.read_schema(file)) for file in files)
        for file, other in zip(files[1:], others, strict=True):
            if other != found:
                raise DataUnavailable(
                    f"{file}: its columns of labels and pictures are not those of {files[0]}, so"
                    " that they are no single data set: put it into a folder of its own."
                )
        return _read(path, files, found, wanted, complain)
    except DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataUnavailable(f"{path}: cannot be read as Parquet ({reason}).") from error


def _refuse_several_parts(path: Path, files: Sequence[Path]) -> None:
    """Refuse to take a test for something to learn from: Hugging Face keeps both in one folder.

    Raises:
        DataUnavailable: By their names the files are of several parts.
    """
    parts = sorted({part for file in files for part in PART.findall(file.name.lower())})
    if len(parts) > 1:
        raise DataUnavailable(
            f"{path}: by their names its files are of several data sets ({', '.join(parts)}): name"
            " one of the files, or put those of each into a folder of its own and name that."
        )


def _read(
    path: Path, files: list[Path], found: _Columns, wanted: Lines, complain: Complain
) -> Labelled:
    entries = Entries()
    told = [found.label, *([found.writer] if found.writer else [])]
    eager = found.shown if found.kind in ("strokes", "pixels") else []
    for row, values in enumerate(_rows(files, told + eager), 1):
        label = label_of(_named(values[0], found.names), f"{path}, row {row}", complain)
        writer = text_of(values[1]) if found.writer else None
        if label is not None and wanted.wants(row, {"label": label, "writer": writer}):
            shown = values[len(told) :]
            try:
                entries.add(row, label, writer, _shown(shown, found.kind))
            except (ValueError, TypeError, InkdigitsError) as error:
                complain(f"{path}, row {row}", f"not {found.kind} ({error}).")
    name, kind = wanted.name(path.name.split(".")[0]), f"{path}, row"
    if found.kind == "strokes":
        return entries.as_labelled(name, kind)
    if found.kind == "pixels":
        _drop_other_shapes(entries, kind, complain)
        pixels = Pixels(_stacked(path, entries.pictures))
        return entries.as_labelled(name, kind, pixels, pixels.patcher())
    pictures = _Pictures(files, found.shown[0], [number - 1 for number in entries.numbers])
    return entries.as_labelled(name, kind, pictures, _patch)


def _shown(values: Sequence[Any], kind: str) -> Any:
    """The ink or the pixels of a row; None where the picture is read later."""
    if kind == "pixels":
        image = np.asarray(values[0] if len(values) == 1 else values)
        if image.dtype.kind not in "buif":
            raise ValueError("there are none" if values[0] is None else "some are no numbers")
        whole = image.dtype.kind in "iu" and image.size > 0
        small = whole and image.min() >= 0 and image.max() <= 255
        return image.astype(np.uint8) if small else image
    if kind == "strokes":
        strokes = json.loads(values[0]) if isinstance(values[0], str | bytes) else values[0]
        return Ink.from_json(strokes) if isinstance(strokes, dict) else Ink(strokes or [])
    return None


def _columns(path: Path, schema: pa.Schema) -> _Columns:
    names = list(schema.names)
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataUnavailable(f"{path}: has several columns {twice[0]!r}; rename all but one.")
    label, writer = columns.find(names, columns.LABEL), columns.find(names, columns.WRITER)
    strokes, each = columns.find(names, columns.STROKES), columns.pixels(names)
    shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    if label is None:
        raise DataUnavailable(f"{path}: has no column of labels among {shown}; call one label.")
    if strokes is not None:
        kind, wanted = "strokes", [names[strokes]]
    else:
        named = columns.find_all(names, columns.PICTURE)
        found = [(_kind(schema.field(place).type), [names[place]]) for place in named]
        found.append(("pixels" if each else "", [names[place] for place in each]))
        kind, wanted = min(found, key=lambda one: KINDS.index(one[0]))
    if not kind:
        raise DataUnavailable(
            f"{path}: has no column of pictures (image), paths (path), pixels (pixels, or pixel0"
            f" …) or strokes (strokes) among {shown}, or one of a type that holds none."
        )
    classes = _classes(schema, names[label])
    return _Columns(names[label], None if writer is None else names[writer], wanted, kind, classes)


def _kind(type_: pa.DataType) -> str:
    """What a column of this type holds, one of `KINDS`; none where it can hold no picture."""
    types = pa.types
    if types.is_dictionary(type_):  # as pandas keeps categories: each value once
        type_ = type_.value_type
    if types.is_struct(type_):
        return "encoded" if type_.get_field_index("bytes") >= 0 else ""
    if any(is_kind(type_) for is_kind in BINARY):
        return "encoded"
    if any(is_kind(type_) for is_kind in TEXT):
        return "path"
    is_list = types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_)
    return "pixels" if is_list else ""


def _classes(schema: pa.Schema, label: str) -> list[str] | None:
    """The names that Hugging Face's `ClassLabel` gives to numbers."""
    try:
        told = json.loads((schema.metadata or {})[b"huggingface"])
        names = told["info"]["features"][label]["names"]
    except (KeyError, TypeError, ValueError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None


def _named(label: Any, names: list[str] | None) -> Any:
    """The name that Hugging Face gives to a label's number; else what the file has for it."""
    number = text_of(label) if names is not None else None
    if names is None or number is None:
        return label
    if number == "-1":  # by which Hugging Face says that there is none
        return None
    return names[int(number)] if number.isdecimal() and int(number) < len(names) else label


def _rows(files: Sequence[Path], names: list[str]) -> Iterator[tuple[Any, ...]]:
    """These columns of all rows, as Python's objects."""
    for file in files:
        with parquet.ParquetFile(file) as source:
            for batch in source.iter_batches(SMALL_ROWS, columns=names):
                yield from zip(*(batch.column(name).to_pylist() for name in names), strict=True)


def _drop_other_shapes(entries: Entries, kind: str, complain: Complain) -> None:
    """Leave out images of another shape than most, which are told."""
    shapes = [image.shape for image in entries.pictures]
    (usual, _), *others = Counter(shapes).most_common() or [((), 0)]
    if others:
        for number, shape in zip(entries.numbers, shapes, strict=True):
            if shape != usual:
                complain(
                    f"{kind} {number}",
                    f"has pixels of the shape {shape} where most have {usual}; keep images of"
                    " several sizes as pictures, not as pixels.",
                )
        entries.keep([shape == usual for shape in shapes])


def _stacked(path: Path, images: list[NDArray[Any]]) -> NDArray[Any]:
    """The images as one array (N, H, W); the list is emptied, lest they be in memory twice."""
    array = np.stack(images) if images else np.zeros((0, LEAST_SIDE**2), np.uint8)
    images.clear()
    try:
        return as_images(array, str(path))
    except UnreadableImage as error:
        raise DataUnavailable(str(error)) from error


def _patch(picture: Any) -> NDArray[np.float32]:
    return patch_of(picture) if isinstance(picture, Path) else prepare(picture)[0]


class _Pictures(Sequence[Any]):
    """Pictures, read as they are asked for: cheap in ascending order, by one thread."""

    def __init__(self, files: Sequence[Path], column: str, rows: Sequence[int]) -> None:
        self._column, self._rows = column, rows
        self._groups: list[tuple[int, Path, int]] = []  # the first row of each, and where it is
        self._count = 0
        for file in files:
            about = parquet.read_metadata(file)
            for group in range(about.num_row_groups):
                self._groups.append((self._count, file, group))
                self._count += about.row_group(group).num_rows
        self._starts = np.array([start for start, _, _ in self._groups], np.int64)
        self._group, self._start, self._batch = -1, 0, pa.array([])
        self._batches: Iterator[Any] = iter(())

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        """The bytes of a picture, or its path.

        Raises:
            UnreadableImage: There is none, or the file is damaged.
        """
        if isinstance(index, slice):
            raise TypeError("pictures are taken one at a time")
        row = self._rows[index]
        try:
            self._go_to(row)
        except (*DAMAGED, StopIteration) as error:
            self._group = -1
            raise UnreadableImage(f"The file is damaged here: {error}.") from error
        return self._picture(self._batch[row - self._start].as_py())

    def _go_to(self, row: int) -> None:
        """Read on until this row is in memory, or begin its group anew."""
        group = int(np.searchsorted(self._starts, row, "right")) - 1
        if group != self._group or row < self._start:
            self._start, file, number = self._groups[group]
            self._batches = _column(file, number, self._column)
            self._group, self._batch = group, pa.array([])
        while row >= self._start + len(self._batch):
            self._start += len(self._batch)
            self._batch = next(self._batches)

    def _picture(self, value: Any) -> Any:
        folder = self._groups[self._group][1].parent
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if not value:
            raise UnreadableImage("There is no picture.")
        return folder / value if isinstance(value, str) else value


def _column(file: Path, group: int, name: str) -> Iterator[Any]:
    """A column of a group of rows, a few rows at a time."""
    with parquet.ParquetFile(file) as source:
        for batch in source.iter_batches(ROWS, row_groups=[group], columns=[name]):
            yield batch.column(0)
