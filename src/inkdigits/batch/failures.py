"""Which errors tell what a file holds, and which only that it could not be had just now."""

import errno
import gzip
import os
import tarfile
import zlib

import pyarrow as pa

from inkdigits.errors import InkdigitsError

# What is not there, or is not for us, stays so; and what decoders raise is about the bytes.
SETTLED = (
    FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, ValueError,
    TypeError, LookupError, ArithmeticError, EOFError, NotImplementedError, pa.ArrowException,
    tarfile.TarError, zlib.error, gzip.BadGzipFile,
)  # fmt: skip
# No file can ever be called that; stores use EINVAL for what may pass.
NAMES = (errno.ENAMETOOLONG, errno.ELOOP, *((errno.EINVAL,) if os.name == "nt" else ()))
LATER = (408, 429)  # by which HTTP asks to come again


def may_pass(error: BaseException) -> bool:
    """Whether reading may succeed at another time or on another machine.

    A lost connection, a store that fails, a package that is missing: rows must not be given up for
    such, so the part fails, and is tried again.
    """
    if isinstance(error, InkdigitsError):
        return error.__cause__ is not None and may_pass(error.__cause__)
    if isinstance(error, PermissionError) and "expired" in str(error):  # the job's own, of a store
        return True
    if isinstance(error, SETTLED):
        return False
    if isinstance(error, OSError):
        damaged = type(error) is OSError and error.errno is None  # as Arrow tells of damage
        return not damaged and error.errno not in NAMES
    status = getattr(error, "status", None)  # of HTTP clients
    return not (isinstance(status, int) and 400 <= status < 500 and status not in LATER)
