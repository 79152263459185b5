"""Files, folders and standard input, as commands take them: what fails is named, others go on."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkdigits.cli.program import FAILED, WRONG_USE
from inkdigits.errors import InkdigitsError, UnreadableImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from inkdigits.ink import Ink

MANY_FILES = 256  # with more than so many, a terminal shows how far we are
BOM = b"\xef\xbb\xbf"  # Windows may put it before UTF-8

argument = click.argument("sources", nargs=-1, required=True, metavar="FILE|FOLDER|-...")


def _model(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    """The folder of the model that was named, or of the one in use; None: the shipped one."""
    from inkdigits.model_home import model_in_use

    return model_in_use() if value is None else _named(ctx, parameter, value)


def _named(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Path | None:
    """The folder of the model that was named, if any was."""
    del ctx, parameter
    from inkdigits.model_home import ModelHome

    return None if value is None else ModelHome().find(value)


model_option = click.option(
    "--model",
    metavar="NAME|FOLDER",
    callback=_model,
    help="A model's name, a model folder, or a run's. Default: the model in use, see"
    " `inkdigits models`.",
)

lines_option = click.option(
    "--lines",
    metavar="NAME|FOLDER",
    callback=_named,
    help="The same of the model of lines, by which numbers are read. Default: the shipped one.",
)


class Sources:
    """The pictures and inks that are named on the command line; ends it where there are none.

    Args:
        named: files, folders, and - for standard input.
    """

    def __init__(self, named: Iterable[str]) -> None:
        self._failed = False
        self.names = list(_expand(named, self._complain))
        if not self.names:
            sys.exit(WRONG_USE)
        # A name may hold what this terminal cannot show; that must not stop the others.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]

    def __iter__(self) -> "Iterator[tuple[str, NDArray[np.uint8] | Ink]]":
        """Each with its name, read when it is its turn; what cannot be read is named."""
        for name in _with_progress(self.names):
            try:
                content = _load(name)
            except InkdigitsError as error:
                self._complain(_explain(name, error))
            else:
                yield name, content

    def end(self) -> None:
        """End the command as one that failed, if some could not be read."""
        if self._failed:
            sys.exit(FAILED)

    def _complain(self, message: str) -> None:
        self._failed = True
        sys.stderr.write(f"inkdigits: {message}\n")  # above the bar, which knows sys.stderr


def _expand(sources: Iterable[str], complain: Callable[[str], None]) -> Iterator[str]:
    """Name every file: a folder stands for the pictures and ink files in it."""
    from inkdigits.image import SUFFIXES

    def fail(error: OSError) -> None:
        complain(f"The folder {error.filename} cannot be read: {error.strerror}.")

    for source in sources:
        if not source:
            complain("A file's name is empty.")
        elif source == "-" or not os.path.isdir(source):  # noqa: PTH112 (it never raises)
            yield source
        else:
            inside = [
                os.path.join(folder, name)  # noqa: PTH118 (names as they are, joined to what was given)
                for folder, _, names in os.walk(source, onerror=fail)
                for name in names
                if name.lower().endswith((*SUFFIXES, ".json"))
            ]
            if not inside:
                complain(f"The folder {source} holds no picture and no ink file.")
            yield from sorted(inside)


def _with_progress(names: list[str]) -> Iterable[str]:
    """Show on a terminal how far we are when there are many names."""
    if len(names) <= MANY_FILES or not sys.stderr.isatty():
        yield from names
        return
    from rich.console import Console
    from rich.progress import Progress

    # Errors go above the bar, but answers where they are sent.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=False) as progress:
        yield from progress.track(names, description="Reading")


def _load(name: str) -> "NDArray[np.uint8] | Ink":
    """Read a picture or an ink file."""
    from inkdigits.image import MAX_BYTES, load_image
    from inkdigits.ink import Ink

    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        looks_like_json = data.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")
    elif name.lower().endswith(".json"):
        try:
            with Path(name).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise UnreadableImage(f"{name} cannot be read: {error.strerror}.") from error
        looks_like_json = True
    else:
        return load_image(name)
    if looks_like_json and len(data) <= MAX_BYTES:
        return Ink.from_json(data.removeprefix(BOM))
    return load_image(data)  # which says that it is too large


def _explain(name: str, error: Exception) -> str:
    """Say which file failed and why."""
    return str(error) if name in str(error) else f"{name}: {error}"
