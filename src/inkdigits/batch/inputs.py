"""What a job reads: files, tar shards and Parquet, found once, in an order that does not change."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
from pyarrow import parquet

from inkdigits.batch import columns, places
from inkdigits.errors import DataUnavailable, InvalidJob
from inkdigits.image import SUFFIXES

Kind = Literal["file", "tar", "parquet"]
TARS = (".tar", ".tar.gz", ".tgz")
PARQUETS = (".parquet", ".pq")
INK = ".json"


@dataclass(frozen=True, slots=True)
class Piece:
    """What is read at a stretch.

    Args:
        kind: a picture or ink file, a tar shard, or a group of rows of a Parquet file.
        path: of the file, in full.
        rows: how many rows it gives; None where only reading it would tell.
        group: of a Parquet file, which group of rows; None where the file is damaged.
    """

    kind: Kind
    path: str
    rows: int | None = 1
    group: int | None = None


def find_pieces(named: Sequence[str], output: places.Folder, column: str | None) -> Iterator[Piece]:
    """Find all that is named, as it is asked for; no more than one folder's names are in memory.

    Args:
        named: files, folders and patterns (`*`, `?`, `[…]`, `**`), as paths or URLs; a folder
            stands for the pictures, ink files, tar shards and Parquet files in it and its
            subfolders.
        output: where answers will be, which must not be read.
        column: of Parquet files, see `columns.choose`.

    Raises:
        DataUnavailable: a name stands for nothing, or cannot be read.
        InvalidJob: a Parquet file has no column that can be read, or the output lies in an input.
    """
    for name in named:
        found = False
        for path in _files(name, output):
            found = True
            if output.holds(path):
                raise InvalidJob(
                    f"{path} is in the output folder {output.name}: give an output folder that no"
                    " input holds."
                )
            yield from _pieces_of(path, column)
        if not found:
            raise DataUnavailable(
                f"{name} holds no picture, no ink file, no tar shard and no Parquet file."
            )


def _files(name: str, output: places.Folder) -> Iterator[str]:
    """Name in full the files that a name stands for."""
    system, path = places.resolve(name)
    with places.reached(name):
        is_there = system.exists(path)
        if not is_there and not re.search(r"[*?\[]", path):
            raise DataUnavailable(f"{name} cannot be read: there is no such file or folder.")
        matches = [path] if is_there else sorted(system.glob(path))
        for match in matches:
            if system.isdir(match):
                if places.Folder(places.full_name(system, match)).holds(output.name):
                    raise InvalidJob(
                        f"The output folder {output.name} lies in the input {name}: give one"
                        " outside of it."
                    )
                yield from _walk(system, match)
            else:
                yield places.full_name(system, match)


def _walk(system: Any, folder: str) -> Iterator[str]:
    """Name what can be read in a folder, then in its subfolders; links to folders are left."""
    subfolders = []
    for entry in sorted(system.ls(folder, detail=True), key=lambda entry: str(entry["name"])):
        if entry["type"] == "directory":
            if not entry.get("islink"):
                subfolders.append(entry["name"])
        elif entry["name"].lower().endswith((*SUFFIXES, INK, *TARS, *PARQUETS)):
            yield places.full_name(system, entry["name"])
    for subfolder in subfolders:
        yield from _walk(system, subfolder)


def _pieces_of(path: str, column: str | None) -> Iterator[Piece]:
    """Tell what kind of file it is; what is damaged is found out, and told, where it is read."""
    lower = path.lower()
    if lower.endswith(TARS):
        yield Piece("tar", path, None)
    elif lower.endswith(PARQUETS):
        try:
            with places.reached(path), places.open_file(path) as stream:
                file = parquet.ParquetFile(stream)
                columns.choose(file.schema_arrow, column, path)
                groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        except DataUnavailable as error:
            if not _is_damage(error.__cause__):
                raise
            groups = []
            yield Piece("parquet", path)
        for group, rows in enumerate(groups):
            yield Piece("parquet", path, rows, group)
    else:
        yield Piece("file", path)


def _is_damage(error: BaseException | None) -> bool:
    """Whether a Parquet file is damaged, or only could not be read: Arrow may raise OSError too."""
    return isinstance(error, pa.ArrowException) or (
        isinstance(error, OSError) and error.errno is None
    )


def cut(pieces: Iterator[Piece], rows: int) -> Iterator[list[Piece]]:
    """Cut pieces into parts of at most so many rows; one of unknown size is a part by itself."""
    part: list[Piece] = []
    held = 0
    for piece in pieces:
        weight = rows if piece.rows is None else piece.rows
        if part and held + weight > rows:
            yield part
            part, held = [], 0
        part.append(piece)
        held += weight
    if part:
        yield part
