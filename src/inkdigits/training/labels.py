"""Labels and writers: their names as numbers, and a share of each label split off."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable
from inkdigits.names import text_of

UNKNOWN = -1  # the number of a writer who is not told


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """Each of the labels once: numbers by their size, then all else by its letters."""

    def place(label: str) -> tuple[bool, float, str]:
        is_number = re.fullmatch(r"-?[0-9]{1,9}", label) is not None
        return (False, int(label), label) if is_number else (True, 0, label)

    return tuple(sorted(set(labels), key=place))


def numbers_of(
    names: Sequence[Any] | NDArray[Any], known: Sequence[str], called: str
) -> NDArray[np.int64]:
    """Turn names of labels into their places among the known ones.

    Args:
        names: N labels, of whatever type; compared as `names.text_of` writes them.
        known: names of the labels, in the order of their numbers.
        called: what the data set is called in messages.

    Returns:
        (N,) indices into `known`.

    Raises:
        DataUnavailable: There is none, or one is not among the known.
    """
    places = {text_of(name): index for index, name in enumerate(known)}
    numbers = np.array([places.get(text_of(name), -1) for name in names], np.int64)
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


def writer_numbers(writers: Sequence[int | str | None]) -> NDArray[np.int64]:
    """Number the writers: as they are where all are numbers of 64 bits, else as they come.

    Args:
        writers: N of them; None: not told.

    Returns:
        (N,); `UNKNOWN` where they are not told.
    """
    if all(
        writer is None or (isinstance(writer, int) and abs(writer) < 2**63) for writer in writers
    ):
        return np.array([UNKNOWN if writer is None else writer for writer in writers], np.int64)
    names = dict.fromkeys(str(writer) for writer in writers if writer not in (None, "", UNKNOWN))
    places = {name: number for number, name in enumerate(names)}
    return np.array([places.get(str(writer), UNKNOWN) for writer in writers], np.int64)
