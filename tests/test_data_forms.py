"""The forms of data: the same digits are the same in each, and what is broken is named."""

import csv
import gzip
import io
import json
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from drawings import drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from pyarrow import parquet
from tiny_training import printed_digits, write_idx

from inkdigits.cli import main
from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import grey_png, write_lines, write_pictures
from inkdigits.errors import DataUnavailable, InkdigitsError, StoreUnavailable
from inkdigits.ink import Ink
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training.forms import Labelled, open_data
from inkdigits.training.forms.pixels import Pixels
from inkdigits.training.lines import Lines

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


def as_idx(folder: Path) -> str:
    write_idx(folder / "my-images", IMAGES)
    write_idx(folder / "my-labels", NUMBERS)
    return str(folder / "my-images")


def as_kaggle(folder: Path) -> str:
    header = ["label", *(f"pixel{place}" for place in range(784))]
    rows = [[n, *i.ravel()] for n, i in zip(NUMBERS, IMAGES, strict=True)]
    return str(write_csv(folder / "train.csv", [header, *rows]))


def as_unnamed_table(folder: Path) -> str:
    rows = [[n, *i.ravel() / 255] for n, i in zip(NUMBERS, IMAGES, strict=True)]
    return str(write_csv(folder / "train.csv.gz", rows, ";"))


def as_npz(folder: Path) -> str:
    np.savez(folder / "digits.npz", images=IMAGES, labels=NUMBERS)
    return str(folder / "digits.npz")


def as_flat_npz(folder: Path) -> str:
    flat = IMAGES.reshape(20, -1) / 255
    hot = np.eye(10)[NUMBERS]
    np.savez_compressed(folder / "digits.npz", X_train=flat, y_train=hot, x_test=flat, y_test=hot)
    return str(folder / "digits.npz#test")


def as_channels_npz(folder: Path) -> str:
    np.savez(folder / "d.npz", data=IMAGES[:, None].astype(np.int64), target=NUMBERS[:, None] + 0.0)
    return str(folder / "d.npz")


def as_pixel_parquet(folder: Path) -> str:
    table = {"label": NAMES, "pixels": [image.ravel().tolist() for image in IMAGES]}
    parquet.write_table(pa.table(table), folder / "digits.parquet")
    return str(folder / "digits.parquet")


def as_column_parquet(folder: Path) -> str:
    columns = {f"pixel{place}": IMAGES.reshape(20, -1)[:, place] for place in range(784)}
    parquet.write_table(pa.table({"label": NUMBERS, **columns}), folder / "digits.parquet")
    return str(folder / "digits.parquet")


EXACT = (as_idx, as_kaggle, as_unnamed_table, as_npz, as_flat_npz, as_channels_npz,
         as_pixel_parquet, as_column_parquet)  # fmt: skip


@pytest.mark.parametrize("write", EXACT)
def test_pixels_are_the_same_digits_in_every_form(
    write: Callable[[Path], str], tmp_path: Path
) -> None:
    found = open_data(write(tmp_path))
    assert found.labels == NAMES
    assert len(found) == len(set(map(found.place, range(20)))) == 20
    expected = [normalize(image) for image in IMAGES]
    np.testing.assert_allclose(found.patches()[..., 0], expected, atol=0.02)
    np.testing.assert_array_equal(found.patches(np.array([7, 3])), found.patches()[[7, 3]])
    some = frozenset(found.numbers[9:19].tolist())
    fewer = open_data(write(tmp_path), Lines({"label": ["3"]}, some))
    assert fewer.labels == [name for name in NAMES[9:19] if name != "3"]
    np.testing.assert_array_equal(fewer.patches()[:4], found.patches()[9:13])


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


def as_parquet_of(column: Callable[[Path], pa.Array], **more: Any) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        table = pa.table({"image": column(folder), "label": NUMBERS, "writer": ["a", "b"] * 10})
        path = folder / "set.parquet"
        parquet.write_table(table.replace_schema_metadata(more or None), path, row_group_size=7)
        return str(path)

    return write


def files_of_parquet(folder: Path) -> str:
    (folder / "shards").mkdir()
    for number in range(2):
        some = slice(10 * number, 10 * number + 10)
        table = {"label": NUMBERS[some], "image": [png(255 - image) for image in IMAGES[some]]}
        parquet.write_table(pa.table(table), folder / "shards" / f"{number}.parquet")
    return str(folder / "shards")


def _bytes(_: Path) -> pa.Array:
    return pa.array([png(255 - image) for image in IMAGES])


def _structs(_: Path) -> pa.Array:
    return pa.array([{"bytes": png(255 - image), "path": None} for image in IMAGES])


def _paths(folder: Path) -> pa.Array:
    as_paths(folder)
    return pa.array([f"pictures/{number}.png" for number in range(20)])


PICTURES = (in_folders, as_paths, as_parquet_of(_bytes), as_parquet_of(_structs),
            as_parquet_of(_paths), files_of_parquet)  # fmt: skip


@pytest.mark.parametrize("write", PICTURES)
def test_pictures_are_recognised_as_the_recogniser_does(
    write: Callable[[Path], str], tmp_path: Path
) -> None:
    found = open_data(write(tmp_path))
    order = np.argsort(NUMBERS, kind="stable") if write is in_folders else np.arange(20)
    assert found.labels == [NAMES[index] for index in order]
    expected = [prepare(255 - IMAGES[index])[0] for index in order]
    np.testing.assert_array_equal(found.patches()[..., 0], expected)
    backwards = found.patches(np.arange(19, -1, -1))
    np.testing.assert_array_equal(backwards[::-1], found.patches())


def test_writers_are_numbered_and_known(tmp_path: Path) -> None:
    found = open_data(as_paths(tmp_path))
    assert found.writers is not None
    assert found.writers.tolist() == [number % 3 for number in range(20)]
    some = open_data(tmp_path / "set.csv", Lines({"writer": ["Ann 1"]}))
    assert len(some) == 13
    np.savez(tmp_path / "x.npz", x=IMAGES, y=NUMBERS, writers=np.arange(20) % 6)
    found = open_data(tmp_path / "x.npz")
    assert found.writers is not None
    assert found.writers.tolist() == [number % 6 for number in range(20)]
    assert not found.is_ink.any()


def test_the_names_of_hugging_faces_classes_are_the_labels(tmp_path: Path) -> None:
    names = [f"digit {number}" for number in range(10)]
    told = json.dumps({"info": {"features": {"label": {"names": names, "_type": "ClassLabel"}}}})
    found = open_data(as_parquet_of(_bytes, huggingface=told)(tmp_path))
    assert found.labels == [f"digit {name}" for name in NAMES]


@pytest.mark.parametrize("as_text", [True, False])
def test_strokes_in_parquet_are_ink(as_text: bool, tmp_path: Path) -> None:
    inks = [Ink([[(0, 0), (4, 50)]]), drawn("4"), Ink([[(0.5, 2)], [(3, 4), (5, 6)]])]
    strokes: list[Any] = [[list(map(list, s)) for s in ink.strokes] for ink in inks]
    strokes = [json.dumps({"strokes": one}) for one in strokes] if as_text else strokes
    table = {"label": ["l", "4", "é"], "strokes": strokes}
    parquet.write_table(pa.table(table), tmp_path / "ink.parquet")
    found = open_data(tmp_path / "ink.parquet")
    assert found.labels == ["l", "4", "é"]
    assert list(found.pictures) == inks
    assert found.is_ink.all()


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 16), (0, 255), (0, 65535), (-1, 1)])
@pytest.mark.parametrize("is_dark", [False, True])
def test_any_range_and_polarity_is_seen_alike(low: float, high: float, is_dark: bool) -> None:
    shares = (255 - IMAGES if is_dark else IMAGES) / 255
    pixels = Pixels((low + (high - low) * shares).astype(np.float32))
    expected = 255 - IMAGES if is_dark else IMAGES
    for index in range(20):
        assert np.abs(pixels[index].astype(int) - expected[index]).max() <= 1
        patch = pixels.patcher()(pixels[index])
        assert np.abs(patch - normalize(IMAGES[index])).mean() < 0.02


def test_small_images_and_colours_are_taken(tmp_path: Path) -> None:
    small = np.zeros((4, 8, 8))
    small[:, 1:7, 3:5] = 16
    np.savez(tmp_path / "small.npz", data=small.reshape(4, 64), target=[1, 1, 2, 2])
    found = open_data(tmp_path / "small.npz")
    assert (found.patches().max(axis=(1, 2, 3)) == 1).all()
    colours = np.stack([255 - IMAGES] * 3, axis=-1)
    np.savez(tmp_path / "colours.npz", x=colours, y=NUMBERS)
    patches = open_data(tmp_path / "colours.npz").patches()
    np.testing.assert_array_equal(patches[3, ..., 0], prepare(255 - IMAGES[3])[0])


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    path = tmp_path / "corrections.sqlite"
    with CorrectionStore(f"sqlite:///{path}") as store:
        store.add(Correction(drawn("4"), "4", "9", writer="Ann"))
        store.add(Correction(drawn("7"), None, "7"))
        store.add(Correction(grey_png(255 - IMAGES[3]), "3", writer="Bob"))
    return path


def _check_corrections(found: Labelled) -> None:
    assert sorted(found.labels) == ["3", "4"]
    first, second = np.argsort(found.labels)
    expected = [prepare(255 - IMAGES[3])[0], prepare(drawn("4"))[0]]
    np.testing.assert_array_equal(found.patches()[[first, second], ..., 0], expected)
    assert found.is_ink[[first, second]].tolist() == [False, True]


def test_corrections_are_what_people_said_the_digits_are(corrected: Path) -> None:
    for source in (str(corrected), f"sqlite:///{corrected}"):
        found = open_data(source)
        _check_corrections(found)
        assert found.name == "corrections"
        assert found.writers is not None
        assert sorted(found.writers) == [0, 1]
    assert open_data(corrected, Lines({"writer": ["Bob"]})).labels == ["4"]


def test_a_database_is_only_read(corrected: Path) -> None:
    before = corrected.read_bytes()
    _check_corrections(open_data(corrected))
    assert corrected.read_bytes() == before
    with (
        CorrectionStore(f"sqlite:///{corrected}", read_only=True) as store,
        pytest.raises(StoreUnavailable, match="readonly"),
    ):
        store.add(Correction(drawn("1"), "1"))


def test_corrections_that_were_exported_are_the_same(corrected: Path, tmp_path: Path) -> None:
    with CorrectionStore(f"sqlite:///{corrected}") as store:
        write_lines(store, tmp_path / "mine.jsonl.gz")
        store.add(Correction(drawn("1"), "1/2"))
        write_pictures(store, tmp_path / "pictures")
    _check_corrections(open_data(tmp_path / "mine.jsonl.gz"))
    assert open_data(tmp_path / "pictures").labels == ["1/2", "3", "4"]


@pytest.mark.parametrize("table", ["notes", "corrections"])
def test_what_is_no_database_of_corrections_stays_as_it_is(table: str, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute(f"CREATE TABLE {table} (text TEXT)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(DataUnavailable, match="does not hold corrections"):
        open_data(other)
    assert other.read_bytes() == before
    assert list(tmp_path.iterdir()) == [other]
    with pytest.raises(DataUnavailable, match="there is no database"):
        open_data(f"sqlite:///{tmp_path}/none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(DataUnavailable, match="must be downloaded first"):
        open_data("https://example.org/digits.csv")


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
    ("x.csv", "1," + "0," * 24 + "x\n" + "1," + "0," * 24 + "x\n", "no column of labels"),
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


def test_pixels_are_put_in_order_by_their_numbers(tmp_path: Path) -> None:
    flat, places = IMAGES.reshape(20, -1), [divmod(place, 28) for place in range(784)]
    for names in (
        [f"pixel{place}" for place in range(784)],
        [f"{row}x{column}" for row, column in places],
    ):
        order = np.argsort(names)
        rows = [[n, *image[order]] for n, image in zip(NUMBERS, flat, strict=True)]
        write_csv(tmp_path / "x.csv", [["label", *(names[n] for n in order)], *rows])
        found = open_data(tmp_path / "x.csv")
        np.testing.assert_array_equal(found.pictures[7], IMAGES[7])
    names = [f"{column}x{row}" for row, column in places]
    write_csv(
        tmp_path / "x.csv",
        [["label", *names], *([n, *i] for n, i in zip(NUMBERS, flat, strict=True))],
    )
    np.testing.assert_array_equal(open_data(tmp_path / "x.csv").pictures[7], IMAGES[7])


def test_a_label_without_a_name_is_found_at_either_end(tmp_path: Path) -> None:
    small = np.zeros((40, 8, 8), int)
    small[:, 1:7, 3:5] = 16
    rows = [[*image.ravel(), number % 10] for number, image in enumerate(small)]
    found = open_data(write_csv(tmp_path / "last.csv", rows))
    assert found.labels == [str(number % 10) for number in range(40)]
    np.testing.assert_array_equal(found.pictures[3], small[3] * 255 // 16)
    noise = np.random.default_rng(1).integers(0, 256, (400, 64))
    rows = [[number % 10, *image] for number, image in enumerate(noise)]
    assert open_data(write_csv(tmp_path / "x.csv", rows)).labels[:11] == [*"0123456789", "0"]
    write_csv(tmp_path / "x.csv", [row[::-1] for row in rows])
    assert open_data(tmp_path / "x.csv").labels[:11] == [*"0123456789", "0"]
    write_csv(tmp_path / "x.csv", [[1, *image] for image in small.reshape(40, 64)])
    with pytest.raises(DataUnavailable, match="cannot be told; begin it with a line of names"):
        open_data(tmp_path / "x.csv")


def _shard(path: Path, **columns: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    parquet.write_table(pa.table(columns), path)


def test_parquet_that_is_no_single_data_set_is_refused(tmp_path: Path) -> None:
    pixels = [image.ravel().tolist() for image in IMAGES[:2]]
    for other, message in (
        ("test-00000-of-00001", r"several data sets \(test, train\)"),
        ("validation", r"several data sets \(train, val\)"),
    ):
        _shard(tmp_path / other / "train-00000-of-00001.parquet", label=[1, 2], pixels=pixels)
        _shard(tmp_path / other / f"{other}.parquet", label=[1, 2], pixels=pixels)
        with pytest.raises(DataUnavailable, match=message):
            open_data(tmp_path / other)
        assert len(open_data(tmp_path / other / f"{other}.parquet")) == 2
    _shard(tmp_path / "odd" / "0.parquet", label=[1, 2], pixels=pixels)
    _shard(tmp_path / "odd" / "1.parquet", label=[1, 2], image=[b"", b""])
    with pytest.raises(DataUnavailable, match=r"1\.parquet: its columns .* not those of .*0\.parq"):
        open_data(tmp_path / "odd")
    _shard(tmp_path / "odd" / "1.parquet", label=[1, 2])
    with pytest.raises(DataUnavailable, match=r"1\.parquet: has no column of pictures"):
        open_data(tmp_path / "odd")
    twice = pa.table([pa.array([1, 2]), pa.array([1, 2]), pa.array(pixels)], ["label"] * 2 + ["x"])
    parquet.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(DataUnavailable, match="several columns 'label'; rename"):
        open_data(tmp_path / "twice.parquet")
    folder = Path(in_folders(tmp_path))
    _shard(folder / "meta.parquet", label=[1, 2], pixels=pixels)
    with pytest.raises(DataUnavailable, match=r"folders of pictures and meta\.parquet; which"):
        open_data(folder)


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
