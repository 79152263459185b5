"""The command line as its users run it: real processes, exit codes, and what goes where."""

import contextlib
import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from drawings import drawn
from PIL import Image
from programs import run

import inkdigits


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures and ink, nested, with a file that cannot be read and one that is no picture."""
    inside = tmp_path / "scans" / "more"
    inside.mkdir(parents=True)
    Image.fromarray(drawn("3").draw(400, 400, 15)).save(tmp_path / "scans" / "three.png")
    Image.fromarray(drawn("8").draw(300, 300, 9)).save(inside / "eight.JPG")
    (inside / "seven.json").write_text(drawn("7").to_json())
    Image.new("L", (50, 50), 255).save(tmp_path / "scans" / "white.png")
    (tmp_path / "scans" / "notes.txt").write_text("not to be read")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    return tmp_path


def test_json_lines(folder: Path) -> None:
    done = run("recognize", "scans", "--json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(record["file"], record["label"]) for record in records] == [
        (str(Path("scans", "more", "eight.JPG")), "8"),
        (str(Path("scans", "more", "seven.json")), "7"),
        (str(Path("scans", "three.png")), "3"),
        (str(Path("scans", "white.png")), None),
    ]
    for record in records:
        assert list(record) == ["file", "label", "best_label", "confidence", "reason", "scores"]
    assert records[0]["confidence"] == records[0]["scores"]["8"] > 0.9
    assert (records[3]["reason"], records[3]["confidence"]) == ("blank", 0)


def test_csv(folder: Path) -> None:
    done = run("recognize", folder / "scans", "--csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode())))
    assert [row["label"] for row in rows] == ["8", "7", "3", ""]
    assert list(rows[0]) == ["file", "label", "best_label", "confidence", "reason"]


def test_table(folder: Path) -> None:
    done = run("recognize", folder / "scans" / "three.png", folder / "scans" / "white.png")
    lines = done.stdout.decode().splitlines()
    assert any("three.png" in line and "3" in line and "%" in line for line in lines)
    assert any("white.png" in line and "nothing drawn" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "before", "label"),
    [
        ("three.png", b"", "3"),
        ("more/seven.json", b"", "7"),
        ("more/seven.json", b"\xef\xbb\xbf \n", "7"),
    ],
    ids=["picture", "ink", "ink from Windows"],
)
def test_standard_input(folder: Path, name: str, before: bytes, label: str) -> None:
    done = run("recognize", "-", "--json", stdin=before + (folder / "scans" / name).read_bytes())
    record = json.loads(done.stdout)
    assert (record["file"], record["label"]) == ("-", label)


@pytest.mark.parametrize(
    ("stdin", "word"), [(b"", "empty"), (b"[1, 2]", "Ink in JSON"), (b"hello", "not an image")]
)
def test_bad_standard_input(stdin: bytes, word: str) -> None:
    done = run("recognize", "-", stdin=stdin)
    assert done.returncode == 1
    assert word in done.stderr.decode()


def test_a_bad_file_is_named_and_the_others_go_on(folder: Path) -> None:
    (folder / "bad.json").write_text('{"strokes": [[[1]]]}')
    done = run(
        "recognize",
        "broken.png",
        "scans/three.png",
        "missing.png",
        "bad.json",
        "--json",
        cwd=folder,
    )
    assert done.returncode == 1
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["3"]
    errors = done.stderr.decode().splitlines()
    assert len(errors) == 3
    for name, line in zip(["broken.png", "missing.png", "bad.json"], errors, strict=True):
        assert line.startswith("inkdigits: ")
        assert name in line


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are closed otherwise here")
def test_a_folder_that_gives_nothing_is_named_and_the_others_go_on(folder: Path) -> None:
    (folder / "empty").mkdir()
    closed = folder / "scans" / "closed"
    closed.mkdir()
    closed.chmod(0)
    names = ["scans", "empty", "", "scans/three.png"]
    done = run("recognize", *names, "--json", cwd=folder)
    labels = [json.loads(line)["label"] for line in done.stdout.splitlines()]
    assert labels == ["8", "7", "3", None, "3"]
    said = ["empty holds no picture", "name is empty"]
    if os.geteuid() != 0:  # whom no folder is closed to
        said.insert(0, "closed cannot be read: Permission denied")
    errors = done.stderr.decode().splitlines()
    assert done.returncode == 1
    assert len(errors) == len(said)
    for words, line in zip(said, errors, strict=True):
        assert line.startswith("inkdigits: ")
        assert words in line


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["recognize"], 2, "Missing argument"),
        (["recognize", "x.png", "--nonsense"], 2, "No such option"),
        (["recognize", ".", "--model", "nonsense"], 2, "no model 'nonsense': known are"),
        (["nonsense"], 2, "No such command"),
        (["recognize", "empty"], 2, "holds no picture"),
        (["recognize", "empty", "", "--csv"], 2, "holds no picture"),
        (["recognize", ""], 2, "name is empty"),
        (["recognize", "x" * 300 + ".png"], 1, "cannot be read"),
        (["recognize", "with/a/file.png/in.png"], 1, "cannot be read"),
        (["recognize", "x.png", "--model", "y" * 300], 2, "no model"),
        (["train", "missing.yaml"], 2, "missing.yaml"),
        (["evaluate", "inkdigits", "missing"], 1, "missing"),
        (["export", "missing"], 2, "missing"),
    ],
)
def test_wrong_use_says_why(arguments: list[str], code: int, words: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""


def test_many_files_are_read_in_chunks(tmp_path: Path) -> None:
    for number in range(1100):
        (tmp_path / f"{number:04}.json").write_text(drawn(str(number % 10)).to_json())
    done = run("recognize", tmp_path, "--json")
    labels = [json.loads(line)["label"] for line in done.stdout.splitlines()]
    assert labels == [str(number % 10) for number in range(1100)]


def test_answers_go_to_their_file_and_the_bar_to_the_terminal(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(300):
        Image.new("L", (2, 2), 255).save(scans / f"{number:03}.png")
    (scans / "100.png").write_bytes(b"broken")
    inside, outside = pty.openpty()
    with (tmp_path / "answers.jsonl").open("wb") as answers:
        process = subprocess.Popen(
            [sys.executable, "-m", "inkdigits", "recognize", str(scans), "--json"],
            stdin=subprocess.DEVNULL,
            stdout=answers,
            stderr=outside,
            env={**os.environ, "COLUMNS": "200", "TERM": "xterm"},
        )
        os.close(outside)
        shown = b""
        with contextlib.suppress(OSError), os.fdopen(inside, "rb", buffering=0) as terminal:
            while part := terminal.read(10_000):  # an error is a terminal's end of file
                shown += part
    assert process.wait(timeout=60) == 1
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    names = [Path(json.loads(line)["file"]).name for line in lines]
    assert names == [f"{number:03}.png" for number in range(300) if number != 100]
    assert b"Reading" in shown
    assert re.search(rb"[\nK]inkdigits: [^\n]*100.png is not an image[^\n]*\n", shown), "on its own"
    assert b"scores" not in shown


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_large_pictures_are_not_held_all_at_once(tmp_path: Path) -> None:
    for number in range(16):
        page = np.full((4000, 4000), 255, np.uint8)
        page[:400, :400] = drawn("3").draw(400, 400, 15)
        Image.fromarray(page).save(tmp_path / f"{number}.png")
    code = (
        "import sys; from inkdigits.cli import main\n"
        f"sys.argv = ['inkdigits', 'recognize', {str(tmp_path)!r}, '--csv']\n"
        "try: main()\n"
        "finally:\n"
        "    lines = open('/proc/self/status').read().splitlines()\n"
        "    print(*(line.split()[1] for line in lines if 'VmHWM' in line), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [row["label"] for row in csv.DictReader(io.StringIO(done.stdout))] == ["3"] * 16
    assert int(done.stderr) < 700_000  # KiB; all sixteen decoded would be 256 MB more


def test_a_full_disk_is_one_line() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs Linux's /dev/full")
    command = f"{sys.executable} -m inkdigits models --json > /dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60, check=False)  # noqa: S602
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == ["inkdigits: No space left on device"]


def test_a_closed_pipe_ends_quietly(folder: Path) -> None:
    command = f"{sys.executable} -m inkdigits recognize {folder}/scans --json | head -n 0"
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60, check=False)  # noqa: S602
    assert b"Traceback" not in done.stderr


def test_models_and_version() -> None:
    table = run("models").stdout.decode()
    assert "inkdigits" in table
    assert "%" in table
    digits, lines = [json.loads(line) for line in run("models", "--json").stdout.splitlines()]
    assert (digits["kind"], digits["labels"]) == ("digits", list("0123456789"))
    assert lines["kind"] == "lines"
    assert run("--version").stdout.decode().strip() == f"inkdigits {inkdigits.__version__}"


@pytest.mark.parametrize(
    "command", ["", "recognize", "read", "draw", "train", "evaluate", "export", "models"]
)
def test_help_has_an_example(command: str) -> None:
    done = run(*command.split(), "--help")
    assert done.returncode == 0
    text = done.stdout.decode()
    assert f"\n    inkdigits {command}" in text.split("Example")[1]


def test_recognize_starts_light(folder: Path) -> None:
    code = (
        "import sys; from inkdigits.cli import main\n"
        f"sys.argv = ['inkdigits', 'recognize', {str(folder / 'scans/three.png')!r}, '--json']\n"
        "try: main()\n"
        "except SystemExit as end: print('exit', end.code)\n"
        "heavy = 'tensorflow keras flask ray sklearn matplotlib rich pydantic'.split()\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, *rest = done.stdout.splitlines()
    assert json.loads(first)["label"] == "3"
    assert rest == ["exit 0", "[]"]


def test_names_of_any_kind_are_printed(tmp_path: Path) -> None:
    name = "[bold]sieben ☃.png"
    Image.fromarray(np.asarray(drawn("7").draw(400, 400, 15))).save(tmp_path / name)
    done = run("recognize", tmp_path / name, "--json", PYTHONIOENCODING="utf-8")
    assert json.loads(done.stdout)["file"].endswith(name)
    table = run("recognize", name, cwd=tmp_path, PYTHONIOENCODING="utf-8").stdout.decode()
    assert "[bold]sieben" in table
    for form in ("--json", "--csv", "--model=inkdigits"):
        done = run("recognize", name, form, cwd=tmp_path, PYTHONIOENCODING="cp1252")
        assert (done.returncode, done.stderr) == (0, b"")
        assert b"[bold]sieben" in done.stdout
