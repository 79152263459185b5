"""Ink JSON lines: finding and reading them; labels of any entries, and which of these count."""

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
from inkdigits.names import RULE, is_name, quoted, text_of
from inkdigits.training.fetch import INK, obtain_ink

SUFFIXES = (".jsonl", ".ndjson")
ALWAYS = frozenset({"label", "writer"})  # what entries of every other form can be left out for

NESTED = (list, tuple, dict)  # what no label is, though it could be written as text

Complain = Callable[[str, str], None]  # told the place of an entry that is left out, and why


def refuse(place: str, why: str) -> None:
    """Let nothing be left out: what cannot be read is an error.

    Raises:
        DataUnavailable: Always; it names the place.
    """
    raise DataUnavailable(f"{place}: {why}")


def label_of(label: Any, place: str, complain: Complain) -> str | None:
    """The label of an entry as text, whatever type a file keeps it in.

    Args:
        label: what the file has for it.
        place: where the entry is.
        complain: told of what is no label; None is returned then.
    """
    if isinstance(label, NESTED):
        complain(place, f"has {label!r:.60} for its label, which must be text or a number.")
        return None
    text = text_of(label)
    if text is None:
        complain(place, "has no label.")
    elif not is_name(text):
        complain(place, f"has the label {quoted(text)}; labels are {RULE}.")
        return None
    return text


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
        for key, values in self.leave_out.items():
            if _as_text(entry.get(key)) in map(_as_text, values):
                return False
        return self.held_out is None or number in self.held_out

    def name(self, source: str) -> str:
        """What those of a source that count are called in reports."""
        return source if self.held_out is None else f"{source}, held out"


def _as_text(value: Any) -> str:
    """A value as `leave_out` names it: also where there is none."""
    return text_of(value) or str(value)


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
                yield text_of(entry.get("label")), Ink.from_json(entry)
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
        if not lines.wants(number, entry):
            continue
        place, is_null = f"{path}, line {number}", "label" in entry and entry["label"] is None
        label = None if is_null else label_of(entry.get("label"), place, complain)
        if label is None and not is_null:
            continue
        try:
            writer = entry.get("writer")
            writer = writer if writer is None or isinstance(writer, str) else int(writer)
            if "image" in entry and "strokes" not in entry:
                shown: Ink | bytes = base64.b64decode(entry["image"], validate=True)
            else:
                shown = Ink.from_json(entry)
        except (ValueError, TypeError, OverflowError, InkdigitsError) as error:
            complain(place, f"not labelled ink ({error}).")
        else:
            yield number, label, writer, shown


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
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise DataUnavailable(f"{path}, line 1: not ink ({error}).") from error
    for number, line in enumerate(text.split("\n"), 1):  # JSON may hold other ends of lines
        if line.strip():
            try:
                entry = json.loads(line)
                if not isinstance(entry, dict):
                    raise TypeError("an object is needed")
            except (ValueError, TypeError, RecursionError) as error:
                complain(f"{path}, line {number}", f"not ink ({error}).")
            else:
                yield number, entry
