"""Serving by waitress: one process with threads, which every installation has."""

import json
import signal
import time
from http import HTTPStatus
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server
from waitress.task import ErrorTask

from inkdigits.errors import InvalidConfig
from inkdigits.web import problems, security
from inkdigits.web.app import create_app
from inkdigits.web.listening import Started, cannot_listen, shown
from inkdigits.web.settings import Settings

STOP_SECONDS = 10  # for which requests that are under way may go on when the server is stopped
IDLE_SECONDS = 30  # after which a connection that says nothing is closed
CONNECTIONS = 1000  # at once; those that come then wait
_TURN = 0.25  # seconds after which a stop is seen at the latest


class _ProblemTask(ErrorTask):
    """An answer to what is no request at all, or too large: such never reaches the app."""

    def execute(self) -> None:
        error = self.request.error  # type: ignore[attr-defined]
        status = HTTPStatus(error.code)
        detail = f"The request cannot be answered: {error.body}."
        body = json.dumps(problems.details(status, detail)).encode()
        self.status = f"{status.value} {status.phrase}"
        self.response_headers = [("Content-Type", problems.TYPE), *security.UNKEPT]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Channel(HTTPChannel):
    error_task_class = _ProblemTask


def run(settings: Settings, on_start: Started) -> None:
    """Serve; see `serve.serve`."""
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
            channel_timeout=IDLE_SECONDS,
            connection_limit=CONNECTIONS,
            clear_untrusted_proxy_headers=not settings.proxies,
        )
    except (OSError, ValueError) as error:
        raise cannot_listen(settings, error) from error
    listening = [one for one in sockets.values() if isinstance(one, TcpWSGIServer)]
    for one in listening:
        one.channel_class = _Channel
    stopped = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    on_start(shown(settings, int(listening[0].getsockname()[1])))
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
