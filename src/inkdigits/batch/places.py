"""Where files are: folders, object stores, whatever fsspec reaches by a URL."""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem, make_path_posix

from inkdigits.batch import failures
from inkdigits.errors import DataUnavailable, InkdigitsError, InvalidJob
from inkdigits.files import write_whole

PLAN = "_inkdigits"  # of an output folder, what is ours: readers of Parquet leave such names alone
CHUNK = 1 << 20  # bytes that are copied at a time
# Where an object appears whole or not at all when it is put; elsewhere it has to be renamed.
OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci"})


def resolve(url: str) -> tuple[Any, str]:
    """Find out who reaches a URL.

    Args:
        url: `s3://…`, `gs://…`, `file://…`, any other protocol of fsspec, or a path.

    Returns:
        fsspec's file system, and the path there.

    Raises:
        InvalidJob: it is empty, or nothing that is installed reaches it.
        DataUnavailable: the archive that it leads into cannot be read, or its host not be reached.
    """
    if not url:  # which would be the current folder
        raise InvalidJob("The name of a file or folder is empty.")
    if url.endswith("://"):  # as would this, or all that a store has
        raise InvalidJob(f"{url} names no file and no folder.")
    if "://" not in url:  # fsspec would take `::` in a name for a chain
        # pathlib would fail at a `~` that is no user's, which may well begin a name
        return LocalFileSystem(), _in_full(os.path.expanduser(url))  # noqa: PTH111
    try:
        system, path = url_to_fs(url, use_listings_cache=False)
    except Exception as error:  # each file system has its own way to say that it cannot be made
        told = InvalidJob if not isinstance(error, OSError) else DataUnavailable
        reason = failures.reason(error, url).rstrip(".")
        raise told(f"{url} cannot be reached: {reason}.") from error
    return system, _in_full(path) if is_local(system) else path


def _in_full(path: str) -> str:
    """A local path as it is called from everywhere; links are left, `.` and `..` are not."""
    return str(make_path_posix(os.path.abspath(path)))  # noqa: PTH100


def is_local(system: Any) -> bool:
    """Whether a file system is the one of this machine."""
    return isinstance(system, LocalFileSystem)


def full_name(system: Any, path: str) -> str:
    """Return what reaches a path from any working folder: an absolute path, or a URL."""
    return path if is_local(system) else str(system.unstrip_protocol(path))


def absolute(url: str) -> str:
    """Return `full_name` of what is named, whether it is there or not.

    Raises:
        InvalidJob: as `resolve`; or it is a chain of fsspec, of which no file has a full name.
    """
    if "://" in url and "::" in url:
        raise InvalidJob(
            f"{url} is a chain of file systems, which neither INPUT nor OUTPUT can be: name the"
            " archive itself, or what is in it in a column of paths."
        )
    return full_name(*resolve(url))


@contextmanager
def reached(name: str, doing: str = "read") -> Iterator[None]:
    """Turn what file systems raise into ours; each client of an object store has errors of its own.

    Raises:
        DataUnavailable: of whatever was raised inside, but our own errors.
    """
    try:
        yield
    except InkdigitsError:
        raise
    except Exception as error:
        reason = failures.reason(error, name).rstrip(".")
        raise DataUnavailable(f"{name} cannot be {doing}: {reason}.") from error


@contextmanager
def open_file(url: str) -> Iterator[BinaryIO]:
    """Open a file to read bytes; chains of fsspec, as `tar://member::s3://…`, as well.

    Raises:
        DataUnavailable: it is a pipe, a socket or a device, which might let us wait for ever.
    """
    for link in url.split("::") if "://" in url else [url]:
        path = link.removeprefix("file://").removeprefix("local://")
        if "://" not in path:
            _refuse_pipes(Path(path))
    if "://" not in url:
        with Path(url).open("rb") as file:
            yield file
        return
    system, path = resolve(url)  # kept as long as the file: an archive that is let go is closed
    with _opened(system, path) as file:
        yield file


def _refuse_pipes(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):  # to open it tells as much
        return
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataUnavailable(
            f"{path} is neither a file nor a folder: a pipe, a socket or a device cannot be read."
        )


def _opened(system: Any, path: str) -> BinaryIO:
    try:
        return cast("BinaryIO", system.open(path, "rb"))
    except OSError as error:
        refused = isinstance(error, PermissionError) or error.errno == errno.EINVAL
        if refused and not is_local(system):
            # S3 refuses to look a file up without a word; asked for its bytes, it says why:
            # whether it is the file that is not for us, or the keys that are wrong
            system.cat_file(path, start=0, end=1)
        raise


def read_file(url: str, limit: int) -> bytes:
    """Read a file, at most one byte more than the limit.

    Raises:
        DataUnavailable: it cannot be read.
    """
    with reached(url), open_file(url) as file:
        return file.read(limit + 1)


class Folder:
    """A folder that is written to, on this machine or elsewhere.

    Args:
        url: where; made when the first file is written.

    Raises:
        InvalidJob: its name is empty, lacks the bucket, or is a chain; or nothing that is
            installed reaches it.
    """

    def __init__(self, url: str) -> None:
        url = re.sub(r"(?<=[^:/])/+$", "", url)
        self.name = absolute(url)
        self._system, self._path = resolve(url)
        if not is_local(self._system) and not self._path.strip("/"):
            raise InvalidJob(f"{url} names no folder: put the bucket and a folder behind it.")

    def __truediv__(self, name: str) -> "Folder":
        return Folder(f"{self.name}/{name}")

    def parents(self) -> Iterator["Folder"]:
        """Name the folders that it lies in, the next one first; of a store, up to the bucket."""
        start, _, _ = self.name.rpartition("/")
        while start.rstrip("/") and not start.rstrip("/").endswith(":"):
            yield Folder(start)
            start, _, _ = start.rpartition("/")

    def holds(self, other: str) -> bool:
        """Whether a file or folder, named in full, is this folder or lies in it."""
        return f"{other}/".startswith(f"{self.name}/")

    def is_file(self) -> bool:
        """Whether there is a file of its name, or a link that leads nowhere.

        Raises:
            DataUnavailable: it cannot be found out.
        """
        with reached(self.name):
            if is_local(self._system) and Path(self._path).is_symlink():
                return not Path(self._path).is_dir()
            return bool(self._system.isfile(self._path))

    def names(self) -> set[str]:
        """Name the files and folders in it; none where it is not there.

        Raises:
            DataUnavailable: it cannot be read.
        """
        # a store may name the folder itself among what is in it
        return {Path(path).name for path in self._sizes() if path.rstrip("/") != self._path}

    def written(self) -> set[str]:
        """Name the files in it that hold something: a disk that failed may leave empty ones.

        Raises:
            DataUnavailable: it cannot be read.
        """
        return {Path(path).name for path, size in self._sizes().items() if size != 0}

    def _sizes(self) -> dict[str, int | None]:
        """What is in it, and how large, where that is told; nothing where it is not there."""
        with reached(self.name):
            self._system.invalidate_cache()
            try:
                found = self._system.ls(self._path, detail=True)
            except FileNotFoundError:
                return {}
            return {entry["name"]: entry.get("size") for entry in found}

    def open(self, name: str) -> BinaryIO:
        """Open a file in it to read bytes."""
        return cast("BinaryIO", self._system.open(f"{self._path}/{name}", "rb"))

    def read(self, name: str) -> bytes | None:
        """Read a file in it, None where it is not there.

        Raises:
            DataUnavailable: it cannot be read.
        """
        with reached(f"{self.name}/{name}"):
            try:
                return bytes(self._system.cat_file(f"{self._path}/{name}"))
            except FileNotFoundError:
                return None

    def put(self, name: str, source: Path) -> None:
        """Copy a file into it, whole or not at all, whatever happens, in place of one of that name.

        Raises:
            DataUnavailable: it cannot be written.
        """
        target = f"{self._path}/{name}"
        with reached(f"{self.name}/{name}", "written"):
            if is_local(self._system):
                Path(self._path).mkdir(parents=True, exist_ok=True)
                with source.open("rb") as file:
                    write_whole(Path(target), iter(lambda: file.read(CHUNK), b""))
                return
            if _protocols(self._system) & OBJECT_STORES:
                self._system.put_file(str(source), target)
                return
            self._system.makedirs(self._path, exist_ok=True)
            unfinished = f"{self._path}/.{name}.{os.urandom(8).hex()}"
            self._system.put_file(str(source), unfinished)
            self._system.mv(unfinished, target)

    def put_bytes(self, name: str, data: bytes) -> None:
        """Write a file as `put` does."""
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "data"
            source.write_bytes(data)
            self.put(name, source)

    def create(self, name: str, data: bytes) -> bool:
        """Write a file as `put` does, if there is none of that name; of two at once, one does.

        Returns:
            Whether it was written.

        Raises:
            DataUnavailable: it cannot be written.
        """
        target = f"{self._path}/{name}"
        with reached(f"{self.name}/{name}", "written"):
            try:
                if is_local(self._system):
                    _link(Path(target), data)
                else:
                    if not _protocols(self._system) & OBJECT_STORES:
                        self._system.makedirs(self._path, exist_ok=True)
                    self._system.pipe_file(target, data, mode="create")
            except FileExistsError:
                return False
        return True

    def remove(self) -> None:
        """Remove it with all that is in it.

        Raises:
            DataUnavailable: it cannot be removed.
        """
        with reached(self.name, "removed"), suppress(FileNotFoundError):
            self._system.rm(self._path, recursive=True)

    def tidy(self) -> None:
        """Remove what writers that were killed have left half written."""
        for name in self.names():
            if re.fullmatch(r"\..*\.[0-9a-f]{16}", name):
                with reached(f"{self.name}/{name}", "removed"):
                    self._system.rm_file(f"{self._path}/{name}")


def _link(target: Path, data: bytes) -> None:
    """Put a whole file in its place, unless there is one: a link is refused, a renaming is not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
    try:
        write_whole(unfinished, data)
        target.hardlink_to(unfinished)
    except FileExistsError:
        raise
    except OSError:  # this disk knows no such links: who is first may be seen half written
        with target.open("xb") as file:
            file.write(data)
    finally:
        unfinished.unlink(missing_ok=True)


def _protocols(system: Any) -> set[str]:
    protocol = system.protocol
    return {protocol} if isinstance(protocol, str) else set(protocol)
