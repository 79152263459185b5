"""Serving the app by one of the servers that are known."""

from inkdigits.web.listening import Started
from inkdigits.web.settings import Settings


def serve(settings: Settings, on_start: Started) -> None:
    """Serve until SIGTERM or Ctrl-C; requests that are under way are answered first.

    Args:
        settings: of the server.
        on_start: called with the address once connections are taken.

    Raises:
        InvalidConfig: the address cannot be listened on, or waitress is to have many processes.
        InvalidModel, MissingExtra: the app or the server cannot be made.
    """
    if settings.server == "granian":
        from inkdigits.web.granian_server import run
    else:
        from inkdigits.web.waitress_server import run
    run(settings, on_start)
