"""Jobs without Ray: pictures and strokes in columns of Parquet."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn

from inkdigits.errors import InvalidJob
from inkdigits.image import load_image

pytest.importorskip("ray", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from batches import answer, find, png, strokes  # noqa: E402
from pyarrow import parquet  # noqa: E402

from inkdigits.batch import (  # noqa: E402
    columns,
    inputs,
    places,
)
from inkdigits.batch.options import Options  # noqa: E402

DIGITS = "0123456789"


def table(name: str) -> Any:
    pictures = [png(digit) for digit in DIGITS]
    if name == "bytes":
        return pa.table({"id": list(range(11)), "image": [*pictures, None]})
    if name == "hugging face":
        cells = [{"bytes": data, "path": f"{n}.png"} for n, data in enumerate(pictures)]
        return pa.table({"image": [*cells, None]})
    if name == "strokes":
        return pa.table({"strokes": [*(strokes(digit) for digit in DIGITS), None]})
    return pa.table({"ink": [*(drawn(digit).to_json() for digit in DIGITS), None]})


@pytest.mark.parametrize("name", ["bytes", "hugging face", "strokes", "ink in JSON"])
def test_parquet(tmp_path: Path, name: str) -> None:
    file = tmp_path / "in.parquet"
    parquet.write_table(table(name), file, row_group_size=4)
    rows = answer([file], tmp_path / "out", Options(part_rows=5))
    assert [row["path"] for row in rows] == [f"{file}#{number}" for number in range(11)]
    assert [row["label"] for row in rows] == [*DIGITS, None]
    assert "is empty" in rows[-1]["error"]
    assert len(places.Folder(str(tmp_path / "out")).names()) == 1 + 3  # the plan; groups of 4


@pytest.mark.parametrize("name", ["bytes", "hugging face", "strokes", "ink in JSON"])
def test_a_group_of_rows_is_divided(tmp_path: Path, name: str) -> None:
    cells = pa.concat_tables([table(name)] * 15)  # 165 rows; 64 are read at a time
    parquet.write_table(cells, tmp_path / "in.parquet", row_group_size=130)
    whole = answer([tmp_path / "in.parquet"], tmp_path / "whole", Options(part_rows=1_000))
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out", Options(part_rows=33))
    assert rows == whole
    assert len(places.Folder(str(tmp_path / "out")).written()) == 1 + 6


def test_a_group_is_divided_as_far_as_it_is_worth_it() -> None:
    def parts(least: int) -> list[list[tuple[int, int]]]:
        group = inputs.Piece("parquet", "a", 1_000, 0, least=least)
        cut = inputs.cut(iter([group, inputs.Piece("file", "b")]), Options().most_rows)
        return [[(piece.start, piece.rows or 0) for piece in part] for part in cut]

    assert parts(1) == [[(0, 250)], [(250, 250)], [(500, 250)], [(750, 250)], [(0, 1)]]
    assert parts(600) == [[(0, 600)], [(600, 400)], [(0, 1)]]
    assert parts(1_001) == [[(0, 1_000)], [(0, 1)]]


@pytest.mark.parametrize("name", ["bytes", "hugging face", "strokes"])
def test_what_a_group_weighs_is_what_is_read_of_it(tmp_path: Path, name: str) -> None:
    cells = table(name).append_column("image_of_others", pa.array([bytes(10**6)] * 11))
    parquet.write_table(cells, tmp_path / "in.parquet", compression="none")
    column, _ = columns.choose(cells.schema, None, "in")
    group = parquet.ParquetFile(tmp_path / "in.parquet").metadata.row_group(0)
    assert 0 < inputs._bytes_of(group, column) < 10**6 < inputs._bytes_of(group, "image_of_others")


def test_parquet_with_paths(scans: Path, tmp_path: Path) -> None:
    file = tmp_path / "paths.parquet"
    named = ["scans/3.png", str(scans / "more" / "7.json"), "scans/none.png", "scans/broken.png"]
    parquet.write_table(pa.table({"path": named * 3}), file)
    rows = answer([file], tmp_path / "out")
    assert [row["label"] for row in rows] == ["3", "7", None, None] * 3
    assert rows[0]["path"] == str(scans / "3.png")
    assert "No such file" in rows[2]["error"]
    # what a job could not read is the input of the next
    bad = pa.table({"path": [row["path"] for row in rows if row["error"]]})
    parquet.write_table(bad, tmp_path / "bad.parquet")
    assert len(answer([tmp_path / "bad.parquet"], tmp_path / "again")) == 6


def test_hugging_face_paths_begin_beside_the_file(scans: Path, tmp_path: Path) -> None:
    cells = [{"bytes": None, "path": "scans/3.png"}, {"bytes": None, "path": None}]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    parquet.write_table(pa.table({"image": pa.array(cells, kind)}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert [row["label"] for row in rows] == ["3", None]
    assert "is empty" in rows[1]["error"]


def test_a_damaged_parquet_file_is_a_row(scans: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    parquet.write_table(table("bytes"), tmp_path / "worse.parquet")
    data = bytearray((tmp_path / "worse.parquet").read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    data[-8 - length : -8] = b"\xff" * length  # what tells where everything is
    (tmp_path / "worse.parquet").write_bytes(data)
    named = [tmp_path / "bad.parquet", tmp_path / "worse.parquet", scans / "3.png"]
    rows = answer(named, tmp_path / "out")
    assert [row["label"] for row in rows] == [None, None, "3"]
    assert "bad.parquet is damaged or cut short" in rows[0]["error"]
    assert "worse.parquet is damaged or cut short" in rows[1]["error"]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (None, "no column of pictures, strokes or paths"),
        ("picture", "no column 'picture'; there are: weight, text"),
        ("weight", "the column 'weight' holds double"),
    ],
)
def test_a_parquet_file_without_such_a_column_is_refused(
    tmp_path: Path, column: str | None, told: str
) -> None:
    parquet.write_table(pa.table({"weight": [1.5], "text": ["a.png"]}), tmp_path / "in.parquet")
    with pytest.raises(InvalidJob, match=told):
        answer([tmp_path / "in.parquet"], tmp_path / "out", Options(column=column))
    assert answer([tmp_path / "in.parquet"], tmp_path / "out", Options(column="text"))[0]["error"]


def stored(name: str) -> Any:
    """Pictures of digits, as columns may hold them."""
    pictures = [png(digit) for digit in DIGITS]
    if name == "dictionary":
        return pa.array(pictures).dictionary_encode()
    if name == "binary view":
        return pa.array(pictures, pa.binary_view())
    if name == "as long as each other":
        longest = max(map(len, pictures))
        return pa.array([data.ljust(longest, b"\0") for data in pictures], pa.binary(longest))
    if name == "number for a path":
        return pa.array([{"bytes": data, "path": 7} for data in pictures])
    grey = [load_image(data) for data in pictures]
    if name == "colours":
        grey = [np.stack([each] * 3, 2) for each in grey]
    if name == "flat":
        grey = [each.reshape(-1) for each in grey]
    return pa.array([each.tolist() for each in grey])


@pytest.mark.parametrize(
    "name",
    ["dictionary", "binary view", "as long as each other", "number for a path", "grey", "flat",
     "colours"],
)  # fmt: skip
def test_however_pictures_are_stored(tmp_path: Path, name: str) -> None:
    parquet.write_table(pa.table({" Image": stored(name)}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert [row["label"] for row in rows] == list(DIGITS)


def test_numbers_that_are_neither_strokes_nor_pixels_are_errors(tmp_path: Path) -> None:
    cells = [strokes("3"), [[[1.0, 2.0, 3.0, 4.0, 5.0]]], [[[1.0, 2.0, 3.0]], []], [], [[None]]]
    parquet.write_table(pa.table({"image": cells}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert rows[0]["label"] == "3"
    assert all(row["error"] for row in rows[1:])


def test_text_that_is_called_bytes_is_not_opened(scans: Path, tmp_path: Path) -> None:
    cells = [{"bytes": str(scans / "3.png"), "path": None}]
    parquet.write_table(pa.table({"image": cells}), tmp_path / "in.parquet")
    with pytest.raises(InvalidJob, match="no column of pictures"):
        answer([tmp_path / "in.parquet"], tmp_path / "out")


def test_a_table_beside_pictures_is_left_out_and_told(scans: Path, tmp_path: Path) -> None:
    (scans / "notes.txt").unlink()  # which a pattern names
    once = find(scans)
    parquet.write_table(pa.table({"weight": [1.5]}), scans / "metadata.parquet")
    for named in (scans, scans / "**", scans / "*"):
        told: list[str] = []
        assert sorted(find(named, told=told)) == sorted(once)
        (line,) = told
        assert line.startswith(f"Left out: {scans}/metadata.parquet has no column of pictures")
    with pytest.raises(InvalidJob, match="no column of pictures"):
        find(scans / "metadata.parquet")


def test_columns_are_called_as_for_training() -> None:
    training = pytest.importorskip("inkdigits.training.forms.columns")
    assert columns.STROKES == training.STROKES
    assert (*training.STROKES, *training.PICTURE) == columns.USUAL
