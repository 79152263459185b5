"""Addresses to listen on."""

import socket
import threading
import time
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


def bound(settings: Settings) -> tuple[str, int]:
    """Try to listen, and give address and port; any port that is free where none is named.

    Raises:
        InvalidConfig: the address cannot be listened on.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        family, *_, address = found[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return str(address[0]), int(probe.getsockname()[1])
    except OSError as error:
        raise cannot_listen(settings, error) from error


def when_open(host: str, port: int, act: Callable[[], None]) -> None:
    """Do something, in a thread of its own, once connections are taken."""

    def wait() -> None:
        for _ in range(600):
            try:
                socket.create_connection((host, port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                act()
                return

    threading.Thread(target=wait, daemon=True).start()


def cannot_listen(settings: Settings, error: Exception) -> InvalidConfig:
    """What is said of an address that cannot be listened on."""
    reason = getattr(error, "strerror", None) or error
    return InvalidConfig(
        f"Port {settings.port} of {settings.host} cannot be listened on: {reason}. Name another by"
        " --port (0: any that is free)."
    )
