"""Training the network of lines, epoch after epoch, to its final weights."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from rich.console import Console

from inkdigits.training.backend import stderr_swallowed
from inkdigits.training.checkpoint import Progress
from inkdigits.training.config import NumbersConfig
from inkdigits.training.network import renew_batch_norm
from inkdigits.training.numbers.epochs import Batch, StripMaker, batches
from inkdigits.training.numbers.line_network import best_paths, logits_of, texts_of
from inkdigits.training.progress import EpochLine

PROBE = 4  # batches of an epoch on which its accuracy is measured


def fit(
    network: Any,
    config: NumbersConfig,
    maker: StripMaker,
    held_out: Sequence[Batch],
    done: Progress,
    *,
    keep: Callable[[Progress], None] = lambda _: None,
    console: Console | None = None,
) -> Progress:
    """Train a prepared network to its final weights.

    Args:
        network: made by `line_network.build` and `line_network.prepare`.
        config: the recipe.
        maker: what makes the strips.
        held_out: what to watch; nothing is learned from it.
        done: what was done before, with the network in the state of then.
        keep: called after each epoch, to save what was done.
        console: where progress goes; None: nowhere.
    """
    average, epochs = config.weight_averaging, config.training.epochs
    size = config.training.batch_size
    steps = max(1, config.strings.count // size)
    learned: set[int] = set()  # widths that were traced: to learn, and to validate
    watched: set[int] = set()
    with EpochLine(console, epochs, steps, done) as line:
        while done.epoch < epochs:
            start = time.perf_counter()
            strips = maker.epoch(done.epoch)
            if done.epoch + 1 < epochs:  # made while the network learns from these
                maker.ask(done.epoch + 1)
            rng = np.random.default_rng([config.seed, done.epoch])
            callback = line.callback()
            network.reset_metrics()
            loss = 0.0
            seen: list[Batch] = []
            for step, batch in enumerate(batches(strips, size, rng)):
                with _traced_quietly(batch, learned):
                    loss = float(network.train_on_batch(batch.patches, batch.texts))
                callback.on_train_batch_end(step, {"loss": loss, "accuracy": float("nan")})
                seen = [*seen[1 - PROBE :], batch]
            done.epoch += 1
            if average and done.epoch >= average.from_epoch:
                decay = average.decay if average.kind == "ema" else None
                done.average.add([np.asarray(w) for w in network.trainable_weights], decay)
            figures = {
                "epoch": done.epoch,
                "loss": loss,
                "accuracy": accuracy(network, seen),
                "val_loss": _loss(network, held_out, watched),
                "val_accuracy": accuracy(network, held_out),
                "learning_rate": float(network.optimizer.learning_rate),
                "seconds": round(time.perf_counter() - start, 3),
            }
            done.history.append(figures)
            line.finished(figures)
            keep(done)
    if average:
        for variable, value in zip(network.trainable_weights, done.average.weights, strict=True):
            variable.assign(value.astype(np.float32))
        rng = np.random.default_rng([config.seed, epochs])
        few = list(batches(maker.epoch(epochs)[: average.batch_norm_images], size, rng))
        renew_batch_norm(network, [batch.patches for batch in few])
    return done


def _traced_quietly(batch: Batch, widths: set[int]) -> AbstractContextManager[None]:
    """Hide what TensorFlow says, as of an error, when it makes one trace for all widths."""
    width = batch.patches.shape[2]
    known = width in widths or len(widths) > 2
    widths.add(width)
    return nullcontext() if known else stderr_swallowed()


def accuracy(network: Any, some: Sequence[Batch]) -> float:
    """The share of strips that are read right from the first mark to the last."""
    right = [
        read == text
        for batch, logits in zip(some, logits_of(network, some), strict=True)
        for read, text in zip(best_paths(logits), texts_of(batch), strict=True)
    ]
    return float(np.mean(right))


def _loss(network: Any, some: Sequence[Batch], widths: set[int]) -> float:
    network.reset_metrics()
    loss = 0.0
    for batch in some:
        with _traced_quietly(batch, widths):
            loss = float(network.test_on_batch(batch.patches, batch.texts))
    return loss  # Keras gives the mean so far
