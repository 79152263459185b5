"""What a job reads: files, tar shards and Parquet, found once, in an order that does not change."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from pyarrow import parquet

from inkdigits.batch import columns, failures, places
from inkdigits.errors import DataUnavailable, InvalidJob
from inkdigits.image import SUFFIXES

Kind = Literal["file", "tar", "parquet"]
TARS = (".tar", ".tar.gz", ".tgz")
PARQUETS = (".parquet", ".pq")
INK = ".json"
# Bytes of a group of rows that are read as fast as a row is answered, or faster: of what stands
# before its rows, a part that begins in the middle reads less than its answers take.
WORTH = 100_000
PART = re.compile(r"part-\d{6,}\.parquet")  # as `plan.part_name` calls answers


@dataclass(frozen=True, slots=True)
class Piece:
    """What is read at a stretch.

    Args:
        kind: a picture or ink file, a tar shard, or a group of rows of a Parquet file.
        path: of the file, in full.
        rows: how many rows it gives; None where only reading it would tell.
        group: of a Parquet file, which group of rows; None where the file is damaged.
        start: of the group, the row that is the first of these.
        least: how many of the group's rows are worth being read by themselves.
    """

    kind: Kind
    path: str
    rows: int | None = 1
    group: int | None = None
    start: int = 0
    least: int = 1


def find_pieces(
    named: Sequence[str],
    output: places.Folder,
    column: str | None,
    tell: Callable[[str], None] | None = None,
) -> Iterator[Piece]:
    """Find all that is named, as it is asked for; the names of one folder are in memory at a time.

    A folder that an earlier name has walked through is not read again, nor are files in it; links
    to folders are followed, each folder once. The answers of jobs are left out.

    Args:
        named: files, folders and patterns (`*`, `?`, `[…]`, `**`), as paths or URLs; a folder
            stands for the pictures, ink files, tar shards and Parquet files in it and its
            subfolders.
        output: where answers will be, which must not be read.
        column: of Parquet files, see `columns.choose`.
        tell: told of Parquet files in folders, and of patterns, that have no such column.

    Raises:
        DataUnavailable: a name stands for nothing, or cannot be read.
        InvalidJob: a Parquet file that is named has no column that can be read, or the output lies
            in an input.
    """
    walked: set[str] = set()
    spelled: dict[str, str] = {}
    for name in named:
        spelled.setdefault(places.absolute(name), name)
    for full, name in spelled.items():
        found = False
        for path in _files(name, output, walked):
            if path is None:
                found = True
                continue
            if output.holds(path):
                raise InvalidJob(
                    f"{path} is in the output folder {output.name}: give an output folder that no"
                    " input holds."
                )
            try:
                yield from _pieces_of(path, column)
                found = True
            except InvalidJob as error:
                if path == full:
                    raise
                if tell is not None:
                    tell(f"Left out: {error}")
        if not found:
            raise DataUnavailable(
                f"{name} holds no picture, no ink file, no tar shard and no Parquet file that can"
                " be read."
            )


def _files(name: str, output: places.Folder, walked: set[str]) -> Iterator[str | None]:
    """Name in full the files that a name stands for; None for what was named before."""
    system, path = places.resolve(name)
    with places.reached(name):
        there = _about(system, path)
        is_there = there is not None
        if not is_there and not re.search(r"[*?\[]", path):
            raise DataUnavailable(f"{name} cannot be read: there is no such file or folder.")
        matches = {path: there} if is_there else system.glob(path, detail=True)
        for match, about in sorted(matches.items()):
            if _is_folder(system, about):
                if places.Folder(places.full_name(system, match)).holds(output.name):
                    raise InvalidJob(
                        f"The output folder {output.name} lies in the input {name}: give one"
                        " outside of it."
                    )
                if is_there and system.exists(f"{match}/{places.PLAN}"):
                    raise InvalidJob(
                        f"{name} holds the answers of another job: name the Parquet files in it, if"
                        " it is they that are to be read."
                    )
                yield from _walk(system, match, walked)
            elif _real(system, match.rpartition("/")[0]) in walked:
                yield None
            elif is_there or not _is_answer(system, match):
                yield places.full_name(system, match)


def _about(system: Any, path: str) -> dict[str, Any] | None:
    """Look a file or folder up; None where it is not there, not where a store does not answer."""
    try:
        return cast("dict[str, Any]", system.info(path))
    except (FileNotFoundError, NotADirectoryError) as error:
        if failures.may_pass(error):
            raise
        return None


def _walk(system: Any, folder: str, walked: set[str]) -> Iterator[str | None]:
    """Name what can be read in a folder, then in its subfolders, if they were not walked before."""
    real = _real(system, folder)
    if real in walked:
        yield None
        return
    walked.add(real)
    with places.reached(places.full_name(system, folder)):
        entries = sorted(system.ls(folder, detail=True), key=lambda entry: str(entry["name"]))
    names = {str(entry["name"]).rstrip("/").rpartition("/")[2] for entry in entries}
    if places.PLAN in names or f"/{places.PLAN}/" in f"{folder}/":
        return
    subfolders = []
    for entry in entries:
        if _is_folder(system, entry):
            subfolders.append(entry["name"])
        elif entry["name"].lower().endswith((*SUFFIXES, INK, *TARS, *PARQUETS)):
            yield places.full_name(system, entry["name"])
    for subfolder in subfolders:
        yield from _walk(system, subfolder, walked)


def _is_folder(system: Any, about: dict[str, Any]) -> bool:
    """Whether it is a folder, or a link to one."""
    return about["type"] == "directory" or bool(about.get("islink") and system.isdir(about["name"]))


def _real(system: Any, folder: str) -> str:
    """The name of a folder that is its own, whatever links lead to it."""
    return os.path.realpath(folder) if places.is_local(system) else folder.rstrip("/")


def _is_answer(system: Any, path: str) -> bool:
    """Whether a file that a pattern has matched is a part of a job, or of its plan."""
    folder, _, name = path.rpartition("/")
    if f"/{places.PLAN}/" in path:
        return True
    return bool(PART.fullmatch(name)) and bool(system.exists(f"{folder}/{places.PLAN}"))


def _pieces_of(path: str, column: str | None) -> Iterator[Piece]:
    """Tell what kind of file it is; what is damaged is found out, and told, where it is read."""
    lower = path.lower()
    if lower.endswith(TARS):
        yield Piece("tar", path, None)
    elif lower.endswith(PARQUETS):
        try:
            with places.reached(path), places.open_file(path) as stream:
                file = parquet.ParquetFile(stream)
                name, _ = columns.choose(file.schema_arrow, column, path)
                about = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
                groups = [(group.num_rows, _bytes_of(group, name)) for group in about]
        except DataUnavailable as error:
            if failures.may_pass(error):
                raise
            groups = []
            yield Piece("parquet", path)
        for group, (rows, size) in enumerate(groups):
            yield Piece("parquet", path, rows, group, least=size // WORTH + 1)
    else:
        yield Piece("file", path)


def _bytes_of(group: Any, column: str) -> int:
    """How much there is to read of a column in a group of rows."""
    stored = [group.column(number) for number in range(group.num_columns)]
    return sum(
        each.total_uncompressed_size
        for each in stored  # of a nested column there are several
        if f"{each.path_in_schema}.".startswith(f"{column}.")
    )


def cut(pieces: Iterator[Piece], most_rows: Callable[[int], int]) -> Iterator[list[Piece]]:
    """Cut pieces into parts; one of unknown size is a part by itself.

    Args:
        pieces: in order.
        most_rows: tells of the rows in all parts before how many the next part has at most; a piece
            of unknown size counts as that many.
    """
    part: list[Piece] = []
    held = before = 0
    most = most_rows(before)
    for whole in pieces:
        rest: Piece | None = whole
        while rest is not None:
            piece, rest = _divided(rest, most)
            weight = most if piece.rows is None else piece.rows
            if part and held + weight > most:
                yield part
                before += held
                most = most_rows(before)
                part, held = [], 0
                weight = most if piece.rows is None else piece.rows
            part.append(piece)
            held += weight
    if part:
        yield part


def _divided(piece: Piece, most: int) -> tuple[Piece, Piece | None]:
    """Take as many rows of a group as a part may have, or as are worth it; and the others."""
    rows = max(most, piece.least)
    if piece.group is None or piece.rows is None or piece.rows <= rows:
        return piece, None
    rest = replace(piece, start=piece.start + rows, rows=piece.rows - rows)
    return replace(piece, rows=rows), rest
