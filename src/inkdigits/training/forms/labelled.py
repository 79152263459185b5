"""`Labelled`: what every form of data is opened as; labels are read, pictures are still to be."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable, InkdigitsError
from inkdigits.ink import Ink
from inkdigits.normalize import PATCH
from inkdigits.recognizer import prepare
from inkdigits.training.config import Recipe
from inkdigits.training.holding_out import is_by_writer, split_off
from inkdigits.training.labels import UNKNOWN, writer_numbers

THREADS = 4  # OpenCV works outside Python's lock; more threads than cores do no harm
BLOCK = 64  # pictures that a thread is given at a time

Patch = NDArray[np.float32]


def patch_of_picture(picture: Any) -> Patch:
    """The patch by which whatever `Recognizer` takes is recognised, (28, 28) float32."""
    return prepare(picture)[0]


@dataclass(frozen=True)
class Labelled:
    """A labelled data set.

    Args:
        name: what it is called in reports.
        labels: N labels.
        pictures: N of whatever `patch` takes. They may come from a file as they are asked for: by
            one thread, and soonest in their order.
        numbers: (N,) int64, numbers of the entries in what they were read from, from 1.
        place: from an index to where the entry is, for messages.
        writers: (N,) int64, numbers of the writers; `UNKNOWN` where they are not told. None: no
            writer is.
        patch: makes of a picture the patch, (28, 28) float32, by which it is recognised.
        passed_over: files that are no entries though they may be meant to be, and why.
    """

    name: str
    labels: list[str]
    pictures: Sequence[Any]
    numbers: NDArray[np.int64]
    place: Callable[[int], str]
    writers: NDArray[np.int64] | None = None
    patch: Callable[[Any], Patch] = patch_of_picture
    passed_over: Sequence[tuple[str, str]] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def is_ink(self) -> NDArray[np.bool_]:
        """Which are ink, (N,): another pen may draw it."""
        if not isinstance(self.pictures, list):  # such as are read when asked for
            return np.zeros(len(self), bool)
        return np.array([isinstance(picture, Ink) for picture in self.pictures], bool)

    def picture(self, index: int) -> Any:
        """Fetch one picture: what `patch` takes.

        Raises:
            DataUnavailable, UnreadableImage: It cannot be read; the message names its place.
        """
        with self._named(index):
            return self.pictures[index]

    def read(self, index: int, picture: Any) -> Patch:
        """Make the patch of one entry of its picture, (28, 28) float32.

        Raises:
            DataUnavailable, UnreadableImage: It cannot be read; the message names its place.
        """
        with self._named(index):
            return self.patch(picture)

    @contextmanager
    def _named(self, index: int) -> Iterator[None]:
        """Name the place of an entry in an error that does not."""
        try:
            yield
        except InkdigitsError as error:
            if self.place(index) in str(error):
                raise
            raise DataUnavailable(f"{self.place(index)}: {error}") from error

    def patches(self, indices: NDArray[np.int64] | None = None) -> NDArray[np.float32]:
        """Make the patches of the entries at these places, or of all, (K, 28, 28, 1) float32.

        Only a few pictures are in memory at a time.

        Raises:
            DataUnavailable, UnreadableImage: One cannot be read; the message names its place.
        """
        chosen = np.arange(len(self)) if indices is None else indices
        patches = np.empty((len(chosen), PATCH, PATCH, 1), np.float32)

        def fill(start: int, pictures: list[Any]) -> None:
            for place, picture in enumerate(pictures, start):
                patches[place, :, :, 0] = self.read(int(chosen[place]), picture)

        with ThreadPoolExecutor(THREADS) as pool:
            waiting: deque[Future[None]] = deque()
            for start in range(0, len(chosen), BLOCK):
                block = [self.picture(int(index)) for index in chosen[start : start + BLOCK]]
                waiting.append(pool.submit(fill, start, block))
                if len(waiting) > 2 * THREADS:
                    waiting.popleft().result()
            for done in waiting:
                done.result()
        return patches

    def split(self, config: Recipe) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Split off what is held out, by writer where they are told; see `holding_out.split_off`.

        Returns:
            The indices (int64, ascending) of what is to be learned from and of what is held out.

        Raises:
            DataUnavailable: One of the two would be empty.
        """
        inks = {at: self.pictures[at] for at in np.flatnonzero(self.is_ink).tolist()}
        return split_off(self.name, self.labels, self._writers, inks, config)

    def is_split_by_writer(self, config: Recipe) -> bool:
        """Whether `split` holds out whole writers, not a share of each label."""
        return is_by_writer(self.labels, self._writers, config.validation)

    @property
    def _writers(self) -> NDArray[np.int64]:
        return np.full(len(self), UNKNOWN) if self.writers is None else self.writers


@dataclass
class Entries:
    """What a reader has found: of each entry number, label, writer and picture."""

    numbers: list[int] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    writers: list[int | str | None] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)

    def add(self, number: int, label: str, writer: int | str | None, picture: Any) -> None:
        """Add one; numbers are from 1."""
        self.numbers.append(number)
        self.labels.append(label)
        self.writers.append(writer)
        self.pictures.append(picture)

    def keep(self, wanted: Sequence[bool]) -> None:
        """Keep those that are wanted."""
        columns: list[list[Any]] = [self.numbers, self.labels, self.writers, self.pictures]
        for column in columns:
            column[:] = compress(column, wanted)

    def as_labelled(
        self,
        name: str,
        kind: str,
        pictures: Sequence[Any] | None = None,
        patch: Callable[[Any], Patch] = patch_of_picture,
    ) -> Labelled:
        """Make a data set of them.

        Args:
            name: what it is called in reports.
            kind: what the number of an entry follows in messages, such as `digits.csv, line`.
            pictures: others than those that were added.
            patch: as for `Labelled`.
        """
        return Labelled(
            name=name,
            labels=self.labels,
            pictures=self.pictures if pictures is None else pictures,
            numbers=np.array(self.numbers, np.int64),
            place=lambda index: f"{kind} {self.numbers[index]}",
            writers=writer_numbers(self.writers),
            patch=patch,
        )
