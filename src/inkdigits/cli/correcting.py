"""`inkdigits corrections`: look at what people corrected, take it out, bring it in."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.program import FAILED, main
from inkdigits.errors import InvalidCorrection

if TYPE_CHECKING:
    from inkdigits.corrections import CorrectionStore, Kept

_DATABASE = click.option(
    "--database",
    metavar="URL",
    envvar="INKDIGITS_DATABASE_URL",
    help="sqlite:////path/file or postgresql://user:password@host/name. Default: the environment's"
    " INKDIGITS_DATABASE_URL, else a SQLite file in your data folder.",
)


@main.group()
def corrections() -> None:
    """Look at what people corrected, take it out and bring it in.

    \b
    Examples:
      inkdigits corrections list
      inkdigits corrections export mine.jsonl
      inkdigits corrections export pictures/
    """


@corrections.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, with strokes.")
@click.option("--limit", type=click.IntRange(1), help="At most so many, the oldest first.")
@_DATABASE
def list_(as_json: bool, limit: int | None, database: str | None) -> None:
    """List all corrections, the oldest first.

    \b
    Examples:
      inkdigits corrections list --limit 20
    """
    from inkdigits.corrections.exchange import as_entry

    with _store(database) as store:
        for kept in store.since(limit=limit):
            click.echo(json.dumps(as_entry(kept), ensure_ascii=False) if as_json else _line(kept))


@corrections.command()
@click.argument("number", metavar="ID")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what was shown: FILE.png.",
)
@_DATABASE
def show(number: str, save: Path | None, database: str | None) -> None:
    """Print one correction as JSON.

    \b
    Examples:
      inkdigits corrections show 2f0875125cd84454e8640e14cc5cc702 --save it.png
    """
    from inkdigits.corrections.exchange import as_entry, picture
    from inkdigits.files import write_whole

    with _store(database) as store:
        kept = store.get(number)
    click.echo(json.dumps(as_entry(kept), ensure_ascii=False))
    if save is not None:
        write_whole(save, picture(kept.correction))


@corrections.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE.jsonl|FOLDER")
@_DATABASE
def export(target: Path, database: str | None) -> None:
    """Write all corrections: as ink JSON lines, or as PNG in one folder a label.

    Lines hold pictures that were corrected as "image", PNG in base64; a name that ends in .gz is
    compressed.

    \b
    Examples:
      inkdigits corrections export mine.jsonl.gz
      inkdigits corrections export pictures/
    """
    from inkdigits.corrections.exchange import LINES, write_lines, write_pictures
    from inkdigits.wording import counted

    if target.suffix and not target.is_dir() and not target.name.endswith(LINES):
        raise InvalidCorrection(
            f"{target}: the name of a folder, or of a file that ends in {', '.join(LINES)}, is"
            " needed."
        )
    write = write_lines if target.name.endswith(LINES) else write_pictures
    with _store(database) as store:
        count = write(store, target)
    click.echo(f"{counted(count, 'correction')} written to {target}", err=True)


@corrections.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="FILE.jsonl|FOLDER")
@_DATABASE
def import_(source: Path, database: str | None) -> None:
    """Read corrections that `export` wrote, or any labelled ink or pictures.

    FILE.jsonl holds ink JSON lines; FOLDER one folder a label, of pictures and ink files (.json).
    What is there already is recognised and left as it is.

    Exit status: 0 all read, 1 some could not be, 2 wrong use.

    \b
    Examples:
      inkdigits corrections import mine.jsonl.gz
      inkdigits corrections import corrected/
    """
    from inkdigits.corrections.exchange import read_into
    from inkdigits.wording import counted

    failed = []
    with _store(database, create=True) as store:
        new = read_into(store, source, lambda message: failed.append(_complain(message)))
    click.echo(f"{counted(new, 'new correction')} from {source}", err=True)
    if failed:
        sys.exit(FAILED)


@corrections.command()
@click.argument("numbers", nargs=-1, required=True, metavar="ID...")
@_DATABASE
def delete(numbers: tuple[str, ...], database: str | None) -> None:
    """Delete corrections for good.

    \b
    Examples:
      inkdigits corrections delete 2f0875125cd84454e8640e14cc5cc702
    """
    with _store(database) as store:
        for number in numbers:
            store.delete(number)


def _store(database: str | None, *, create: bool = False) -> "CorrectionStore":
    """The corrections; a database that was named and is not there is made only to be written."""
    from inkdigits.corrections import CorrectionStore

    return CorrectionStore(database, create=create or database is None)


def _line(kept: "Kept") -> str:
    """One line for a person: id, time, what was said, what is right."""
    told = kept.correction
    said = "refused" if told.predicted is None else told.predicted
    sure = "" if told.confidence is None else f" {told.confidence:.0%}"
    right = "not a digit" if told.label is None else told.label
    writer = f"  by {told.writer}" if told.writer else ""
    moment = kept.time.strftime("%Y-%m-%d %H:%M")
    return f"{kept.id}  {moment}  {said}{sure} → {right}{writer}"


def _complain(message: str) -> str:
    click.echo(f"inkdigits: {message}", err=True)
    return message
