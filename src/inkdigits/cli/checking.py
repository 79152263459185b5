"""`inkdigits data check`: look at data before anything is learned from them."""

import json
import sys
from pathlib import Path

import click

from inkdigits.cli.learning import data
from inkdigits.cli.program import FAILED


@data.command("check")
@click.argument("sources", nargs=-1, required=True, metavar="DATA...|RECIPE.yaml")
@click.option(
    "--test", metavar="DATA", help="A test set: nothing of it may be among what is learned from."
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write sheet.png, images of each label and the suspected ones; findings.csv, a row for"
    " each thing that was found; and check.json there. It may not be inside the data.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
def check_data(sources: tuple[str, ...], test: str | None, out: Path | None, as_json: bool) -> None:
    """Check labelled data: what is in them, what is wrong, and what to do about it.

    DATA are what a recipe's `dataset.train` takes: a folder with one folder for each label, a
    table (.csv), arrays (.npz), Parquet, ink JSON lines, an IDX images file, or a database of
    corrections; several are one training set. A recipe (.yaml) stands for all its data sets of
    labelled images, and for its test. Told are: images of each label, sizes, dark or light ink,
    writers; what cannot be read or shows nothing; images that are the same, also under different
    labels and in the test set; and images that likely have the wrong label, for a classifier
    that learned from the others contradicts it. One bad image does not stop the check.

    Exit status: 0 the data can be learned from, whatever else was found, 1 they cannot, as they
    are: training would stop at what cannot be read, or at a label of one image, or there are not
    two labels with two images each, or nothing could be opened, 2 wrong use, also of a test set.

    \b
    Examples:
      inkdigits data check my-digits/
      inkdigits data check train.csv --test test.csv --out report
      inkdigits data check letters.parquet more-letters/ --json
      inkdigits data check my-recipe.yaml
    """
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from inkdigits.training.checking import report
    from inkdigits.training.checking.check import check

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(words: str, done: int, total: int) -> None:
            if words not in tasks:
                tasks[words] = bar.add_task(words)
            bar.update(tasks[words], completed=done, total=total or None)

        found = check(sources, test, progress, out)
    for _, why in found.unopened:
        click.echo(f"inkdigits: {why}", err=True)
    written = report.write(found, out) if out is not None else []
    if as_json:
        click.echo(json.dumps(report.as_json(found), ensure_ascii=False))
    else:
        report.show(found, Console())
        for path in written:
            click.echo(path)
    if not found.is_usable:
        sys.exit(FAILED)
