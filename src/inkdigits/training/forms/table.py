"""Tables as CSV: a row of pixels for each image, as on Kaggle, or the path of its file."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable
from inkdigits.names import text_of
from inkdigits.training.forms import columns
from inkdigits.training.forms.labelled import Entries, Labelled
from inkdigits.training.forms.pixels import Pixels
from inkdigits.training.lines import ALL, Complain, Lines, label_of, refuse
from inkdigits.training.unlabelled import patch_of

SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
LOOKED_AT = 1000  # rows without names from which it is told what pixels are
FEW = 0.1  # share of the cells of pixels that may be damaged
BLACK_AND_WHITE = 2
DELIMITERS = (",", ";", "\t")


def read(path: Path, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Read a table of images.

    Either its columns hold a label and one pixel each (`label,pixel0,pixel1,…`, or without names,
    the label first or last), of squares; or a label and the path of a file, relative to the table
    (`path,label`). Writers may be told in another (`writer`). See `columns` for other names.

    Args:
        path: of the file, compressed by gzip or not; commas, semicolons or tabs part its columns.
        wanted: which rows count.
        complain: told of rows that cannot be read.

    Raises:
        DataUnavailable: It cannot be read, is empty, or has no such columns; or what `complain`
            raises.
    """
    with _opened(path) as file:
        first = next((line for line in file if line.strip()), "")
        file.seek(0)
        delimiter = max(DELIMITERS, key=first.count)
        rows = _numbered(csv.reader(file, delimiter=delimiter), path)
        head = next(rows, None)
        if head is None:
            raise DataUnavailable(f"{path}: the file is empty.")
        number, names = head
        if _is_header(names):
            return _Table(path, names, wanted, complain).read(rows)
        unnamed = [f"pixel{place}" for place in range(len(names) - 1)]
        whole = (row for _, row in chain([(number, names)], rows) if len(row) == len(names))
        unnamed.insert(_label_place(path, whole) % len(names), "label")
        file.seek(0)
        rows = _numbered(csv.reader(file, delimiter=delimiter), path)
        return _Table(path, unnamed, wanted, complain).read(rows)


class _Table:
    """A table whose columns are known."""

    def __init__(self, path: Path, names: Sequence[str], wanted: Lines, complain: Complain) -> None:
        self._path, self._wanted, self._complain = path, wanted, complain
        self._columns = len(names)
        self._label = columns.find(names, columns.LABEL)
        self._writer = columns.find(names, columns.WRITER)
        self._pixels = columns.pixels(names)
        self._file = None if self._pixels else columns.find(names, columns.PICTURE)
        self._side = columns.side(len(self._pixels))
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        if self._label is None:
            raise DataUnavailable(
                f"{path}: has no column of labels among {shown}; call one label. (A test set of a"
                " competition has none, and can be neither learned from nor measured on.)"
            )
        if self._file is None and not self._pixels:
            raise DataUnavailable(
                f"{path}: has neither a column of paths (path, file, image) nor of pixels (pixel0,"
                f" pixel1, …) among {shown}."
            )
        if self._file is None and self._side is None:
            raise DataUnavailable(
                f"{path}: {len(self._pixels)} pixels a row make no square (28 × 28 are 784)."
            )

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> Labelled:
        """Read all rows."""
        found = Entries()
        for number, row in rows:
            place = f"{self._path}, line {number}"
            if len(row) != self._columns:
                self._complain(place, f"has {len(row)} columns instead of {self._columns}.")
                continue
            label = label_of(row[self._label or 0], place, self._complain)
            writer = None if self._writer is None else text_of(row[self._writer])
            if label and self._wanted.wants(number, {"label": label, "writer": writer}):
                shown = self._shown(row, place)
                if shown is not None:
                    found.add(number, label, writer, shown)
        name, kind = self._wanted.name(self._path.name.split(".")[0]), f"{self._path}, line"
        if self._file is not None:
            return found.as_labelled(name, kind, patch=patch_of)
        pixels = Pixels(self._stacked(found.pictures))
        return found.as_labelled(name, kind, pixels, pixels.patcher())

    def _shown(self, row: list[str], place: str) -> Path | NDArray[Any] | None:
        """The file or the pixels of a row; None if there is neither, which is told."""
        if self._file is not None:
            path = self._path.parent / row[self._file].strip()
            try:
                if path.is_file():
                    return path
            except OSError as error:  # the name is too long, or may not be looked at
                self._complain(place, f"{str(path)[:100]} cannot be read ({error.strerror}).")
            else:
                self._complain(place, f"{path} is not there.")
            return None
        try:
            values = np.array([row[place] for place in self._pixels], np.float32)
        except ValueError as error:
            self._complain(place, f"a pixel is no number ({error}).")
            return None
        whole = values.astype(np.uint8) if ((values >= 0) & (values <= 255)).all() else values
        return whole if (whole == values).all() else values

    def _stacked(self, rows: list[NDArray[Any]]) -> NDArray[Any]:
        side = self._side or 0
        images = np.stack(rows) if rows else np.zeros((0, side * side), np.uint8)
        rows.clear()  # they need not be in memory twice
        return images.reshape(-1, side, side)


def _label_place(path: Path, rows: Iterator[list[str]]) -> int:
    """Whether labels are in the first column or the last, 0 or -1, of a table without names.

    They are where text is, or where the other column can be nothing but pixels; nobody would notice
    a guess that is wrong, so that there is none.

    Raises:
        DataUnavailable: It cannot be told.
    """
    ends: tuple[list[str], list[str]] = ([], [])
    pixels: Counter[str] = Counter()
    side = None
    for number, row in enumerate(rows):
        side = columns.side(len(row) - 1)
        for column, cell in zip(ends, (row[0], row[-1]), strict=True):
            column.append(cell)
        if number < LOOKED_AT:
            pixels.update(row[1:-1])
    shades = _values(pixels)
    text = [sum(not _is_number(cell) for cell in column) > FEW * len(column) for column in ends]
    labels = text if any(text) else [not _is_pixel(_values(column), shades) for column in ends]
    if side is None or labels[0] == labels[1]:
        raise DataUnavailable(
            f"{path}: its columns have no names, and whether the first or the last holds the labels"
            " cannot be told; begin it with a line of names: label,pixel0,pixel1 and so on."
        )
    return 0 if labels[0] else -1


def _values(cells: Iterable[str]) -> Counter[float]:
    """How often there is each number, in whatever way it is written."""
    counts: Counter[float] = Counter()
    for cell, count in Counter(cells).items():
        if _is_number(cell):
            counts[float(cell)] += count
    return counts


def _is_pixel(values: Counter[float], shades: Counter[float]) -> bool:
    """Whether a column at the end of a table can be nothing but pixels.

    That is so of the corner that is always paper, of fractions, and, where all is black or white,
    of what is as well.

    Args:
        values: how often there is each number in the column.
        shades: the same of columns that are pixels.
    """
    if any(not value.is_integer() for value in values):
        return True
    is_paper = len(values) == 1 and values.keys() == {value for value, _ in shades.most_common(1)}
    return is_paper or (len(shades) == BLACK_AND_WHITE and values.keys() <= shades.keys())


def _is_header(row: list[str]) -> bool:
    """Whether a row names columns: by words, or by numbers, of which none is there twice.

    An image has the same number in many places, and words, if at all, at one end: its label.
    """
    if not all(map(_is_number, row[1:-1])) or not any(map(_is_number, (row[0], row[-1]))):
        return True
    numbered = columns.pixels(row)
    return bool(numbered) and len(numbered) >= len(row) - 1 and len(set(row)) == len(row)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """The file as text; what is wrong with it is told as we tell it."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as data:
            yield io.TextIOWrapper(data, encoding="utf-8-sig", newline="")
    except UnicodeDecodeError as error:
        raise DataUnavailable(f"{path}: this is not text in UTF-8; save it as such.") from error
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataUnavailable(f"{path}: cannot be read ({reason}).") from error


def _numbered(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank with the number of the line that it ends on."""
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        raise DataUnavailable(f"{path}, line {reader.line_num}: not CSV ({error}).") from error
