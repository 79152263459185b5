"""A tar shard as a stream: its members, what they hold, and whether it ends as it should."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Self, cast

from inkdigits.batch import places
from inkdigits.errors import InkdigitsError, UnreadableImage
from inkdigits.image import MAX_BYTES

CHUNK = 1 << 20  # bytes that are looked at behind the end at a time

GZIP = b"\x1f\x8b"  # by which it begins


class _Header(tarfile.TarInfo):
    """A header, or the zeros that end a shard; tarfile would take anything else for the end too."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise
            raise tarfile.ReadError(
                f"where a member or the end should begin, there is neither ({error})"
            ) from None


class Shard:
    """A shard that is read from its beginning to its end.

    Args:
        path: of the shard.
        stream: it, opened as a stream with `_Header`.
        closing: what is closed with it.
    """

    def __init__(self, path: str, stream: tarfile.TarFile, closing: ExitStack) -> None:
        self._path = path
        self._stream = stream
        self._closing = closing
        self._whole: tarfile.TarFile | None = None

    def members(self) -> Iterator[tarfile.TarInfo]:
        """Name the members one by one; hidden ones, as macOS adds them, are left out.

        Raises:
            tarfile.TarError: it is damaged, cut short, or goes on behind its end.
        """
        while member := self._stream.next():
            self._stream.members.clear()  # type: ignore[attr-defined]  # or tarfile keeps them all
            if not PurePosixPath(member.name).name.startswith("."):
                yield member
        while rest := self._stream.fileobj.read(CHUNK):
            if any(rest):  # as where shards were joined by `cat`, or zeros have got into one
                raise tarfile.ReadError("something follows behind its end")

    def read(self, member: tarfile.TarInfo) -> bytes | InkdigitsError:
        """Read the member that was named last, one byte over the limit of pictures at most."""
        if member.islnk() or member.issym():
            return self._linked(member)
        file = self._stream.extractfile(member)
        if file is None:
            return UnreadableImage("It is neither a file nor a link: a pipe or a device.")
        return file.read(MAX_BYTES + 1)

    def _linked(self, link: tarfile.TarInfo) -> bytes | InkdigitsError:
        """Read what a link leads to, in the shard opened once more: a stream does not go back."""
        try:
            if self._whole is None:
                self._whole = self._closing.enter_context(_indexed(self._path))
            # tarfile follows links of its own only: a hard one to what stands before it
            own = (each for each in self._whole.getmembers() if each.offset == link.offset)
            found = self._whole.extractfile(next(own))
            data = None if found is None else found.read(MAX_BYTES + 1)
        except (KeyError, RecursionError, StopIteration, EOFError, tarfile.TarError, zlib.error):
            data = None
        if data is None:
            return UnreadableImage(f"It is a link to {link.linkname!r}, no file of this shard.")
        return data


@contextmanager
def opened(path: str) -> Iterator[Shard]:
    """Open a shard, compressed or not.

    Raises:
        Exception: it is no shard, or cannot be opened; of the kinds that tarfile and fsspec raise.
    """
    with (
        places.open_file(path) as file,
        tarfile.open(fileobj=_unpacked(file), mode="r|*", tarinfo=_Header) as stream,
        ExitStack() as closing,
    ):
        yield Shard(path, stream, closing)


def _unpacked(file: BinaryIO) -> IO[bytes]:
    """Unpack all of gzip, and check it: tarfile's streams end with its first member."""
    is_gzip = file.read(len(GZIP)) == GZIP
    file.seek(0)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if is_gzip else file


@contextmanager
def _indexed(path: str) -> Iterator[tarfile.TarFile]:
    """Open a shard so that any member can be read."""
    with places.open_file(path) as file, tarfile.open(fileobj=file, mode="r:*") as whole:
        yield whole
