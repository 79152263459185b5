"""A folder in which one process at a time is at work."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkdigits.errors import InterruptedRun

LOCK = ".lock"  # the file that is locked while somebody is at work

if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep others out of a folder that is there; the system lets them in when this process ends.

    Where nothing can be written, or the file system has no locks, nobody is kept out.

    Raises:
        InterruptedRun: somebody else is at work in it.
    """
    path = folder / LOCK
    file = _locked(path)
    try:
        yield
    finally:
        if file is not None:
            with suppress(OSError):  # Windows deletes no file that somebody has open
                path.unlink()
            os.close(file)


def _locked(path: Path) -> int | None:
    """Open and lock a file, made if need be; None where that cannot be done."""
    while True:
        try:
            file = os.open(path, os.O_RDWR | os.O_CREAT)
        except OSError:
            return None
        try:
            _lock(file)
        except (BlockingIOError, PermissionError) as error:  # as Unix and Windows tell it
            os.close(file)
            raise InterruptedRun(
                f"{path.parent}: another process is at work in this folder. Let it finish, or name"
                " another folder by --output."
            ) from error
        except OSError:
            os.close(file)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        os.close(file)  # whoever had locked it has deleted it since
