"""Fetching data from their publishers: MNIST, and pen ink, converted to ink JSON lines.

What is in an archive decides, not the archive's own hash: UCI publishes none, and Zenodo's could
not be had when this was written. Labels and strokes of all pendigits, and for UNIPEN those of some
signs, must be the ones that the shipped model learnt from. Numbers of writers are no part of that.
"""

import gzip
import hashlib
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from inkdigits.errors import DataUnavailable
from inkdigits.files import write_whole
from inkdigits.training import download, mnist, publishers
from inkdigits.training.publishers import Found, Record

ENOUGH = 0.9  # share of the signs that are known, and of their number, that must be there
BEGINNING = 12  # hexadecimal digits of a fingerprint that tell a sign from all others


@dataclass(frozen=True)
class Content:
    """What a converted file must hold.

    Args:
        records: how many signs.
        digest: what `Digest.whole` gives for it, or empty where only some of its signs are known.
        known: beginnings of the fingerprints of those, with spaces between.
    """

    records: int
    digest: str = ""
    known: str = ""


@dataclass(frozen=True)
class DataSet:
    """Something that can be fetched.

    Args:
        title: what it is.
        publisher: whose it is, and where it is described.
        licence: what may be done with it.
        contents: converted files, without suffix, and what each must hold.
        archive: file name of what is downloaded.
        addresses: where that is, tried one after the other.
        convert: reads it: for each converted file, its records.
    """

    title: str
    publisher: str
    licence: str
    contents: dict[str, Content]
    archive: str = ""
    addresses: tuple[str, ...] = ()
    convert: Callable[[Path], Iterator[tuple[str, Iterator[Found]]]] | None = None


@dataclass(frozen=True)
class Fetched:
    """A file that is now at hand.

    Args:
        path: where.
        news: how that came about.
    """

    path: Path
    news: str


KNOWN = {  # beginnings of the fingerprints of 24 signs each: the smallest ones
    "unipen_1a_digits": (
        "000d0b2b2ffd 00123d08d971 001a9837ff36 00250af6bb81 0029b08bd82e 00335f3cda9e "
        "003931e16a37 0040ff38b6bd 004651756a6d 0048cdf6a4a1 004baad8adb8 004c8c1a191e "
        "005612186420 005ca8b87048 005cf7124e80 00601353c4a6 0061e8753517 0062e4b82b1e "
        "00634ad03e9d 0063e2fb80ac 0065f4d8eee6 00687518f8e1 00723f096b96 0073406ab33f"
    ),
    "unipen_1b_upper": (
        "0009a69e7cbf 001713688477 0025c24b9bce 0031e4dad499 0041beae959d 0062bd6a6496 "
        "007a6ae0ef00 008f8269adfb 0090bc21db54 0094a7d97ccc 00ad839d50b6 00b15df27656 "
        "00b69934e7f3 00fed9e1dfaf 0101696fe697 010374987ea7 0103818ff1b6 010d000fbcf5 "
        "01113f3e2e03 01264263a2e3 012c26a0b1f9 01398c7f66f4 014ca2a22164 015573cbfe81"
    ),
    "unipen_1c_lower": (
        "0002f619e4cc 000b4c16221d 001228516900 0022dd724731 002f553285eb 003b66531c0a "
        "004b2db035f1 0050a6d4bf04 00510fef897e 0061f8111654 00688310f333 0077c8bb4d2c "
        "007fd714b3db 008a0ab89daa 0095d22c2b7a 0099370d7470 009ed59b1066 00aca962e689 "
        "00b589fee56e 00bdfbc1136c 00df00f72bc4 00eb2ed78edb 00f4fbeb7405 00f680ebcbb9"
    ),
    "unipen_1d_symbols": (
        "0015e52fe24b 002faada8714 003e1c70a883 0040bbda125a 004e3fd89108 0053147b869b "
        "0063b791d886 006a059622db 007985a89777 00924e34a741 009345f24079 009d54ff1dae "
        "00a4612904df 00abe94e0c1d 00b705efd3e1 00c7b828905b 00e971eae292 00fe776b792b "
        "01087256c260 010985e5d6c4 0111c88b787e 011e435bc371 01210ef7b387 012a19be557f"
    ),
}
SETS = {
    "mnist": DataSet(
        "MNIST, 70,000 digits of 28×28 pixels",
        "Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
        "none stated by its publishers; copies carry MIT or CC BY-SA 3.0",
        {},
    ),
    "pendigits": DataSet(
        "Pen-Based Recognition of Handwritten Digits, 10,992 digits of 44 writers",
        "E. Alpaydin, F. Alimoglu; UCI Machine Learning Repository, doi.org/10.24432/C5MG6K",
        "CC BY 4.0",
        {
            "pendigits_train": Content(
                7494, digest="93f0c4856df62d0d8a81af7e92c4525295b05669da62810662ffbf7dc2e4cc10"
            ),
            "pendigits_test": Content(
                3498, digest="eb33c0dcf449ac11b821b9b27ea74da2b1e385b5744580a2e68f73c6b245947f"
            ),
        },
        "pendigits.zip",
        (
            "https://archive.ics.uci.edu/static/public/81/"
            "pen+based+recognition+of+handwritten+digits.zip",
        ),
        publishers.pendigits,
    ),
    "unipen": DataSet(
        "UNIPEN train_r01_v07, isolated digits, letters and symbols of about 290 writers",
        "International Unipen Foundation, doi.org/10.5281/zenodo.1195803; cite I. Guyon,"
        " L. Schomaker, R. Plamondon, M. Liberman, S. Janet, ICPR 1994",
        "CC BY 4.0 by its page on Zenodo; the notice inside permits research and forbids"
        " distribution for commercial purposes",
        {
            "unipen_1a_digits": Content(15946, known=KNOWN["unipen_1a_digits"]),
            "unipen_1b_upper": Content(23805, known=KNOWN["unipen_1b_upper"]),
            "unipen_1c_lower": Content(56997, known=KNOWN["unipen_1c_lower"]),
            "unipen_1d_symbols": Content(15292, known=KNOWN["unipen_1d_symbols"]),
        },
        "unipen-CDROM-train_r01_v07.tgz",
        (
            "https://zenodo.org/api/records/1195803/files/unipen-CDROM-train_r01_v07.tgz/content",
            "https://zenodo.org/records/1195803/files/unipen-CDROM-train_r01_v07.tgz",
        ),
        publishers.unipen,
    ),
}
INK = {file: name for name, data_set in SETS.items() for file in data_set.contents}


def fetch(name: str, output: Path | None = None) -> list[Fetched]:
    """Make sure that a data set is at hand: where it is not, download, check and convert it.

    An archive that was downloaded by other means is used where it lies beside the ink.

    Args:
        name: one of `SETS`.
        output: folder to keep it in, below `mnist` or `ink`, and the only one looked into. None:
            the user's own cache, and first the folder that the environment names.

    Raises:
        DataUnavailable: It could not be had, or is not what it should be.
        OSError: The folder cannot be written to.
    """
    data_set = SETS[name]
    if data_set.convert is None:
        return _fetch_mnist(output)
    found = [path for file in data_set.contents if (path := _find_ink(file, output))]
    if len(found) == len(data_set.contents):
        return [Fetched(path, "at hand") for path in found]
    folder = output / "ink" if output else download.cache_folder("ink")
    folder.mkdir(parents=True, exist_ok=True)
    fetched = []
    for file, (data, news) in _from_first(data_set, folder, output).items():
        path = folder / f"{file}.jsonl.gz"
        write_whole(path, data)
        fetched.append(Fetched(path, news))
    return fetched


def obtain_ink(name: str) -> Path:
    """Find a file of ink JSON lines that was fetched before.

    Args:
        name: one of `INK`: `pendigits_train`, `unipen_1a_digits`, …

    Raises:
        DataUnavailable: There is no such ink, or it is not at hand; the message says how to get it.
    """
    if name not in INK:
        raise DataUnavailable(f"There is no ink {name!r}. There are: {', '.join(INK)}.")
    path = _find_ink(name, None)
    if path is None:
        raise DataUnavailable(
            f"The ink {name} is not at hand. Run  inkdigits data fetch {INK[name]}  or put"
            f" {name}.jsonl.gz into the folder ink/ of a folder that you name in the environment"
            f" variable {download.ENVIRONMENT}."
        )
    return path


def _find_ink(file: str, output: Path | None) -> Path | None:
    return _find((f"{file}.jsonl.gz", f"{file}.jsonl"), output)


def _find(names: tuple[str, ...], output: Path | None) -> Path | None:
    places: Iterable[Path] = download.places("ink", names)
    if output is not None:
        places = [output / "ink" / name for name in names]
    return next((path for path in places if path.is_file()), None)


def _fetch_mnist(output: Path | None) -> list[Fetched]:
    fetched = []
    for file in mnist.SHA256:
        folder = output / "mnist" if output else None
        path = mnist.find(file, folder)
        news = "at hand"
        if path is None:
            data = mnist.obtain(file, cache=folder)
            path = mnist.find(file, folder)
            news = "fetched"
            if path is None:  # it was at hand, but elsewhere
                path = (folder or mnist.cache_folder()) / f"{file}{'.gz' * mnist.is_packed(data)}"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, data)
                news = "copied"
        fetched.append(Fetched(path, news))
    return fetched


def _from_first(
    data_set: DataSet, folder: Path, output: Path | None
) -> dict[str, tuple[bytes, str]]:
    """Convert the first archive that can be had and is what it should be."""
    tried = []
    local = _find((data_set.archive,), output)
    sources: list[str | Path] = [*data_set.addresses]
    if local is not None:
        sources.insert(0, local)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch.") as temporary:
        for number, source in enumerate(sources):
            try:
                if isinstance(source, str):
                    below = Path(temporary, str(number))
                    archive = download.download(source, below, data_set.archive, None)
                else:
                    archive = source
                return _convert(data_set, archive)
            except (DataUnavailable, *download.FAILURES) as error:
                tried.append(f"{source}: {download.first_line(error).rstrip('.')}")
    raise download.unavailable(data_set.archive, tried)


def _convert(data_set: DataSet, archive: Path) -> dict[str, tuple[bytes, str]]:
    """Turn an archive into compressed ink JSON lines, and check what is in them."""
    converted: dict[str, tuple[bytes, str]] = {}
    if data_set.convert is None:
        return converted
    with Console(stderr=True).status(f"Reading {archive.name}"):
        for file, records in data_set.convert(archive):
            digest = Digest()
            unreadable: list[DataUnavailable] = []
            with io.BytesIO() as packed:
                with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as lines:
                    for record in records:
                        if isinstance(record, DataUnavailable):
                            unreadable.append(record)
                            continue
                        digest.add(record)
                        lines.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
                digest.check(data_set.contents[file], file)
                news = f"fetched, {digest.records:,} signs"
                if unreadable:
                    news += f"; {len(unreadable):,} left out as unreadable, first {unreadable[0]}"
                converted[file] = packed.getvalue(), news
    return converted


class Digest:
    """What identifies ink: the labels and strokes of its signs in their order, nothing else."""

    def __init__(self) -> None:
        self.records = 0
        self._all = hashlib.sha256()
        self._beginnings: set[str] = set()

    def add(self, record: Record) -> None:
        """Count a sign in."""
        mark = fingerprint(record)
        self.records += 1
        self._all.update(mark.encode())
        self._beginnings.add(mark[:BEGINNING])

    def whole(self) -> str:
        """SHA-256 of all fingerprints, hexadecimal."""
        return self._all.hexdigest()

    def check(self, content: Content, called: str) -> None:
        """See that this is what it should be.

        Raises:
            DataUnavailable: It is not.
        """
        known = content.known.split()
        there = sum(mark in self._beginnings for mark in known)
        if content.digest:
            right = self.records == content.records and self.whole() == content.digest
        else:
            right = self.records >= ENOUGH * content.records and there >= ENOUGH * len(known)
        if not right:
            raise DataUnavailable(
                f"{called} is not the published ink: {self.records} signs for {content.records},"
                + (
                    " not the same ones."
                    if content.digest
                    else f" {there} of {len(known)} that are known."
                )
            )


def fingerprint(record: Record) -> str:
    """SHA-256 of a sign's label and strokes as JSON without spaces, hexadecimal."""
    said = json.dumps([str(record["label"]), record["strokes"]], separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()
