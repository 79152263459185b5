"""What pieces hold, row by row: pixels or ink, or why there are none."""

import tarfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from math import isqrt
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyarrow import parquet

from inkdigits.batch import answers, columns, failures, places, shards
from inkdigits.batch.inputs import INK, Piece
from inkdigits.errors import DataUnavailable, InkdigitsError, UnreadableImage
from inkdigits.image import MAX_BYTES, SUFFIXES, load_image
from inkdigits.ink import Ink

READERS = 16  # files that a worker asks a store for at once: each answer takes tens of milliseconds
ROWS = 64  # of a Parquet file that are in memory at a time
BUFFER = 1 << 20  # bytes of a column that are read at a time, not all of a group of rows
BOM = b"\xef\xbb\xbf"  # Windows may put it before UTF-8

Content = NDArray[np.uint8] | Ink | InkdigitsError
Row = tuple[str, Content]


def read_pieces(pieces: Iterable[Piece], column: str | None) -> Iterator[Row]:
    """Read pieces one after another; what cannot be read is a row that says why.

    Args:
        pieces: as `inputs.find_pieces` finds them.
        column: of Parquet files, see `columns.choose`.

    Returns:
        The name of each row with its content: of a file its path; of a shard's member
        `tar://MEMBER::SHARD`, as fsspec opens it; of a Parquet file's row `FILE#ROW`, counted from
        0, or, of a column of paths, the path. Of a shard or a Parquet file that is damaged, the
        last row is named as the file.

    Raises:
        Exception: what may pass (`failures.may_pass`): rows are not given up for it.
    """
    for kind, group in groupby(pieces, key=lambda piece: piece.kind):
        if kind == "file":
            yield from _read_files(piece.path for piece in group)
            continue
        for piece in group:
            try:
                if kind == "tar":
                    yield from _read_tar(piece.path)
                else:
                    yield from _read_parquet(piece, column)
            except Exception as error:  # whatever a decoder says of damage, the others go on
                if failures.may_pass(error):
                    raise
                yield piece.path, _told(piece.path, error)


def _told(path: str, error: Exception) -> InkdigitsError:
    """Say of a whole shard or Parquet file what is wrong with it."""
    if isinstance(error, InkdigitsError):
        return error
    told = answers.told(error).rstrip(".")
    return DataUnavailable(f"{path} is damaged or cut short: {told}.")


def _decode(name: str, data: bytes) -> Content:
    """Decode a picture, or ink where the name ends in .json."""
    try:
        if "://" in name:  # of a chain, what comes first is the file itself
            name = name.partition("::")[0]
        if name.lower().endswith(INK) and len(data) <= MAX_BYTES:
            return Ink.from_json(data.removeprefix(BOM))
        return load_image(data)
    except InkdigitsError as error:
        return error


def _read_files(paths: Iterable[str]) -> Iterator[Row]:
    """Read files, in order; while one of a store is waited for, the next ones are asked for too."""
    waiting: deque[tuple[str, Future[bytes | InkdigitsError]]] = deque()

    def oldest() -> Row:
        path, future = waiting.popleft()
        data = future.result()
        return path, data if isinstance(data, InkdigitsError) else _decode(path, data)

    with ThreadPoolExecutor(READERS) as pool:  # which makes its threads when they are needed
        for path in paths:
            if "://" in path:
                waiting.append((path, pool.submit(_fetch, path)))
                if len(waiting) == READERS:
                    yield oldest()
                continue
            while waiting:
                yield oldest()
            data = _fetch(path)
            yield path, data if isinstance(data, InkdigitsError) else _decode(path, data)
        while waiting:
            yield oldest()


def _fetch(path: str) -> bytes | InkdigitsError:
    try:
        return places.read_file(path, MAX_BYTES)
    except InkdigitsError as error:
        if failures.may_pass(error):
            raise
        return error


def _read_tar(path: str) -> Iterator[Row]:
    """Read a shard from its beginning to its end, a member at a time.

    Of a sample, the members that share a name up to its first dot, the pictures are read; a JSON
    file beside a picture says something about it, one that is alone is ink.
    """
    with shards.opened(path) as shard:
        for _, sample in groupby(shard.members(), key=_sample):
            ink: list[Row] = []
            pictures = 0
            for member in sample:
                name = member.name.lower()
                if member.isdir() or not name.endswith((*SUFFIXES, INK)):
                    continue
                data = shard.read(member)
                content = data if isinstance(data, InkdigitsError) else _decode(name, data)
                row = f"tar://{member.name}::{path}", content
                if name.endswith(INK):
                    ink.append(row)
                else:
                    pictures += 1
                    yield row
            if not pictures:
                yield from ink


def _sample(member: tarfile.TarInfo) -> str:
    """The key of the sample that a member belongs to, as WebDataset has it."""
    path = PurePosixPath(member.name)
    return str(path.with_name(path.name.partition(".")[0])) if path.name else member.name


def _read_parquet(piece: Piece, wanted: str | None) -> Iterator[Row]:
    """Read a group of rows, few at a time."""
    with places.open_file(piece.path) as stream:
        file = parquet.ParquetFile(stream, pre_buffer=False, buffer_size=BUFFER)
        if piece.group is None:  # it was damaged when it was found, and is not any more
            raise DataUnavailable(f"{piece.path} was changed after the job had begun.")
        column, form = columns.choose(file.schema_arrow, wanted, piece.path)
        before = sum(file.metadata.row_group(i).num_rows for i in range(piece.group))
        first = before + piece.start
        values = _cells(file, piece, column)
        if form != "text":
            for number, value in enumerate(values, first):
                yield f"{piece.path}#{number}", _value(value, form, piece.path)
            return
        yield from _read_texts(values, first, piece.path)


def _cells(file: parquet.ParquetFile, piece: Piece, column: str) -> Iterator[Any]:
    """Read a column's cells in the rows of a piece; what stands before them is read over."""
    skipped, left = piece.start, piece.rows or 0
    for batch in file.iter_batches(ROWS, row_groups=[piece.group], columns=[column]):
        cells = batch.column(0).slice(skipped, left)
        skipped = max(0, skipped - len(batch))
        left -= len(cells)
        yield from cells.to_pylist()
        if not left:
            return


def _value(value: Any, form: columns.Form, path: str) -> Content:
    """Read a cell that holds a picture or strokes itself."""
    if form == "struct" and value is not None:
        named = value.get("path")
        if value["bytes"] is None and named and isinstance(named, str):
            data = _fetch(beside(path, named))
            return data if isinstance(data, InkdigitsError) else _decode(named, data)
        value = value["bytes"]
    if value is None:
        return UnreadableImage("The row is empty: it holds no picture and no strokes.")
    try:
        if form == "strokes":
            return Ink(value)
        return _drawn(value) if form == "numbers" else load_image(value)
    except InkdigitsError as error:
        return error


def _drawn(value: list[Any]) -> NDArray[np.uint8] | Ink:
    """Read nested lists: strokes where the innermost are two numbers, else pixels."""
    inner, depth = value, 1
    while inner and isinstance(inner[0], list):
        inner, depth = inner[0], depth + 1
    if depth == 3 and len(inner) == 2:
        return Ink(value)
    side = isqrt(len(value))
    if depth == 1 and side * side == len(value):  # a square, row after row
        value = [value[start : start + side] for start in range(0, len(value), side or 1)]
    return load_image(value)


def _read_texts(values: Iterable[str | None], first: int, path: str) -> Iterator[Row]:
    """Read cells of text: each a path, or ink in JSON."""
    for is_path, group in groupby(enumerate(values, first), key=lambda cell: _is_path(cell[1])):
        if is_path:
            yield from _read_files(beside(path, str(text)) for _, text in group)
            continue
        for number, text in group:
            if text is None:
                content: Content = UnreadableImage("The row is empty: it holds no path.")
            else:
                content = _decode(INK, text.encode())
            yield f"{path}#{number}", content


def _is_path(text: str | None) -> bool:
    return text is not None and not text.lstrip().startswith(("{", "["))


def beside(file: str, path: str) -> str:
    """Name in full what a Parquet file names: relative paths begin in its own folder."""
    if "://" in path or path.startswith("/") or Path(path).is_absolute():  # C:/ too, on Windows
        return path
    return f"{file.rpartition('/')[0]}/{path}"
