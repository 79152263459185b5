"""What several test files share: data where it is there, and drawings that are always there."""

import gzip
import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import FLAGS, Console, chromium
from hypothesis import settings
from numpy.typing import NDArray
from playwright.sync_api import Page
from servers import Server, running
from stand_in import write_stand_in
from virtual_screen import Screen, virtual_screen

from inkdigits import Ink, Recognizer

ROOT = Path(__file__).parents[1]

settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")

# Tests that were started in the background (`make test &`) ignore Ctrl-C, and so would the
# programs that they start, whose answer to it is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests, lest one worker waits for the other in the end."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The browser of the page's tests: the system's."""
    return {"executable_path": chromium(), "args": list(FLAGS)}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of one test file, for tests that leave it alone."""
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def console(page: Page) -> Iterator[Console]:
    """The console of the page, which must have stayed silent in the end."""
    console = Console(page)
    yield console
    console.check()


@pytest.fixture
def sheet(server: Server, page: Page, console: Console) -> Iterator[Page]:
    """The page, on a desktop."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server.address)
    yield page
    page.unroute_all(behavior="wait")  # what is under way would find the page closed


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder with MNIST and pen ink; without it the test is skipped."""
    folder = os.environ.get("INKDIGITS_DATA")
    if not folder or not Path(folder, "mnist").is_dir():
        pytest.skip("needs the data sets: set INKDIGITS_DATA to their folder")
    return Path(folder)


@pytest.fixture(scope="session")
def recognizer() -> Recognizer:
    """The shipped model."""
    return Recognizer()


@pytest.fixture(scope="session")
def pen_digits(data: Path) -> list[tuple[str, Ink]]:
    """Digits that people wrote with a pen: label and ink, from training writers."""
    path = data / "ink" / "pendigits_train.jsonl.gz"
    with gzip.open(path, "rt") as lines:
        rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [(str(row["label"]), Ink(row["strokes"])) for row in rows]


@pytest.fixture(scope="session")
def mnist_test(data: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """MNIST's test images (10000, 28, 28) and labels (10000,)."""
    with gzip.open(data / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
    with gzip.open(data / "mnist" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, labels


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    """A virtual screen of one test file's own."""
    with virtual_screen() as screen:
        yield screen


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which everything is a 3."""
    scores = {"3": 0.9875, "8": 0.0125}
    return write_stand_in(tmp_path_factory.mktemp("three"), scores, 0.5)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with inputs of a batch job, good and bad."""
    from batches import write_scans  # needs the extra batch

    return write_scans(tmp_path / "scans")


@pytest.fixture
def memory_store() -> Iterator[Any]:
    """An object store, in memory."""
    import fsspec

    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()
