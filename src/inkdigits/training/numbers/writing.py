"""Made-up strings as files, for anyone's use: pictures, and a table of what they say."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from inkdigits.errors import InkdigitsError
from inkdigits.files import write_whole
from inkdigits.training.numbers.glyphs import Glyphs
from inkdigits.training.numbers.strips import line_scene

LABELS = "labels.csv"
FOLDER_SIZE = 10_000  # pictures of one folder: more make it slow to list


def write_strings(
    glyphs: Glyphs,
    count: int,
    folder: Path,
    seed: int,
) -> Iterator[str]:
    """Write pictures of numbers, and the table of them, `labels.csv`, when all are there.

    The table is `file,text,top,bottom`, the last two the rows between which the digits stand.

    Args:
        glyphs: the marks to make them of.
        count: how many.
        folder: where; it is made, or has to be empty.
        seed: all that is random follows from it.

    Yields:
        What each says, when it is written.

    Raises:
        InkdigitsError: the folder is not empty, or no folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InkdigitsError(f"{folder}: an empty folder, or one that is not there, is needed.")
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("file", "text", "top", "bottom"))
    for number in range(count):
        made = line_scene(glyphs, np.random.default_rng([seed, number]))
        name = f"{number // FOLDER_SIZE:03}/{number:07}.png"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", made.grey)[1].tobytes())
        rows.writerow((name, made.text, round(made.top, 1), round(made.bottom, 1)))
        yield made.text
    write_whole(folder / LABELS, table.getvalue().encode())
