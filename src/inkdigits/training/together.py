"""A run on several machines, as one of them does its part."""

import json
import os
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from inkdigits.errors import InkdigitsError, InterruptedRun, InvalidConfig, NodesApart
from inkdigits.training import datasets
from inkdigits.training.checkpoint import REPORT
from inkdigits.training.claiming import claimed, let_go
from inkdigits.training.config import NumbersConfig, TrainingConfig, parse_config
from inkdigits.training.nodes import MEETING, Crew, Nodes
from inkdigits.training.supervised import Died, supervise
from inkdigits.training.train import Run, default_output, fit, prepared, run_here


def train_together(
    config: TrainingConfig | NumbersConfig,
    nodes: Nodes,
    output: Path | None = None,
    *,
    resume: bool = False,
) -> Run | None:
    """Train by a recipe as one of several nodes, each of which must be told to.

    It runs in a process of its own, through JAX; progress goes to standard error, on rank 0 only.

    Args:
        config: the recipe, the same on all nodes; its batch size is that of all together.
        nodes: which node this is.
        output: the run folder, as for `train`; on rank 0 only, the others keep nothing.
        resume: as for `train`; the others go on where rank 0 does. A run may go on with another
            number of nodes, or by `train`.

    Returns:
        The finished run on rank 0, None on the others.

    Raises:
        InvalidConfig: The recipe is of lines, or does not fit the nodes or that of another node.
        NodesApart: The nodes did not meet, or lost one another.
        InkdigitsError: JAX is missing, or the process died; and what `train` raises.
    """
    if isinstance(config, NumbersConfig):
        raise InvalidConfig(
            "model.type: CTC makes a model of lines, which one machine trains: leave out --nodes,"
            " --node-rank and --coordinator."
        )
    nodes.check()
    config = datasets.with_labels(config)
    if not resume:  # what is missing is told before the folder is taken
        datasets.ensure(config)
    folder = output or default_output(config)
    mine = claimed(folder, config, resume) if nodes.leads else nullcontext(False)
    try:
        with mine as is_finished:
            if is_finished:
                report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
                return Run(folder, report, was_finished=True)
            try:
                report = supervise(_run_as, nodes, config.to_yaml(), folder)
            except Died as died:
                if nodes.leads and not resume and died.stage in ("", MEETING):
                    let_go(folder)  # the same command may try again
                raise nodes.apart(died) from died
            except InkdigitsError as error:
                # what is put right may begin anew; nodes that were lost go on with --resume
                if nodes.leads and not resume and not isinstance(error, NodesApart):
                    let_go(folder)
                raise
    except KeyboardInterrupt as error:
        raise InterruptedRun(
            f"Stopped. Go on with the same command and  --resume --output {folder}  on all nodes"
        ) from error
    return Run(folder, report) if nodes.leads else None


def _run_as(
    nodes: Nodes, recipe: str, folder: Path, *, console: Console, tell: Callable[[str], None]
) -> dict[str, Any] | None:
    """What one node does, in a process of its own."""
    os.environ["KERAS_BACKEND"] = "jax"
    config = parse_config(recipe)
    datasets.ensure(config)  # what is missing is told before the others wait
    crew = Crew(nodes, tell)
    if crew.leads:
        return run_here(config, folder, console, crew).report
    network, training, held_out = prepared(config)
    fit(network, config, training, held_out, crew=crew)
    return None
