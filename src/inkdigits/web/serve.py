"""Serving the app: waitress, or granian where several processes are wanted."""

import importlib.util
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server

from inkdigits.errors import InvalidConfig, MissingExtra
from inkdigits.web.app import create_app
from inkdigits.web.metrics import share_counts
from inkdigits.web.settings import Settings, to_environment

STOP_SECONDS = 10  # for which requests that are under way may go on when the server is stopped
_TURN = 0.25  # seconds after which a stop is seen at the latest

Started = Callable[[str], None]  # told the address once connections are taken


def serve(settings: Settings, *, on_start: Started = lambda address: None) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that are under way are answered first.

    Args:
        settings: of the server.
        on_start: called with the address once connections are taken.

    Raises:
        InvalidConfig: the address cannot be listened on, or waitress is to have many processes.
        InvalidModel, MissingExtra: the app or the server cannot be made.
    """
    if settings.server == "granian":
        _granian(settings, on_start)
    else:
        _waitress(settings, on_start)


def _waitress(settings: Settings, on_start: Started) -> None:
    if settings.workers > 1:
        raise InvalidConfig("--workers: waitress is one process; more need --server granian.")
    app = create_app(settings)
    sockets: dict[int, Any] = {}  # by file descriptor: what listens, and each connection
    try:
        server = create_server(
            app,
            sockets,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident="inkdigits",
            max_request_body_size=settings.max_body,
            channel_timeout=30,
            connection_limit=1000,
            clear_untrusted_proxy_headers=not settings.proxies,
        )
    except (OSError, ValueError) as error:
        raise InvalidConfig(_cannot_listen(settings, error)) from error
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    listening = [one for one in sockets.values() if isinstance(one, TcpWSGIServer)]
    on_start(f"http://{_shown(settings.host)}:{listening[0].getsockname()[1]}")
    while not stopped:
        wasyncore.loop(_TURN, True, sockets, count=1)
    # What listens is closed first: whoever comes now is turned away at once, and asks elsewhere.
    for one in listening:
        wasyncore.dispatcher.close(one)
    end = time.monotonic() + STOP_SECONDS
    while _under_way(sockets) and time.monotonic() < end:
        wasyncore.loop(_TURN, True, sockets, count=1)
    server.task_dispatcher.shutdown(timeout=1)
    wasyncore.close_all(sockets, ignore_all=True)
    app.extensions["inkdigits"].close()


def _under_way(sockets: dict[int, Any]) -> bool:
    """Whether a request is being answered, or an answer being sent."""
    return any(
        isinstance(one, HTTPChannel) and (one.requests or one.total_outbufs_len)
        for one in list(sockets.values())
    )


def _granian(settings: Settings, on_start: Started) -> None:
    if importlib.util.find_spec("granian") is None:
        raise MissingExtra("granian", "granian")
    from granian import Granian
    from granian.constants import Interfaces

    port = settings.port or _free_port(settings.host)
    _try_to_listen(settings)
    create_app(settings)  # what is wrong with it is told here, and not by every worker
    os.environ |= to_environment(settings)  # which the workers read
    counts = Path(tempfile.mkdtemp(prefix="inkdigits-metrics-"))
    share_counts(counts)
    server = Granian(
        "inkdigits.web.wsgi:app",
        address=settings.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=False,
    )
    server.on_startup(lambda: on_start(f"http://{_shown(settings.host)}:{port}"))
    try:
        server.serve()
    finally:
        shutil.rmtree(counts, ignore_errors=True)


def _free_port(host: str) -> int:
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _try_to_listen(settings: Settings) -> None:
    """Raise InvalidConfig where the address cannot be listened on."""
    with socket.socket(_family(settings.host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise InvalidConfig(_cannot_listen(settings, error)) from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _shown(host: str) -> str:
    """An address as a browser on this machine can open it."""
    if host in ("0.0.0.0", "::", ""):  # noqa: S104 (compared with, not listened on)
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _cannot_listen(settings: Settings, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or error
    return (
        f"Port {settings.port} of {settings.host} cannot be listened on: {reason}. Name another by"
        " --port (0: any that is free)."
    )
