"""Labelled ink: what is read, what is refused, which writers are held out."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_training import ink_lines, write_ink, write_refusing_recipe

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.training.config import load_config
from inkdigits.training.labelled_ink import is_ink, read_ink
from inkdigits.training.lines import Lines

LABELS = tuple("0123456789")


def test_ink_is_read_with_writers_and_without_what_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "my.jsonl"
    line: dict[str, Any] = {"strokes": [[[0, 0], [3, 50]]]}
    entries: list[dict[str, Any]] = [
        {**line, "label": 1, "writer": 7, "contributor": "a"},
        {**line, "label": "2", "contributor": "ibm"},
        {**line, "label": "x"},
    ]
    write_ink(path, entries)
    ink = read_ink(path)
    assert (ink.labels, ink.writers.tolist(), ink.name) == (["1", "2", "x"], [7, -1, -1], "my")
    assert ink.inks == [Ink(line["strokes"])] * 3
    with pytest.raises(DataUnavailable, match="label 'x' is not one of 0, 1"):
        ink.numbers(LABELS)
    kept = read_ink(path, Lines({"contributor": ["ibm"], "label": ["x"]}))
    assert kept.labels == ["1"]
    assert kept.numbers(LABELS).tolist() == [1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"[1, 2]", "line 1: not ink"),
        ("a.jsonl", b"\xff", "line 1: not ink"),
        ("a.jsonl", b'{"label": 1, "writer": [7], "strokes": [[[0, 0]]]}', "line 1"),
        ("a.jsonl.gz", b"{}", "line 1: not ink"),
        ("a.jsonl.gz", gzip.compress(b"{}" * 99, mtime=0)[:-9], "line 1: not ink"),
        ("a.jsonl.gz", gzip.compress(b"{}", mtime=0)[:10] + b"\xff" * 20, "line 1: not ink"),
    ],
)
def test_ink_that_cannot_be_read_is_told(
    name: str, content: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataUnavailable, match=message):
        read_ink(tmp_path / name)


def test_ink_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match=r"nothing\.jsonl: cannot be read \(No such file"):
        read_ink(tmp_path / "nothing.jsonl")
    assert is_ink("nothing.ndjson.gz")
    assert is_ink("pendigits_train")
    assert not is_ink("mnist-train")
    assert not is_ink("nothing.json")


def test_every_fifth_writer_is_held_out_and_of_unknown_ones_a_share_of_each_label(
    tmp_path: Path,
) -> None:
    config = load_config(write_refusing_recipe(tmp_path))
    ink = read_ink(tmp_path / "digits.jsonl")
    learned, held = ink.split(config)
    assert set(ink.writers[held]) == {4, 9}
    assert set(ink.writers[learned]) == {0, 1, 2, 3, 5, 6, 7, 8}
    assert sorted([*learned, *held]) == list(range(len(ink.inks)))
    entries = ink_lines("digits", 80, seed=3)
    write_ink(tmp_path / "nobody.jsonl", [{**entry, "writer": -1} for entry in entries])
    unknown = read_ink(tmp_path / "nobody.jsonl")
    learned, held = unknown.split(config)
    assert (len(learned), len(held)) == (60, 20)
    assert np.bincount(unknown.numbers(LABELS)[held]).tolist() == [2] * 10
    np.testing.assert_array_equal(unknown.split(config)[1], held)
    assert not np.array_equal(unknown.split(config.changed(seed=8))[1], held)


def test_ink_whose_learned_part_is_but_copies_is_too_small(tmp_path: Path) -> None:
    config = load_config(write_refusing_recipe(tmp_path))
    same = {"label": "1", "strokes": [[[0, 0], [3, 50]]]}
    write_ink(tmp_path / "same.jsonl", [{**same, "writer": writer} for writer in (0, 1, 4)])
    with pytest.raises(DataUnavailable, match=r"3 drawings \(writers: 3\) are too few to split"):
        read_ink(tmp_path / "same.jsonl").split(config)
