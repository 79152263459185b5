"""`app` for servers that take the name of a WSGI app; set up by `INKDIGITS_*` variables."""

import os
import threading
from collections.abc import Iterable
from io import BytesIO
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from inkdigits.web.app import create_app
from inkdigits.web.settings import from_environment


class Buffered:
    """Reads a request to its end before the app is asked, and asks it for a few at a time.

    A client that sends slowly then costs a thread that sleeps, and no more.

    Args:
        app: what answers.
        turns: requests that it works on at once.
        largest: body that is read beforehand, bytes; the app refuses larger ones by their length.
    """

    def __init__(self, app: WSGIApplication, turns: int, largest: int) -> None:
        self._app, self._turns, self._largest = app, threading.Semaphore(turns), largest

    def __call__(self, environ: WSGIEnvironment, respond: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        length = environ.get("CONTENT_LENGTH", "")
        if length.isdecimal() and 0 < int(length) <= self._largest:
            environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
        with self._turns:
            return self._app(environ, respond)


settings = from_environment(os.environ)
app = Buffered(create_app(settings), settings.threads, settings.max_body)
