"""Databases of corrections: what people said that their digits are."""

import re
from pathlib import Path

from inkdigits.errors import DataUnavailable, StoreUnavailable
from inkdigits.training.addresses import is_url, without_password
from inkdigits.training.forms.labelled import Entries, Labelled
from inkdigits.training.lines import ALL, Complain, Lines, label_of, refuse

SQLITE = b"SQLite format 3\0"  # how such a file begins
_URL = re.compile(r"(?P<kind>[A-Za-z][A-Za-z0-9+.-]*)://(?P<rest>.*)")


def is_file(path: Path) -> bool:
    """Whether a file is one of SQLite, by how it begins.

    Raises:
        DataUnavailable: It cannot be read.
    """
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE
    except OSError as error:
        raise DataUnavailable(f"{path}: cannot be read ({error.strerror}).") from error


def read(source: str, wanted: Lines = ALL, complain: Complain = refuse) -> Labelled:
    """Read all corrections that have a label, the oldest first.

    Those that say "not a digit" have none. Strokes and pictures are held in memory, as small as
    corrections are.

    Args:
        source: address of the database, or path of a SQLite file.
        wanted: which corrections count.
        complain: told of corrections whose label is none that may be.

    Raises:
        DataUnavailable: There is no such database, it is none of corrections, or it cannot be read;
            or what `complain` raises.
        MissingExtra: The extra `web` is not installed.
    """
    url = source if is_url(source) else f"sqlite:///{Path(source).resolve()}"
    ensure(url)
    from inkdigits.corrections import CorrectionStore

    found, kind = Entries(), f"{without_password(source)}, correction"
    try:
        with CorrectionStore(url, read_only=True) as store:
            for number, kept in enumerate(store, 1):
                told = kept.correction
                if told.label is None:
                    continue
                label = label_of(told.label, f"{kind} {number}", complain)
                entry = {"label": label, "writer": told.writer}
                if label is not None and wanted.wants(number, entry):
                    found.add(number, label, told.writer, told.shown)
    except StoreUnavailable as error:
        raise DataUnavailable(str(error)) from error
    return found.as_labelled(wanted.name("corrections"), kind)


def ensure(url: str) -> None:
    """Make sure that a SQLite file is there: opening it would make it so.

    Raises:
        DataUnavailable: It is not, or the address is of something else.
    """
    match = _URL.fullmatch(url)
    kind = match["kind"].split("+")[0].lower() if match else ""
    if kind not in ("sqlite", "postgresql", "postgres"):
        raise DataUnavailable(
            f"{without_password(url)}: of addresses only those of databases of corrections are"
            " read, sqlite:////path/file and postgresql://host/name; anything else must be"
            " downloaded first."
        )
    if kind != "sqlite" or match is None:
        return
    path = Path(match["rest"].removeprefix("/").split("?")[0]).expanduser()
    if not is_file(path):
        raise DataUnavailable(f"{path}: there is no database of corrections.")
