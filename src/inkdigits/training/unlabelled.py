"""Pictures and ink of which it does not matter what they show: outliers to test a model with."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InkdigitsError
from inkdigits.image import SUFFIXES
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH, normalize
from inkdigits.recognizer import prepare
from inkdigits.training import mnist
from inkdigits.training.fetch import INK
from inkdigits.training.lines import ALL, Lines, find, holds_lines, read, stem

__all__ = ["Lines", "Unlabelled", "is_drawing", "load_unlabelled", "patch_of"]


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
    path = find(source)
    if lines.held_out is not None and not holds_lines(path):
        raise DataUnavailable(
            f"{source}: the model learned to read these pictures; those that were held out can be"
            " measured as digits, not as outliers."
        )
    if path.is_dir():
        files = sorted(filter(is_drawing, path.rglob("*")))
        return _made(map(patch_of, files), path.name, 0)
    if not path.is_file():
        raise DataUnavailable(
            f"{source}: no such file or folder. Outliers are a folder of pictures, ink JSON lines"
            f" (or one of {', '.join(INK)}) or an IDX file of images."
        )
    if holds_lines(path):
        inks = list(read(path, lines))
        wanted = [ink for label, ink in inks if label not in leave_out]
        left_out = len(inks) - len(wanted)
        return _made((prepare(ink)[0] for ink in wanted), lines.name(stem(path)), left_out)
    if is_drawing(path):
        return _made([patch_of(path)], path.name, 0)
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


def is_drawing(path: Path) -> bool:
    """Whether a file is a picture or an ink file, by its name."""
    return path.name.lower().endswith((*SUFFIXES, ".json"))


def patch_of(path: Path) -> NDArray[np.float32]:
    """Read a picture or an ink file as the patch by which it is recognised, (28, 28) float32.

    Raises:
        DataUnavailable: An ink file holds no ink.
        UnreadableImage: A picture cannot be read.
    """
    if path.suffix.lower() != ".json":
        return prepare(path)[0]
    try:
        return prepare(Ink.from_json(path.read_bytes()))[0]
    except (OSError, InkdigitsError) as error:
        raise DataUnavailable(f"{path}: {error}") from error
