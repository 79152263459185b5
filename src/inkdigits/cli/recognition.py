"""Commands that read digits: `recognize`, `draw` and `models`."""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.program import FAILED, WRONG_USE, main
from inkdigits.errors import InkdigitsError, NoDisplay, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.ink import Ink

MANY_FILES = 256  # with more than so many, a terminal shows how far we are
BOM = b"\xef\xbb\xbf"  # Windows may put it before UTF-8

_MODEL = click.option(
    "--model",
    metavar="NAME|FOLDER",
    help="An installed model's name or a model folder. Default: the shipped model.",
)


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|-...")
@click.option("--json", "form", flag_value="json", help="Print one JSON object a line.")
@click.option("--csv", "form", flag_value="csv", help="Print comma-separated values with a header.")
@_MODEL
def recognize(sources: tuple[str, ...], form: str | None, model: str | None) -> None:
    """Read one digit from each picture or ink file.

    Pictures are PNG, JPEG, WebP, BMP, TIFF or GIF; ink is JSON: {"strokes": [[[x, y], ...], ...]}.
    A folder is searched with all its subfolders; - reads one picture or ink from standard input.
    A file or folder that cannot be read is named on standard error, and the others go on.

    Exit status: 0 all read, 1 some file or folder failed, 2 wrong use, or nothing to read at all.

    \b
    Examples:
      inkdigits recognize seven.png
      inkdigits recognize scans/ more/*.png --csv > answers.csv
      cat seven.png | inkdigits recognize - --json
    """
    from inkdigits import printing
    from inkdigits.recognizer import Recognizer

    recognizer = Recognizer(model)
    failed = 0

    def complain(message: str) -> None:
        nonlocal failed
        failed += 1
        sys.stderr.write(f"inkdigits: {message}\n")  # above the bar, which knows sys.stderr

    names = list(_expand(sources, complain))
    if not names:
        sys.exit(WRONG_USE)
    # A name may hold what this terminal cannot show; that must not stop the others.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    report = printing.FORMS[form or "table"]()
    waiting: deque[str] = deque()

    def contents() -> "Iterator[NDArray[np.uint8] | Ink]":
        for name in _with_progress(names):
            try:
                content = _load(name)
            except InkdigitsError as error:
                complain(_explain(name, error))
            else:
                waiting.append(name)
                yield content

    for answer in recognizer.stream(contents()):
        report.add(waiting.popleft(), answer)
    report.close()
    if failed:
        sys.exit(FAILED)


@main.command()
@click.option(
    "--once", is_flag=True, help="Close the window after the first answer (a blank sheet is none)."
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the drawing with each answer and when the window closes: FILE.png as it looks, "
    "FILE.json as ink. A blank sheet is not kept.",
)
@click.option(
    "--or-recognize",
    type=click.Path(exists=True, file_okay=False),
    metavar="FOLDER",
    help="Where no window can be opened, say so and read the drawings in FOLDER instead.",
)
@_MODEL
@click.pass_context
def draw(
    ctx: click.Context, once: bool, save: Path | None, or_recognize: str | None, model: str | None
) -> None:
    """Draw a digit in a window and be told what it is.

    Keys: s or Return says what it is, c, Delete or Escape clears, z or Backspace takes the last
    stroke back, q quits.

    \b
    Examples:
      inkdigits draw
      inkdigits draw --once --save seven.json
    """
    from inkdigits import desktop

    try:
        status = desktop.main(model=model, once=once, save=save)
    except NoDisplay as error:
        if or_recognize is None:
            raise
        click.echo(f"inkdigits: {error}", err=True)
        ctx.invoke(recognize, sources=(or_recognize,), form=None, model=model)
        return
    sys.exit(status)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def models(as_json: bool) -> None:
    """List the installed models with their figures.

    \b
    Examples:
      inkdigits models
      inkdigits models --json
    """
    from inkdigits.artifact import installed_models

    found = installed_models()
    if as_json:
        for config in found:
            record = {"name": config.name, "version": config.version, "labels": config.labels}
            click.echo(json.dumps(record | {"training": dict(config.training)}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Model", "Version", "Labels", "Parameters", "Right", "Trained on")
    for config in found:
        training = config.training
        tested, held_out = training.get("test_accuracy"), training.get("validation_accuracy")
        right = f"{held_out:.2%} of what was held out" if held_out is not None else ""
        table.add_row(
            config.name,
            config.version,
            " ".join(config.labels),
            f"{training.get('parameters', 0):,}",
            f"{tested:.2%} of the test" if tested is not None else right,
            str(training.get("dataset", "")),
        )
    Console().print(table)


def _expand(sources: Iterable[str], complain: Callable[[str], None]) -> Iterator[str]:
    """Name every file: a folder stands for the pictures and ink files in it."""
    from inkdigits.image import SUFFIXES

    def fail(error: OSError) -> None:
        complain(f"The folder {error.filename} cannot be read: {error.strerror}.")

    for source in sources:
        if not source:
            complain("A file's name is empty.")
        elif source == "-" or not os.path.isdir(source):  # noqa: PTH112 (it never raises)
            yield source
        else:
            inside = [
                os.path.join(folder, name)  # noqa: PTH118 (names as they are, joined to what was given)
                for folder, _, names in os.walk(source, onerror=fail)
                for name in names
                if name.lower().endswith((*SUFFIXES, ".json"))
            ]
            if not inside:
                complain(f"The folder {source} holds no picture and no ink file.")
            yield from sorted(inside)


def _with_progress(names: list[str]) -> Iterable[str]:
    """Show on a terminal how far we are when there are many names."""
    if len(names) <= MANY_FILES or not sys.stderr.isatty():
        yield from names
        return
    from rich.console import Console
    from rich.progress import Progress

    # Errors go above the bar, but answers where they are sent.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(names, description="Reading")


def _load(name: str) -> "NDArray[np.uint8] | Ink":
    """Read a picture or an ink file."""
    from inkdigits.image import MAX_BYTES, load_image
    from inkdigits.ink import Ink

    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        looks_like_json = data.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")
    elif name.lower().endswith(".json"):
        try:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UnreadableImage(f"{name} cannot be read: {error.strerror}.") from error
        looks_like_json = True
    else:
        return load_image(name)
    if looks_like_json and len(data) <= MAX_BYTES:
        return Ink.from_json(data.removeprefix(BOM))
    return load_image(data)  # which says that it is too large


def _explain(name: str, error: Exception) -> str:
    """Say which file failed and why."""
    return str(error) if name in str(error) else f"{name}: {error}"
