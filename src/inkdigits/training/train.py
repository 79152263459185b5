"""A run: from a recipe to a folder with the trained model, its figures and its curves."""

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from inkdigits.confidence import auroc, share_refused
from inkdigits.errors import InkdigitsError, InterruptedRun, InvalidConfig
from inkdigits.files import write_whole
from inkdigits.training import checkpoint, datasets, mixture
from inkdigits.training.augment import augment
from inkdigits.training.checkpoint import HISTORY, MODEL, REPORT, Progress
from inkdigits.training.claiming import claimed, let_go
from inkdigits.training.config import NumbersConfig, Recipe, TrainingConfig
from inkdigits.training.distilling import Teacher
from inkdigits.training.environment import note_environment
from inkdigits.training.evaluate import cross_entropy
from inkdigits.training.history import as_csv
from inkdigits.training.interrupting import interruptible
from inkdigits.training.mixture import HeldOut, Mixture
from inkdigits.training.nodes import Crew
from inkdigits.training.progress import EpochLine
from inkdigits.training.sections import AugmentationConfig
from inkdigits.training.styles import restyle
from inkdigits.wording import counted

WIDE = 0.03  # an interval of the accuracy that says little, as of fewer than some 150 images


@dataclass(frozen=True)
class Run:
    """A finished run: its folder and what `report.json` in it says."""

    folder: Path
    report: dict[str, Any]
    was_finished: bool = False

    def summary(self) -> str:
        """The outcome in a few lines, for a terminal."""
        report, training = self.report, self.report["training"]
        parts = report.get("parts") or {report["dataset"]: report}
        tested = "\n".join(_tested(name, found) for name, found in parts.items())
        was_finished = "The run was finished before.\n" if self.was_finished else ""
        return (
            f"{was_finished}"
            f"{tested}\n"
            f"Loss        {report['loss']:.4f}\n"
            f"Training    {counted(training['epochs'], 'epoch')} in {training['seconds']:.0f} s\n"
            f"Report      {self.folder / 'report.md'}\n"
            f"Model       {self.folder / MODEL}"
        )


def _tested(name: str, found: Mapping[str, Any]) -> str:
    """How many images of a data set were read right, and how far that can be trusted."""
    low, high = found["accuracy_interval"]
    few = "; few images: trust the interval, or hold out more" if high - low > WIDE else ""
    return (
        f"Tested on   {name}, {counted(found['images'], 'image')}\n"
        f"Accuracy    {found['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}{few})"
    )


def default_output(config: Recipe) -> Path:
    """Folder of a run for which none was named; the same for the same recipe and seed."""
    return Path("runs") / f"{config.model_name}-seed{config.seed}"


def train(
    config: TrainingConfig | NumbersConfig,
    output: Path | None = None,
    *,
    resume: bool = False,
    console: Console | None = None,
) -> Run:
    """Train by a recipe, or go on with a run that was broken off.

    Args:
        config: the recipe, with overrides applied (`config.changed(epochs=…, seed=…)`).
        output: the run folder; None: `default_output(config)`. Without `resume` it must be empty.
        resume: go on where the folder's checkpoint ends, to the weights of an unbroken run; the
            folder must hold a run, or nothing: what a kill at the very start leaves.
        console: where progress goes; None: standard error.

    Raises:
        InterruptedRun: Ctrl-C, or the folder holds another run, or none where one was to go on, or
            another process is at work in it.
        InvalidConfig: The recipe's layers do not fit together.
        DataUnavailable: A data set is not to be had, or too small.
    """
    folder = output or default_output(config)
    console = console or Console(stderr=True)
    if isinstance(config, TrainingConfig):
        config = datasets.with_labels(config)
        if not resume:  # of a finished run the data may be gone
            datasets.ensure(config)
    try:
        with claimed(folder, config, resume) as is_finished, interruptible():
            if is_finished:
                report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
                return Run(folder, report, was_finished=True)
            try:
                if isinstance(config, NumbersConfig):
                    from inkdigits.training.numbers.run import run

                    return Run(folder, run(config, folder, console))
                return run_here(config, folder, console)
            except InkdigitsError:
                let_go(folder)
                raise
    except KeyboardInterrupt as error:
        raise InterruptedRun(
            f"Stopped. Go on with the same command and  --resume --output {folder}"
        ) from error


def prepared(config: TrainingConfig) -> tuple[Any, Mixture, HeldOut]:
    """Make the network of a recipe and read its data.

    Returns:
        The network, prepared; what to learn from; what is held out.
    """
    from inkdigits.training import network as networks
    from inkdigits.training.backend import make_deterministic

    make_deterministic(config.seed)
    network = networks.build(config)
    training, held_out = mixture.read(config)
    networks.prepare(network, config, len(training))
    return network, training, held_out


def run_here(
    config: TrainingConfig, folder: Path, console: Console, crew: Crew | None = None
) -> Run:
    """Do the run of a folder that was claimed, on this machine; as the first of a crew, if any.

    Raises:
        InkdigitsError: As `train`; with a crew what `Crew` raises, too.
    """
    from inkdigits.training import convert, start

    datasets.ensure(config)
    convert.ensure()
    network, training, held_out = prepared(config)
    done = checkpoint.restore(folder, network)
    if config.start is not None and not done.epoch:
        start.fill(network, config)
    done.images = len(training)
    note_environment(folder, config, done.epoch)
    told = (
        f"{config.model_name}: {network.count_params():,} parameters, {len(training):,} images to"
        f" train on, {len(held_out.digits):,} to validate; run folder {folder}"
    )
    console.print(Text(told), soft_wrap=True)  # as it is: a folder's name may look like markup

    def keep(progress: Progress) -> None:
        checkpoint.save(folder, network, progress)
        write_whole(folder / HISTORY, as_csv(progress.history))

    fit(network, config, training, held_out, done, keep=keep, console=console, crew=crew)
    write_whole(folder / HISTORY, as_csv(done.history))  # a kill may have come before its last row
    from inkdigits.training.export import finish

    return Run(folder, finish(config, folder, network, held_out, done, console))


def fit(
    network: Any,
    config: TrainingConfig,
    training: Mixture,
    held_out: HeldOut,
    done: Progress | None = None,
    *,
    keep: Callable[[Progress], None] = lambda _: None,
    console: Console | None = None,
    crew: Crew | None = None,
    teacher: Teacher | None = None,
) -> Progress:
    """Train a prepared network to its final weights.

    Args:
        network: made by `network.build` and `network.prepare`.
        config: the recipe.
        training: what to learn from.
        held_out: what to watch; nothing is learned from it.
        done: what was done before, with the network in the state of then.
        keep: called after each epoch, to save what was done.
        console: where progress goes; None: nowhere.
        crew: the nodes that train together, who part after the last epoch; None: this one alone.
        teacher: tells what to answer to what is replayed; None: the labels tell it.

    Returns:
        What was done, the history with it. Of nodes that train together only the first does what
        comes after the steps of an epoch.
    """
    from inkdigits.training.network import correct_batch_norm, in_batches, renew_batch_norm

    done = done if done is not None else Progress()
    average = config.weight_averaging
    epochs = config.training.epochs
    steps = -(-len(training) // config.training.batch_size)
    aims = partial(teacher.targets, training) if teacher is not None else _by_labels
    learn = network.fit
    if crew is not None:
        crew.begin(network, config, training, held_out, done)
        learn = partial(crew.fit, network)
    # The next epoch is drawn while the network learns from this one.
    with EpochLine(console, epochs, steps, done) as line, ThreadPoolExecutor(1) as pool:
        if done.epoch < epochs:  # a run may have been broken off after its last epoch
            coming = pool.submit(epoch_arrays, training, config, done.epoch)
        while done.epoch < epochs:
            start = time.perf_counter()
            patches, labels = coming.result()
            if done.epoch + 1 < epochs:
                coming = pool.submit(epoch_arrays, training, config, done.epoch + 1)
            wanted, weights = aims(network, config, done.epoch, patches, labels)
            seen = learn(
                patches,
                wanted,
                sample_weight=weights,
                batch_size=config.training.batch_size,
                shuffle=False,
                verbose=0,
                callbacks=[line.callback()],
            ).history
            done.epoch += 1
            if crew is not None and not crew.leads:
                continue
            if average and done.epoch >= average.from_epoch:
                decay = average.decay if average.kind == "ema" else None
                done.average.add([np.asarray(w) for w in network.trainable_weights], decay)
            figures = {
                "epoch": done.epoch,
                "loss": float(seen["loss"][0]),
                "accuracy": next(float(seen[key][0]) for key in seen if key.endswith("accuracy")),
                **_watch(network, held_out),
                "learning_rate": float(np.asarray(network.optimizer.learning_rate)),
                "seconds": round(time.perf_counter() - start, 3),
            }
            done.history.append(figures)
            line.finished(figures)
            keep(done)
    if crew is not None:
        crew.leave()
        if not crew.leads:
            return done
    if done.average.count:
        for variable, value in zip(network.trainable_weights, done.average.weights, strict=True):
            variable.assign(value.astype(np.float32))
    if average:
        patches, _ = epoch_arrays(training, config, epochs, average.batch_norm_images)
        renew_batch_norm(network, list(in_batches(patches)))
    else:
        correct_batch_norm(network)
    return done


def _by_labels(
    network: Any,
    config: TrainingConfig,
    epoch: int,
    patches: NDArray[np.float32],
    labels: NDArray[np.int64],
) -> tuple[Any, Any]:
    """What the network shall answer where labels tell it, as `network.targets` gives it."""
    from inkdigits.training.network import targets

    del epoch, patches
    return targets(network, labels, config)


def _watch(network: Any, held_out: HeldOut) -> dict[str, float]:
    """The figures of the network, as it would answer now, on what is held out."""
    from inkdigits.training.network import batch_norm_corrected, has_head, predict_all

    digits = held_out.digits
    asks_strangers = has_head(network) and len(held_out.outliers)
    with batch_norm_corrected(network):
        answers, *is_digit = predict_all(network, digits.patches)
        strange = predict_all(network, held_out.outliers)[1] if asks_strangers else None
    right = answers.argmax(axis=1) == digits.labels
    figures = {
        "val_loss": cross_entropy(answers, digits.labels),
        "val_accuracy": float(right.mean()),
    }
    if len(held_out.parts) > 1:
        figures |= {f"val_{name}": float(right[at].mean()) for name, at in held_out.parts.items()}
    if strange is not None:
        figures["val_auroc"] = auroc(is_digit[0], strange)
        figures["val_refused"] = share_refused(is_digit[0], strange)
    return figures


def epoch_arrays(
    training: Mixture, config: TrainingConfig, epoch: int, limit: int | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What one epoch goes through: a new order and new changes, following from seed and epoch only.

    Returns:
        Patches (N, 28, 28, 1) float32 and labels (N,) int64, the first `limit` of them.
    """
    patches, labels = training.draw(config, epoch, limit)
    if config.augmentation and config.augmentation.is_active:
        rng = np.random.default_rng([config.seed, epoch, 1])
        patches = _changed(patches, labels, config, config.augmentation, rng)
    return patches, labels


def _changed(
    patches: NDArray[np.float32],
    labels: NDArray[np.int64],
    config: TrainingConfig,
    wanted: AugmentationConfig,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """Change what the digits are first, then how they are written."""
    names = np.array([*config.dataset.label_names, ""])[labels]  # OUTLIER is the last
    return augment(restyle(patches, names, wanted, rng), wanted, rng)


def preview(config: TrainingConfig, path: Path) -> Path:
    """Draw a contact sheet of what the recipe's augmentation does to training images.

    Args:
        config: the recipe.
        path: PNG to write: a row for each label, left the image, right of it what becomes of it.

    Raises:
        InvalidConfig: The recipe changes nothing.
    """
    from inkdigits.training.plots import contact_sheet

    wanted = config.augmentation
    if wanted is None or not wanted.is_active:
        raise InvalidConfig("augmentation: the recipe has none, so there is nothing to show.")
    changes = 12
    config = datasets.with_labels(config)
    few = datasets.examples(config)
    rng = np.random.default_rng([config.seed, 0, 1])
    patches, labels = few.patches.repeat(changes, axis=0), few.labels.repeat(changes)
    changed = _changed(patches, labels, config, wanted, rng)
    sheet = contact_sheet(few.patches[..., 0], changed.reshape(len(few), changes, 28, 28))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, sheet)
    return path
