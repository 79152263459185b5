"""Outliers are read whatever they show; what cannot be read is told."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from drawings import drawn
from PIL import Image
from tiny_training import write_idx

from inkdigits.errors import DataUnavailable, UnreadableImage
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training.lines import Lines
from inkdigits.training.unlabelled import load_unlabelled


def lines(labels: str) -> str:
    """An ink line for each label; none for a space, an empty line for an underscore."""
    strokes = drawn("4").strokes
    made = {label: json.dumps({"label": label, "strokes": strokes}) for label in labels}
    made |= {" ": json.dumps({"strokes": strokes}), "_": ""}
    return "\n".join(made[label] for label in labels)


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    inside = tmp_path / "things" / "a" / "b"
    inside.mkdir(parents=True)
    (inside / "drawing.JSON").write_text(drawn("3").to_json())
    Image.fromarray(drawn("8").draw(200, 200, 9)).save(tmp_path / "things" / "eight.png")
    (tmp_path / "things" / "notes.txt").write_text("no picture")
    found = load_unlabelled(tmp_path / "things", {"a", "b"})
    assert (found.name, len(found), found.left_out) == ("things", 2, 0)
    assert found.patches.dtype == np.float32
    np.testing.assert_array_equal(found.patches[0], prepare(drawn("3"))[0])
    np.testing.assert_array_equal(found.patches[1], prepare(tmp_path / "things" / "eight.png")[0])


@pytest.mark.parametrize("name", ["ink.jsonl", "ink.ndjson.gz"])
def test_ink_lines_need_no_label_and_lose_those_left_out(tmp_path: Path, name: str) -> None:
    data = lines("AO_ O7").encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    assert len(load_unlabelled(path)) == 5
    found = load_unlabelled(path, frozenset("O7"))
    assert (len(found), found.left_out, found.name) == (2, 3, "ink")


def test_only_wanted_lines_are_read(tmp_path: Path) -> None:
    strokes = drawn("4").strokes
    entries = [
        {"label": "A", "writer": n, "by": "xy"[n % 2], "strokes": strokes} for n in range(20)
    ]
    entries.append({"label": "O", "writer": 4, "strokes": strokes})
    path = tmp_path / "ink.jsonl"
    path.write_text("\n".join(map(json.dumps, entries)))
    some = frozenset((5, 10, 15, 20, 21))
    found = load_unlabelled(path, "O", Lines(held_out=some))
    assert (len(found), found.left_out, found.name) == (4, 1, "ink, held out")
    found = load_unlabelled(path, "O", Lines({"by": ["x"]}, some))
    assert (len(found), found.left_out) == (2, 1)
    found = load_unlabelled(path, lines=Lines({"by": ["x"], "label": ["O"]}))
    assert (len(found), found.left_out, found.name) == (10, 0, "ink")
    with pytest.raises(DataUnavailable, match="measured as digits, not as outliers"):
        load_unlabelled(tmp_path, lines=Lines(held_out=some))


def test_ink_of_publishers_has_names(data: Path) -> None:
    found = load_unlabelled("unipen_1d_symbols", lines=Lines(held_out=frozenset(range(1, 51))))
    assert (found.name, len(found)) == ("unipen_1d_symbols, held out", 50)


def test_a_single_picture_and_an_idx_file_are_read(tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    Image.fromarray(drawn("8").draw(200, 200, 9)).save(picture)
    assert load_unlabelled(picture).patches.shape == (1, 28, 28)
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8)
    write_idx(tmp_path / "shirts-idx3", images)
    found = load_unlabelled(str(tmp_path / "shirts-idx3"))
    np.testing.assert_array_equal(found.patches[2], normalize(images[2]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("ink.jsonl", lines("A") + "\n{", "line 2: not ink"),
        ("ink.jsonl", lines("A") + "\n[1]", "line 2: not ink"),
        ("ink.jsonl", '{"label": "A"}', "line 1: not ink"),
        ("ink.jsonl.gz", "plain", "line 1: not ink"),
        ("ink.jsonl", "", "it is empty"),
        ("ink.jsonl", lines("OOO"), "3 lines were left out"),
        ("one.json", "{}", "one.json: Ink in JSON"),
        ("letters.bin", "what?", "not an IDX file"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataUnavailable, match=message):
        load_unlabelled(tmp_path / name, {"O"})


def test_what_is_not_there_or_broken_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        load_unlabelled(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataUnavailable, match="empty: holds no picture"):
        load_unlabelled(tmp_path / "empty")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(UnreadableImage, match=r"broken\.png"):
        load_unlabelled(tmp_path)
    write_idx(tmp_path / "labels", np.arange(5, dtype=np.uint8))
    with pytest.raises(DataUnavailable, match="holds no images"):
        load_unlabelled(tmp_path / "labels")
