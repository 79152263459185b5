"""Commands that make and measure models: `train`, `evaluate`, `export` and `data`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.program import FAILED, main
from inkdigits.errors import DataUnavailable, InvalidModel

if TYPE_CHECKING:
    from inkdigits.training.config import NumbersConfig, TrainingConfig

DATA_SETS = ("mnist", "pendigits", "unipen")


@main.command()
@click.argument("what", metavar="RECIPE.yaml|DATA")
@click.option(
    "--from",
    "model",
    metavar="NAME|FOLDER",
    help="Go on from a model: its name, a model folder, or a run's.",
)
@click.option(
    "--no-replay",
    is_flag=True,
    help="Of DATA: learn nothing else beside, though the model may forget what it knew.",
)
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
    help="Only draw what the training sees: what the augmentation does to images, or strings.",
)
@click.option("--nodes", type=int, metavar="N", help="Train on so many machines together.")
@click.option("--node-rank", type=int, metavar="R", help="Which of them this is, from 0.")
@click.option("--coordinator", metavar="HOST:PORT", help="An address of rank 0 that all reach.")
def train(
    what: str,
    model: str | None,
    no_replay: bool,
    epochs: int | None,
    seed: int | None,
    output: Path | None,
    resume: bool,
    preview: Path | None,
    nodes: int | None,
    node_rank: int | None,
    coordinator: str | None,
) -> None:
    """Train a model by a recipe, a YAML file as in configs/, or on DATA of your own.

    DATA is a folder with one folder a label, a table (.csv), arrays (.npz), Parquet, ink JSON
    lines, IDX, or a database of corrections; its labels may be any, and a recipe is made up for
    it. Going --from inkdigits it takes few images, and what that model learned from is learned
    again beside them where the labels are the same. See docs/custom-data.md.

    The run's folder holds the recipe as used, curves, reports, the Keras model, and the model
    folder that `inkdigits recognize --model` takes. A run that was broken off goes on with
    --resume, to the same weights.

    On several machines, which all have the recipe and the data, the same command is given to each
    with --nodes, --coordinator and its own --node-rank; the run's folder is on rank 0. The recipe's
    batch size is that of all together. This needs JAX.

    \b
    Examples:
      inkdigits train configs/original.yaml
      inkdigits train configs/fast.yaml --seed 2 --output runs/second
      inkdigits train configs/original.yaml --resume
      inkdigits train configs/inkdigits.yaml --preview augmentation.png
      inkdigits train my-letters/
      inkdigits train my-digits.csv --from inkdigits
      inkdigits train configs/fast.yaml --nodes 2 --node-rank 0 --coordinator 10.0.0.1:9100
    """
    from inkdigits.training.config import NumbersConfig
    from inkdigits.training.numbers.preview import preview as draw_strips
    from inkdigits.training.train import preview as draw_changes
    from inkdigits.training.train import train as run_training

    recipe = _recipe(what, model, replay=not no_replay).changed(epochs=epochs, seed=seed)
    together = nodes, node_rank, coordinator
    if together != (None, None, None) and (None in together or preview is not None):
        raise click.UsageError(
            "--nodes, --node-rank and --coordinator belong together, without --preview."
        )
    if preview is not None:
        if isinstance(recipe, NumbersConfig):
            click.echo(draw_strips(recipe, preview))
        else:
            click.echo(draw_changes(recipe, preview))
        return
    if nodes is not None and node_rank is not None and coordinator is not None:
        from inkdigits.training.nodes import Nodes
        from inkdigits.training.together import train_together

        place = Nodes(nodes, node_rank, coordinator)
        joint = train_together(recipe, place, output, resume=resume)
        click.echo(joint.summary() if joint else f"Rank {node_rank}: done; the model is on rank 0.")
        return
    run = run_training(recipe, output, resume=resume)
    click.echo(run.summary())


def _recipe(what: str, model: str | None, *, replay: bool) -> "TrainingConfig | NumbersConfig":
    """The recipe that was named, or one that is made up for the data that were."""
    from inkdigits.model_home import ModelHome
    from inkdigits.training import own
    from inkdigits.training.config import NumbersConfig, load_recipe

    if model is not None:
        model = str(ModelHome().find(model))
    if not what.lower().endswith((".yaml", ".yml")):
        return own.recipe_for(what, model, replay=replay)
    if not replay:
        raise click.UsageError("--no-replay is for DATA: a recipe names all that is learned.")
    recipe = load_recipe(what)
    if model is None:
        return recipe
    if isinstance(recipe, NumbersConfig):
        raise click.UsageError("--from is for models of single digits; this recipe is of lines.")
    return own.going_on(recipe, model)


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
    help="Of data that the model was trained with, count only what its training held out; all else "
    "counts whole.",
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
    """Measure a MODEL (its name, a model folder, or a run's) on DATA.

    DATA is `mnist` for MNIST's test images, a folder with one folder for each label, of
    pictures and ink files (.json), a table (.csv) of pixels or paths, arrays (.npz), Parquet,
    ink JSON lines (.jsonl, .jsonl.gz), an IDX images file beside its labels file, a database of
    corrections, or ink that `inkdigits data fetch` gets, such as `pendigits_test`.
    The report: accuracy and loss, the table of the labels, calibration, refusals, what an answer
    costs; with --output also the pictures, every misread digit among them.

    \b
    Examples:
      inkdigits evaluate inkdigits mnist
      inkdigits evaluate runs/fast-seed1/model my-digits/ --output report
      inkdigits evaluate inkdigits kaggle/train.csv
      inkdigits evaluate inkdigits mnist --outliers letters.jsonl.gz --outliers photos/
      inkdigits evaluate inkdigits unipen_1a_digits --held-out
      inkdigits evaluate inkdigits unipen_1a_digits --leave-out contributor=ibm
    """
    from inkdigits.model_home import ModelHome
    from inkdigits.training import card as cards
    from inkdigits.training.config import recipe_of
    from inkdigits.training.evaluate import evaluate as measure
    from inkdigits.training.evaluate import write_report
    from inkdigits.training.interrupting import interruptible
    from inkdigits.training.lines import Lines
    from inkdigits.training.report_text import as_text

    entries: dict[str, list[str]] = {}
    for entry in leave_out:
        key, equals, value = entry.partition("=")
        if not key or not equals:
            raise click.UsageError(f"--leave-out takes KEY=VALUE, not {entry!r}.")
        entries.setdefault(key, []).append(value)
    folder = ModelHome().find(model)
    try:  # before anything is measured: without the recipe there is neither
        recipe = recipe_of(folder) if card or held_out else None
    except InvalidModel as error:
        raise InvalidModel(f"{error} Measure it without --card and --held-out.") from error
    with interruptible():
        report = measure(
            folder,
            data,
            outliers,
            look_alikes=look_alikes,
            wanted=Lines(entries),
            recipe=recipe if held_out else None,
        )
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
    """Get and check the data that training learns from."""


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


@data.command("compose")
@click.option("--count", type=click.IntRange(min=1), required=True, help="How many strings.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Where to; an empty folder, or one that is not there.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, help="Other strings. Default: 1.")
@click.option(
    "--recipe",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.yaml",
    help="Whose data to make them of. Default: those of the shipped model of lines.",
)
@click.option(
    "--held-out", is_flag=True, help="Of writers and pictures from which the model did not learn."
)
def compose_data(count: int, out: Path, seed: int, recipe: Path | None, held_out: bool) -> None:
    """Make up pictures of handwritten numbers, with what they say.

    Digits of one hand side by side, from far apart to overlapping, on paper of many kinds, as
    the model of lines learns from. labels.csv says of each file what is written, `?` for whatever
    is no part of a number.

    \b
    Examples:
      inkdigits data compose --count 10000 --out strings
      inkdigits data compose --count 500 --out test-strings --held-out --seed 2
    """
    from rich.console import Console
    from rich.progress import track

    from inkdigits import artifact
    from inkdigits.errors import InvalidConfig
    from inkdigits.training.config import NumbersConfig, load_recipe
    from inkdigits.training.numbers.sources import read_glyphs
    from inkdigits.training.numbers.writing import LABELS, write_strings

    source = recipe or artifact.model_path(artifact.LINES) / "recipe.yaml"
    config = load_recipe(source)
    if not isinstance(config, NumbersConfig):
        raise InvalidConfig(f"{source}: this recipe is of single digits, not of lines.")
    glyphs = read_glyphs(config)[int(held_out)]
    strings = write_strings(glyphs, count, out, seed)
    for _ in track(strings, "Strings", total=count, console=Console(stderr=True)):
        pass
    click.echo(f"Labels: {out / LABELS}")


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
    from inkdigits.training.interrupting import interruptible

    with interruptible():
        click.echo(f"Model: {write_again(run)}")
