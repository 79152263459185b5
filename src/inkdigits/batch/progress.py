"""What a job shows while it runs: a bar on a terminal, a line now and then elsewhere."""

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from inkdigits.wording import counted

INTERVAL = 30.0  # seconds between two lines


class JobLine:
    """Parts and rows that are done, rows a second, errors, time left.

    Args:
        console: where to; None: nowhere.
        parts: how many there are.
        done: how many of them earlier runs have done.
    """

    def __init__(self, console: Console | None, parts: int, done: int) -> None:
        self._console = console
        self._parts, self._before, self._done = parts, done, done
        self.rows = self.errors = 0
        self.begin()
        self._bar: Progress | None = None
        if console is not None and console.is_terminal:
            self._bar = Progress(
                BarColumn(None), TextColumn("{task.description}"), console=console, expand=True
            )
            self._task = self._bar.add_task(self.text(), total=parts, completed=done)

    def __enter__(self) -> "JobLine":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def begin(self) -> None:
        """Start the clock: Ray is there, and work begins."""
        self._started = self._told = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since work began."""
        return time.perf_counter() - self._started

    def add(self, part: dict[str, Any]) -> None:
        """Count a part, as `Worker.do` tells of it."""
        self._done += 1
        self.rows += int(part["rows"])
        self.errors += int(part["errors"])
        if self._bar:
            self._bar.update(self._task, completed=self._done, description=self.text())
        elif self._console and time.perf_counter() - self._told >= INTERVAL:
            self._told = time.perf_counter()
            self._console.print(self.text(), highlight=False, soft_wrap=True)

    def text(self) -> str:
        """How far it is, in words."""
        text = f"{self._done:,} of {counted(self._parts, 'part')}"
        fresh = self._done - self._before
        if not fresh:
            return text
        minutes, seconds = divmod(round(self.seconds * (self._parts - self._done) / fresh), 60)
        return (
            f"{text}, {counted(self.rows, 'row')}, {self.rows / self.seconds:,.0f} a second,"
            f" {counted(self.errors, 'error')}, {minutes}:{seconds:02d} left"
        )
