"""`inkdigits batch`: many pictures, on one machine or on many."""

import sys
from pathlib import Path
from typing import Any

import click

from inkdigits.cli import sources as given
from inkdigits.cli.program import FAILED, main


@main.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.argument("output", metavar="OUTPUT")
@click.option("--read", is_flag=True, help="Read whole numbers, as `inkdigits read` does.")
@click.option("--length", type=click.IntRange(1), help="With --read: digits of each number.")
@click.option("--pattern", help="With --read: d for a digit, and . , - / : where they stand.")
@click.option("--minimum", type=float, help="With --read: the least value of a number.")
@click.option("--maximum", type=float, help="With --read: the greatest.")
@click.option(
    "--column",
    metavar="NAME",
    help="Of Parquet files: the column of pictures, strokes or paths. Default: the first of"
    " strokes, ink, path, file, file_name, image, picture and the like.",
)
@click.option(
    "--part-rows",
    type=click.IntRange(1),
    help="Most rows of a part, which is done as a whole or not at all. Default: 250 at first, later"
    " a 256th of the rows before it, up to 10,000; with --read 4 to 200.",
)
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="Processes. Default: one for each core, or all that the cluster has.",
)
@click.option(
    "--address",
    envvar="RAY_ADDRESS",
    help="Join this Ray cluster; auto: the one this machine belongs to. Default: the environment's"
    " RAY_ADDRESS, else Ray is started here and ended with the job.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 if any row of the job could not be read.")
@given.model_option
@given.lines_option
def batch(
    inputs: tuple[str, ...],
    output: str,
    workers: int | None,
    address: str | None,
    strict: bool,
    model: Path | None,
    lines: Path | None,
    **options: Any,
) -> None:
    """Read every INPUT and write the answers into the folder OUTPUT, as Parquet.

    An INPUT is a picture or an ink file, a folder with all its subfolders, a pattern such as
    'scans/**/*.png', a tar shard as WebDataset writes it, or a Parquet file with a column of
    pictures (as bytes, or as Hugging Face stores them), strokes or paths; on this machine, or at
    s3://, gs:// or whatever else fsspec reaches. OUTPUT may be there too.

    Each row has path, label, confidence, reason, scores and error; with --read, path, readings and
    error. What cannot be read is a row that says why, and the others go on. A job that was stopped
    goes on by the same command, with the inputs as they were listed at first. See docs/scaling.md.

    Exit status: 0 all parts are there, 1 some are not, or an input cannot be found, or, with
    --strict, a row could not be read, 2 wrong use.

    \b
    Examples:
      inkdigits batch scans/ answers/
      inkdigits batch 's3://bucket/shards/*.tar' s3://bucket/answers
      inkdigits batch meters.parquet readings/ --read --length 5 --workers 8
      inkdigits batch gs://bucket/scans gs://bucket/answers --address auto
    """
    from rich.console import Console

    from inkdigits.batch import job
    from inkdigits.batch.options import Options
    from inkdigits.wording import counted

    known = ("length", "pattern", "minimum", "maximum")
    if not options["read"] and (lines or any(options[key] is not None for key in known)):
        raise click.UsageError(
            "--length, --pattern, --minimum, --maximum and --lines say something of whole numbers:"
            " give --read too."
        )
    summary = job.run(
        inputs,
        output,
        Options(**options),
        model=model,
        lines=lines,
        workers=workers,
        address=address,
        console=Console(stderr=True),
    )
    if summary.before:
        parts = counted(summary.parts, "part")
        click.echo(f"There already: {summary.before:,} of {parts}.", err=True)
    text = f"In {output}: {counted(summary.parts, 'part')}"
    if summary.rows:
        text = (
            f"{counted(summary.rows, 'row')} in {summary.seconds:.1f} s,"
            f" {summary.rows / summary.seconds:,.0f} a second; {summary.errors:,} could not be"
            f" read. {text}"
        )
    if summary.before:
        text += (
            f", with {counted(summary.all_rows, 'row')}, of which {summary.all_errors:,} could not"
            " be read"
        )
    click.echo(text, err=True)
    if strict and summary.all_errors:
        sys.exit(FAILED)
