"""The command line as its users run it: real processes."""

import os
import subprocess
import sys
from pathlib import Path


def run(
    *arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `inkdigits` on a wide terminal, and give what became of it."""
    return subprocess.run(
        [sys.executable, "-m", "inkdigits", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=cwd,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
