"""Ink JSON lines, and the pictures that corrections have among them."""

from pathlib import Path

from inkdigits.training.forms.labelled import Entries, Labelled
from inkdigits.training.lines import ALL, Complain, Lines, find, labelled, refuse, stem


def read(source: str | Path, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Read ink JSON lines, compressed or not; what is labelled null is not a digit and left out.

    Args:
        source: the name of an ink set that `inkdigits data fetch` gets, or a file.
        wanted: which lines count.
        complain: told of lines that cannot be read.

    Raises:
        DataUnavailable: The file is not there, or what `complain` raises.
    """
    path = find(source)
    found = Entries()
    for number, label, writer, shown in labelled(path, wanted, complain):
        if label is not None:
            found.add(number, label, writer, shown)
    return found.as_labelled(wanted.name(stem(path)), f"{path}, line")
