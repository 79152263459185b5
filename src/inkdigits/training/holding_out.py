"""What training holds out of a data set: some of its writers, or a share of each label."""

import logging
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable
from inkdigits.ink import Ink
from inkdigits.training.config import Recipe
from inkdigits.training.labels import UNKNOWN, split
from inkdigits.training.sections import ValidationConfig


def split_off(
    name: str,
    labels: Sequence[str],
    writers: NDArray[np.int64],
    inks: Mapping[int, Ink],
    config: Recipe,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split off every so manieth writer, or a share of each label; see `hold_out`.

    Ink that is held out is not learned from in a copy either: UNIPEN has some drawings twice.

    Args:
        name: what the data set is called in messages.
        labels: N of them.
        writers: (N,), numbers of the writers; `UNKNOWN` where they are not told.
        inks: those of the N entries that are ink, by their indices.
        config: the recipe; `validation` and `seed` say how many and which.

    Returns:
        The indices (int64, ascending) of what is to be learned from and of what is held out.

    Raises:
        DataUnavailable: One of the two would be empty.
    """
    numbers = np.unique(np.array(labels, str), return_inverse=True)[1]
    held = hold_out(numbers, writers, config)
    lost = lost_by_writer(labels, writers, config.validation)
    if lost:
        logging.getLogger(__name__).warning(
            "%s: a share of each label is held out instead of whole writers, who would leave some"
            " labels with nothing to learn or to test: %s.",
            name,
            ", ".join(lost),
        )
    learned = ~held
    places = list(inks)
    drawings = [(ink.points.tobytes(), ink.lengths) for ink in inks.values()]
    unseen = set(compress(drawings, held[places]))
    learned[[at for at, one in zip(places, drawings, strict=True) if one in unseen]] = False
    if not learned.any() or not held.any():
        is_signed = len(labels) and (writers != UNKNOWN).all()
        told = f"writers: {len(np.unique(writers))}" if is_signed else "their writers are not told"
        raise DataUnavailable(
            f"{name}: {len(labels)} {'drawings' if inks else 'images'} ({told}) are too few to"
            " split into those to learn from and those held out (validation.writers,"
            " validation.fraction)."
        )
    return np.flatnonzero(learned), np.flatnonzero(held)


def hold_out(
    labels: NDArray[np.int64], writers: NDArray[np.int64], config: Recipe
) -> NDArray[np.bool_]:
    """Choose what training holds out: all of every so manieth writer, or a share of each label.

    It is by writer where it can be (`is_by_writer`).

    Args:
        labels: (N,), numbers of the labels.
        writers: (N,), numbers of the writers; `UNKNOWN` where they are not told.
        config: the recipe; `validation` and `seed` say how many and which.

    Returns:
        (N,), True where it is held out.
    """
    wanted = config.validation
    if is_by_writer(labels, writers, wanted):
        return by_held_out_writers(writers, wanted)
    held = np.zeros(len(labels), bool)
    seed = config.seed if wanted.seed is None else wanted.seed
    held[split(labels, wanted.fraction, seed)[1]] = True
    return held


def is_by_writer(
    labels: Sequence[str] | NDArray[np.int64],
    writers: NDArray[np.int64],
    wanted: ValidationConfig,
) -> bool:
    """Whether writers are held out whole, instead of a share of each label.

    They are where all of them are told, there are enough of them that some are held out and some
    are not, and no label suffers (`lost_by_writer`).
    """
    held = by_held_out_writers(writers, wanted)
    fit = not (writers == UNKNOWN).any() and held.any() and not held.all()
    return bool(fit) and not lost_by_writer(labels, writers, wanted)


def by_held_out_writers(writers: NDArray[np.int64], wanted: ValidationConfig) -> NDArray[np.bool_]:
    """Which of (N,) writers are held out, every so manieth; none who is not told.

    Their numbers are their places, as in the ink that the shipped models learned from, unless none
    or all would be held out so, as of writers 0, 5, 10 …: then it is their order.
    """
    every = wanted.writers
    told = writers != UNKNOWN
    held = told & (writers % every == every - 1)
    if not held.any() or held[told].all():
        order = np.unique(writers[told])
        held = told & (np.searchsorted(order, writers) % every == every - 1)
    return np.asarray(held)


def lost_by_writer(
    labels: Sequence[str] | NDArray[np.int64],
    writers: NDArray[np.int64],
    wanted: ValidationConfig,
) -> list[str]:
    """Labels that suffer if writers are held out whole: nothing is left to learn, or to test.

    Only such count as a share of each label would help. None where writers are not held out.
    """
    held = by_held_out_writers(writers, wanted)
    if (writers == UNKNOWN).any() or not held.any() or held.all():
        return []
    names, numbers = np.unique(np.asarray(labels), return_inverse=True)
    count = np.bincount(numbers, minlength=len(names))
    unseen = np.bincount(numbers[held], minlength=len(names))
    untested = (unseen == 0) & (count * wanted.fraction >= 1)
    unlearned = (unseen == count) & (count >= 2)
    return [str(name) for name in names[untested | unlearned]]
