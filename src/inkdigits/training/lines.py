"""Ink JSON lines: finding and reading them, and which count, by what they say of themselves."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkdigits.errors import DataUnavailable, InkdigitsError
from inkdigits.ink import Ink
from inkdigits.training.fetch import INK, obtain_ink

SUFFIXES = (".jsonl", ".ndjson")
ALWAYS = frozenset({"label", "writer"})  # what entries of every other form can be left out for

Complain = Callable[[str, str], None]  # told the place of an entry that is left out, and why


def refuse(place: str, why: str) -> None:
    """Let nothing be left out: what cannot be read is an error.

    Raises:
        DataUnavailable: Always; it names the place.
    """
    raise DataUnavailable(f"{place}: {why}")


@dataclass(frozen=True)
class Lines:
    """Which lines of ink count.

    Args:
        leave_out: for keys of the lines, values that they may not have.
        held_out: numbers, from 1, of the lines that count, those that training holds out
            (`datasets.held_out`); of pictures likewise. None: all count.
    """

    leave_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    held_out: frozenset[int] | None = None

    def wants(self, number: int, entry: Mapping[str, Any]) -> bool:
        """Whether the line of this number counts."""
        if any(str(entry.get(key)) in values for key, values in self.leave_out.items()):
            return False
        return self.held_out is None or number in self.held_out

    def name(self, source: str) -> str:
        """What those of a source that count are called in reports."""
        return source if self.held_out is None else f"{source}, held out"


ALL = Lines()


def find(source: str | Path) -> Path:
    """The file of ink that `inkdigits data fetch` got, where the source is its name; else a path.

    Raises:
        DataUnavailable: Such ink is not at hand.
    """
    return obtain_ink(str(source)) if str(source) in INK else Path(source)


def holds_lines(path: Path) -> bool:
    """Whether a file holds ink JSON lines, by its name."""
    return path.name.removesuffix(".gz").endswith(SUFFIXES)


def stem(path: Path) -> str:
    """What a file of ink JSON lines is called in reports."""
    return path.name.split(".")[0]


def read(path: Path, lines: Lines = ALL) -> Iterator[tuple[str | None, Ink]]:
    """Read label, where there is one, and ink of each line that counts.

    Raises:
        DataUnavailable: The file cannot be read, or a line is no ink.
    """
    for number, entry in entries(path):
        try:
            if lines.wants(number, entry):
                label = entry.get("label")
                yield None if label is None else str(label), Ink.from_json(entry)
        except (ValueError, TypeError, InkdigitsError) as error:
            raise DataUnavailable(f"{path}, line {number}: not ink ({error}).") from error


def labelled(
    path: Path, lines: Lines = ALL, complain: Complain = refuse
) -> Iterator[tuple[int, str | None, int | str | None, Ink | bytes]]:
    """Read each line that counts and tells a label, be it null.

    Returns:
        Of each the line's number, from 1, its label, who wrote it, where told, and what is shown:
        ink, or, as corrections may have it (`"image"` in base64), the bytes of a picture.

    Raises:
        DataUnavailable: The file cannot be read; or what `complain` raises of a line that is no
            labelled ink.
    """
    for number, entry in entries(path, complain):
        try:
            if lines.wants(number, entry):
                label, writer = entry["label"], entry.get("writer")
                writer = writer if writer is None or isinstance(writer, str) else int(writer)
                if "image" in entry and "strokes" not in entry:
                    shown: Ink | bytes = base64.b64decode(entry["image"], validate=True)
                else:
                    shown = Ink.from_json(entry)
                yield number, None if label is None else str(label), writer, shown
        except (KeyError, ValueError, TypeError, OverflowError, InkdigitsError) as error:
            complain(f"{path}, line {number}", f"not labelled ink ({error}).")


def check(lines: Lines, sources: Sequence[str | Path]) -> None:
    """Make sure that what is to be left out can be told.

    Raises:
        DataUnavailable: No line of any of these sources has one of the keys of `leave_out`, and
            none is of another form, of which entries can be left out for `ALWAYS`.
    """
    unknown = set(lines.leave_out)
    for path in map(find, sources) if unknown else ():
        if not holds_lines(path):
            unknown -= ALWAYS
        elif path.is_file():
            for _, entry in entries(path):
                unknown -= entry.keys()
                if not unknown:
                    return
    if unknown:
        raise DataUnavailable(f"No line of ink has an entry {min(unknown)!r} to be left out for.")


def entries(path: Path, complain: Complain = refuse) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the JSON object of each line, with the line's number, from 1.

    Raises:
        DataUnavailable: The file cannot be read; or what `complain` raises of a line that is no
            JSON object.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataUnavailable(f"{path}: cannot be read ({error.strerror}).") from error
    try:
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataUnavailable(f"{path}, line 1: not ink ({error}).") from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                entry = json.loads(line)
                if not isinstance(entry, dict):
                    raise TypeError("an object is needed")
            except (ValueError, TypeError, RecursionError) as error:
                complain(f"{path}, line {number}", f"not ink ({error}).")
            else:
                yield number, entry
