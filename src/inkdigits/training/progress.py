"""What a training run shows while it runs: a bar on a terminal, a line an epoch elsewhere."""

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from inkdigits.training.checkpoint import Progress


class EpochLine:
    """One bar for the whole run: epoch, loss and accuracy, those of the validation, time left."""

    def __init__(self, console: Console | None, epochs: int, steps: int, done: Progress) -> None:
        """Begin after what is done, of `epochs` epochs of `steps` steps."""
        self._console = console
        self._epochs, self._steps = epochs, steps
        self._before = self._done = done.epoch * steps
        self._started = time.perf_counter()
        last = done.history[-1] if done.history else {}
        self._validation = _figures(last.get("val_loss"), last.get("val_accuracy"))
        self._bar: Bar | None = None
        if console is not None and console.is_terminal:
            columns = ("{task.fields[epoch]}", "{task.fields[text]}", "{task.fields[left]}")
            first, *rest = (TextColumn(column) for column in columns)
            self._bar = Bar(first, BarColumn(None), *rest, console=console, expand=True)
            self._task = self._bar.add_task(
                "", total=epochs * steps, completed=self._done, epoch="", text="", left=""
            )

    def __enter__(self) -> "EpochLine":
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar:
            self._bar.stop()

    def callback(self) -> Any:
        """A Keras callback for the next epoch."""
        from inkdigits.training.backend import load_keras

        line, before = self, self._done

        class Steps(load_keras().callbacks.Callback):  # type: ignore[misc]
            def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
                line._step(before + batch + 1, logs or {})

        return Steps() if self._bar else load_keras().callbacks.Callback()

    def finished(self, figures: dict[str, float]) -> None:
        """An epoch is over."""
        self._done = int(figures["epoch"]) * self._steps
        self._validation = _figures(figures["val_loss"], figures["val_accuracy"])
        if self._bar:
            self._step(self._done, figures)
        elif self._console:
            self._console.print(
                f"epoch {figures['epoch']:.0f}/{self._epochs}: loss"
                f" {_figures(figures['loss'], figures['accuracy'])}, validation {self._validation},"
                f" {figures['seconds']:.1f} s, {self._left(self._done)}",
                highlight=False,
            )

    def _step(self, step: int, figures: dict[str, float]) -> None:
        if self._bar is None:
            return
        epoch = min(self._epochs, (step - 1) // self._steps + 1)
        text = f"loss {_figures(figures.get('loss'), figures.get('accuracy'))}"
        if self._validation:
            text += f" · validation {self._validation}"
        self._bar.update(
            self._task,
            completed=step,
            epoch=f"epoch {epoch}/{self._epochs}",
            text=text,
            left=self._left(step),
        )

    def _left(self, step: int) -> str:
        fresh = step - self._before
        total = self._epochs * self._steps
        if fresh <= 0:
            return ""
        seconds = (time.perf_counter() - self._started) * (total - step) / fresh
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes}:{rest:02d} left"


def _figures(loss: float | None, accuracy: float | None) -> str:
    return "" if loss is None or accuracy is None else f"{loss:.4f}, {accuracy:.2%}"
