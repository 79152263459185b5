"""Labels: their names as numbers, and a share of each of them split off."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable


def numbers_of(
    names: Sequence[Any] | NDArray[Any], known: Sequence[str], called: str
) -> NDArray[np.int64]:
    """Turn names of labels into their places among the known ones.

    Args:
        names: N labels, of whatever type; compared as text.
        known: names of the labels, in the order of their numbers.
        called: what the data set is called in messages.

    Returns:
        (N,) indices into `known`.

    Raises:
        DataUnavailable: There is none, or one is not among the known.
    """
    places = {name: index for index, name in enumerate(known)}
    numbers = np.array([places.get(str(name), -1) for name in names], np.int64)
    if not len(numbers):
        raise DataUnavailable(f"{called}: holds no labelled images.")
    if numbers.min() < 0:
        strange = str(names[int(numbers.argmin())])
        raise DataUnavailable(f"{called}: label {strange!r} is not one of {', '.join(known)}.")
    return numbers


def split(
    labels: NDArray[np.int64], fraction: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split off a share of each label at random, but always the same for the same seed.

    Returns:
        The indices of the large part and those of the share, both in ascending order.
    """
    rng = np.random.default_rng([seed, 0x5917])
    taken = np.zeros(len(labels), bool)
    carried = 0.0
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        wanted = len(places) * fraction + carried
        carried = wanted - round(wanted)  # so that the total comes out right
        taken[rng.permutation(places)[: round(wanted)]] = True
    return np.flatnonzero(~taken), np.flatnonzero(taken)
