"""Work in a process of its own: what comes back, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from inkdigits.errors import InvalidConfig, MissingExtra
from inkdigits.training.supervised import Died, supervise

PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from test_supervised import waits
from inkdigits.training.supervised import supervise

if __name__ == "__main__":
    supervise(waits, sys.argv[2])
"""


def adds(one: int, other: int, *, console: Console, tell: object) -> int:
    del console, tell
    os.write(1, b"noise")
    return one + other


def refuses(kind: str, *, console: Console, tell: object) -> None:
    del console, tell
    if kind == "extra":
        raise MissingExtra("train", "keras")
    if kind == "system":
        raise FileNotFoundError(2, "No such file", "there")
    if kind == "ours":
        raise InvalidConfig("this and that")
    raise ZeroDivisionError


def aborts(*, console: Console, tell: "object") -> None:
    del console
    assert callable(tell)
    tell("first")
    tell("second")
    os.write(2, b"what C++ says\n")
    os.abort()


def waits(path: str, *, console: Console, tell: object) -> None:
    del console, tell
    Path(path).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(600)


def test_what_it_returns_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    assert supervise(adds, 2, 3) == 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        ("extra", MissingExtra, "needs the package 'keras'"),
        ("system", FileNotFoundError, "No such file"),
        ("ours", InvalidConfig, "this and that"),
        ("other", RuntimeError, "in refuses"),
    ],
)
def test_what_it_raises_is_raised(kind: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        supervise(refuses, kind)


def test_an_abort_is_told_with_its_stage_and_last_words() -> None:
    with pytest.raises(Died) as caught:
        supervise(aborts)
    assert (caught.value.stage, caught.value.how) == ("second", "SIGABRT")
    assert "what C++ says" in caught.value.said


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_its_parent(how: signal.Signals, tmp_path: Path) -> None:
    script, number = tmp_path / "parent.py", tmp_path / "number"
    script.write_text(PARENT, encoding="utf-8")
    command = [sys.executable, str(script), str(Path(__file__).parent), str(number)]
    parent = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not (number.exists() and number.read_text()) and time.monotonic() < deadline:
        time.sleep(0.1)
    child = int(number.read_text())
    parent.send_signal(how)
    parent.wait(60)
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not is_running(child)


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
