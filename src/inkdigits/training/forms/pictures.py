"""Folders with one folder a label, of pictures and ink files."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np

from inkdigits.errors import DataUnavailable
from inkdigits.training.forms.labelled import Labelled
from inkdigits.training.lines import ALL, Lines
from inkdigits.training.unlabelled import is_drawing, patch_of

NOT_A_DIGIT = "not_a_digit"  # where `inkdigits corrections export` puts what has no label
PARTS = {"train", "training", "test", "testing", "val", "valid", "validation"}


def read(folder: Path, wanted: Lines = ALL) -> Labelled:
    """Find the pictures of a folder; the names of its folders are the labels.

    What a label may not be as the name of a folder is written as in addresses (`%2F` is `/`), as
    `inkdigits corrections export` does.

    Raises:
        DataUnavailable: Its folders are whole data sets.
    """
    found = [
        (number, path, label)
        for number, (path, label) in enumerate(_files(folder), 1)
        if wanted.wants(number, {"label": label})
    ]
    if {label.lower() for _, _, label in found} <= PARTS and found:
        parts = ", ".join(sorted({label for _, _, label in found}))
        raise DataUnavailable(
            f"{folder}: its folders ({parts}) look like whole data sets, not like labels: name one"
            " of them instead."
        )
    files = [path for _, path, _ in found]
    return Labelled(
        name=wanted.name(folder.name),
        labels=[label for _, _, label in found],
        pictures=files,
        numbers=np.array([number for number, _, _ in found], np.int64),
        place=lambda index: str(files[index]),
        patch=patch_of,
    )


def is_set(folder: Path) -> bool:
    """Whether there is a picture or an ink file in one of the folders of a folder."""
    return next(_files(folder), None) is not None


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        if below.name != NOT_A_DIGIT and not below.name.startswith("."):
            for path in sorted(below.rglob("*")):
                if is_drawing(path):
                    yield path, unquote(below.name)
