"""Ctrl-C while Keras is at work, which loses it at times.

JAX, which Keras imports where it is installed, has Python call it back at each garbage collection:
what is raised there has nowhere to go, and Python only reports it. Keras takes any exception for an
answer in places (`except:`). And where the C++ of TensorFlow calls Python, what is raised becomes a
`SystemError`, or an error of TensorFlow's own.
"""

import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

AGAIN = 0.5  # seconds after which is looked whether it was heard


@contextmanager
def interruptible() -> Iterator[None]:
    """Let no Ctrl-C be lost: sooner or later it is a `KeyboardInterrupt`.

    It is raised at once, as ever, and again where nothing came of it; if another error came of it,
    that becomes a `KeyboardInterrupt` in the end. What is done inside must not go on after one.
    This is for the main thread, and where nobody else has set what Ctrl-C does; elsewhere nothing
    is changed.
    """
    handler, report = signal.getsignal(signal.SIGINT), sys.unraisablehook
    in_main = threading.current_thread() is threading.main_thread()
    if handler is not signal.default_int_handler or not in_main:
        yield
        return
    interrupt = _Interrupt()

    def report_others(unraisable: Any) -> None:
        if not _is_of_interrupt(unraisable.exc_value):
            report(unraisable)

    signal.signal(signal.SIGINT, interrupt)
    sys.unraisablehook = report_others
    try:
        yield
    except Exception as error:
        if interrupt.came:
            raise KeyboardInterrupt from error
        raise
    finally:
        interrupt.end()
        sys.unraisablehook = report
        signal.signal(signal.SIGINT, handler)
    if interrupt.came:
        raise KeyboardInterrupt


class _Interrupt:
    """What is done at Ctrl-C: `KeyboardInterrupt` is raised, until it is heard."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._asks = False
        self._asking = threading.Thread(target=self._ask, daemon=True)
        self.came = False

    def __call__(self, number: int, frame: Any) -> None:
        """Raise it, unless this is but to ask and it is on its way: then `finally` is at work."""
        asks, self._asks = self._asks, False
        if asks and (self._ended.is_set() or _is_of_interrupt(sys.exception())):
            return
        if not self.came:
            self.came = True
            self._asking.start()
        signal.default_int_handler(number, frame)

    def end(self) -> None:
        """Ask no more."""
        self._ended.set()
        if self._asking.ident is not None:
            self._asking.join()

    def _ask(self) -> None:
        while not self._ended.wait(AGAIN):
            self._asks = True
            interrupt_main()


def _is_of_interrupt(error: BaseException | None) -> bool:
    """Whether this is a `KeyboardInterrupt`, or came of one."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
