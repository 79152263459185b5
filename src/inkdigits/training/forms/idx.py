"""MNIST, and data of one's own in its form: IDX files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.names import text_of
from inkdigits.training import mnist
from inkdigits.training.forms.labelled import Entries, Labelled
from inkdigits.training.forms.pixels import Pixels
from inkdigits.training.lines import ALL, Complain, Lines, label_of, refuse


def read_named(name: str, wanted: Lines = ALL) -> Labelled:
    """Read a part of MNIST by one of the names in `mnist.NAMES`.

    Raises:
        DataUnavailable: It is nowhere to be had.
    """
    part = mnist.NAMES[name.lower()]
    return of_arrays(*mnist.load(part), called=f"MNIST {part}", wanted=wanted)


def read(path: Path, wanted: Lines = ALL) -> Labelled:
    """Read an IDX file of images whose file of labels lies beside it.

    Raises:
        DataUnavailable: It is no such file, there are no labels, or they do not belong together.
    """
    return of_arrays(*mnist.load_pair(path), called=path.name, wanted=wanted)


def of_arrays(
    images: NDArray[Any],
    labels: NDArray[Any],
    writers: NDArray[Any] | None = None,
    *,
    called: str,
    wanted: Lines = ALL,
    complain: Complain = refuse,
) -> Labelled:
    """Make a data set of arrays.

    Args:
        images: (N, H, W) or (N, H, W, C), see `Pixels`.
        labels: (N,), of whatever type.
        writers: (N,), likewise; None: they are not told.
        called: what it is called in reports.
        wanted: which images count.
        complain: told of images whose label is missing, or none that may be.
    """
    found = Entries()
    hands = [None] * len(labels) if writers is None else list(writers)
    for index, (told, hand) in enumerate(zip(labels, hands, strict=True)):
        label, writer = label_of(told, f"{called}, image {index + 1}", complain), text_of(hand)
        if label is not None and wanted.wants(index + 1, {"label": label, "writer": writer}):
            found.add(index + 1, label, writer, index)
    everything = len(found.numbers) == len(images)
    pixels = Pixels(images if everything else images[np.array(found.pictures, np.int64)])
    return found.as_labelled(wanted.name(called), f"{called}, image", pixels, pixels.patcher())
