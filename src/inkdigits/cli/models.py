"""Commands about models: `models`, what is done with them, and `learn`."""

import json
import sys
from typing import TYPE_CHECKING

import click

from inkdigits.cli.program import FAILED, main
from inkdigits.errors import InvalidModel

if TYPE_CHECKING:
    from inkdigits.artifact import ModelConfig

TOLD = ("name", "version", "kind", "labels")  # of a model
SHORT = 32  # characters of all labels together that the table has room for


@main.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_context
def models(ctx: click.Context, as_json: bool) -> None:
    """List the models that came with the program and those of your own.

    The one in use is marked: the commands, the window and a running server answer with it. Those
    of your own are kept in the folder that INKDIGITS_MODELS names, or in your data folder.

    \b
    Examples:
      inkdigits models
      inkdigits models --json
      inkdigits models add runs/letters-seed1 letters
      inkdigits models use letters
      inkdigits models remove learned-1
    """
    if ctx.invoked_subcommand is not None:
        return
    from inkdigits import artifact
    from inkdigits.model_home import ModelHome

    home = ModelHome()
    found = [(config.name, config) for config in artifact.installed_models()]
    failed = False
    for name in home.names():
        try:
            found.append((name, artifact.read_model(home.path(name))[0]))
        except InvalidModel as error:
            failed = True
            click.echo(f"inkdigits: {error}", err=True)
    in_use = home.in_use
    try:
        home.path_in_use()
    except InvalidModel as error:
        failed = True
        click.echo(f"inkdigits: {error}", err=True)
    if as_json:
        for name, config in found:
            record = {key: getattr(config, key) for key in TOLD} | {"name": name}
            more = {"in_use": name == in_use, "training": dict(config.training)}
            click.echo(json.dumps(record | more))
    else:
        _print_table(found, in_use)
    if failed:
        sys.exit(FAILED)


def _print_table(found: "list[tuple[str, ModelConfig]]", in_use: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Model", "Version", caption="* in use")
    table.add_column("Reads", max_width=8)
    table.add_column("Parameters", justify="right")
    table.add_column("Right", max_width=8)
    table.add_column("Trained on", overflow="fold")
    for name, config in found:
        training = config.training
        tested, held_out = training.get("test_accuracy"), training.get("validation_accuracy")
        right = f"{held_out:.2%} held out" if held_out is not None else ""
        row = (
            f"{name} *" if name == in_use else name,
            config.version,
            _reads(config),
            f"{training.get('parameters', 0):,}",
            f"{tested:.2%} of the test" if tested is not None else right,
            str(training.get("dataset", "")),
        )
        table.add_row(*map(Text, row))  # as it is: a label may look like markup
    Console().print(table)


def _reads(config: "ModelConfig") -> str:
    """What a model reads: with all its labels if they are few and short, else the outermost."""
    from inkdigits.wording import counted, noun

    labels, one = config.labels, noun(config.labels)
    lines = config.kind == "lines"
    told = " ".join(labels)
    if len(told) <= SHORT:
        return f"{'lines' if lines else f'{one}s'}: {told}"
    of = "lines of " if lines else ""
    return f"{of}{counted(len(labels), one)}: {labels[0]} \N{HORIZONTAL ELLIPSIS} {labels[-1]}"


@models.command()
@click.argument("folder")
@click.argument("name", required=False)
def add(folder: str, name: str | None) -> None:
    """Keep a copy of a model under a NAME: by default its own.

    FOLDER is a run's folder, or a model folder as training writes it.

    \b
    Example:
      inkdigits models add runs/letters-seed1 letters
    """
    from inkdigits import artifact
    from inkdigits.model_home import ModelHome

    home = ModelHome()
    found = home.find(folder)
    kept = artifact.read_model(found)[0].name if name is None else name
    click.echo(f"Added: {kept} ({home.add(found, kept)})")


@models.command()
@click.argument("name")
def use(name: str) -> None:
    """Answer with the model NAME from now on; a running server takes it up by itself.

    \b
    Examples:
      inkdigits models use learned-1
      inkdigits models use inkdigits       the shipped one again
    """
    from inkdigits.model_home import ModelHome

    click.echo(f"In use: {name} ({ModelHome().use(name)})")


@models.command()
@click.argument("name")
def remove(name: str) -> None:
    """Delete the model NAME of your own for good, unless it is in use.

    \b
    Example:
      inkdigits models remove learned-1
    """
    from inkdigits.model_home import ModelHome

    click.echo(f"Removed: {name} ({ModelHome().remove(name)})")


@main.command()
@click.option(
    "--database",
    metavar="URL",
    envvar="INKDIGITS_DATABASE_URL",
    help="Of the corrections, as for `inkdigits corrections`.",
)
@click.option("--dry-run", is_flag=True, help="Only compare: promote nothing, note nothing.")
@click.option("--again", is_flag=True, help="Learn although no correction is new.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision as one JSON object.")
def learn(database: str | None, dry_run: bool, again: bool, as_json: bool) -> None:
    """Learn from the corrections that are new since last time.

    A challenger goes on from the model in use, learning the corrections and what that model
    learned from. It is promoted, and in use from then on, only if it reads held-out corrections
    better and the standing test sets no worse beyond chance. The model before is kept: go back
    to it by `inkdigits models use`.

    \b
    Examples:
      inkdigits learn
      inkdigits learn --dry-run
    """
    from rich.console import Console

    from inkdigits.corrections import CorrectionStore
    from inkdigits.model_home import ModelHome
    from inkdigits.training.interrupting import interruptible
    from inkdigits.training.learning import learn as run

    with interruptible(), CorrectionStore(database, create=database is None) as store:
        console = Console(stderr=True)
        decision = run(store, ModelHome(), dry_run=dry_run, again=again, console=console)
    if as_json:
        click.echo(json.dumps(decision.as_json(), ensure_ascii=False))
        return
    click.echo(decision.why)
    if decision.promoted and dry_run:
        click.echo("It would be promoted.")
    else:
        click.echo(f"In use: {decision.name}")
