"""Which ink lines count when a model is measured: the writers that training holds out."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_training import tiny_run

from inkdigits.errors import DataUnavailable
from inkdigits.training import datasets
from inkdigits.training.config import load_config
from inkdigits.training.evaluate import evaluate
from inkdigits.training.lines import Lines, check, read

ROOT = Path(__file__).parents[1]
STROKES = [[[0, 0], [40, 60], [5, 70]], [[30, 5], [2, 66]]]


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps({"strokes": STROKES, **entry}) for entry in entries))
    return path


def test_held_out_writers_are_those_of_training(tmp_path: Path) -> None:
    _, run = tiny_run()
    lines: list[dict[str, Any]] = [
        {"label": str(n % 10), "writer": n % 7, "contributor": "ab"[n % 2]} for n in range(70)
    ]
    for n, line in enumerate(lines):  # no two alike: copies are not learned from
        line["strokes"] = [*STROKES, [[n, 3], [n, 40]]]
    path = write(tmp_path / "ink.jsonl", *lines)
    ink = datasets.read_ink(path)
    config = load_config(ROOT / "configs" / "inkdigits.yaml")
    every = config.validation.writers
    held = ink.split(config)[1]
    model = run.folder / "model"
    report = evaluate(model, path, wanted=Lines(held_out=every))
    assert report.images == len(held) == sum(line["writer"] % every == every - 1 for line in lines)
    assert report.dataset == "ink, held-out writers"
    some = evaluate(model, path, wanted=Lines({"contributor": ["a"]}, held_out=every))
    assert some.images == sum(
        line["writer"] % every == every - 1 and line["contributor"] == "b" for line in lines
    )
    write(path, lines[0])
    with pytest.raises(DataUnavailable, match="holds no labelled images"):
        evaluate(model, path, wanted=Lines(held_out=every))


def test_labels_are_read_where_there_are_any(tmp_path: Path) -> None:
    path = write(tmp_path / "ink.jsonl", {"label": 7}, {"label": "O"}, {})
    assert [label for label, _ in read(path)] == ["7", "O", None]
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"label": "O"}, "label 'O' is not one of 0, 1"),
        ({}, r"line 2: not labelled ink \('label'\)"),
    )
    for entry, message in wrong:
        write(path, {"label": 7}, entry)
        with pytest.raises(DataUnavailable, match=message):
            evaluate(tiny_run()[1].folder / "model", path)


def test_what_is_to_be_left_out_must_be_told_somewhere(tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", {"label": 1})
    other = write(tmp_path / "other.jsonl", {"label": "A", "contributor": "ibm"})
    check(Lines({"contributor": ["ibm"]}), [one, other, "mnist", tmp_path])
    check(Lines(), ["mnist"])
    with pytest.raises(DataUnavailable, match="entry 'contributer'"):
        check(Lines({"contributer": ["ibm"]}), [one, other, "mnist"])
    with pytest.raises(DataUnavailable, match="entry 'contributor'"):
        evaluate(tiny_run()[1].folder / "model", one, wanted=Lines({"contributor": ["ibm"]}))
