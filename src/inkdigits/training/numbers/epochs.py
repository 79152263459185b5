"""Epochs of strips: made up by other processes, put into batches of about the same width."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain, pairwise
from multiprocessing import get_context
from typing import NamedTuple, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from inkdigits.reading.line import HEIGHT, STRIDE
from inkdigits.training.config import NumbersConfig, parse_recipe
from inkdigits.training.environment import cores
from inkdigits.training.numbers.glyphs import Glyphs
from inkdigits.training.numbers.sources import read_glyphs
from inkdigits.training.numbers.strips import Strip, strip
from inkdigits.training.numbers.texts import OTHER, SEPARATORS
from inkdigits.training.supervised import end_with_parent

MARKS = "0123456789" + SEPARATORS + OTHER  # classes from 1 on; 0 is the blank
CHUNK = 1024  # strips that the process makes at a time
STEP = 16  # columns: widths are multiples of it, so that there are few different shapes
WIDEST = 336  # columns; what is wider is made up again
HELD_OUT = 0x5717  # what the seed of the held-out strips has for its epoch
LONGEST = 16  # marks in a text

_known: dict[str, Glyphs] = {}  # of the process that makes strips


class Batch(NamedTuple):
    """Strips of about the same width.

    Args:
        patches: (N, 32, W, 2) float32 in [0, 1].
        texts: (N, 16) int32, classes; 0 after the last.
    """

    patches: NDArray[np.float32]
    texts: NDArray[np.int32]


class StripMaker:
    """Makes the strips of epochs ahead of time, in processes of its own.

    One core is left to the network; however many there are, the strips are the same.
    """

    def __init__(self, config: NumbersConfig) -> None:
        self._config = config
        # a fork would share the threads of TensorFlow
        self._pool = ProcessPoolExecutor(
            max(1, (cores() or 1) - 1), get_context("spawn"), _start, (config.to_yaml(),)
        )
        self._coming: dict[int, list[Future[list[Strip]]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def ask(self, epoch: int) -> None:
        """Let the strips of an epoch be made."""
        if epoch not in self._coming:
            seed, count = self._config.seed, self._config.strings.count
            self._coming[epoch] = self._ask([seed, epoch], count, "learned")

    def epoch(self, epoch: int) -> list[Strip]:
        """The strips of an epoch, once they are made."""
        self.ask(epoch)
        return list(chain.from_iterable(part.result() for part in self._coming.pop(epoch)))

    def held_out(self) -> list[Strip]:
        """Strips of what is held out, the same every time."""
        count = self._config.strings.validation
        parts = self._ask([self._config.seed, HELD_OUT], count, "held")
        return list(chain.from_iterable(part.result() for part in parts))

    def _ask(self, seed: list[int], count: int, glyphs: str) -> list[Future[list[Strip]]]:
        return [
            self._pool.submit(_make, [*seed, start], min(CHUNK, count - start), glyphs)
            for start in range(0, count, CHUNK)
        ]


def _start(recipe: str) -> None:
    threading.Thread(target=end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    config = parse_recipe(recipe)
    assert isinstance(config, NumbersConfig)  # noqa: S101 (it was one)
    _known["learned"], _known["held"] = read_glyphs(config)


def _make(seed: Sequence[int], count: int, glyphs: str) -> list[Strip]:
    rng = np.random.default_rng(seed)
    made: list[Strip] = []
    while len(made) < count:
        one = strip(_known[glyphs], rng)
        if one.patch.shape[1] <= WIDEST and _can_be_spelt(one):
            made.append(one)
    return made


def _can_be_spelt(one: Strip) -> bool:
    """Whether there are frames enough: one a mark, and one between two that are the same."""
    twice = sum(mark == after for mark, after in pairwise(one.text))
    return len(one.text) <= LONGEST and len(one.text) + twice <= one.patch.shape[1] // STRIDE


def batches(
    strips: Sequence[Strip], size: int, rng: np.random.Generator | None = None
) -> Iterator[Batch]:
    """Put strips of about the same width together.

    Args:
        strips: N of them.
        size: strips of a batch.
        rng: shuffles the batches, and mixes widths a little; None: by width, and the last batch
            may be smaller.

    Yields:
        N / size batches; with `rng` a rest is left out.
    """
    widths = np.array([one.patch.shape[1] for one in strips], float)
    chosen = np.arange(len(strips))
    if rng is not None:
        widths = widths * rng.uniform(0.9, 1.1, len(widths))
        chosen = rng.permutation(chosen)[: len(chosen) // size * size]
    order = chosen[np.argsort(widths[chosen], kind="stable")]
    starts = np.arange(0, len(order), size)
    for start in starts if rng is None else rng.permutation(starts):
        yield batch([strips[index] for index in order[start : start + size]])


def batch(strips: Sequence[Strip]) -> Batch:
    """Lay strips side by side, padded with paper to a common width."""
    width = max(one.patch.shape[1] for one in strips)
    patches = np.zeros((len(strips), HEIGHT, -(-width // STEP) * STEP, 2), np.uint8)
    texts = np.zeros((len(strips), LONGEST), np.int32)
    for row, one in enumerate(strips):
        patches[row, :, : one.patch.shape[1]] = one.patch
        texts[row, : len(one.text)] = [MARKS.index(mark) + 1 for mark in one.text]
    return Batch(patches.astype(np.float32) / np.float32(255), texts)
