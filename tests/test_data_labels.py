"""Labels of data: the same in every form, and none that could not be corrected."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet
from small_data import IMAGES, png, write_csv

from inkdigits.cli import main
from inkdigits.corrections import Correction
from inkdigits.corrections.exchange import from_entry
from inkdigits.corrections.exchange import read as read_corrections
from inkdigits.errors import DataUnavailable, InvalidCorrection
from inkdigits.ink import Ink
from inkdigits.names import quoted
from inkdigits.training import own
from inkdigits.training.forms import open_data
from inkdigits.training.labels import numbers_of
from inkdigits.training.lines import Lines
from inkdigits.training.sections import DatasetConfig

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
STROKES = [[[0, 0], [3, 9]]]


def as_table(folder: Path, labels: list[Any]) -> Path:
    (folder / "a.png").write_bytes(png(IMAGES[0]))
    return write_csv(folder / "x.csv", [["label", "path"], *([label, "a.png"] for label in labels)])


def as_lines(folder: Path, labels: list[Any]) -> Path:
    lines = [json.dumps({"label": label, "strokes": STROKES}) for label in labels]
    (folder / "x.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder / "x.jsonl"


def as_parquet(folder: Path, labels: list[Any]) -> Path:
    strokes = [STROKES] * len(labels)
    parquet.write_table(pa.table({"label": labels, "strokes": strokes}), folder / "x.parquet")
    return folder / "x.parquet"


def as_arrays(folder: Path, labels: list[Any]) -> Path:
    np.savez(folder / "x.npz", images=IMAGES[: len(labels)], labels=labels)
    return folder / "x.npz"


def in_folders(folder: Path, labels: list[Any]) -> Path:
    for label in labels:
        place = folder / "set" / quote(label, safe="")
        place.mkdir(parents=True, exist_ok=True)
        (place / "a.png").write_bytes(png(IMAGES[0]))
    return folder / "set"


Write = Callable[[Path, list[Any]], Path]
FORMS = (as_table, as_lines, as_parquet, as_arrays, in_folders)


@pytest.mark.parametrize("write", FORMS)
@pytest.mark.parametrize("label", ["a\nb", "\x1b[31mred", "a" * 200, "a\u2028b"])
def test_a_label_that_could_not_be_corrected_is_refused(
    label: str, write: Write, tmp_path: Path
) -> None:
    source = write(tmp_path, ["1", label])
    told: list[str] = []
    found = open_data(source, complain=lambda place, why: told.append(f"{place}: {why}"))
    assert found.labels == ["1"]
    (line,) = told
    assert f"has the label {quoted(label)}; labels are 1 to 100 characters, none" in line
    assert line.startswith(str(source)) or write is as_arrays
    with pytest.raises(DataUnavailable, match="labels are 1 to 100 characters"):
        own.recipe_for(str(source))
    checked = CliRunner().invoke(main, ["data", "check", str(source), "--json"])
    assert checked.exit_code == 1
    assert "labels are 1 to 100 characters" in checked.output
    with pytest.raises(InvalidCorrection, match="1 to 100 characters, none"):
        Correction(Ink(STROKES), label)


@pytest.mark.parametrize("write", FORMS)
def test_labels_that_people_write_are_learned_and_corrected(write: Write, tmp_path: Path) -> None:
    labels = [FAMILY, PERSIAN, "10\u00a0km", "a" * 100]
    found = open_data(write(tmp_path, labels))
    assert sorted(found.labels) == sorted(labels)
    assert [Correction(Ink(STROKES), label).label for label in labels] == labels


@pytest.mark.parametrize("write", FORMS)
def test_an_accent_may_be_a_character_of_its_own(write: Write, tmp_path: Path) -> None:
    found = open_data(write(tmp_path, ["e\u0301", "\u00e9", "\u00c5", "\u212b"]))
    assert sorted(found.labels) == ["\u00c5", "\u00c5", "\u00e9", "\u00e9"]
    some = open_data(write(tmp_path, ["e\u0301", "\u00c5"]), Lines({"label": ["e\u0301"]}))
    assert set(some.labels) == {"\u00c5"}


def test_an_accent_is_written_in_one_way_in_recipes_and_corrections(tmp_path: Path) -> None:
    assert _recipe_of("1", "e\u0301").label_names == ("1", "\u00e9")
    assert numbers_of(["\u00e9", "1"], ["1", "e\u0301"], "x").tolist() == [1, 0]
    assert from_entry({"label": "e\u0301", "strokes": STROKES})[0].label == "\u00e9"
    corrections = read_corrections(in_folders(tmp_path, ["e\u0301"]))
    assert [get()[0].label for _, get in corrections] == ["\u00e9"]


def test_a_recipe_names_no_label_that_could_not_be_corrected() -> None:
    with pytest.raises(ValueError, match=r"'a\\nb' is no label; labels are 1 to 100 characters"):
        _recipe_of("1", "a\nb")


def _recipe_of(*labels: str) -> DatasetConfig:
    return DatasetConfig(name="own", train="a", test="b", classes=len(labels), labels=labels)


@pytest.mark.parametrize("write", [as_lines, as_parquet])
def test_what_is_neither_text_nor_number_is_no_label(write: Write, tmp_path: Path) -> None:
    source = write(tmp_path, [["0"], ["1", "2"]])
    with pytest.raises(DataUnavailable, match=r"1: has \['0'\] for its label, which must be text"):
        open_data(source)
    with pytest.raises(InvalidCorrection, match=r"label: text or a number is needed, not \['0'\]"):
        from_entry({"label": ["0"], "strokes": STROKES})


def test_labels_of_lines_are_those_of_every_form(tmp_path: Path) -> None:
    source = as_lines(tmp_path, [1.0, 1, "1", " 1 ", "1.0", 0.5, "", None, True])
    told: list[tuple[str, str]] = []
    found = open_data(source, complain=lambda *why: told.append(why))
    assert found.labels == ["1"] * 5 + ["0.5", "True"]
    assert told == [(f"{source}, line 7", "has no label.")]
    assert open_data(as_lines(tmp_path, [1.0, 2]), Lines({"label": ["1"]})).labels == ["2"]
    assert from_entry({"label": 1.0, "strokes": STROKES})[0].label == "1"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_lines_end_where_those_of_json_do(name: str, end: str, tmp_path: Path) -> None:
    entries = [{"label": n, "note": "A\u2028B\u0085", "strokes": STROKES} for n in ("1", "2")]
    lines = [json.dumps(entry, ensure_ascii=False) for entry in entries]
    data = ("\ufeff" + end.join([*lines, ""])).encode()
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert open_data(tmp_path / name).labels == ["1", "2"]
    corrections = read_corrections(tmp_path / name)
    assert [get()[0].label for _, get in corrections] == ["1", "2"]
