"""Pictures and ink of which it does not matter what they show: outliers to test a model with."""

import gzip
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InkdigitsError
from inkdigits.image import SUFFIXES
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH, normalize
from inkdigits.recognizer import prepare
from inkdigits.training import mnist
from inkdigits.training.config import ValidationConfig
from inkdigits.training.fetch import INK, obtain_ink

INK_LINES = (".jsonl", ".ndjson")
EVERY = ValidationConfig().writers  # every so manieth writer is held out of training


@dataclass(frozen=True)
class Lines:
    """Which lines of ink count.

    Args:
        leave_out: for keys of the lines, values that they may not have.
        held_out: whether only writers count whom training holds out, every fifth; where lines do
            not tell their writers, all count.
    """

    leave_out: Mapping[str, Collection[str]] = field(default_factory=dict)
    held_out: bool = False

    def wants(self, entry: Mapping[str, Any]) -> bool:
        """Whether this line counts."""
        if any(str(entry.get(key)) in values for key, values in self.leave_out.items()):
            return False
        return bool(self.of(np.array([int(entry.get("writer", -1))]))[0])

    def of(self, writers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these writers count; -1 is one who is not told."""
        if not self.held_out:
            return np.ones(len(writers), bool)
        return np.asarray((writers < 0) | (writers % EVERY == EVERY - 1))


ALL = Lines()


@dataclass(frozen=True)
class Unlabelled:
    """Patches of whatever it may be.

    Args:
        patches: (N, 28, 28) float32 in [0, 1].
        name: what the data set is called in reports.
        left_out: how many were left out for their labels.
    """

    patches: NDArray[np.float32]
    name: str
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.patches)


def load_unlabelled(
    source: str | Path, leave_out: Collection[str] = (), lines: Lines = ALL
) -> Unlabelled:
    """Read pictures or ink, whatever they show.

    Args:
        source: a folder of pictures and ink files, with all its subfolders; a picture; an ink file
            (`.json`); ink JSON lines (`.jsonl`, `.jsonl.gz`), with labels or without, or the name
            of such that `inkdigits data fetch` gets; an IDX file of images, ink bright.
        leave_out: labels of which no ink line is wanted; these are counted.
        lines: which of the other ink lines count.

    Raises:
        DataUnavailable: There is nothing there, nothing is left, or it holds what is no ink.
        UnreadableImage: A picture cannot be read.
    """
    path = obtain_ink(str(source)) if str(source) in INK else Path(source)
    if path.is_dir():
        files = sorted(
            file for file in path.rglob("*") if file.name.lower().endswith((*SUFFIXES, ".json"))
        )
        return _made(map(_patch, files), path.name, 0)
    if not path.is_file():
        raise DataUnavailable(
            f"{source}: no such file or folder. Outliers are a folder of pictures, ink JSON lines"
            f" (or one of {', '.join(INK)}) or an IDX file of images."
        )
    if path.name.removesuffix(".gz").endswith(INK_LINES):
        inks, left_out = _read_lines(path, leave_out, lines)
        name = path.name.split(".")[0] + (", held-out writers" if lines.held_out else "")
        return _made((prepare(ink)[0] for ink in inks), name, left_out)
    if path.name.lower().endswith((*SUFFIXES, ".json")):
        return _made([_patch(path)], path.name, 0)
    images = mnist.read_idx(path.read_bytes(), str(path))
    if images.ndim != 3:
        raise DataUnavailable(f"{path}: holds no images (they have three axes, not {images.ndim}).")
    return _made(map(normalize, images), path.name, 0)


def _made(patches: Iterable[NDArray[np.float32]], name: str, left_out: int) -> Unlabelled:
    some = list(patches)
    if not some:
        why = f"{left_out:,} lines were left out for their labels" if left_out else "it is empty"
        raise DataUnavailable(f"{name}: holds no picture and no ink to test with: {why}.")
    return Unlabelled(np.stack(some).reshape(-1, PATCH, PATCH), name, left_out)


def _patch(path: Path) -> NDArray[np.float32]:
    if path.suffix.lower() != ".json":
        return prepare(path)[0]
    try:
        return prepare(Ink.from_json(path.read_bytes()))[0]
    except (OSError, InkdigitsError) as error:
        raise DataUnavailable(f"{path}: {error}") from error


def _read_lines(path: Path, leave_out: Collection[str], lines: Lines) -> tuple[list[Ink], int]:
    inks: list[Ink] = []
    left_out, number = 0, 1
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
        for number, line in enumerate(text.splitlines(), 1):  # noqa: B007 (an error names it)
            if not line.strip():
                continue
            entry = json.loads(line)
            if not lines.wants(entry):
                continue
            if str(entry.get("label")) in leave_out:
                left_out += 1
            else:
                inks.append(Ink.from_json(entry))
    except (OSError, EOFError, ValueError, TypeError, AttributeError, InkdigitsError) as error:
        raise DataUnavailable(f"{path}, line {number}: not ink ({error}).") from error
    return inks, left_out
