"""The forms of data: the same digits are the same in each."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from drawings import drawn
from pyarrow import parquet
from small_data import IMAGES, NAMES, NUMBERS, as_paths, in_folders, png, write_csv
from tiny_training import write_idx

from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import grey_png, write_lines, write_pictures
from inkdigits.errors import DataUnavailable, StoreUnavailable
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training.forms import Labelled, open_data
from inkdigits.training.forms.pixels import Pixels
from inkdigits.training.lines import Lines


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


@pytest.mark.parametrize("name", ["images.sqlite", "idx3", "old-images"])
def test_a_database_may_have_any_name(name: str, corrected: Path) -> None:
    _check_corrections(open_data(corrected.rename(corrected.with_name(name))))


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
