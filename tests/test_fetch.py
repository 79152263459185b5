"""Fetching: archives as their publishers make them, from a server on this machine, also broken."""

import gzip
import hashlib
import io
import json
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from compressing import compress
from local_server import LocalServer
from small_archives import (
    ARCHIVES,
    EXPECTED,
    PENDIGITS,
    RELEASE,
    TRAIN,
    pendigits_archive,
    unipen_archive,
)

from inkdigits import cli
from inkdigits.errors import DataUnavailable
from inkdigits.training import download, fetch, mnist
from inkdigits.training.fetch import BEGINNING, KNOWN, SETS, Content, Digest, fingerprint


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A publisher of small archives, whose contents are the ones that are expected."""
    server = LocalServer()
    for name, archive in ARCHIVES.items():
        server.bodies[f"/{name}"] = archive
        contents = {}
        for file, records in EXPECTED[name].items():
            digest = digest_of(records)
            known = " ".join(fingerprint(record)[:BEGINNING] for record in records)
            content = Content(len(records), digest=digest.whole())
            contents[file] = content if name == "pendigits" else Content(len(records), known=known)
        addresses = (f"{server.address}gone", f"{server.address}{name}")
        small = replace(SETS[name], contents=contents, addresses=addresses)
        monkeypatch.setitem(SETS, name, small)
    monkeypatch.setattr(download, "cache_folder", lambda kind: tmp_path / "cache" / kind)
    monkeypatch.delenv(download.ENVIRONMENT, raising=False)
    with server:
        yield server


def digest_of(records: list[dict[str, Any]]) -> Digest:
    digest = Digest()
    for record in records:
        digest.add(record)
    return digest


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


@pytest.mark.parametrize("name", ["pendigits", "unipen"])
def test_what_is_fetched_is_converted_kept_and_not_fetched_again(
    name: str, server: LocalServer, tmp_path: Path
) -> None:
    fetched = fetch.fetch(name)
    assert {f.path.name for f in fetched} == {f"{file}.jsonl.gz" for file in EXPECTED[name]}
    assert server.asked == ["/gone", f"/{name}"]
    for file, records in EXPECTED[name].items():
        path = fetch.obtain_ink(file)
        assert path == tmp_path / "cache" / "ink" / f"{file}.jsonl.gz"
        assert read(path) == records
        assert list(read(path)[0]) == list(records[0])
    assert [f.news for f in fetch.fetch(name)] == ["at hand"] * len(fetched)
    assert len(server.asked) == 2
    assert len(list((tmp_path / "cache" / "ink").iterdir())) == len(fetched)


def test_what_cannot_be_read_is_left_out_and_counted(server: LocalServer) -> None:
    news = {f.path.name.split(".")[0]: f.news for f in fetch.fetch("unipen")}
    assert news["unipen_1b_upper"] == "fetched, 1 signs"
    assert news["unipen_1c_lower"].startswith(
        "fetched, 1 signs; 4 left out as unreadable, first aga/data/a.dat, line 11: '7 x' is no"
    )


def test_text_that_is_not_compressed_is_read_too(server: LocalServer) -> None:
    server.bodies["/pendigits"] = pendigits_archive(packed=False)
    assert read(fetch.fetch("pendigits")[0].path) == PENDIGITS["pendigits_train"]


BROKEN = {
    "cut short": (ARCHIVES, "broken"),
    "not there": ({}, "404"),
    "an error page": (dict.fromkeys(ARCHIVES, b"<html>"), "is no whole"),
    "half of it": ({name: data[: len(data) // 2] for name, data in ARCHIVES.items()}, "no whole"),
    "another set": (
        {"pendigits": unipen_archive(), "unipen": pendigits_archive()},
        "is no whole",
    ),
    "empty": (
        {"pendigits": b"PK\5\6" + bytes(18), "unipen": unipen_archive({"data/2/x.dat": ""})},
        "hold",
    ),
    "a bit turned": (
        {
            "pendigits": pendigits_archive().replace(b"PK\3\4", b"PK\3\5"),
            "unipen": unipen_archive()[:-6] + b"?" + unipen_archive()[-5:],
        },
        "no whole",
    ),
    "other strokes": (
        {
            "pendigits": pendigits_archive(TRAIN.replace("267 336", "267 337")),
            "unipen": unipen_archive({n: t.replace("3 4", "3 5") for n, t in RELEASE.items()}),
        },
        "is not the published ink",
    ),
    "fewer signs": (
        {
            "pendigits": pendigits_archive(TRAIN.partition(".SEGMENT DIGIT 1")[0]),
            "unipen": unipen_archive({n: t for n, t in RELEASE.items() if "/val/" not in n}),
        },
        "is not the published ink",
    ),
    "other labels": (
        {
            "pendigits": pendigits_archive(TRAIN.replace('"4"', '"9"').replace(" 4 26", " 9 26")),
            "unipen": unipen_archive({n: t.replace('"7"', '"9"') for n, t in RELEASE.items()}),
        },
        "is not the published ink",
    ),
}


@pytest.mark.parametrize("name", ["pendigits", "unipen"])
@pytest.mark.parametrize("fault", BROKEN)
def test_a_bad_download_leaves_nothing_and_is_told(
    fault: str, name: str, server: LocalServer, tmp_path: Path
) -> None:
    bodies, message = BROKEN[fault]
    server.bodies = {f"/{key}": data for key, data in bodies.items()}
    server.cut = fault == "cut short"
    with pytest.raises(DataUnavailable) as caught:
        fetch.fetch(name)
    text = str(caught.value)
    assert f"{server.address}{name}: " in text
    assert message in text
    assert "INKDIGITS_DATA" in text
    assert not list((tmp_path / "cache" / "ink").iterdir())


def test_pendigits_without_writers_are_refused(server: LocalServer) -> None:
    server.bodies["/pendigits"] = pendigits_archive(TRAIN.replace(".COMMENT 8 12 224\n", ""))
    with pytest.raises(DataUnavailable, match=r"pendigits-orig\.tra, line 1: its comment should"):
        fetch.fetch("pendigits")


def test_offline_is_told(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/pendigits"
    monkeypatch.setitem(SETS, "pendigits", replace(SETS["pendigits"], addresses=(address,)))
    with pytest.raises(DataUnavailable, match=r"pendigits\.zip could not be had.*refused"):
        fetch.fetch("pendigits")
    assert not list((tmp_path / "cache" / "ink").iterdir())


def test_an_archive_that_lies_there_is_used_and_one_that_is_broken_is_not(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.setenv(download.ENVIRONMENT, str(tmp_path / "mine"))
    (tmp_path / "mine" / "pendigits.zip").write_bytes(ARCHIVES["pendigits"])
    fetch.fetch("pendigits")
    assert server.asked == []
    (tmp_path / "mine" / SETS["unipen"].archive).write_bytes(ARCHIVES["unipen"][:99])
    fetch.fetch("unipen")
    assert server.asked == ["/gone", "/unipen"]


def test_ink_is_looked_for_in_the_named_folder_first(
    server: LocalServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch.fetch("pendigits")
    monkeypatch.setenv(download.ENVIRONMENT, str(tmp_path / "mine"))
    assert fetch.obtain_ink("pendigits_train").parent == tmp_path / "cache" / "ink"
    for path in (
        tmp_path / "mine" / "pendigits_train.jsonl",
        tmp_path / "mine" / "pendigits_train.jsonl.gz",
        tmp_path / "mine" / "ink" / "pendigits_train.jsonl",
    ):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
        assert fetch.obtain_ink("pendigits_train") == path


def test_ink_that_is_not_there_is_told_with_the_command(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataUnavailable, match=r"inkdigits data fetch unipen .*INKDIGITS_DATA"):
        fetch.obtain_ink("unipen_1d_symbols")
    with pytest.raises(DataUnavailable, match=r"no ink 'pendigits'\. There are: pendigits_train, "):
        fetch.obtain_ink("pendigits")
    assert server.asked == []


@pytest.fixture
def small_mnist(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The server gives MNIST as well: small files in the place of the published ones."""
    packed = {}
    for number, file in enumerate(mnist.SHA256):
        plain = b"\0\0\x08\x01\0\0\0\x01" + bytes([number])
        packed[file] = server.bodies[f"/{file}.gz"] = gzip.compress(plain, mtime=0)
        hashes = tuple(hashlib.sha256(data).hexdigest() for data in (packed[file], plain))
        monkeypatch.setitem(mnist.SHA256, file, hashes)
    sources = {"mirrors": (server.address,), "cache": None, "npm": None}
    monkeypatch.setattr(mnist.obtain, "__kwdefaults__", sources)
    return packed


def test_mnist_is_fetched_into_the_cache_once(
    small_mnist: dict[str, bytes], server: LocalServer, tmp_path: Path
) -> None:
    for news in ("fetched", "at hand"):
        for file, fetched in zip(small_mnist, fetch.fetch("mnist"), strict=True):
            assert fetched == fetch.Fetched(tmp_path / "cache" / "mnist" / f"{file}.gz", news)
            assert fetched.path.read_bytes() == small_mnist[file]
    assert server.asked == [f"/{file}.gz" for file in small_mnist]


def test_mnist_at_hand_is_copied_to_where_it_is_wanted(
    small_mnist: dict[str, bytes],
    server: LocalServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(download.ENVIRONMENT, str(tmp_path))
    for file, data in small_mnist.items():
        (tmp_path / file).write_bytes(gzip.decompress(data))
    assert {f.news for f in fetch.fetch("mnist")} == {"at hand"}
    for news in ("copied", "at hand"):
        for file, fetched in zip(small_mnist, fetch.fetch("mnist", tmp_path / "o"), strict=True):
            assert fetched == fetch.Fetched(tmp_path / "o" / "mnist" / file, news)
            assert fetched.path.read_bytes() == gzip.decompress(small_mnist[file])
    assert server.asked == []


def test_mnist_that_cannot_be_had_is_told(
    small_mnist: dict[str, bytes], server: LocalServer, tmp_path: Path
) -> None:
    server.bodies.clear()
    done = CliRunner().invoke(cli.main, ["data", "fetch", "mnist"])
    assert done.exit_code == 1
    assert done.stderr.startswith("inkdigits: MNIST's file train-images-idx3-ubyte could not be")


def test_the_command_fetches_and_says_licence_and_place(
    server: LocalServer, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    done = CliRunner().invoke(
        cli.main, ["data", "fetch", "pendigits", "unipen", "--output", str(folder)]
    )
    assert done.exit_code == 0, done.output
    assert "E. Alpaydin, F. Alimoglu" in done.stdout
    assert "licence: CC BY 4.0\n" in done.stdout
    assert "forbids distribution for commercial purposes" in done.stdout
    for name in ("pendigits", "unipen"):
        for file in EXPECTED[name]:
            path = folder / "ink" / f"{file}.jsonl.gz"
            assert path.is_file()
            assert str(path) in done.stdout
    assert not (tmp_path / "cache").exists()


def test_the_command_goes_on_after_a_failure(server: LocalServer) -> None:
    del server.bodies["/pendigits"]
    done = CliRunner().invoke(cli.main, ["data", "fetch", "pendigits", "unipen"])
    assert done.exit_code == 1
    assert done.stderr.startswith("inkdigits: pendigits.zip could not be had. Tried: ")
    assert done.stderr.count("\n") == 1
    assert "unipen_1a_digits.jsonl.gz: fetched, 4 signs" in done.stdout


def test_the_command_knows_its_sets() -> None:
    for names in ([], ["emnist"]):
        done = CliRunner().invoke(cli.main, ["data", "fetch", *names])
        assert done.exit_code == 2
    assert set(cli.learning.DATA_SETS) == set(SETS)


def test_a_folder_that_cannot_be_written_to_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = CliRunner().invoke(
        cli.main, ["data", "fetch", "pendigits", "--output", str(tmp_path / "file" / "x")]
    )
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "file" in done.stderr


@pytest.mark.parametrize("file", ["pendigits_train", "pendigits_test", *KNOWN])
def test_what_is_expected_is_what_the_data_hold(file: str, data: Path) -> None:
    digest = Digest()
    marks = set()
    with gzip.open(data / "ink" / f"{file}.jsonl.gz", "rt") as lines:
        for line in lines:
            record = json.loads(line)
            digest.add(record)
            if record.get("contributor") not in ("ibm", "lou"):
                marks.add(fingerprint(record))
    content = SETS[file.split("_")[0]].contents[file]
    if file in KNOWN:
        assert [mark[:BEGINNING] for mark in sorted(marks)[:24]] == content.known.split()
        assert len({mark[:BEGINNING] for mark in marks}) == len(marks)
    else:
        digest.check(content, file)


def test_the_real_ink_comes_back_from_an_archive_made_of_it(data: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file, part, first in (("pendigits_train", "tra", 0), ("pendigits_test", "tes", 30)):
            lines = [" .INCLUDE dene.doc"]
            pens = 0
            for number, record in enumerate(read(data / "ink" / f"{file}.jsonl.gz")):
                last = pens + len(record["strokes"]) - 1
                place = f"{pens}-{last}" if last > pens else str(pens)
                pens = last + 1
                lines.append(f'.SEGMENT DIGIT {place} ? "{record["label"]}"')
                lines.append(f".COMMENT {record['label']}  {record['writer'] - first} {number}")
                for stroke in record["strokes"]:
                    points = [f"  {x}   {500 - y}" for x, y in stroke]
                    lines += [".PEN_DOWN", *points, ".PEN_UP", ".DT 151"]
            text = "\n".join(lines).encode()
            archive.writestr(f"pendigits-orig.{part}.Z", compress(text))
    (tmp_path / "ink").mkdir()
    (tmp_path / "ink" / "pendigits.zip").write_bytes(stream.getvalue())
    for fetched in fetch.fetch("pendigits", tmp_path):
        assert read(fetched.path) == read(data / "ink" / fetched.path.name)
