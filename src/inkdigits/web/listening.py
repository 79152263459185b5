"""Addresses to listen on."""

import socket
from collections.abc import Callable

from inkdigits.errors import InvalidConfig
from inkdigits.web.settings import Settings

Started = Callable[[str], None]  # told the address once connections are taken


def shown(settings: Settings, port: int) -> str:
    """The address of the page, as a browser on this machine can open it."""
    host = settings.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared with, not listened on)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def bound(settings: Settings) -> int:
    """Try to listen, and give the port; any that is free where none is named.

    Raises:
        InvalidConfig: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise cannot_listen(settings, error) from error
        return int(probe.getsockname()[1])


def cannot_listen(settings: Settings, error: Exception) -> InvalidConfig:
    """What is said of an address that cannot be listened on."""
    reason = getattr(error, "strerror", None) or error
    return InvalidConfig(
        f"Port {settings.port} of {settings.host} cannot be listened on: {reason}. Name another by"
        " --port (0: any that is free)."
    )
