"""Twenty printed digits, and what writes them as data of several forms."""

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tiny_training import printed_digits

IMAGES, NUMBERS = printed_digits(20, seed=1)
NAMES = [str(number) for number in NUMBERS]


def png(image: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def write_csv(path: Path, rows: Sequence[Sequence[Any]], delimiter: str = ",") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    data = text.getvalue().encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def in_folders(folder: Path) -> str:
    for number, (name, image) in enumerate(zip(NAMES, IMAGES, strict=True)):
        (folder / "set" / name).mkdir(parents=True, exist_ok=True)
        (folder / "set" / name / f"{number:02}.png").write_bytes(png(255 - image))
    return str(folder / "set")


def as_paths(folder: Path) -> str:
    (folder / "pictures").mkdir()
    for number, image in enumerate(IMAGES):
        (folder / "pictures" / f"{number}.png").write_bytes(png(255 - image))
    rows = [[f"pictures/{n}.png", name, f"Ann {n % 3}"] for n, name in enumerate(NAMES)]
    return str(write_csv(folder / "set.csv", [["File", "Label", "Writer"], *rows], "\t"))
