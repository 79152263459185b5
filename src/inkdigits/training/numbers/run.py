"""A run of a model of lines: from a recipe to a folder with the trained model."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from inkdigits.files import write_whole
from inkdigits.training import checkpoint, convert
from inkdigits.training.backend import make_deterministic
from inkdigits.training.checkpoint import HISTORY, Progress
from inkdigits.training.config import NumbersConfig
from inkdigits.training.environment import note_environment
from inkdigits.training.history import as_csv
from inkdigits.training.numbers import line_network
from inkdigits.training.numbers.epochs import StripMaker, batches
from inkdigits.training.numbers.fitting import fit
from inkdigits.training.numbers.sources import read_glyphs


def run(config: NumbersConfig, folder: Path, console: Console) -> dict[str, Any]:
    """Train by a recipe, or go on where the folder's checkpoint ends; see `train.train`.

    Returns:
        What `report.json` holds.
    """
    convert.ensure()
    _, glyphs = read_glyphs(config)  # what is wrong with the data is told here
    with StripMaker(config) as maker:
        held_out = maker.held_out()
        make_deterministic(config.seed)
        network = line_network.build(config)
        line_network.prepare(network, config)
        done = checkpoint.restore(folder, network)
        note_environment(folder, config, done.epoch)
        told = (
            f"{config.model_name}: {network.count_params():,} parameters,"
            f" {config.strings.count:,} strings an epoch, {len(held_out):,} to validate; run"
            f" folder {folder}"
        )
        console.print(Text(told), soft_wrap=True)  # as in `train`: it may look like markup

        def keep(progress: Progress) -> None:
            checkpoint.save(folder, network, progress)
            write_whole(folder / HISTORY, as_csv(progress.history))

        watched = list(batches(held_out, config.training.batch_size))
        fit(network, config, maker, watched, done, keep=keep, console=console)
    write_whole(folder / HISTORY, as_csv(done.history))  # a kill may have come before its last row
    from inkdigits.training.numbers.finish import finish

    return finish(config, folder, network, held_out, glyphs, done, console)
