"""Jobs without Ray: what is found, how it is read, and what is written."""

import sys
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from drawings import drawn

from inkdigits.errors import DataUnavailable

pytest.importorskip("ray", reason="needs the extra batch")
fsspec = pytest.importorskip("fsspec", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from batches import answer, find, png, write_tar  # noqa: E402

from inkdigits.batch import (  # noqa: E402
    answers,
    contents,
    inputs,
)
from inkdigits.batch.options import Options  # noqa: E402

DIGITS = "0123456789"


def test_a_folder_is_read_and_what_is_bad_is_a_row_that_says_so(
    scans: Path, tmp_path: Path
) -> None:
    rows = answer([scans], tmp_path / "out")
    assert [row["path"].removeprefix(f"{scans}/") for row in rows] == [
        "3.png", "broken.png", "empty.JPG", "white.png", "more/7.json", "more/no-ink.json",
    ]  # fmt: skip
    assert [row["label"] for row in rows] == ["3", None, None, None, "7", None]
    three, broken, empty, white, _, no_ink = rows
    assert list(three) == ["path", "label", "confidence", "reason", "scores", "error"]
    assert three["confidence"] == three["scores"]["3"] > 0.9
    assert list(three["scores"]) == list(DIGITS)
    assert sum(three["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert (white["reason"], white["confidence"], white["error"]) == ("blank", 0, None)
    for row, told in ((broken, "not an image"), (empty, "0 bytes"), (no_ink, '"strokes"')):
        assert told in row["error"]
        assert row["scores"] is row["confidence"] is row["reason"] is None


def test_patterns_and_files_by_name(scans: Path, tmp_path: Path) -> None:
    rows = answer([scans / "*" / "7*", scans / "3.png"], tmp_path / "out")
    assert [(Path(row["path"]).name, row["label"]) for row in rows] == [
        ("7.json", "7"),
        ("3.png", "3"),
    ]
    for digit, name in (("4", "a[1].png"), ("5", "tar::b.png"), ("6", "c d#e?.png")):
        odd = tmp_path / name  # what looks like a pattern or a URL is a name if it is there
        odd.write_bytes(png(digit))
        rows = answer([odd], tmp_path / f"out {name}")
        assert [(row["path"], row["label"]) for row in rows] == [(str(odd), digit)]


def test_whole_numbers(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "examples-numbers" / "2026.json"
    (tmp_path / "bad.png").write_bytes(b"bad")
    rows = answer([example, tmp_path / "bad.png"], tmp_path / "out", Options(read=True, length=4))
    (reading,) = rows[0]["readings"]
    assert list(reading) == ["text", "confidence", "reason", "x", "y", "width", "height"]
    assert (reading["text"], reading["reason"], rows[0]["error"]) == ("2026", None, None)
    assert rows[1]["readings"] is None
    assert "not an image" in rows[1]["error"]


def test_an_object_store(memory_store: Any) -> None:
    for number in range(40):
        digit = DIGITS[number % 10]
        memory_store.pipe(
            f"/bucket/scans/{number:02d}-{digit}.png", png(digit) if number != 7 else b"bad"
        )
    rows = answer(["memory://bucket/scans"], "memory://bucket/answers", Options(part_rows=15))
    assert len(rows) == len({row["path"] for row in rows}) == 40
    for number, row in enumerate(rows):
        assert row["path"] == f"memory:///bucket/scans/{number:02d}-{DIGITS[number % 10]}.png"
        assert row["label"] == (None if number == 7 else DIGITS[number % 10])
    assert sorted(memory_store.ls("/bucket/answers", detail=False)) == [
        "/bucket/answers/_inkdigits",
        *(f"/bucket/answers/part-00000{number}.parquet" for number in range(3)),
    ]


def test_file_urls(scans: Path, tmp_path: Path) -> None:
    rows = answer([f"file://{scans}/*.png"], f"file://{tmp_path}/out")
    assert [row["label"] for row in rows] == ["3", None, None]
    folder = pa.parquet.read_table(tmp_path / "out")  # the plan is left out by who reads folders
    assert folder.num_rows == 3


def test_memory_holds_few_files_of_many(memory_store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        return b""

    monkeypatch.setattr(contents, "_fetch", fetch)
    paths = (f"memory://{number}.png" for number in range(1000))
    rows = contents.read_pieces((inputs.Piece("file", path) for path in paths), None)
    next(rows)
    assert len(asked) <= contents.READERS


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / "in \udce9"
    folder.mkdir()
    (folder / "7-\udcff.json").write_text(drawn("7").to_json())
    (folder / "bad-\udcff.png").mkdir()
    write_tar(folder / "shard.tar", {"3-\udcff.png": png("3"), "4.png": png("4")})
    paths = [str(folder / "7-\udcff.json"), str(folder / "none-\udcff.png")]
    rows = answer([folder], tmp_path / "out")
    assert [row["label"] for row in rows] == ["7", "3", "4"]
    assert rows[0]["path"] == f"{tmp_path}/in \\udce9/7-\\udcff.json"
    assert rows[1]["path"].startswith("tar://3-\\udcff.png::")
    assert answer([folder], tmp_path / "out") == rows  # the job is found again
    pieces = [inputs.Piece("file", path) for path in paths]
    (seven, _), (_, none) = contents.read_pieces(pieces, None)
    assert seven == paths[0]
    assert isinstance(none, DataUnavailable)
    assert answers.of_error(paths[1], none)["error"].isascii()


def test_nothing_is_read_twice(scans: Path, tmp_path: Path) -> None:
    (scans / "notes.txt").unlink()  # which a pattern names
    once = find(scans)
    for named in (
        [scans / "**"], [scans / "*"], [scans, scans], [scans, scans / "more"],
        [scans, scans / "**" / "*.png", scans / "3.png"], [f"{tmp_path}/s*", f"{tmp_path}/*"],
    ):  # fmt: skip
        assert sorted(find(*named)) == sorted(once), named


def test_nothing_is_read_twice_of_a_store(memory_store: Any) -> None:
    for name in ("1.png", "a/2.png", "a/b/3.png"):
        memory_store.pipe(f"/bucket/in/{name}", png("1"))
    assert len(find("memory://bucket/in")) == 3
    for named in ("memory://bucket/in/**", "memory://bucket/*"):
        assert sorted(find(named)) == sorted(find("memory://bucket/in"))


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_followed_once(scans: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "5.png").write_bytes(png("5"))
    (scans / "link").symlink_to(other)
    (scans / "more" / "again").symlink_to(other)
    (scans / "more" / "loop").symlink_to(scans)
    found = find(scans)
    assert [path for path in found if path.endswith("5.png")] == [f"{scans}/link/5.png"]
    assert len(found) == len({Path(path).resolve() for path in found}) == 7
    assert len(find(scans / "**")) == 7


def test_paths_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "Path", PureWindowsPath)
    assert contents.beside("D:/in/a.parquet", "C:/x.png") == "C:/x.png"
    assert contents.beside("D:/in/a.parquet", "x.png") == "D:/in/x.png"
