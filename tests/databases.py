"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

REQUIRED = "INKDIGITS_REQUIRE_POSTGRESQL"  # set where its tests must not be skipped
USER = "postgres"  # by whom it is run where the tests are run by root, whom it refuses


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(places[-1]) if places else None
    if found is None:
        reason = f"needs PostgreSQL: {name} is not installed (apt-get install postgresql)"
        if os.environ.get(REQUIRED):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def postgresql() -> Iterator[str]:
    """Start PostgreSQL, and give the address of its empty database."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    who: dict[str, Any] = {"user": USER, "group": USER, "extra_groups": []} if root else {}
    with tempfile.TemporaryDirectory(prefix="inkdigits-") as place:
        folder = Path(place)
        if root:
            shutil.chown(folder, USER, USER)
        data, sockets = folder / "data", folder

        def run(*command: str) -> None:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=60, check=False, **who
            )
            assert done.returncode == 0, done.stdout + done.stderr

        run(initdb, "--pgdata", str(data), "--username", USER, "--auth", "trust", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{sockets}'"
        run(control, "start", "-w", "-D", str(data), "-o", options, "-l", str(folder / "log"))
        try:
            yield f"postgresql://{USER}@/postgres?host={sockets}"
        finally:
            run(control, "stop", "-m", "immediate", "-D", str(data))
