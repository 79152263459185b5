"""Tables as CSV: a row of pixels for each image, as on Kaggle, or the path of its file."""

import csv
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
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
PAPER = 0.9  # share of images of which the pixel of a corner has one value
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
        ends = [(row[0], row[-1]) for row in whole]
        unnamed.insert(_label_place(path, ends) % len(names), "label")
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


def _label_place(path: Path, ends: Sequence[tuple[str, str]]) -> int:
    """Whether labels are in the first column or the last, 0 or -1, of a table without names.

    The other holds the pixel of a corner, which is paper: nearly always the same. Where it is not,
    it has many more values than there are labels.

    Raises:
        DataUnavailable: It cannot be told.
    """
    values = [Counter(column) for column in zip(*ends, strict=True)]
    is_paper = [counts.most_common(1)[0][1] > PAPER * len(ends) for counts in values]
    first, last = map(len, values)
    if is_paper == [False, True] or (is_paper == [False, False] and 2 * first < last):
        return 0
    if is_paper == [True, False] or (is_paper == [False, False] and 2 * last < first):
        return -1
    raise DataUnavailable(
        f"{path}: its columns have no names, and whether the first or the last holds the labels"
        " cannot be told; begin it with a line of names: label,pixel0,pixel1 and so on."
    )


def _is_header(row: list[str]) -> bool:
    """Whether a row names columns: what is behind the first is no number."""
    return not all(_is_number(cell) for cell in row[1:] or row)


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
