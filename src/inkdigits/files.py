"""Writing a file whole or not at all."""

import os
import re
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

_RANDOM = 8  # bytes in the name of a file that is being written


def write_whole(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write a file beside its place, then put it there in one step.

    Whatever happens, `path` holds either what it held before or all of `data`. Who may read it
    stays as it was; a symbolic link stays one, and its target is written.

    Args:
        path: where to; its folder must be there.
        data: what, at once or in parts, which need not all be in memory.

    Raises:
        OSError: the folder cannot be written to, or is full.
    """
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(_RANDOM)}")
    try:
        with temporary.open("xb") as file:
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    except BaseException:  # Ctrl-C as well: nothing half written is left behind
        temporary.unlink(missing_ok=True)
        raise


def half_written(path: Path) -> list[Path]:
    """Find what a kill left of attempts to write a file; its folder must be there."""
    name = re.compile(rf"\.{re.escape(path.name)}\.[0-9a-f]{{{2 * _RANDOM}}}")
    return [other for other in path.parent.iterdir() if name.fullmatch(other.name)]
