"""Looking at every entry of a data set once: what it is like, and whether it can be read."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InkdigitsError
from inkdigits.image import load_image
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH
from inkdigits.training.forms import Labelled
from inkdigits.training.forms.labelled import BLOCK, THREADS
from inkdigits.training.labels import UNKNOWN
from inkdigits.training.seen import fingerprint

STROKES, DARK, LIGHT = "strokes", "dark on light", "light on dark"

Step = Callable[[int], None]  # told how many entries were looked at since the last time


@dataclass
class Looked:
    """What was seen of the N entries that could be read.

    Args:
        places: where each is.
        labels: of each.
        writers: name of each one's writer; an empty one where it is not told.
        sizes: (width, height) in pixels; None of strokes.
        kinds: `STROKES`, `DARK` or `LIGHT`.
        contents: SHA-256 of each one's file, pixels or points.
        patches: (28, 28) uint8 of each, all 0 where it is blank.
        origins: number of the data set that each is of.
        unopened: data sets that could not be opened, and what was said of each.
        unreadable: places of entries that could not be read, and why.
        passed_over: places and reasons of files that are no entries.
        lost: labels for whose sake writers are not held out whole.
    """

    places: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    sizes: list[tuple[int, int] | None] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    patches: list[NDArray[np.uint8]] = field(default_factory=list)
    origins: list[int] = field(default_factory=list)
    unopened: list[tuple[str, str]] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.places)


def look(data: Labelled, seen: Looked, step: Step, origin: int = 0) -> None:
    """Look at all entries of a data set, and add what is seen; nothing stops it.

    Args:
        data: what to look at.
        seen: what is added to.
        step: told of the progress.
        origin: a number for the data set.
    """
    before = len(seen)
    indices = iter(range(len(data)))

    def add(found: list[_Seen | InkdigitsError]) -> None:
        for one in found:
            _add(data, seen, next(indices), one)
        step(len(found))

    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[list[_Seen | InkdigitsError]]] = deque()
        for start in range(0, len(data), BLOCK):
            block = range(start, min(start + BLOCK, len(data)))
            pictures = [_fetched(data, index) for index in block]
            waiting.append(pool.submit(_look_at_all, data, block, pictures))
            if len(waiting) > 2 * THREADS:
                add(waiting.popleft().result())
        for done in waiting:
            add(done.result())
    seen.origins += [origin] * (len(seen) - before)


@dataclass(frozen=True)
class _Seen:
    size: tuple[int, int] | None
    kind: str
    content: bytes
    patch: NDArray[np.uint8]


def _fetched(data: Labelled, index: int) -> Any:
    """The picture, or the error that stands in its way."""
    try:
        return data.picture(index)
    except InkdigitsError as error:
        return error


def _look_at_all(
    data: Labelled, block: range, pictures: list[Any]
) -> "list[_Seen | InkdigitsError]":
    found: list[_Seen | InkdigitsError] = []
    for index, picture in zip(block, pictures, strict=True):
        try:
            if isinstance(picture, InkdigitsError):
                raise picture
            found.append(_look_at(data, index, picture))
        except InkdigitsError as error:
            found.append(error)
    return found


def _look_at(data: Labelled, index: int, picture: Any) -> _Seen:
    patch = np.rint(255 * data.read(index, picture)).astype(np.uint8)
    if isinstance(picture, Path) and picture.suffix.lower() == ".json":
        picture = Ink.from_json(picture.read_bytes())
    if isinstance(picture, Ink):
        return _Seen(None, STROKES, fingerprint(picture), patch)
    if isinstance(picture, Path):
        picture = picture.read_bytes()
    grey = load_image(picture)
    height, width = grey.shape
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    is_dark = 2 * float(np.median(border)) >= float(grey.min()) + float(grey.max())
    return _Seen((width, height), DARK if is_dark else LIGHT, fingerprint(picture), patch)


def _add(data: Labelled, seen: Looked, index: int, one: _Seen | InkdigitsError) -> None:
    place = data.place(index)
    if isinstance(one, InkdigitsError):
        seen.unreadable.append((place, str(one).removeprefix(place).lstrip(": ")))
        return
    seen.places.append(place)
    seen.labels.append(data.labels[index])
    writer = UNKNOWN if data.writers is None else int(data.writers[index])
    seen.writers.append("" if writer == UNKNOWN else f"{data.name} {writer}")
    seen.sizes.append(one.size)
    seen.kinds.append(one.kind)
    seen.contents.append(one.content)
    seen.patches.append(one.patch)


def as_array(patches: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The patches as one array (N, 28, 28) uint8."""
    return np.stack(patches) if patches else np.zeros((0, PATCH, PATCH), np.uint8)
