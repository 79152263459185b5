"""What the tests of jobs share: inputs of all kinds, and a job done without Ray."""

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn
from PIL import Image

pytest.importorskip("ray", reason="needs the extra batch")
pytest.importorskip("fsspec", reason="needs the extra batch")
pytest.importorskip("pyarrow", reason="needs the extra batch")

from pyarrow import parquet

from inkdigits.batch import inputs, places, plan
from inkdigits.batch.options import Options
from inkdigits.batch.worker import Worker, pack


def png(digit: str) -> bytes:
    """A picture of a digit."""
    return png_of(drawn(digit, size=100, at=(40, 30)).draw(160, 160, 10))


def png_of(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def strokes(digit: str) -> list[list[list[float]]]:
    """Nested lists, as Parquet holds them."""
    return [[[x, y] for x, y in stroke] for stroke in json.loads(drawn(digit).to_json())["strokes"]]


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz" if path.suffix != ".tar" else "w") as shard:
        for name, data in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(data)
            shard.addfile(told, io.BytesIO(data))


def answer(
    named: Sequence[str | Path], output: str | Path, options: Options | None = None
) -> list[dict[str, Any]]:
    """Do a whole job, as Ray would have it done, and give its rows in order."""
    options = options or Options()
    folder = places.Folder(str(output))
    made = plan.make_or_find(folder, list(map(str, named)), options, {"digits": "it"})
    worker = Worker(
        folder.name, made.folder, options, pack(None), pack("numbers") if options.read else None
    )
    told = [worker.do(number) for number in range(made.parts)]
    rows: list[dict[str, Any]] = []
    for number in range(made.parts):
        with folder.open(plan.part_name(number)) as file:
            rows += parquet.ParquetFile(file).read().to_pylist()
    assert sum(part["rows"] for part in told) == len(rows)
    assert sum(part["errors"] for part in told) == sum(row["error"] is not None for row in rows)
    return rows


def find(*named: str | Path, output: str | Path = "/none", told: list[str] | None = None) -> Any:
    """Name all that is found."""
    tell = None if told is None else told.append
    pieces = inputs.find_pieces(list(map(str, named)), places.Folder(str(output)), None, tell)
    return [piece.path for piece in pieces]


def write_scans(folder: Path) -> Path:
    """Pictures and ink, nested, with files that cannot be read and one that is not to be."""
    (folder / "more").mkdir(parents=True)
    (folder / "3.png").write_bytes(png("3"))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "empty.JPG").write_bytes(b"")
    (folder / "white.png").write_bytes(png_of(np.full((50, 50), 255, np.uint8)))
    (folder / "notes.txt").write_text("not to be read")
    (folder / "more" / "7.json").write_text(drawn("7").to_json())
    (folder / "more" / "no-ink.json").write_text("{}")
    return folder
