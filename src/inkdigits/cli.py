"""The command `inkdigits`. Each command imports what it needs itself, so that all start fast."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits.errors import (
    DataUnavailable,
    InkdigitsError,
    InterruptedRun,
    UnreadableImage,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.ink import Ink
    from inkdigits.recognizer import Prediction

FAILED = 1  # some input could not be read
WRONG_USE = 2  # wrong options, or something that the command needs is missing
INTERRUPTED = 130  # as a shell reports Ctrl-C
CHUNK = 512  # files recognised, and reported, together

FIELDS = ("file", "label", "best_label", "confidence", "reason")
REASONS = {"blank": "nothing drawn", "not_a_digit": "not a digit", "unsure": "unsure"}


class _Commands(click.Group):
    """Turns our errors into one line on stderr and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InkdigitsError as error:
            click.echo(f"inkdigits: {error}", err=True)
            if isinstance(error, InterruptedRun):
                ctx.exit(INTERRUPTED)
            ctx.exit(FAILED if isinstance(error, DataUnavailable | UnreadableImage) else WRONG_USE)


_MODEL = click.option(
    "--model",
    metavar="NAME|FOLDER",
    help="An installed model's name or a model folder. Default: the shipped model.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="inkdigits", message="inkdigits %(version)s")
def main() -> None:
    """Read handwritten digits: drawn, photographed or scanned.

    \b
    Examples:
      inkdigits draw                        draw a digit in a window
      inkdigits recognize seven.png         read a picture
      inkdigits recognize scans/ --json     read a folder, one JSON object a line
      inkdigits train configs/original.yaml
    """


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@click.option("--json", "form", flag_value="json", help="Print one JSON object a line.")
@click.option("--csv", "form", flag_value="csv", help="Print comma-separated values with a header.")
@_MODEL
def recognize(sources: tuple[str, ...], form: str | None, model: str | None) -> None:
    """Read one digit from each picture or ink file.

    Pictures are PNG, JPEG, WebP, BMP, TIFF or GIF; ink is JSON: {"strokes": [[[x, y], ...], ...]}.
    A folder is searched with all its subfolders; - reads one picture or ink from standard input.
    A file that cannot be read is named on standard error, and the others go on.

    Exit status: 0 all read, 1 some file failed, 2 wrong use.

    \b
    Examples:
      inkdigits recognize seven.png
      inkdigits recognize scans/ more/*.png --csv > answers.csv
      cat seven.png | inkdigits recognize - --json
    """
    from inkdigits.recognizer import Recognizer

    recognizer = Recognizer(model)
    report = {"json": _JsonReport, "csv": _CsvReport}.get(form or "", _TableReport)()
    failed = 0
    names = list(_expand(sources))
    for chunk in _with_progress(names):
        readable: list[str] = []
        contents: list[NDArray[np.uint8] | Ink] = []
        for name in chunk:
            try:
                contents.append(_load(name))
            except (InkdigitsError, OSError) as error:
                failed += 1
                click.echo(f"inkdigits: {_explain(name, error)}", err=True)
            else:
                readable.append(name)
        for name, answer in zip(readable, recognizer.recognize_many(contents), strict=True):
            report.add(name, answer)
    report.close()
    if failed:
        sys.exit(FAILED)


@main.command()
@click.option("--once", is_flag=True, help="Close the window after the first answer.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the drawing when the window closes: FILE.png as it looks, FILE.json as ink.",
)
@_MODEL
def draw(once: bool, save: Path | None, model: str | None) -> None:
    """Draw a digit in a window and be told what it is.

    Keys: s says what it is, c clears, z takes the last stroke back, q quits.

    \b
    Examples:
      inkdigits draw
      inkdigits draw --once --save seven.json
    """
    from inkdigits import desktop

    sys.exit(desktop.main(model=model, once=once, save=save))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def models(as_json: bool) -> None:
    """List the installed models with their figures."""
    from inkdigits.artifact import installed_models

    found = installed_models()
    if as_json:
        for config in found:
            record = {"name": config.name, "version": config.version, "labels": config.labels}
            click.echo(json.dumps(record | {"training": dict(config.training)}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Model", "Version", "Labels", "Parameters", "MNIST test", "Trained on")
    for config in found:
        training = config.training
        accuracy = training.get("test_accuracy")
        table.add_row(
            config.name,
            config.version,
            " ".join(config.labels),
            f"{training.get('parameters', 0):,}",
            f"{accuracy:.2%}" if isinstance(accuracy, float) else "",
            str(training.get("dataset", "")),
        )
    Console().print(table)


class _JsonReport:
    """One JSON object a line."""

    def add(self, name: str, answer: "Prediction") -> None:
        """Print one answer."""
        record = _record(name, answer)
        record["confidence"] = round(answer.confidence, 6)
        scores = {label: round(score, 6) for label, score in answer.scores.items()}
        click.echo(json.dumps(record | {"scores": scores}, ensure_ascii=False))

    def close(self) -> None:
        """Nothing is left to print."""


class _CsvReport:
    """Comma-separated values with a header."""

    def __init__(self) -> None:
        self._writer = csv.writer(sys.stdout, lineterminator="\n")
        self._writer.writerow(FIELDS)

    def add(self, name: str, answer: "Prediction") -> None:
        """Print one answer."""
        record = _record(name, answer) | {"confidence": f"{answer.confidence:.6f}"}
        self._writer.writerow(["" if record[key] is None else record[key] for key in FIELDS])

    def close(self) -> None:
        """Nothing is left to print."""


class _TableReport:
    """A table for people."""

    def __init__(self) -> None:
        from rich.table import Table

        self._table = Table("File", "Digit", "Confidence", "")
        self._table.columns[2].justify = "right"

    def add(self, name: str, answer: "Prediction") -> None:
        """Keep one answer."""
        from rich.text import Text

        note = REASONS.get(answer.reason or "", "")
        if answer.reason and answer.best_label:
            note += f" (closest: {answer.best_label})"
        sure = f"{answer.confidence:.2%}" if answer.best_label else ""
        self._table.add_row(Text(name), Text(answer.label or "–", "bold"), sure, Text(note, "dim"))

    def close(self) -> None:
        """Print the table."""
        from rich.console import Console

        if self._table.row_count:
            Console().print(self._table)


def _record(name: str, answer: "Prediction") -> dict[str, Any]:
    """Return the fields that every machine-readable form shares."""
    return {
        "file": name,
        "label": answer.label,
        "best_label": answer.best_label,
        "confidence": answer.confidence,
        "reason": answer.reason,
    }


def _expand(sources: Iterable[str]) -> Iterator[str]:
    """Name every file: a folder stands for the pictures and ink files in it."""
    from inkdigits.image import SUFFIXES

    for source in sources:
        path = Path(source)
        if source == "-" or not path.is_dir():
            yield source
            continue
        inside = [
            file
            for file in sorted(path.rglob("*"))
            if file.suffix.lower() in (*SUFFIXES, ".json") and file.is_file()
        ]
        if not inside:
            raise click.UsageError(f"The folder {source} holds no picture and no ink file.")
        yield from map(str, inside)


def _with_progress(names: list[str]) -> Iterator[list[str]]:
    """Cut the names into chunks; show on a terminal how far we are when there are many."""
    chunks = (names[start : start + CHUNK] for start in range(0, len(names), CHUNK))
    if len(names) <= CHUNK or not sys.stderr.isatty():
        yield from chunks
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Reading", total=len(names))
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))


def _load(name: str) -> "NDArray[np.uint8] | Ink":
    """Read a picture or an ink file."""
    from inkdigits.image import MAX_BYTES, load_image
    from inkdigits.ink import Ink

    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        return Ink.from_json(data) if data.lstrip().startswith(b"{") else load_image(data)
    if name.lower().endswith(".json"):
        with Path(name).open("rb") as file:
            return Ink.from_json(file.read(MAX_BYTES + 1))
    return load_image(name)


def _explain(name: str, error: Exception) -> str:
    """Say which file failed and why."""
    if isinstance(error, OSError) and not isinstance(error, InkdigitsError):
        return f"{name}: {error.strerror or error}"
    return str(error) if name in str(error) else f"{name}: {error}"
