"""Folders with one folder a label, of pictures and ink files."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from inkdigits.errors import DataUnavailable
from inkdigits.image import SUFFIXES
from inkdigits.training.forms.labelled import Labelled
from inkdigits.training.lines import ALL, Complain, Lines, label_of, refuse
from inkdigits.training.unlabelled import is_drawing, patch_of

NOT_A_DIGIT = "not_a_digit"  # where `inkdigits corrections export` puts what has no label
BESIDE = (".txt", ".md", ".csv", ".tsv", ".xml", ".yaml", ".yml", ".ini", ".db", ".html", ".pdf")
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}


def read(folder: Path, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Find the pictures of a folder; the names of its folders are the labels.

    What a label may not be as the name of a folder is written as in addresses (`%2F` is `/`), as
    `inkdigits corrections export` does.

    Args:
        folder: with folders in it.
        wanted: which pictures count.
        complain: told of folders whose name is no label that may be.

    Raises:
        DataUnavailable: Its folders are whole data sets, or its pictures lie in none or are of
            kinds that are not read; or what `complain` raises.
    """
    labels = cache(lambda below: label_of(unquote(below.name), str(below), complain))
    found = [
        (number, path, label)
        for number, (path, below) in enumerate(_files(folder), 1)
        if (label := labels(below)) is not None and wanted.wants(number, {"label": label})
    ]
    if {label.lower() for _, _, label in found} <= PARTS and found:
        parts = ", ".join(sorted({label for _, _, label in found}))
        raise DataUnavailable(
            f"{folder}: its folders ({parts}) look like whole data sets, not like labels: name one"
            " of them instead."
        )
    passed_over = list(_passed_over(folder))
    if passed_over and not is_set(folder):
        place, why = passed_over[0]
        raise DataUnavailable(
            f"{folder}: holds no pictures in folders named by their labels, as A/1.png. {place} and"
            f" {len(passed_over) - 1:,} more: {why}"
        )
    files = [path for _, path, _ in found]
    return Labelled(
        name=wanted.name(folder.name),
        labels=[label for _, _, label in found],
        pictures=files,
        numbers=np.array([number for number, _, _ in found], np.int64),
        place=lambda index: str(files[index]),
        patch=patch_of,
        passed_over=passed_over,
    )


def _passed_over(folder: Path) -> Iterator[tuple[str, str]]:
    """Files that are not read though they may be meant to be, and why.

    Hidden ones and such as usually lie beside pictures, as notes, are not meant to be.
    """
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder).parts
        if below[0] == NOT_A_DIGIT or any(name.startswith(".") for name in below):
            continue
        if len(below) == 1 and is_drawing(path):
            yield str(path), "it lies in no folder named by its label."
        elif not is_drawing(path) and path.is_file() and path.suffix.lower() not in ("", *BESIDE):
            yield str(path), f"pictures are read from {', '.join(SUFFIXES)}; save it as such."


def is_set(folder: Path) -> bool:
    """Whether there is a picture or an ink file in one of the folders of a folder."""
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Each picture and ink file, with the folder of its label."""
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        if below.name != NOT_A_DIGIT and not below.name.startswith("."):
            for path in sorted(below.rglob("*")):
                if is_drawing(path):
                    yield path, below
