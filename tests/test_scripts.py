"""The scripts of a checkout, `app.py` and `train_model.py`: the commands that they stand for."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([], [str(ROOT / "configs" / "original.yaml")]),
        (["--seed", "2"], [str(ROOT / "configs" / "original.yaml"), "--seed", "2"]),
        (["configs/fast.yaml"], ["configs/fast.yaml"]),
        (["--seed", "2", "mine.YML"], ["--seed", "2", "mine.YML"]),
    ],
)
def test_a_recipe_takes_the_place_of_the_original_s(
    given: list[str], meant: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []
    monkeypatch.setattr("inkdigits.cli.main", lambda arguments, **_: called.append(arguments))
    monkeypatch.setattr(sys, "argv", ["train_model.py", *given])
    monkeypatch.setattr(sys, "path", list(sys.path))
    runpy.run_path(str(ROOT / "train_model.py"), run_name="__main__")
    assert called == [["train", *meant]]


def test_another_recipe_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("modell: {}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, ROOT / "train_model.py", "mine.yaml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("inkdigits: mine.yaml")


@pytest.mark.parametrize(
    ("script", "remedy"),
    [
        ("app.py", "make window  or  pip install -r requirements.txt"),
        ("train_model.py", "make train  or  pip install -r requirements-dev.txt"),
    ],
)
def test_without_the_packages_a_line_says_what_to_run(script: str, remedy: str) -> None:
    command = [sys.executable, "-S", str(ROOT / script)]  # -S leaves out what is installed
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"{script}: The package ")
    assert done.stderr.endswith(f"{remedy}\n")
    assert done.stderr.count("\n") == 1
