"""NumPy's archives (`.npz`): arrays of images and of their labels."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, UnreadableImage
from inkdigits.training.forms import columns
from inkdigits.training.forms.idx import of_arrays
from inkdigits.training.forms.labelled import Labelled
from inkdigits.training.forms.pixels import as_images
from inkdigits.training.lines import ALL, Complain, Lines, refuse

IMAGES = ("images", "image", "x", "data", "pixels", "digits")
LABELS = ("labels", "label", "y", "target", "targets", "classes")
WRITERS = ("writers", "writer", "writer_ids", "authors", "subjects")
PARTS = ("train", "test", "val", "valid", "validation")
DAMAGED = (OSError, EOFError, ValueError, KeyError, MemoryError, zipfile.BadZipFile, zlib.error,
           NotImplementedError, RuntimeError)  # fmt: skip

_PART = re.compile(
    rf"(?:(?P<before>{'|'.join(PARTS)})_)?(?P<name>.+?)(?:_(?P<after>{'|'.join(PARTS)}))?"
)


def split_part(source: str) -> tuple[str, str | None]:
    """Part `mnist.npz#test` into the file's name and that of a part in it; None: none is named."""
    path, mark, part = source.rpartition("#")
    return (path, part) if mark and path.lower().endswith(".npz") else (source, None)


def read(
    path: Path, part: str | None = None, wanted: Lines = ALL, complain: Complain = refuse
) -> Labelled:
    """Read images and labels by the names that such arrays usually have.

    Args:
        path: of the file.
        part: of a file of several, as `x_train`, `y_train`, `x_test`, `y_test`: `train`, `test`
            …; None: the only one, else `train`.
        wanted: which images count.
        complain: told of images whose label is missing, or none that may be.

    Raises:
        DataUnavailable: It cannot be read, has no such arrays, or they do not belong together.
    """
    try:
        with _opened(path) as archive:
            names = _chosen(path, list(archive.files), part)
            images, labels = np.asarray(archive[names[0]]), _flat(np.asarray(archive[names[1]]))
            writers = None if names[2] is None else _flat(np.asarray(archive[names[2]]))
    except DAMAGED as error:
        reason = (
            "it holds Python objects instead of plain arrays; save it with plain ones"
            if "allow_pickle" in str(error)
            else getattr(error, "strerror", None) or str(error) or type(error).__name__
        )
        raise DataUnavailable(f"{path}: cannot be read as .npz ({reason}).") from error
    called = path.stem if part is None else f"{path.stem} {part}"
    try:
        images = as_images(images, f"{path}: {names[0]}")
    except UnreadableImage as error:
        raise DataUnavailable(str(error)) from error
    if not len(images) == len(labels) == len(labels if writers is None else writers):
        raise DataUnavailable(
            f"{path}: {names[0]} has {len(images):,} images, but {names[1]} {len(labels):,} labels"
            + ("." if writers is None else f" and {names[2]} {len(writers):,} writers.")
        )
    return of_arrays(images, labels, writers, called=called, wanted=wanted, complain=complain)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The archive; of a file that is none NumPy would say that it holds Python objects."""
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            raise zipfile.BadZipFile("it is no .npz file, or but a part of one")
        file.seek(0)
        with np.load(file, allow_pickle=False) as archive:
            yield archive


def _chosen(path: Path, found: list[str], part: str | None) -> tuple[str, str, str | None]:
    """The names of the arrays of images, of labels, and of writers where there are such."""
    kept: dict[str, dict[str, str]] = {}
    for name in found:
        match = _PART.fullmatch(name.lower())
        if match is not None:
            kept.setdefault(match["before"] or match["after"] or "", {})[match["name"]] = name
    several = {
        key: names
        for key, names in kept.items()
        if columns.find([*names], IMAGES) is not None and columns.find([*names], LABELS) is not None
    }
    if not several:
        raise DataUnavailable(
            f"{path}: has no arrays of images and labels, but {', '.join(found) or 'nothing'}; call"
            " them images and labels (writers), or x and y, or x_train, y_train, x_test, y_test."
        )
    wanted = part if part is not None else next((k for k in ("", "train") if k in several), "")
    if wanted not in several:
        if part is not None or len(several) > 1:
            raise DataUnavailable(
                f"{path}: has no part {wanted or 'train'!r}; name one of"
                f" {', '.join(f'{path.name}#{key}' for key in several if key)}."
            )
        wanted = next(iter(several))
    names = several[wanted]
    images, labels, writers = (
        next((names[key] for key in keys if key in names), None)
        for keys in (IMAGES, LABELS, WRITERS)
    )
    return str(images), str(labels), writers


def _flat(labels: NDArray[Any]) -> NDArray[Any]:
    """Labels (N,), where they are kept as (N, 1), or as (N, K), 1 at the label and else 0."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        return labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "buif" and (labels.sum(axis=1) == 1).all():
        return np.asarray(labels.argmax(axis=1))
    return labels if labels.ndim == 1 else labels.reshape(-1)
