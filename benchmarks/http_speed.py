"""How fast the web server answers, how steadily, and what load does to it: wrk on this machine.

    python benchmarks/http_speed.py

It needs the extras `web`, `granian` and `train`, and wrk (Debian: apt-get install wrk), which takes
its part of the same cores. (The name is not `http.py`: that would hide Python's own `http` from
every script of this folder.)
"""

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from answers import EXAMPLES
from common import Report, add_program_options, add_report_options, publish
from processes import trained_original

PATH = "/api/v1/recognize"
GOAL = 2500  # requests a second, by granian on two cores
STEADY = GOAL // 2  # requests a second at which the slowest hundredth is looked at
LIMIT = 0.020  # seconds of that
FACTOR = 50  # times as many as the plain server
SLOW = 200  # clients that send a byte at a time
FLAT = 0.05  # share by which memory may grow
POINTS = (30, 300, 3000)  # of drawings, each ten times the one before
START = 120  # seconds in which a server has to start
DRAWING = "8"  # of the examples
THREADS, CONNECTIONS = 1, 16  # of wrk
MINE = ("granian, 2 workers", "waitress")
PLAIN = "Flask and model.predict"

# What wrk does: the same request again and again, with a pause where one is wanted.
SCRIPT = """
wrk.method = "POST"
wrk.path = "%(path)s"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[%(body)s]==]
%(delay)s
function done(summary, latency, requests)
  local e = summary.errors
  local wrong = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format('{"requests": %%d, "microseconds": %%d, "errors": %%d, "p99": %%d}',
    summary.requests, summary.duration, wrong, latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Effort:
    """How long things are done."""

    rounds: int  # each server's turns
    seconds: int  # of a turn
    requests: int  # under which memory is watched


FULL = Effort(rounds=3, seconds=5, requests=100_000)
QUICK = Effort(rounds=1, seconds=1, requests=500)


@dataclass(frozen=True)
class Running:
    """A server that runs."""

    name: str
    port: int
    process: int

    def memory(self) -> int:
        """Bytes that it and its processes hold (Linux)."""
        return _resident(self.process)


def main() -> None:
    """Measure and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    add_program_options(parser)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (Debian: apt-get install wrk)")
    effort = QUICK if options.quick else FULL
    network = trained_original(options.original, options.quick)
    report = Report(
        "The web server under load",
        "python benchmarks/http_speed.py",
        ("Measured", *MINE, PLAIN, "Goal"),
    )
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        servers = [
            stack.enter_context(running(name, command, Path(folder)))
            for name, command in commands(options.model, network)
        ]
        measure(servers, effort, report)
    publish(report, options)


def commands(model: str | None, network: Path) -> list[tuple[str, list[str]]]:
    """The servers, and how each is started; PORT stands for its port."""
    serve = [sys.executable, "-m", "inkdigits", "serve", "--port", "PORT"]
    serve += ["--model", model] if model else []
    plain = [sys.executable, str(Path(__file__).parent / "predict_server.py"), str(network), "PORT"]
    return [
        (MINE[0], [*serve, "--server", "granian", "--workers", "2"]),
        (MINE[1], serve),
        (PLAIN, plain),
    ]


def measure(servers: Sequence[Running], effort: Effort, report: Report) -> None:
    """Fill the report."""
    body = (EXAMPLES / f"{DRAWING}.json").read_text(encoding="utf-8").strip()
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    errors = 0
    for turn in range(effort.rounds):
        for server in servers if turn % 2 == 0 else reversed(servers):
            told = load(server.port, body, effort.seconds)
            rates[server.name].append(told["requests"] / told["microseconds"] * 1e6)
            errors += told["errors"]
    most = {name: median(found) for name, found in rates.items()}
    report.rows.append(
        ("requests a second", *(f"{rate:,.0f}" for rate in most.values()), f"≥ {GOAL:,}")
    )
    steady = [steadily(one.port, body, effort.seconds) for one in servers[:2]]
    shown = [f"{one['p99'] / 1e3:.1f} ms ({one['rate']:,.0f}/s)" for one in steady]
    report.rows.append(
        (f"slowest hundredth at {STEADY:,}/s", *shown, "", f"≤ {1000 * LIMIT:.0f} ms")
    )
    growth = [payload(one.port) for one in servers[:2]]
    texts = [", ".join(f"{seconds * 1e3:.1f} ms" for seconds in times) for times in growth]
    title = f"an answer to {', '.join(map(str, POINTS))} points"
    report.rows.append((title, *texts, "", "≤ 10 times each"))
    held = [endure(one, body, effort) for one in servers[:2]]
    report.rows.append(
        (
            f"memory before and after {effort.requests:,} requests beside {SLOW} slow clients",
            *(f"{before / 1e6:.0f} → {after / 1e6:.0f} MB" for before, after, _ in held),
            "",
            f"≤ {FLAT:.0%} more",
        )
    )
    errors += sum(wrong for *_, wrong in held)
    first = most[MINE[0]]
    report.goals = {
        f"{GOAL:,} requests a second by granian": first >= GOAL,
        f"slowest hundredth within {1000 * LIMIT:.0f} ms at {STEADY:,}/s by granian": (
            steady[0]["p99"] / 1e6 <= LIMIT and steady[0]["rate"] >= 0.95 * STEADY
        ),
        f"{FACTOR} times as many as {PLAIN}": first >= FACTOR * most[PLAIN],
        "no error": errors == 0,
        "memory flat": all(after <= (1 + FLAT) * before for before, after, _ in held),
        "a payload ten times as large costs ten times as much at most": all(
            later <= 10 * earlier for times in growth for earlier, later in pairwise(times)
        ),
    }
    report.notes += [
        f"The drawing: {DRAWING}.json of the examples, {len(body):,} bytes; wrk with {CONNECTIONS}"
        f" connections, on the same cores; median of {effort.rounds} turns of {effort.seconds} s.",
        f"granian answers {first / most[PLAIN]:.0f} times as many as {PLAIN},"
        f" waitress {most[MINE[1]] / most[PLAIN]:.0f} times.",
    ]
    report.figures = {
        "requests_per_second": rates,
        "steady": steady,
        "payload_seconds": growth,
        "memory": [list(one) for one in held],
        "errors": errors,
    }


@contextmanager
def running(name: str, command: list[str], folder: Path) -> Iterator[Running]:
    """Start a server and wait until it answers."""
    port = _free_port()
    own = {"INKDIGITS_RATE": "0", "INKDIGITS_LOG_LEVEL": "warning"}
    own["INKDIGITS_DATABASE_URL"] = f"sqlite:///{folder / 'corrections.sqlite'}"
    known = {key: text for key, text in os.environ.items() if not key.startswith("INKDIGITS_")}
    with subprocess.Popen(
        [str(port) if part == "PORT" else part for part in command],
        env=known | own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            end = time.monotonic() + START
            while not _answers(port):
                if process.poll() is not None or time.monotonic() > end:
                    raise SystemExit(f"{name}: the server did not start")
                time.sleep(0.2)
            yield Running(name, port, process.pid)
        finally:
            process.terminate()


def steadily(port: int, body: str, seconds: float) -> dict[str, Any]:
    """Ask `STEADY` times a second, as nearly as pauses between requests can make it."""
    pause = CONNECTIONS / STEADY
    told = load(port, body, 1, pause)
    cycle = CONNECTIONS * told["microseconds"] / 1e6 / told["requests"]
    pause = max(0.0, pause - (cycle - CONNECTIONS / STEADY))  # an answer takes time as well
    told = load(port, body, seconds, pause)
    return told | {"rate": told["requests"] / told["microseconds"] * 1e6}


def load(port: int, body: str, seconds: float, pause: float = 0.0) -> dict[str, Any]:
    """Let wrk ask for so many seconds, with so many between two requests of a connection."""
    most = round(2000 * pause)  # milliseconds: half as many on average
    delay = f"function delay() return math.random(0, {most}) end" if most else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        script.write(SCRIPT % {"path": PATH, "body": body, "delay": delay})
        script.flush()
        command = ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s"]
        done = subprocess.run(
            [*command, "--timeout", "30s", "-s", script.name, f"http://127.0.0.1:{port}"],
            capture_output=True,
            text=True,
            check=True,
        )
    told: dict[str, Any] = json.loads(done.stdout[done.stdout.index("{") :])
    return told


def payload(port: int) -> list[float]:
    """Seconds of an answer to drawings of more and more points, median of 30 each."""
    found = []
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        for count in POINTS:
            strokes = [[[x % 97, x % 89] for x in range(count)]]
            body = json.dumps({"strokes": strokes})
            times = []
            for _ in range(30):
                began = time.perf_counter()
                connection.request("POST", PATH, body, {"Content-Type": "application/json"})
                connection.getresponse().read()
                times.append(time.perf_counter() - began)
            found.append(median(times))
    return found


def endure(server: Running, body: str, effort: Effort) -> tuple[int, int, int]:
    """Ask many times beside slow clients: memory before and after, and errors."""
    stop = threading.Event()
    wrong: list[str] = []
    slow = threading.Thread(target=_dribble, args=(server.port, body, stop, wrong))
    load(server.port, body, effort.seconds)
    slow.start()
    load(server.port, body, effort.seconds)
    before = server.memory()
    asked = errors = 0
    while asked < effort.requests:
        told = load(server.port, body, effort.seconds)
        asked += told["requests"]
        errors += told["errors"]
    after = server.memory()
    stop.set()
    slow.join()
    return before, after, errors + len(wrong)


def _dribble(port: int, body: str, stop: threading.Event, wrong: list[str]) -> None:
    """Be two hundred clients that send a few bytes a second, until told to stop; then end well."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    whole = f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(SLOW)
        ]
        place = len(whole) - len(body) + 1
        for one in clients:
            one.sendall(whole[:place])
        while not stop.wait(1) and place < len(whole) - 1:
            for one in clients:
                one.sendall(whole[place : place + 1])
            place += 1
        stop.wait()
        for one in clients:
            one.sendall(whole[place:])
        for one in clients:
            answer = one.recv(100)
            if not answer.startswith(b"HTTP/1.1 200"):
                wrong.append(answer.decode("latin-1"))


def _resident(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    own = int(found[1]) * 1024 if found else 0
    children = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8")
    return own + sum(_resident(int(child)) for child in children.split())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    body = json.dumps({"strokes": [[[1, 1], [2, 9]]]})
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            connection.request("POST", PATH, body, {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
    except OSError:
        return False


if __name__ == "__main__":
    main()
