"""What a model has seen of data of one's own: what it learned from, and what was held out.

Such data grow and change their order, and a split drawn anew would then hold out what was learned
before. So what was seen is kept beside the model, by what is shown: it stays on its side for as
long as training goes on from that model, and only what is new is split anew.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import InvalidModel
from inkdigits.files import write_whole
from inkdigits.ink import Ink

SEEN = "seen.npz"  # in the model folder
# Bytes of a fingerprint that are kept: beside 100,000 entries one new one in 40,000 is mistaken.
MARK = 4

Marks = NDArray[np.uint32]
Indices = NDArray[np.int64]


def fingerprint(picture: Any) -> bytes:
    """SHA-256 of what is shown, 32 bytes: of strokes, of a file, or of pixels.

    Args:
        picture: whatever a data set holds as one; of a file that cannot be read the name counts.
    """
    if isinstance(picture, Path):
        try:
            picture = picture.read_bytes()
        except OSError:  # told where its patch is made
            picture = str(picture).encode("utf-8", "replace")
    elif isinstance(picture, Ink):
        picture = picture.to_json().encode()
    elif not isinstance(picture, bytes):
        picture = np.asarray(picture).tobytes()
    return hashlib.sha256(picture).digest()


def marks(pictures: Iterable[Any]) -> Marks:
    """The first bytes of N fingerprints, (N,)."""
    kept = b"".join(fingerprint(picture)[:MARK] for picture in pictures)
    return np.frombuffer(kept, "<u4").astype(np.uint32)


def _none() -> Marks:
    return np.zeros(0, np.uint32)


@dataclass(frozen=True)
class Seen:
    """Marks of what was seen, each once.

    Args:
        learned: (K,), of what was learned from.
        held: (M,), of what was held out; a few are in both where data hold the same picture twice.
    """

    learned: Marks = field(default_factory=_none)
    held: Marks = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.learned) + len(self.held)

    @classmethod
    def of(cls, model: Path) -> Self:
        """What lies in a model folder; nothing if there is none.

        Raises:
            InvalidModel: The file is damaged.
        """
        try:
            with np.load(model / SEEN, allow_pickle=False) as arrays:
                return cls(*(arrays[name].astype(np.uint32) for name in ("learned", "held")))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidModel(f"{model / SEEN} is damaged ({error}).") from error

    def write(self, model: Path) -> None:
        """Write it into a model folder, if there is anything.

        Raises:
            OSError: The folder cannot be written to.
        """
        if len(self):
            buffer = io.BytesIO()
            np.savez_compressed(buffer, allow_pickle=False, learned=self.learned, held=self.held)
            write_whole(model / SEEN, buffer.getvalue())

    def and_also(self, learned: Marks, held: Marks) -> "Seen":
        """This and more."""
        return Seen(np.union1d(self.learned, learned), np.union1d(self.held, held))

    def holds(self, digest: bytes, otherwise: bool) -> bool:
        """Whether what has this fingerprint was held out; `otherwise` if it was not seen."""
        (mark,) = np.frombuffer(digest[:MARK], "<u4")
        was_learned, was_held = mark in self.learned, mark in self.held
        return was_held if was_learned != was_held else otherwise

    def again(
        self, shown: Marks, learned: Indices, held: Indices, *, only: bool = False
    ) -> tuple[Indices, Indices]:
        """Put on its side again whatever was seen before.

        Args:
            shown: (N,), marks of all entries.
            learned: places of what is to be learned from by a split drawn anew …
            held: … and of what is held out by it.
            only: whether what was not seen is left out of both.

        Returns:
            The same places, ascending, on their sides.
        """
        every = np.union1d(learned, held)
        was_learned, was_held = (np.isin(shown[every], some) for some in (self.learned, self.held))
        to_hold = np.where(was_learned != was_held, was_held, np.isin(every, held))
        wanted = was_learned | was_held | (not only)
        return every[wanted & ~to_hold], every[wanted & to_hold]
