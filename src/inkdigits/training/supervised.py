"""Work in a process of its own: how it ends is told, even where C++ code aborts it."""

import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console

from inkdigits.errors import InkdigitsError


class Died(Exception):
    """The process ended without an answer.

    Args:
        stage: the last that its work told.
        how: the signal that ended it, or its exit status.
        said: what was written to its standard output and error.
    """

    def __init__(self, stage: str, how: str, said: str) -> None:
        super().__init__(f"{stage or 'start'}: {how}\n{said}")
        self.stage, self.how, self.said = stage, how, said


def supervise(work: Callable[..., Any], *args: object) -> Any:
    """Call a function in a process of its own, which ends with this one, or by Ctrl-C, at once.

    What libraries write to its standard output and error is shown only where it dies.

    Args:
        work: a function of a module, called as `work(*args, console=…, tell=…)`: `console` writes
            to the standard error of this process, `tell` takes the name of the stage it is in.
        args: what can be pickled.

    Returns:
        What it returns.

    Raises:
        Died: It ended without an answer.
        InkdigitsError: It raised it; `OSError` likewise.
        RuntimeError: It raised anything else; the message holds the traceback.
    """
    context = get_context("spawn")  # a fork would share the threads of whatever was imported
    receiver, sender = context.Pipe(duplex=False)
    stage = ""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        process = context.Process(target=_process, args=(sender, said, work, args))
        process.start()
        sender.close()  # the process has the only one now: its end ends the pipe
        try:
            while True:
                kind, answer = receiver.recv()
                if kind == "returned":
                    return answer
                if kind == "raised":
                    raise answer
                stage = answer
        except EOFError:
            process.join()
            code = process.exitcode or 0
            how = signal.Signals(-code).name if code < 0 else f"status {code}"
            text = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
            raise Died(stage, how, text) from None
        finally:
            process.kill()  # it has nothing to do any more, or must not go on
            process.join()


def _process(
    pipe: Connection, said: Path, work: Callable[..., Any], args: tuple[object, ...]
) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both: the parent kills this one
    console = Console(file=os.fdopen(os.dup(2), "w", encoding="utf-8"))
    with said.open("wb", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        answer = ("returned", work(*args, console=console, tell=lambda name: pipe.send(("", name))))
    except (InkdigitsError, OSError) as error:
        answer = ("raised", error)
    except Exception:
        answer = ("raised", RuntimeError(traceback.format_exc()))
    console.file.flush()
    sys.stdout.flush()
    pipe.send(answer)
    os._exit(0)  # what libraries do at exit may wait for what is gone


def end_with_parent() -> None:
    """End this process when its parent does: one that is killed cannot end it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
