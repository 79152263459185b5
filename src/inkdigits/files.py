"""Writing a file whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside its place, then put it there in one step.

    Whatever happens, `path` holds either what it held before or all of `data`.

    Args:
        path: where to; its folder must be there.
        data: what.

    Raises:
        OSError: the folder cannot be written to, or is full.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:  # Ctrl-C as well: nothing half written is left behind
        Path(temporary).unlink(missing_ok=True)
        raise
