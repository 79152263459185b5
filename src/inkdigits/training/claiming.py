"""A run's folder: taken for one run, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from inkdigits.errors import InterruptedRun
from inkdigits.files import half_written, write_whole
from inkdigits.training.alone import LOCK, alone_in
from inkdigits.training.checkpoint import CONFIG, ENVIRONMENT, REPORT
from inkdigits.training.config import Recipe, parse_recipe


@contextmanager
def claimed(folder: Path, config: Recipe, resume: bool) -> Iterator[bool]:
    """Hold a folder for a run; whoever else wants it meanwhile is told so.

    Args:
        folder: of the run; without `resume` it must be empty.
        config: the run's recipe, which is written there.
        resume: go on with the run in the folder, or start it in an empty one.

    Yields:
        Whether the run in it is finished already.

    Raises:
        InterruptedRun: the folder holds another run, or none where one was to go on, or another
            process is at work in it.
    """
    if folder.exists() and not folder.is_dir():
        raise InterruptedRun(f"{folder}: this is a file; a folder is needed.")
    if resume and not folder.exists():
        raise _no_run(folder)
    folder.mkdir(parents=True, exist_ok=True)
    recipe = folder / CONFIG
    try:
        with alone_in(folder):
            _check(folder, config, resume)
            if not recipe.is_file():
                write_whole(recipe, config.to_yaml().encode())
            yield (folder / REPORT).is_file()
    finally:
        with suppress(OSError):  # unless it is empty, as after `let_go`
            folder.rmdir()


def let_go(folder: Path) -> None:
    """Leave nothing in a claimed folder in which nothing else was done: the next try needs it."""
    there = {path for path in folder.iterdir() if path.name != LOCK}
    if {path.name for path in there} <= {CONFIG, ENVIRONMENT}:
        for path in there:
            path.unlink()


def _check(folder: Path, config: Recipe, resume: bool) -> None:
    """Make sure that the folder is empty, or holds the run of this recipe to be resumed."""
    recipe = folder / CONFIG
    there = {path for path in folder.iterdir() if path.name != LOCK}
    if there and there == set(half_written(recipe)):  # a kill came before anything else
        for path in there:
            path.unlink()
        there = set()
    if resume and not recipe.is_file() and there:
        raise _no_run(folder)
    if not resume and there:
        goes_on = "Go on with its run by --resume, or name" if recipe.is_file() else "Name"
        raise InterruptedRun(
            f"{folder}: the folder is not empty. {goes_on} another folder by --output."
        )
    if recipe.is_file():
        before = parse_recipe(recipe.read_text(encoding="utf-8"), str(recipe))
        changed = _differences(before.model_dump(), config.model_dump())
        if changed:
            raise InterruptedRun(
                f"{folder}: its run has another recipe ({'; '.join(changed[:3])}). Resume with the"
                " same recipe, or start anew in another folder by --output."
            )


def _no_run(folder: Path) -> InterruptedRun:
    return InterruptedRun(
        f"{folder}: holds no run to go on with (no {CONFIG}). Name its folder by --output, or"
        " start one without --resume."
    )


def _differences(before: Any, after: Any, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            line
            for key in before
            for line in _differences(before[key], after.get(key), f"{place}.{key}".lstrip("."))
        ]
    if isinstance(before, tuple) and isinstance(after, tuple) and len(before) == len(after):
        return _differences(dict(enumerate(before)), dict(enumerate(after)), place)
    return [] if before == after else [f"{place}: {before!r:.40} there, {after!r:.40} now"]
