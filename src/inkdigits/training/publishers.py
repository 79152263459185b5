"""What publishers of pen ink offer, read as records of ink JSON lines.

A record is `{"label": …, "writer": …, "strokes": [[[x, y], …], …]}`, for UNIPEN with `contributor`
and `quality`; y grows downwards, units are the tablet's own, labels are as their publisher wrote
them.
"""

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from inkdigits.errors import DataUnavailable
from inkdigits.training import lzw
from inkdigits.training.unipen import Recording, signs

Record = dict[str, Any]
Found = Record | DataUnavailable  # an error stands in the place of a sign that cannot be read

MAX_MEMBER = 64 * 2**20  # bytes of one file in an archive, and …
MAX_ARCHIVE = 2**31  # … of all that are read

BOX = 500  # pendigits: side of the box to write into
TRAINING_WRITERS = 30  # pendigits: writers of the test are numbered on from here

CATEGORIES = {  # UNIPEN: isolated signs
    "1a": "unipen_1a_digits",
    "1b": "unipen_1b_upper",
    "1c": "unipen_1c_lower",
    "1d": "unipen_1d_symbols",
}
# Contributors that are left out, and how many numbers of writers are passed over for them: so it
# is in the ink that the shipped model learnt from, and a split by writer gives the same parts. Of
# `ibm` about one sign in twenty is broken; of `lou` there are seven digits.
LEFT_OUT = {"1a": {"lou": 2}, "1b": {"ibm": 0}, "1c": {"ibm": 0}, "1d": {"ibm": 0}}

_DAMAGE = (OSError, EOFError, zlib.error, NotImplementedError, RuntimeError)


def pendigits(archive: Path) -> Iterator[tuple[str, Iterator[Found]]]:
    """Read UCI's zip archive with `pendigits-orig.tra` and `.tes`, compressed or not.

    Returns:
        Names of the converted files, and the records of each.

    Raises:
        DataUnavailable: It is not that archive, or is damaged.
    """
    for file, part in (("pendigits_train", "tra"), ("pendigits_test", "tes")):
        name = f"pendigits-orig.{part}"
        data = _member(archive, name)
        if data[:2] == b"\x1f\x9d":
            data = lzw.uncompress(data, f"{name}.Z")
        yield file, _pendigits(Recording(data.decode("latin-1"), name), test=part == "tes")


def _pendigits(recording: Recording, *, test: bool) -> Iterator[Found]:
    for segment in signs(recording):
        words = segment.comment.split()  # the digit, its writer, its number
        if len(words) < 2 or words[0] != segment.label or not words[1].isdecimal():
            raise DataUnavailable(
                f"{segment.place}: its comment should tell digit and writer: {segment.comment!r}."
            )
        writer = int(words[1])
        if test and writer <= TRAINING_WRITERS:
            writer += TRAINING_WRITERS
        yield {
            "label": _label(segment.label),
            "writer": writer,
            "strokes": recording.strokes(segment, height=BOX),
        }


def unipen(archive: Path) -> Iterator[tuple[str, Iterator[Found]]]:
    """Read the tar archive of UNIPEN train_r01_v07: the isolated signs in it.

    Writers are numbered in the order of the files, digits apart from the rest.

    Returns:
        Names of the converted files, and for each its records, or errors in their places.

    Raises:
        DataUnavailable: It is not that archive, or is damaged.
    """
    files = _UnipenFiles(archive)
    others: dict[tuple[str, str], int] = {}
    for category, file in CATEGORIES.items():
        yield file, files.records(category, {} if category == "1a" else others)


class _UnipenFiles:
    """The archive's files that are needed, packed in memory."""

    def __init__(self, archive: Path) -> None:
        self._packed: dict[str, bytes] = {}
        size = 0
        try:
            with gzip.open(archive) as raw, tarfile.open(fileobj=raw, mode="r|") as tar:
                for member in tar:
                    path = _below_root(member.name) if member.isfile() else None
                    stream = tar.extractfile(member) if path else None
                    if path is None or stream is None:
                        continue
                    size += member.size
                    if member.size > MAX_MEMBER or size > MAX_ARCHIVE:
                        raise DataUnavailable(f"{archive.name}: {path} is too large.")
                    self._packed[path] = zlib.compress(stream.read(), 1)
                while raw.read(2**20):  # to the checksum at its very end
                    pass
        except (tarfile.TarError, *_DAMAGE) as error:
            raise DataUnavailable(f"{archive.name} is no whole tar archive ({error}).") from error
        if not any(path.startswith("data/") for path in self._packed):
            raise DataUnavailable(f"{archive.name} holds no isolated signs of UNIPEN.")

    def records(self, category: str, numbers: dict[tuple[str, str], int]) -> Iterator[Found]:
        """Give the records of one category; writers that are new to `numbers` are added there."""
        for path in sorted(self._packed):
            if not path.startswith(f"data/{category}/"):
                continue
            contributor = path.split("/")[2]
            if contributor in LEFT_OUT[category]:
                for passed in range(LEFT_OUT[category][contributor]):
                    numbers.setdefault((contributor, f"left out {passed}"), len(numbers))
                continue
            try:
                recording = Recording(self._text(path), path, self._included)
            except DataUnavailable as error:
                yield error
                continue
            for segment in signs(recording):
                try:
                    strokes = recording.strokes(segment)
                except DataUnavailable as error:
                    yield error
                    continue
                if not strokes:
                    yield DataUnavailable(
                        f"{segment.place}: nothing was written with the pen down."
                    )
                    continue
                yield {
                    "label": _label(segment.label),
                    "writer": numbers.setdefault(
                        (contributor, segment.writer or path), len(numbers)
                    ),
                    "contributor": contributor,
                    "quality": segment.quality,
                    "strokes": strokes,
                }

    def _text(self, path: str) -> str:
        return zlib.decompress(self._packed[path]).decode("latin-1")

    def _included(self, name: str) -> str | None:
        path = f"include/{name}"
        return self._text(path) if path in self._packed else None


def _below_root(name: str) -> str | None:
    """Where a file lies below the release's folder, if it is one that is needed."""
    parts = PurePosixPath(name).parts
    for place, part in enumerate(parts[:-1]):
        wanted = part == "include" or (part == "data" and parts[place + 1] in CATEGORIES)
        if wanted and len(parts) > place + 2:
            return "/".join(parts[place:])
    return None


def _member(archive: Path, name: str) -> bytes:
    """Read a file from a zip archive, in whatever folder, compressed by `compress` or not."""
    try:
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                if PurePosixPath(info.filename).name.removesuffix(".Z") == name:
                    if info.file_size > MAX_MEMBER:
                        raise DataUnavailable(f"{archive.name}: {info.filename} is too large.")
                    return opened.read(info)
    except (zipfile.BadZipFile, *_DAMAGE) as error:
        raise DataUnavailable(f"{archive.name} is no whole zip archive ({error}).") from error
    raise DataUnavailable(f"{archive.name} does not hold {name}.")


def _label(text: str) -> int | str:
    return int(text) if text in set("0123456789") else text
