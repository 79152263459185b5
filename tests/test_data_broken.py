"""Data that are broken: what is wrong is named where it is, and the rest can be read."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from small_data import IMAGES, NAMES, NUMBERS, in_folders, png, write_csv

from inkdigits.cli import main
from inkdigits.errors import DataUnavailable, InkdigitsError
from inkdigits.training.forms import open_data


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_not_the_current_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(in_folders(tmp_path))
    assert len(open_data("."))
    with pytest.raises(DataUnavailable, match="An empty name is no data set"):
        open_data(name)
    for command in (["data", "check", name], ["evaluate", "inkdigits", name]):
        done = CliRunner().invoke(main, command)
        assert (done.exit_code, done.output.count("\n")) == (1, 1)
        assert "An empty name is no data set" in done.output


BAD_TABLES = [
    ("x.csv", "id,pixel0\n", "has no column of labels among id, pixel0"),
    ("x.csv", b"", r"x\.csv: the file is empty\."),
    ("x.csv", "\n \n", "the file is empty"),
    ("x.csv", "\n\nid;pixel0\n", "labels among id, pixel0"),
    ("x.csv", "label,name\n1,2\n", "neither a column of paths"),
    ("x.csv", "label," + ",".join(f"pixel{n}" for n in range(30)), "30 pixels a row make no squ"),
    ("x.csv", "1,2,3\n", "no names, and whether the first or the last"),
    ("x.csv", "label,path\n1\n", "line 2: has 1 columns instead of 2"),
    ("x.csv", "label,path\n1,no.png\n", r"line 2: .*no\.png is not there"),
    ("x.csv", "label,path\n,x.csv\n", "line 2: has no label"),
    ("x.csv", "1," + "0," * 23 + "x,0\n" + "1," + "0," * 23 + "x,0\n", "no column of labels"),
    ("x.csv", "1" + ",0" * 25 + "\n2" + ",0,x" + ",0" * 23 + "\n", "line 2: a pixel is no number"),
    ("x.csv", b"label,path\n\xff\xfe,1\n", "not text in UTF-8"),
    ("x.csv.gz", b"nothing", "cannot be read"),
    ("x.npz", b"junk", r"cannot be read as \.npz \(it is no \.npz file"),
    ("x.npz", b"\x93NUMPY\x01\x00", r"it is no \.npz file"),
    ("x.npz", b"PK\x05\x06" + bytes(18), "has no arrays of images and labels, but nothing"),
    ("x.parquet", b"nothing", "cannot be read as Parquet"),
    ("x.txt", b"nothing", "not a kind of data known here"),
    ("my-images", b"nothing", "its labels, my-labels, must lie beside it"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD_TABLES)
def test_what_is_broken_is_named(
    name: str, content: str | bytes, message: str, tmp_path: Path
) -> None:
    data = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataUnavailable, match=message):
        open_data(tmp_path / name)


@pytest.mark.parametrize(
    ("arrays", "part", "message"),
    [
        ({"a": IMAGES}, "", "has no arrays of images and labels, but a"),
        ({"x": IMAGES, "y": NUMBERS[:5]}, "", "x has 20 images, but y 5 labels"),
        ({"x": IMAGES[:, 0], "y": NUMBERS}, "", r"x has the shape \(20, 28\)"),
        ({"x": np.float64(3), "y": NUMBERS}, "", r"x has the shape \(\)"),
        ({"x": np.array(["a"] * 20), "y": NUMBERS}, "", "x holds no numbers"),
        ({"x": IMAGES, "y": np.array([object()] * 20)}, "", "Python objects instead of plain"),
        ({"x_train": IMAGES, "y_train": NUMBERS}, "#test", r"no part 'test'.*d\.npz#train"),
    ],
)
def test_arrays_that_are_none_are_named(
    arrays: dict[str, Any], part: str, message: str, tmp_path: Path
) -> None:
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataUnavailable, match=message):
        open_data(f"{tmp_path}/d.npz{part}")


def test_a_bad_picture_is_named_where_it_is(tmp_path: Path) -> None:
    table = {"label": ["1", "2", "3"], "image": [png(IMAGES[0]), b"broken", None]}
    parquet.write_table(pa.table(table), tmp_path / "x.parquet")
    found = open_data(tmp_path / "x.parquet")
    for index, message in ((1, r"x\.parquet, row 2: .* not an image"), (2, "row 3: There is no")):
        with pytest.raises(DataUnavailable, match=message):
            found.patches(np.array([index]))
    images = IMAGES / 255
    images[2, 3, 3] = np.nan
    np.savez(tmp_path / "x.npz", x=images, y=NUMBERS)
    with pytest.raises(DataUnavailable, match=r"x, image 3: .* not finite"):
        open_data(tmp_path / "x.npz").patches()


def test_a_file_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbidden)
    for name in ("x.csv", "x.txt", "my-images"):
        (tmp_path / name).touch()
        with pytest.raises(DataUnavailable, match=rf"{name}: cannot be read \(Permission denied"):
            open_data(tmp_path / name)


def test_whole_data_sets_are_no_labels(tmp_path: Path) -> None:
    for part in ("train", "test"):
        (tmp_path / part / "1").mkdir(parents=True)
        (tmp_path / part / "1" / "a.png").write_bytes(png(IMAGES[0]))
    with pytest.raises(DataUnavailable, match=r"\(test, train\) look like whole data sets"):
        open_data(tmp_path)


def test_what_cannot_be_read_may_be_left_out_and_told(tmp_path: Path) -> None:
    lines = ['{"label": 1, "strokes": [[[1, 2]]]}', "{", '{"label": 2}', '{"label": null}']
    (tmp_path / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    told: list[str] = []
    found = open_data(tmp_path / "x.jsonl", complain=lambda place, _: told.append(place))
    assert found.labels == ["1"]
    assert [place.rpartition(" ")[2] for place in told] == ["2", "3", "4"]


def test_a_bad_row_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    pixels: list[Any] = [image.ravel().tolist() for image in IMAGES]
    pixels[3], pixels[5], pixels[7] = None, pixels[5][:100], [None] * 784
    parquet.write_table(pa.table({"label": NAMES, "pixels": pixels}), tmp_path / "x.parquet")
    rows = [["a" * 300, 1], ["x.parquet", 2], ["\0", 3]]
    write_csv(tmp_path / "x.csv", [["path", "label"], *rows])
    line = '{"label": 1, "strokes": [[[1, 2]]], "writer": %s}\n'
    (tmp_path / "x.jsonl").write_text("".join(line % one for one in ("1e999", 2**70, 7)))
    for name, bad, length in (
        ("x.parquet", ["row 4", "row 8", "row 6"], 17),
        ("x.csv", ["line 2", "line 4"], 1),
        ("x.jsonl", ["line 1"], 2),
    ):
        told: list[str] = []
        found = open_data(tmp_path / name, complain=lambda place, _: told.append(place))  # noqa: B023
        assert [place.rpartition(", ")[2] for place in told] == bad
        assert len(found) == length
        with pytest.raises(DataUnavailable, match=bad[0]):
            open_data(tmp_path / name)
    assert found.writers is not None
    assert found.writers.tolist() == [0, 1]


CELLS = st.one_of(st.integers(-5, 300).map(str), st.text(max_size=5), st.floats().map(str))


@settings(max_examples=60)
@given(st.lists(st.lists(CELLS, max_size=30), max_size=5), st.binary(max_size=40), st.booleans())
def test_no_table_raises_anything_but_our_errors(
    rows: list[list[str]], junk: bytes, is_kaggle: bool
) -> None:
    header = [["label", *(f"pixel{place}" for place in range(25))]] if is_kaggle else []
    with tempfile.TemporaryDirectory() as folder:
        path = write_csv(Path(folder, "x.csv"), [*header, *rows])
        with path.open("ab") as file:
            file.write(junk)
        try:
            found = open_data(path, complain=lambda *_: None)
            assert found.patches().shape == (len(found), 28, 28, 1)
        except InkdigitsError as error:
            told = str(error)
            assert "x" in told
