"""Jobs without Ray: files of the web, and servers that do not answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inkdigits.errors import DataUnavailable

pytest.importorskip("ray", reason="needs the extra batch")
pytest.importorskip("aiohttp", reason="needs what fsspec reads the web by")

from batches import answer, find, png

from inkdigits.batch import contents, inputs


class Web(BaseHTTPRequestHandler):
    """Answers by the status that the path names, with a picture where it is 200."""

    def do_GET(self) -> None:
        data = png("7")
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """The address of a server; `/refused` where none listens any more."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def closed() -> str:
    """An address at which nobody listens."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as server:
        return f"http://127.0.0.1:{server.server_port}"


def test_what_is_not_there_is_a_row_and_what_may_pass_is_none(
    web: str, closed: str, tmp_path: Path
) -> None:
    def read(*urls: str) -> list[contents.Row]:
        return list(contents.read_pieces((inputs.Piece("file", url) for url in urls), None))

    (_, none), (_, seven) = read(f"{web}/404/7.png", f"{web}/200/7.png")
    assert not isinstance(seven, Exception)
    assert isinstance(none, DataUnavailable)
    assert "404" in str(none)
    with pytest.raises(DataUnavailable, match=r"7\.png cannot be read: 503, .*Unavailable"):
        read(f"{web}/503/7.png")
    with pytest.raises(DataUnavailable, match=r"7\.png cannot be read: .*Connect call failed"):
        read(f"{closed}/7.png")
    rows = answer([f"{web}/200/7.png"], tmp_path / "out")
    assert [row["label"] for row in rows] == ["7"]


def test_an_input_whose_server_does_not_answer_is_not_called_missing(web: str, closed: str) -> None:
    for url, told in (
        (f"{web}/404/7.png", "there is no such file or folder"),
        (f"{web}/503/7.png", "cannot be read: 503"),
        (f"{closed}/7.png", "cannot be read: Connect call failed"),
    ):
        with pytest.raises(DataUnavailable, match=told):
            find(url)
