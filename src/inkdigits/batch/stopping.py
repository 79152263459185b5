"""A job that is told to end: SIGTERM does what Ctrl-C does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminable() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for SIGTERM, inside only.

    Ray, which takes the signal for itself when it starts, would write the stack of its C++ code,
    and leave no time to say how the job goes on. Signals are left alone where it is not the main
    thread that runs this.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        # what was not set by Python is not known to it
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
