"""A real server for tests: `inkdigits serve` in a process of its own, on a port that was free."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

OWNER = "the-owner-of-the-tests"  # token
LIMIT = 60  # seconds before a server that does not start or stop is given up
DRAWING = {"strokes": [[[20, 10], [21, 35], [22, 60]]]}


class Server:
    """One that runs; `restart` starts another at the same address.

    Args:
        folder: where its database and its log are kept.
        flags: of `inkdigits serve`.
        variables: of its environment besides.
    """

    def __init__(
        self, folder: Path, *flags: str, variables: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.database = f"sqlite:///{folder / 'corrections.sqlite'}"
        self.log = folder / "log"
        self._flags = flags
        self._variables = dict(variables or {})
        self._port = free_port()
        self.process = self._start()

    @property
    def address(self) -> str:
        """Of the page, without a slash at its end."""
        return f"http://127.0.0.1:{self._port}"

    def _start(self) -> subprocess.Popen[bytes]:
        own = {"INKDIGITS_TOKEN": OWNER, "INKDIGITS_RATE": "0"}
        own |= {"INKDIGITS_DATABASE_URL": self.database, **self._variables}
        environment = without_ours(os.environ) | own
        command = [sys.executable, "-m", "inkdigits", "serve", "--port", str(self._port)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*command, *self._flags], stdout=log, stderr=log, env=environment
            )
        wait_until_ready(self.address, process, self.log)
        return process

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it, and give its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        return self.process.wait(LIMIT)

    def restart(self) -> None:
        """Start one again where one has ended."""
        self.process.wait(LIMIT)
        self.process = self._start()

    def logged(self) -> list[dict[str, Any]]:
        """What it logged so far, but for the line with its address."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


@contextmanager
def running(
    folder: Path, *flags: str, variables: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """A server for as long as the block lasts."""
    server = Server(folder, *flags, variables=variables)
    try:
        yield server
    finally:
        server.stop()


def without_ours(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment without our variables, those for tests among them."""
    return {name: text for name, text in environment.items() if not name.startswith("INKDIGITS_")}


def wait_until_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a server that was just started; one that does not start is killed."""
    end = time.monotonic() + LIMIT
    while not _is_ready(address):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"The server did not start: {log.read_text(encoding='utf-8')}")
        time.sleep(0.05)


def _is_ready(address: str) -> bool:
    try:
        with connection_to(address) as connection:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
    except OSError:
        return False


@contextmanager
def connection_to(address: str) -> Iterator[http.client.HTTPConnection]:
    """A connection for as long as the block lasts."""
    host = address.removeprefix("http://")
    with closing(http.client.HTTPConnection(host, timeout=LIMIT)) as connection:
        yield connection


def send(
    connection: http.client.HTTPConnection, body: object, path: str = "/api/v1/recognize"
) -> tuple[int, dict[str, Any]]:
    """Post JSON as the owner, and give the status and the JSON that come back."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {OWNER}"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def ask(address: str, body: object, path: str = "/api/v1/recognize") -> tuple[int, dict[str, Any]]:
    """`send` on a connection of its own."""
    with connection_to(address) as connection:
        return send(connection, body, path)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident(process: int) -> int:
    """Memory that a process and its children hold, in bytes (Linux)."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    status = Path(f"/proc/{process}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    own = int(found[1]) * 1024 if found else 0
    return own + sum(resident(int(child)) for child in children)
