"""`inkdigits read` as its users run it: numbers out of pictures, ink, folders, standard input."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from drawings import number, page
from PIL import Image
from programs import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture, an ink and a blank sheet, and a file that cannot be read."""
    inside = tmp_path / "scans" / "more"
    inside.mkdir(parents=True)
    Image.fromarray(page("305", "72")).save(tmp_path / "scans" / "page.png")
    (inside / "ink.json").write_text(number("3057").to_json())
    Image.new("L", (300, 200), 255).save(tmp_path / "scans" / "white.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return tmp_path


def test_json_lines(folder: Path) -> None:
    done = run("read", "scans", "--json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [
        (record["file"], [reading["text"] for reading in record["readings"]]) for record in records
    ] == [
        (str(Path("scans", "more", "ink.json")), ["3057"]),
        (str(Path("scans", "page.png")), ["305", "72"]),
        (str(Path("scans", "white.png")), []),
    ]
    reading = records[0]["readings"][0]
    assert list(reading) == ["text", "confidence", "reason", "box", "digits"]
    assert len(reading["digits"]) == 4
    for digit, label in zip(reading["digits"], "3057", strict=True):
        assert list(digit) == [
            *("label", "best_label", "confidence", "reason", "scores", "box", "strokes")
        ]
        assert digit["best_label"] == label


def test_csv(folder: Path) -> None:
    done = run("read", folder / "scans", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["text"] for row in rows] == ["3057", "305", "72"]
    wanted = ["file", "text", "confidence", "reason", "x", "y", "width", "height"]
    assert list(rows[0]) == wanted
    assert float(rows[0]["height"]) == pytest.approx(100, abs=2)


def test_table(folder: Path) -> None:
    done = run("read", "scans", cwd=folder)
    lines = done.stdout.decode().splitlines()
    assert any("page.png" in line and "305" in line and "%" in line for line in lines)
    assert any("page.png" not in line and "72" in line for line in lines)
    assert any("white.png" in line and "no number" in line for line in lines)


@pytest.mark.parametrize("name", ["page.png", "more/ink.json"])
def test_standard_input(folder: Path, name: str) -> None:
    done = run("read", "-", "--json", stdin=(folder / "scans" / name).read_bytes())
    record = json.loads(done.stdout)
    assert record["file"] == "-"
    assert record["readings"][0]["text"].startswith("305")


def test_a_bad_file_is_named_and_the_others_go_on(folder: Path) -> None:
    done = run("read", "broken.png", "scans/page.png", "missing.png", "--csv", cwd=folder)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    for name, line in zip(
        ["broken.png", "missing.png"], done.stderr.decode().splitlines(), strict=True
    ):
        assert line.startswith("inkdigits: ")
        assert name in line


def test_what_is_known_is_made_use_of(folder: Path) -> None:
    known = ("--length", "4", "--pattern", "dddd", "--minimum", "3000", "--maximum", "4000")
    done = run("read", "scans", "--csv", *known, cwd=folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert rows[0]["text"] == "3057"
    assert float(rows[0]["confidence"]) > 0
    for row in rows[1:]:  # which cannot have four digits
        assert (float(row["confidence"]), row["reason"]) == (0, "unsure")
    table = run("read", "scans/page.png", "--length", "4", cwd=folder).stdout.decode()
    assert "unsure" in table


@pytest.mark.parametrize("name", ["page.png", "more/ink.json", "white.png"])
def test_what_was_read_is_drawn(folder: Path, name: str) -> None:
    done = run("read", folder / "scans" / name, "--annotate", "seen.png", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    seen = np.asarray(Image.open(folder / "seen.png"))
    assert seen.ndim == 3
    colourful = (seen.max(axis=2) - seen.min(axis=2) > 50).any()
    assert colourful == (name != "white.png")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["read"], 2, "Missing argument"),
        (["read", "scans", "--annotate", "seen.png"], 2, "--annotate draws over one file"),
        (["read", "scans/page.png", "--annotate", "seen.jpg"], 2, "must end in .png"),
        (["read", "broken.png", "--annotate", "seen.png"], 1, "broken.png"),
        (["read", "scans", "--length", "0"], 2, "--length"),
        (["read", "scans", "--pattern", "dx"], 2, "pattern holds d for a digit"),
        (["read", "scans", "--minimum", "9", "--maximum", "3"], 2, "must not be above"),
        (["read", "scans", "--model", "none"], 2, "no model"),
        (["read", "scans", "--lines", "inkdigits"], 2, "single digits, not lines"),
        (["read", ""], 2, "name is empty"),
    ],
)
def test_wrong_use_says_why(arguments: list[str], code: int, words: str, folder: Path) -> None:
    done = run(*arguments, cwd=folder)
    assert done.returncode == code
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""
    assert not list(folder.glob("seen*"))
