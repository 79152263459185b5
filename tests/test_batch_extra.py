"""Without the extra `batch`, the command says what to install; and wrong options are told."""

import tomllib
from pathlib import Path

import pytest
from programs import run
from test_training_extra import COMMAND, _without

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("missing", ["ray", "pyarrow", "fsspec"])
def test_what_is_missing_is_told_in_a_line(missing: str, tmp_path: Path) -> None:
    done = _without(missing, COMMAND, "batch", "examples", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("inkdigits: This needs the package ")
    assert "pip install 'inkdigits[batch]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_help_needs_none_of_them() -> None:
    done = _without("ray,pyarrow,fsspec", COMMAND, "batch", "--help")
    assert done.returncode == 0, done.stderr


def test_all_that_the_extra_brings_is_looked_for() -> None:
    pytest.importorskip("ray", reason="needs the extra batch")
    from inkdigits.batch import NEEDED

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = {line.partition(">")[0] for line in project["optional-dependencies"]["batch"]}
    assert set(NEEDED.values()) == brought


@pytest.mark.parametrize("option", [("--length", "5"), ("--maximum", "9"), ("--lines", "numbers")])
def test_what_is_known_of_numbers_needs_read(option: tuple[str, str], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra batch")
    done = run("batch", "examples", tmp_path / "out", *option)
    assert done.returncode == 2
    assert "give --read too" in done.stderr.decode()


@pytest.mark.parametrize(
    ("named", "status", "told"),
    [
        ("nothing", 1, "inkdigits: nothing cannot be read: there is no such file or folder.\n"),
        (
            "foo://bucket",
            2,
            "inkdigits: foo://bucket cannot be reached: Protocol not known: foo.\n",
        ),
    ],
)
def test_inputs_that_are_not_there(named: str, status: int, told: str, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra batch")
    done = run("batch", named, "out", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (status, b"", told)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("names", [("", "out"), ("7.json", "")])
def test_no_name_is_not_the_folder_one_is_in(names: tuple[str, str], tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra batch")
    (tmp_path / "7.json").write_text('{"strokes": [[[1, 2], [3, 9]]]}')
    done = run("batch", *names, cwd=tmp_path)
    told = "inkdigits: The name of a file or folder is empty.\n"
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", told)
    assert [path.name for path in tmp_path.iterdir()] == ["7.json"]
