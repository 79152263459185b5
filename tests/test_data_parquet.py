"""Parquet: which columns count, whatever their types, and which files are one set."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from drawings import drawn
from pyarrow import parquet
from small_data import IMAGES, NAMES, NUMBERS, as_paths, in_folders, png

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.recognizer import prepare
from inkdigits.training.forms import Labelled, open_data


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


def _encoded() -> list[bytes]:
    return [png(255 - image) for image in IMAGES]


def _read(path: Path, /, **columns: Any) -> Labelled:
    parquet.write_table(pa.table(columns), path)
    return open_data(path)


@pytest.mark.parametrize("name", ["file_name", "path", "x"])
def test_pictures_in_the_file_are_preferred_to_names_of_files(name: str, tmp_path: Path) -> None:
    names = [f"train/{number}.png" for number in range(20)]  # as they were called elsewhere
    structs = [{"bytes": data, "path": None} for data in _encoded()]
    flat = IMAGES.reshape(20, -1)
    each = {f"pixel{place}": flat[:, place] for place in range(784)}
    expected = [prepare(255 - image)[0] for image in IMAGES]
    for images in (_encoded(), structs):
        found = _read(tmp_path / "x.parquet", **{name: names, "image": images, "label": NUMBERS})
        np.testing.assert_array_equal(found.patches()[..., 0], expected)
    for pixels in ({"pixels": flat.tolist()}, each):
        found = _read(tmp_path / "x.parquet", **{name: names, **pixels, "label": NUMBERS})
        np.testing.assert_array_equal(found.pictures[7].reshape(28, 28), IMAGES[7])


def test_a_type_that_saves_room_holds_the_same(tmp_path: Path) -> None:
    expected = [prepare(255 - image)[0] for image in IMAGES]
    longest = max(map(len, _encoded()))
    fixed = pa.array([data.ljust(longest, b"\0") for data in _encoded()], pa.binary(longest))
    as_paths(tmp_path)
    paths = pa.array([f"pictures/{number}.png" for number in range(20)]).dictionary_encode()
    pictures = pa.array(_encoded()).dictionary_encode()
    numbers = pa.array(NUMBERS).dictionary_encode()
    views = [pa.array(_encoded(), pa.binary_view()), paths.cast(pa.string()).cast(pa.string_view())]
    for images in (fixed, paths, pictures, *views):
        for labels in (pa.array(NAMES).dictionary_encode(), numbers):
            found = _read(tmp_path / "x.parquet", image=images, label=labels, writer=labels)
            assert found.labels == NAMES
            np.testing.assert_array_equal(found.patches()[..., 0], expected)
