"""Serving by granian: several processes, for machines with several cores."""

import multiprocessing
import os
import shutil
import tempfile
from pathlib import Path

from inkdigits.extras import require
from inkdigits.web.app import create_app
from inkdigits.web.listening import Started, bound, shown, when_open
from inkdigits.web.metrics import share_counts
from inkdigits.web.settings import Settings, to_environment

STOP_SECONDS = 10  # for which requests that are under way may go on when the server is stopped
# A client that sends slowly holds a thread of granian, which makes threads as they are needed.
SLOW_CLIENTS = 256


def run(settings: Settings, on_start: Started) -> None:
    """Serve; see `serve.serve`."""
    require("granian", {"granian": "granian"})
    from granian import Granian
    from granian.constants import Interfaces

    # A fork would share the threads of onnxruntime, and the counts, with what is checked here.
    multiprocessing.set_start_method("spawn", force=True)
    address, port = bound(settings)
    create_app(settings)  # what is wrong with it is told here, and not by every worker
    os.environ |= to_environment(settings)  # which the workers read
    counts = Path(tempfile.mkdtemp(prefix="inkdigits-metrics-"))
    share_counts(counts)
    server = Granian(
        "inkdigits.web.wsgi:app",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=max(settings.threads, SLOW_CLIENTS),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
        log_enabled=False,
    )
    when_open(address, port, lambda: on_start(shown(settings, port)))
    try:
        server.serve()
    finally:
        shutil.rmtree(counts, ignore_errors=True)
