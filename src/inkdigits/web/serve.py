"""Serving the app: waitress, or granian where several processes are wanted."""

import importlib.util
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Any, NoReturn

from inkdigits.errors import InvalidConfig, MissingExtra
from inkdigits.web.settings import Settings

STOP_SECONDS = 10  # for which requests that are under way may go on when the server is stopped


def serve(settings: Settings, *, on_start: "Any" = None) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that are under way are answered first.

    Args:
        settings: of the server.
        on_start: called with the address once requests are taken.

    Raises:
        InvalidConfig: the address cannot be listened on, or waitress is to have many processes.
        InvalidModel, MissingExtra: the app or the server cannot be made.
    """
    if settings.server == "granian":
        _granian(settings, on_start)
    else:
        _waitress(settings, on_start)


def _waitress(settings: Settings, on_start: Any) -> None:
    from waitress.server import create_server

    from inkdigits.web.app import create_app

    if settings.workers > 1:
        raise InvalidConfig("--workers: waitress is one process; more need --server granian.")
    app = create_app(settings)
    try:
        server = create_server(
            app,
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

    def stop(*_: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    if on_start:
        on_start(f"http://{_shown(settings.host)}:{server.effective_port}")
    try:
        server.run()
    except SystemExit:
        pass
    finally:
        server.task_dispatcher.shutdown(timeout=STOP_SECONDS)
        server.close()


def _granian(settings: Settings, on_start: Any) -> None:
    if importlib.util.find_spec("granian") is None:
        raise MissingExtra("web", "granian")
    from granian import Granian
    from granian.constants import Interfaces

    from inkdigits.web.metrics import share_counts

    counts = Path(tempfile.mkdtemp(prefix="inkdigits-metrics-"))
    share_counts(counts)
    port = settings.port or _free_port(settings.host)
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
    if on_start:
        server.on_startup(lambda: on_start(f"http://{_shown(settings.host)}:{port}"))
    try:
        server.serve()
    finally:
        shutil.rmtree(counts, ignore_errors=True)


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


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
