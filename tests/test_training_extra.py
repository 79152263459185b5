"""Without the extra `train`, training says at once what is missing, and the rest still works."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from inkdigits.training import NEEDED

ROOT = Path(__file__).parents[1]

# Hides the packages named in argv[1] as if they were not installed, then runs argv[2].
BLOCKED = """
import sys

class Finder:
    def __init__(self, inner):
        self.inner = inner

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[1].split(","):
            return None
        return self.inner.find_spec(name, path, target)

sys.meta_path[:] = [Finder(finder) for finder in sys.meta_path]
exec(sys.argv[2])
"""
COMMAND = "from inkdigits.cli import main; main(sys.argv[3:])"


def _without(packages: str, code: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", BLOCKED, packages, code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("module", NEEDED)
def test_what_is_missing_is_told_when_the_package_is_imported(module: str) -> None:
    code = (
        "from inkdigits.errors import MissingExtra\n"
        "try:\n"
        "    import inkdigits.training.mnist\n"
        "except MissingExtra as error:\n"
        "    print(error)\n"
    )
    done = _without(module, code)
    assert repr(NEEDED[module]) in done.stdout, done.stderr
    assert "pip install 'inkdigits[train]'" in done.stdout
    assert "in a checkout,  pip install -r requirements-dev.txt" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "configs/original.yaml"),
        ("evaluate", "inkdigits", "mnist"),
        ("export", "."),
    ],
    ids=lambda arguments: arguments[0],
)
def test_each_training_command_says_it_in_a_line(arguments: tuple[str, ...]) -> None:
    done = _without(",".join((*NEEDED, "tensorflow")), COMMAND, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("inkdigits: This needs the package ")
    assert done.stderr.count("\n") == 1


def test_reading_digits_needs_none_of_them() -> None:
    picture = str(ROOT / "examples" / "3.json")
    done = _without(",".join((*NEEDED, "tensorflow")), COMMAND, "recognize", picture, "--csv")
    assert done.returncode == 0, done.stderr


def test_all_that_the_extra_brings_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = {line.partition(">")[0] for line in project["optional-dependencies"]["train"]}
    assert {name.lower() for name in NEEDED.values()} == brought - {"tensorflow", "tensorflow-cpu"}
