"""`inkdigits serve`: the web app."""

import contextlib
import os
import threading
import webbrowser
from typing import Any

import click

from inkdigits.cli.program import main


@main.command()
@click.option("--host", help="Address to listen on; 0.0.0.0: all. Default: 127.0.0.1.")
@click.option("--port", type=int, help="Port; 0: any that is free. Default: 8000.")
@click.option("--server", type=click.Choice(["waitress", "granian"]), help="Default: waitress.")
@click.option("--workers", type=int, help="Processes; more than one needs granian. Default: 1.")
@click.option("--threads", type=int, help="Threads of a process. Default: 8.")
@click.option(
    "--model", metavar="NAME|FOLDER", help="Default: the model in use, see `inkdigits models`."
)
@click.option("--lines", metavar="NAME|FOLDER", help="Model of lines. Default: the shipped one.")
@click.option(
    "--database", "database_url", metavar="URL", help="Where corrections are kept. Default: SQLite."
)
@click.option("--max-body", type=int, metavar="BYTES", help="Largest body. Default: 10,000,000.")
@click.option(
    "--max-pixels", type=int, metavar="PIXELS", help="Largest picture. Default: 25,000,000."
)
@click.option("--max-corrections", type=int, help="Kept at most. Default: 100,000; 0: any number.")
@click.option("--rate", type=float, help="Requests a second of one client. Default: 40; 0: any.")
@click.option("--burst", type=int, help="Requests that it may make at once. Default: 80.")
@click.option("--proxies", type=int, help="Proxies in front that are trusted. Default: 0.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    help="What is logged: JSON lines on standard error. Default: info.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the page in a browser.")
def serve(open_browser: bool, **flags: Any) -> None:
    """Serve the page to draw on, and the API, until Ctrl-C or SIGTERM.

    Each option is also a variable: INKDIGITS_PORT, INKDIGITS_DATABASE_URL, ...; the owner's token
    is INKDIGITS_TOKEN only. See docs/deployment.md.

    \b
    Examples:
      inkdigits serve --open
      inkdigits serve --host 0.0.0.0 --port 80 --server granian --workers 4
    """
    from inkdigits.web.serve import serve as run
    from inkdigits.web.settings import from_environment

    def started(address: str) -> None:
        click.echo(f"inkdigits: {address}", err=True)
        if open_browser:  # some browsers are waited for: not by the server
            threading.Thread(target=_open, args=(address,), daemon=True).start()

    run(from_environment(os.environ, **flags), on_start=started)


def _open(address: str) -> None:
    """Open the page where there is a browser with a window; the address is printed anyway."""
    with contextlib.suppress(webbrowser.Error):
        if webbrowser.get().name not in ("lynx", "links", "elinks", "w3m", "www-browser"):
            webbrowser.open(address)
