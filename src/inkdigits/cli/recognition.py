"""Commands that read digits: `recognize` and `draw`."""

import sys
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli import sources as given
from inkdigits.cli.program import main
from inkdigits.errors import NoDisplay

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.ink import Ink


@main.command()
@given.argument
@click.option("--json", "form", flag_value="json", help="Print one JSON object a line.")
@click.option("--csv", "form", flag_value="csv", help="Print comma-separated values with a header.")
@given.model_option
def recognize(sources: tuple[str, ...], form: str | None, model: Path | None) -> None:
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
    files = given.Sources(sources)
    report = printing.FORMS[form or "table"]()
    waiting: deque[str] = deque()

    def contents() -> "Iterator[NDArray[np.uint8] | Ink]":
        for name, content in files:
            waiting.append(name)
            yield content

    for answer in recognizer.stream(contents()):
        report.add(waiting.popleft(), answer)
    report.close()
    files.end()


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
@given.model_option
@click.pass_context
def draw(
    ctx: click.Context, once: bool, save: Path | None, or_recognize: str | None, model: Path | None
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
