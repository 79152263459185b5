"""The command `inkdigits`. Each command imports what it needs itself, so that all start fast."""

import errno
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkdigits import __version__
from inkdigits.errors import DataUnavailable, InkdigitsError, NoDisplay, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.ink import Ink

FAILED = 1  # some input could not be read
WRONG_USE = 2  # wrong options, or something that the command needs is missing
INTERRUPTED = 130  # as a shell reports Ctrl-C
FILES_AT_ONCE = 256  # read, recognised and reported together, …
PIXELS_AT_ONCE = 50_000_000  # … or fewer when they are large: what is held in memory
DATA_SETS = ("mnist", "pendigits", "unipen")
BOM = b"\xef\xbb\xbf"  # Windows may put it before UTF-8


class _Commands(click.Group):
    """Turns our errors into one line on stderr and an exit status."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except InkdigitsError as error:
            click.echo(f"inkdigits: {error}", err=True)
            if isinstance(error.__cause__, KeyboardInterrupt):
                ctx.exit(INTERRUPTED)
            ctx.exit(FAILED if isinstance(error, DataUnavailable | UnreadableImage) else WRONG_USE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever read our answers has gone: click ends quietly
                raise
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"inkdigits: {place}{error.strerror or error}", err=True)
            ctx.exit(WRONG_USE)


_MODEL = click.option(
    "--model",
    metavar="NAME|FOLDER",
    help="An installed model's name or a model folder. Default: the shipped model.",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="inkdigits %(version)s")
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
    from inkdigits import printing
    from inkdigits.recognizer import Recognizer

    recognizer = Recognizer(model)
    names = list(_expand(sources))
    # A name may hold what this terminal cannot show; that must not stop the others.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    report = printing.FORMS[form or "table"]()
    failed = 0
    loaded: list[tuple[str, NDArray[np.uint8] | Ink]] = []

    def recognize_loaded() -> None:
        answers = recognizer.recognize_many(content for _, content in loaded)
        for (name, _), answer in zip(loaded, answers, strict=True):
            report.add(name, answer)
        loaded.clear()

    for name in _with_progress(names):
        try:
            loaded.append((name, _load(name)))
        except InkdigitsError as error:
            failed += 1
            click.echo(f"inkdigits: {_explain(name, error)}", err=True)
        if sum(getattr(content, "size", 0) for _, content in loaded) > PIXELS_AT_ONCE or (
            len(loaded) == FILES_AT_ONCE
        ):
            recognize_loaded()
    recognize_loaded()
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

    Keys: s says what it is, c clears, z takes the last stroke back, q quits.

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
@click.argument("config", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--epochs", type=click.IntRange(min=1), help="Train for so many epochs instead.")
@click.option("--seed", type=click.IntRange(min=0), help="Use this seed instead.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The run's folder. Default: runs/NAME-seedN.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@click.option(
    "--preview",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png",
    help="Only draw what the augmentation does to training images.",
)
def train(
    config: Path,
    epochs: int | None,
    seed: int | None,
    output: Path | None,
    resume: bool,
    preview: Path | None,
) -> None:
    """Train a model by a recipe: a YAML file as in configs/.

    The run's folder holds the recipe as used, curves, reports, the Keras model, and the model
    folder that `inkdigits recognize --model` takes. A run that was broken off goes on with
    --resume, to the same weights.

    \b
    Examples:
      inkdigits train configs/original.yaml
      inkdigits train configs/fast.yaml --seed 2 --output runs/second
      inkdigits train configs/original.yaml --resume
      inkdigits train configs/mnist.yaml --preview augmentation.png
    """
    from inkdigits.training.config import load_config
    from inkdigits.training.train import preview as draw_preview
    from inkdigits.training.train import train as run_training

    recipe = load_config(config).changed(epochs=epochs, seed=seed)
    if preview is not None:
        click.echo(draw_preview(recipe, preview))
        return
    run = run_training(recipe, output, resume=resume)
    click.echo(run.summary())


@main.command()
@click.argument("model")
@click.argument("data")
@click.option(
    "--outliers",
    multiple=True,
    metavar="DATA",
    help="Also measure how well what is no digit is refused: a folder of pictures, ink JSON lines "
    "or an IDX images file, whatever they show. May be given more than once.",
)
@click.option(
    "--look-alikes",
    is_flag=True,
    help="Count ink lines among the outliers whose label looks like a digit, too (O, l, S, ...).",
)
@click.option(
    "--held-out",
    is_flag=True,
    help="Of ink whose writers are told, count only every fifth: those that training holds out.",
)
@click.option(
    "--leave-out",
    multiple=True,
    metavar="KEY=VALUE",
    help="Leave out ink lines with this entry, such as contributor=ibm. May be given more than "
    "once.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write report.md with its pictures and report.json there.",
)
@click.option(
    "--card",
    is_flag=True,
    help="Write the report into the model's own folder, and its figures into the model card.",
)
def evaluate(
    model: str,
    data: str,
    outliers: tuple[str, ...],
    look_alikes: bool,
    held_out: bool,
    leave_out: tuple[str, ...],
    output: Path | None,
    card: bool,
) -> None:
    """Measure a MODEL (a folder, or an installed model's name) on DATA.

    DATA is `mnist` for MNIST's test images, an IDX images file beside its labels file, a
    folder with one folder of pictures for each label, ink JSON lines (.jsonl, .jsonl.gz), or
    ink that `inkdigits data fetch` gets, such as `pendigits_test`.
    The report: accuracy and loss, the table of the labels, calibration, refusals, what an answer
    costs; with --output also the pictures, every misread digit among them.

    \b
    Examples:
      inkdigits evaluate digits mnist
      inkdigits evaluate runs/fast-seed1/model my-digits/ --output report
      inkdigits evaluate digits mnist --outliers letters.jsonl.gz --outliers photos/
      inkdigits evaluate digits unipen_1a_digits --held-out --leave-out contributor=ibm
    """
    from inkdigits import artifact
    from inkdigits.training import card as cards
    from inkdigits.training.evaluate import evaluate as measure
    from inkdigits.training.evaluate import write_report
    from inkdigits.training.lines import Lines
    from inkdigits.training.report_text import as_text

    entries: dict[str, list[str]] = {}
    for entry in leave_out:
        key, equals, value = entry.partition("=")
        if not key or not equals:
            raise click.UsageError(f"--leave-out takes KEY=VALUE, not {entry!r}.")
        entries.setdefault(key, []).append(value)
    folder = artifact.model_path(model)
    if card:
        cards.recipe_of(folder)  # without it there is no card: said before anything is measured
    wanted = Lines(entries, held_out)
    report = measure(folder, data, outliers, look_alikes=look_alikes, wanted=wanted)
    places = [output] if output is not None else []
    places += [cards.report_folder(folder, report.dataset)] if card else []
    for place in places:
        write_report(report, place)
    if card:
        cards.renew(folder)
    click.echo(as_text(report))
    for place in places:
        click.echo(f"Report: {place / 'report.md'}")
    if card:
        click.echo(f"Card: {folder / cards.CARD}")


@main.group()
def data() -> None:
    """Get the data that training learns from."""


@data.command("fetch")
@click.argument("sets", nargs=-1, required=True, type=click.Choice(DATA_SETS), metavar="SET...")
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Keep them there, whatever is at hand elsewhere. Default: the user's cache.",
)
def fetch_data(sets: tuple[str, ...], output: Path | None) -> None:
    """Download data from their publishers and check them.

    SETs are mnist, pendigits and unipen; pen ink is converted to ink JSON lines. What is
    already at hand, in the folder named by the environment variable INKDIGITS_DATA or in the
    user's cache, stays as it is. Publisher and licence of each are printed. When one cannot be
    had, the others go on.

    Exit status: 0 all are at hand, 1 some are not, 2 wrong use.

    \b
    Examples:
      inkdigits data fetch mnist pendigits unipen
      inkdigits data fetch mnist --output data
    """
    from inkdigits.training import fetch

    failed = False
    for name in dict.fromkeys(sets):
        told = fetch.SETS[name]
        click.echo(f"{name}: {told.title}\n  publisher: {told.publisher}")
        click.echo(f"  licence: {told.licence}")
        try:
            for fetched in fetch.fetch(name, output):
                click.echo(f"  {fetched.path}: {fetched.news}")
        except DataUnavailable as error:
            failed = True
            click.echo(f"inkdigits: {error}", err=True)
    if failed:
        sys.exit(FAILED)


@main.command()
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
def export(run: Path) -> None:
    """Write the model folder of a finished RUN again.

    Its answers are proved equal to those of the Keras model.

    \b
    Example:
      inkdigits export runs/original-seed1
    """
    from inkdigits.training.export import export as write_again

    click.echo(f"Model: {write_again(run)}")


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


def _expand(sources: Iterable[str]) -> Iterator[str]:
    """Name every file: a folder stands for the pictures and ink files in it."""
    from inkdigits.image import SUFFIXES

    def fail(error: OSError) -> None:
        raise click.UsageError(f"The folder {error.filename} cannot be read: {error.strerror}.")

    for source in sources:
        if not source:
            raise click.UsageError("A file's name is empty.")
        if source == "-" or not os.path.isdir(source):  # noqa: PTH112 (it never raises)
            yield source
            continue
        inside = [
            os.path.join(folder, name)  # noqa: PTH118 (names as they are, joined to what was given)
            for folder, _, names in os.walk(source, onerror=fail)
            for name in names
            if name.lower().endswith((*SUFFIXES, ".json"))
        ]
        if not inside:
            raise click.UsageError(f"The folder {source} holds no picture and no ink file.")
        yield from sorted(inside)


def _with_progress(names: list[str]) -> Iterable[str]:
    """Show on a terminal how far we are when there are many names."""
    if len(names) <= FILES_AT_ONCE or not sys.stderr.isatty():
        return names
    from rich.console import Console
    from rich.progress import track

    return track(names, "Reading", console=Console(stderr=True), transient=True)


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
