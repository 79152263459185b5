"""`inkdigits serve` as a process: starting, stopping, being killed, and what it does not forget."""

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from servers import (
    DRAWING,
    LIMIT,
    OWNER,
    Server,
    ask,
    connection_to,
    free_port,
    resident,
    running,
    send,
    without_ours,
)

from inkdigits import Ink
from inkdigits.corrections import Correction, CorrectionStore

KILLS = 100
SERVERS = [
    pytest.param((), id="waitress"),
    pytest.param(("--server", "granian", "--workers", "2"), id="granian"),
]


@pytest.mark.parametrize("flags", SERVERS)
def test_it_answers_stops_on_sigterm_and_frees_its_port(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    with running(tmp_path, *flags) as server:
        status, told = ask(server.address, DRAWING)
        assert (status, told["label"]) == (200, "1")
        end = time.monotonic() + LIMIT
        while f"inkdigits: {server.address}" not in server.log.read_text():
            assert time.monotonic() < end, "it never said where it listens"
            time.sleep(0.05)
        assert server.stop(signal.SIGTERM) == 0
        assert "Traceback" not in server.log.read_text()
        server.restart()
        assert ask(server.address, DRAWING)[0] == 200


@pytest.mark.parametrize("flags", SERVERS)
def test_a_full_store_is_told_until_there_is_room(flags: tuple[str, ...], tmp_path: Path) -> None:
    body = {**DRAWING, "label": "1"}
    with running(tmp_path, *flags, "--max-corrections", "1") as server:
        with CorrectionStore(server.database) as store:
            kept = store.add(Correction(Ink([[[0, 0], [9, 9]]]), None))
            for _ in range(4):
                status, told = ask(server.address, body, "/api/v1/corrections")
                assert (status, told["title"]) == (507, "Insufficient Storage")
            store.delete(kept.id)  # as the owner does on the command line
        end = time.monotonic() + LIMIT
        while ask(server.address, body, "/api/v1/corrections")[0] != 201:
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.parametrize("flags", SERVERS)
def test_the_counts_of_all_processes_are_added_up(flags: tuple[str, ...], tmp_path: Path) -> None:
    with running(tmp_path, *flags) as server:
        for _ in range(20):
            assert ask(server.address, DRAWING)[0] == 200
        with connection_to(server.address) as connection:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
    assert 'inkdigits_answers_total{label="1",reason=""} 20.0' in text


def test_a_request_that_is_under_way_is_answered_when_it_stops(tmp_path: Path) -> None:
    drawings = {"drawings": [{"strokes": [[[x % 50, x] for x in range(500)]]}] * 256}
    with running(tmp_path) as server:
        answers: list[int] = []

        def wait() -> None:
            status, told = ask(server.address, drawings, "/api/v1/recognize/batch")
            assert len(told["answers"]) == 256
            answers.append(status)

        thread = threading.Thread(target=wait)
        thread.start()
        end = time.monotonic() + LIMIT
        while "under way" not in _state(server):  # sent, and not yet answered
            assert time.monotonic() < end
            time.sleep(0.01)
        assert server.stop(signal.SIGTERM) == 0
        thread.join(LIMIT)
        assert answers == [200]


def _state(server: Server) -> str:
    """Whether the server has begun to work on a request: its threads take time."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    first = server.__dict__.setdefault("first_ticks", ticks)
    return "under way" if ticks > first + 5 else "idle"


@pytest.mark.parametrize(
    ("flags", "variables", "says"),
    [
        (("--port", "{taken}"), {}, "cannot be listened on"),
        (("--port", "{taken}", "--server", "granian"), {}, "cannot be listened on"),
        (("--workers", "2"), {}, "--workers"),
        (("--port", "99999"), {}, "--port"),
        (("--model", "no-such-model"), {}, "no-such-model"),
        ((), {"INKDIGITS_PROT": "80"}, "INKDIGITS_PORT"),
        ((), {"INKDIGITS_PORT": "eighty"}, "INKDIGITS_PORT"),
        ((), {"INKDIGITS_TOKEN": "short"}, "INKDIGITS_TOKEN"),
        (("--host", "192.0.2.1"), {}, "cannot be listened on"),
    ],
)
def test_what_it_cannot_do_is_one_line_and_a_status(
    flags: tuple[str, ...], variables: dict[str, str], says: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "inkdigits", "serve"]
        done = subprocess.run(
            [*command, *(flag.format(taken=port) for flag in flags)],
            env={**without_ours(os.environ), **variables},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_what_is_no_http_is_told_in_a_problem(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        port = int(server.address.rsplit(":", 1)[1])
        for sent, status in (
            (b"nonsense\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"400"),
            (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(sent)
                answer = b""
                while part := connection.recv(65536):
                    answer += part
            assert answer.split()[1] == status
            assert b"application/problem+json" in answer
            assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["status"] == int(status)


def test_killed_a_hundred_times_it_loses_no_correction_that_it_acknowledged(tmp_path: Path) -> None:
    port = free_port()
    database = f"sqlite:///{tmp_path / 'corrections.sqlite'}"
    acknowledged: set[str] = set()
    program = str(Path(__file__).parent / "forking_server.py")
    with subprocess.Popen(
        [sys.executable, program, str(port), database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=without_ours(os.environ) | {"INKDIGITS_TOKEN": OWNER},
    ) as starter:
        assert starter.stdin
        assert starter.stdout
        for kill in range(KILLS):
            starter.stdin.write(b"start\n")
            starter.stdin.flush()
            server = int(starter.stdout.readline())
            hands = [
                threading.Thread(target=_correct, args=(port, kill, hand, acknowledged))
                for hand in range(2)
            ]
            for hand in hands:
                hand.start()
            time.sleep(0.02 + 0.001 * kill)  # another moment each time
            os.kill(server, signal.SIGKILL)
            for hand in hands:
                hand.join(LIMIT)
        starter.stdin.close()
    kept = {one.id for one in CorrectionStore(database)}
    assert len(acknowledged) > KILLS
    assert acknowledged <= kept


def _correct(port: int, kill: int, hand: int, acknowledged: set[str]) -> None:
    """Send corrections until the server dies; note those that it acknowledged."""
    with connection_to(f"http://127.0.0.1:{port}") as connection:
        for number in itertools.count():
            body = {"strokes": [[[kill, hand], [number, 60]]], "label": "1"}
            try:
                status, told = send(connection, body, "/api/v1/corrections")
            except (OSError, http.client.HTTPException, ValueError):
                return
            if status == 201:
                acknowledged.add(str(told["id"]))


@pytest.mark.slow
@pytest.mark.parametrize("flags", SERVERS)
def test_two_hundred_slow_clients_take_nothing_from_the_others(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    with running(tmp_path, *flags) as server, ExitStack() as clients:
        port = int(server.address.rsplit(":", 1)[1])
        slow = [
            clients.enter_context(socket.create_connection(("127.0.0.1", port), timeout=LIMIT))
            for _ in range(200)
        ]
        head = b"POST /api/v1/recognize HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        body = json.dumps(DRAWING).encode()
        whole = head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
        for one in slow:
            one.sendall(whole[:120])
        began = time.monotonic()
        # Several, each time on a connection of its own: granian looks only at the next request
        # whether one waits for a thread that another was quicker to take.
        with ThreadPoolExecutor(4) as fast:
            told = fast.map(lambda _: ask(server.address, DRAWING)[0], range(100))
            assert set(told) == {200}
        assert time.monotonic() - began < 30
        for start in range(120, len(whole), 40):
            for one in slow:
                one.sendall(whole[start : start + 40])
        for one in slow:
            answer = b""
            while part := one.recv(65536):
                answer += part
            assert answer.startswith(b"HTTP/1.1 200")


@pytest.mark.slow
@pytest.mark.parametrize("flags", SERVERS)
def test_its_memory_stays_flat(flags: tuple[str, ...], tmp_path: Path) -> None:
    with running(tmp_path, *flags) as server:
        held = []
        with connection_to(server.address) as connection:
            for _ in range(8):
                assert all(send(connection, DRAWING)[0] == 200 for _ in range(500))
                held.append(resident(server.process.pid))
        # What leaks grows in every round; a worker that is ready late grows in one.
        assert median(np.diff(held).tolist()) < 500_000
