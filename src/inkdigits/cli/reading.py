"""`inkdigits read`: whole numbers, everything that is written on a page."""

from pathlib import Path

import click

from inkdigits.cli import sources as given
from inkdigits.cli.program import main


@main.command()
@given.argument
@click.option("--json", "form", flag_value="json", help="Print one JSON object a line, for a file.")
@click.option(
    "--csv",
    "form",
    flag_value="csv",
    help="Print comma-separated values with a header, a number a line.",
)
@click.option(
    "--annotate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.png",
    help="Draw what was read over the picture, or over the ink, what is in doubt in red; of one "
    "file only.",
)
@click.option("--length", type=click.IntRange(1), help="How many digits each number has.")
@click.option(
    "--pattern", help="d for a digit, and . , - / : where they stand, as dd.dd; all of a number."
)
@click.option("--minimum", type=float, help="The least value of a number.")
@click.option("--maximum", type=float, help="The greatest.")
@given.model_option
@given.lines_option
def read(
    sources: tuple[str, ...],
    form: str | None,
    annotate: Path | None,
    length: int | None,
    pattern: str | None,
    minimum: float | None,
    maximum: float | None,
    model: Path | None,
    lines: Path | None,
) -> None:
    """Read whole numbers from each picture or ink file: all that is written, line by line.

    Files, folders and - are taken as by `inkdigits recognize`, which reads one digit; a file or
    folder that cannot be read is named on standard error, and the others go on. What is known of
    the numbers makes them surer; where nothing that is written fits, the most probable text is
    given with a confidence of 0.

    Exit status: 0 all read, 1 some file or folder failed, 2 wrong use, or nothing to read at all.

    \b
    Examples:
      inkdigits read page.jpg
      inkdigits read form.png --annotate seen.png
      inkdigits read meters/ --length 5 --csv > meters.csv
      inkdigits read prices.json --pattern dd.dd --maximum 50 --json
    """
    from inkdigits import printing
    from inkdigits.recognizer import Recognizer

    if annotate is not None and annotate.suffix.lower() != ".png":
        raise click.UsageError(f"--annotate writes a PNG: {annotate} must end in .png.")
    recognizer = Recognizer(model, lines=lines)
    files = given.Sources(sources)
    if annotate is not None and len(files.names) > 1:
        raise click.UsageError(
            f"--annotate draws over one file, and {len(files.names)} are given: read them one by "
            "one."
        )
    report = printing.READINGS[form or "table"]()
    for name, content in files:
        readings = recognizer.read(
            content, length=length, pattern=pattern, minimum=minimum, maximum=maximum
        )
        if annotate is not None:
            from inkdigits.annotate import write_annotated

            write_annotated(annotate, content, readings)
        report.add(name, readings)
    report.close()
    files.end()
