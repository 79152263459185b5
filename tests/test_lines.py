"""Which ink lines count when a model is measured, by what they say of themselves."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_training import tiny_run

from inkdigits.errors import DataUnavailable
from inkdigits.training.evaluate import evaluate
from inkdigits.training.lines import Lines, check, read

STROKES = [[[0, 0], [40, 60], [5, 70]], [[30, 5], [2, 66]]]


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps({"strokes": STROKES, **entry}) for entry in entries))
    return path


def test_labels_are_read_where_there_are_any(tmp_path: Path) -> None:
    path = write(tmp_path / "ink.jsonl", {"label": 7}, {"label": "O"}, {})
    assert [label for label, _ in read(path)] == ["7", "O", None]
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"label": "O"}, "label 'O' is not one of 0, 1"),
        ({}, "line 2: has no label"),
    )
    for entry, message in wrong:
        write(path, {"label": 7}, entry)
        with pytest.raises(DataUnavailable, match=message):
            evaluate(tiny_run()[1].folder / "model", path)


def test_lines_count_by_what_they_say_and_by_their_number(tmp_path: Path) -> None:
    path = write(tmp_path / "ink.jsonl", {"label": 7, "by": "a"}, {"label": 8, "by": "b"}, {})
    path.write_text("\n" + path.read_text())  # an empty line has a number, too
    for lines, labels in (
        (Lines({"by": ["a"]}), ["8", None]),
        (Lines({"by": ["a"]}, frozenset((1, 2, 3))), ["8"]),
        (Lines(held_out=frozenset((2, 4))), ["7", None]),
        (Lines(held_out=frozenset()), []),
    ):
        assert [label for label, _ in read(path, lines)] == labels


def test_what_is_to_be_left_out_must_be_told_somewhere(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", {"label": 1})
    other = write(tmp_path / "other.jsonl", {"label": "A", "contributor": "ibm"})
    check(Lines({"contributor": ["ibm"]}), [one, other, "mnist", tmp_path])
    check(Lines(), ["mnist"])
    with pytest.raises(DataUnavailable, match="entry 'contributer'"):
        check(Lines({"contributer": ["ibm"]}), [one, other, "mnist"])
    with pytest.raises(DataUnavailable, match="entry 'contributor'"):
        evaluate(tiny_run()[1].folder / "model", one, wanted=Lines({"contributor": ["ibm"]}))
