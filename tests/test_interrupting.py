"""Ctrl-C is heard, whatever libraries make of it."""

import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tiny_training import tiny_run

from inkdigits.errors import InterruptedRun
from inkdigits.training.interrupting import interruptible
from inkdigits.training.train import train


def work() -> None:
    """Five seconds of it."""
    for _ in range(500):
        time.sleep(0.01)


def lose_ctrl_c() -> None:
    """Press Ctrl-C in a callback of the garbage collection, as JAX has one, and work on."""

    def callback(phase: str, _: Any) -> None:
        if phase == "start":
            gc.callbacks.remove(callback)
            signal.raise_signal(signal.SIGINT)

    gc.callbacks.append(callback)
    gc.collect()
    work()


def take_for_an_answer() -> None:
    """Press Ctrl-C where Keras takes any exception for an answer, and work on."""
    with suppress(BaseException):
        signal.raise_signal(signal.SIGINT)
    work()


@pytest.mark.parametrize("lose", [lose_ctrl_c, take_for_an_answer])
def test_what_is_lost_is_raised_again(lose: Callable[[], None]) -> None:
    begun, before = time.monotonic(), (signal.getsignal(signal.SIGINT), sys.unraisablehook)
    with pytest.raises(KeyboardInterrupt), interruptible():
        lose()
    assert time.monotonic() - begun < 3
    assert (signal.getsignal(signal.SIGINT), sys.unraisablehook) == before


def test_what_is_cleaned_up_is_not_disturbed() -> None:
    cleaned: list[str] = []

    @contextmanager
    def cleaning(what: str) -> Iterator[None]:
        try:
            yield
        finally:
            time.sleep(0.8)
            cleaned.append(what)

    with pytest.raises(KeyboardInterrupt), interruptible(), cleaning("all"), cleaning("some"):
        signal.raise_signal(signal.SIGINT)
    assert cleaned == ["some", "all"]


def test_a_run_stops_where_ctrl_c_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config, _ = tiny_run()
    monkeypatch.setattr("inkdigits.training.train.run_here", lambda *_: lose_ctrl_c())
    with pytest.raises(InterruptedRun, match="Go on with the same command"):
        train(config, tmp_path / "run", console=Console(file=StringIO()))


def turn_into_an_error() -> None:
    """What TensorFlow does where its C++ calls Python."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as error:
        raise SystemError("returned a result with an exception set") from error


def test_what_becomes_another_error_is_an_interrupt_in_the_end() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        turn_into_an_error()


def test_other_errors_are_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="other"), interruptible():
        raise ValueError("other")
    told: list[Any] = []
    before, sys.unraisablehook = sys.unraisablehook, told.append

    class Broken:
        def __del__(self) -> None:
            raise RuntimeError("unraisable")

    try:
        with interruptible():
            Broken()
    finally:
        sys.unraisablehook = before
    assert [one.exc_type for one in told] == [RuntimeError]


def test_where_somebody_else_handles_ctrl_c_nothing_is_changed() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        with interruptible():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]


def test_another_thread_is_left_alone() -> None:
    done: list[bool] = []

    def look() -> None:
        with interruptible():
            done.append(signal.getsignal(signal.SIGINT) is signal.default_int_handler)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert done == [True]
