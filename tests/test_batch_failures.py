"""Jobs without Ray: what fails, what is tried again, and what is told."""

import errno
import io
import os
import signal
import sys
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits.errors import DataUnavailable, InterruptedJob, InvalidJob, UnreadableImage

pytest.importorskip("ray", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from batches import answer, png, png_of  # noqa: E402
from pyarrow import parquet  # noqa: E402

from inkdigits.batch import (  # noqa: E402
    contents,
    failures,
    inputs,
    job,
    places,
)
from inkdigits.batch.options import Options  # noqa: E402
from inkdigits.batch.stopping import terminable  # noqa: E402
from inkdigits.batch.worker import pack  # noqa: E402


class Refused(Exception):
    """As clients of object stores raise it: of no class that we know."""

    status = 503


class ClientError(Exception):
    """As botocore raises what S3 answers."""

    def __init__(self, code: str, status: int) -> None:
        super().__init__(f"An error occurred ({code})")
        self.response = {
            "Error": {"Code": code},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }


class Gone(Exception):
    """As a client of HTTP raises what is not there."""

    status = 404


class Reset(ConnectionResetError):
    """As a client of HTTP raises what may pass, of a class of its own."""


SYSTEM = ("EIO", "ESTALE", "ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "EMFILE", "ENOMEM")
KEYS = ("RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidAccessKeyId", "ExpiredToken")


def named(name: str, *bases: type[Exception]) -> Exception:
    """An error of a client's own class, which is known by its name."""
    made: Exception = type(name, bases or (Exception,), {})("told")
    return made


def of(error: Exception, cause: Exception) -> Exception:
    """An error as it is raised for another one."""
    error.__cause__ = cause
    return error


def test_a_row_that_nobody_expected_does_not_stop_the_others(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(content: object) -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("inkdigits.batch.worker.prepare", fail)
    rows = answer([scans / "3.png", scans / "broken.png"], tmp_path / "out")
    assert [row["error"][:24] for row in rows] == [
        "nobody thought of this",
        "The image is not an imag",
    ]


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), True),
        (ConnectionResetError("reset"), True),
        (TimeoutError(), True),
        (OSError(5, "Input/output error"), True),
        (OSError(22, "Incomplete body"), sys.platform != "win32"),
        (Refused(), True),
        (ImportError("Install s3fs to access S3"), True),
        (PermissionError("The provided token has expired."), True),
        (MemoryError(), True),
        *((OSError(getattr(errno, name), "of the system"), True) for name in SYSTEM),
        (of(FileNotFoundError("http://x"), named("ClientConnectorError", Reset)), True),
        (of(FileNotFoundError("http://x"), Refused()), True),
        (of(FileNotFoundError("http://x"), Gone()), False),
        *((of(PermissionError("Forbidden"), ClientError(code, 403)), True) for code in KEYS),
        (of(OSError(errno.EINVAL, "expired"), ClientError("ExpiredToken", 400)), True),
        (ClientError("SlowDown", 503), True),
        (ClientError("500", 500), True),
        (named("EndpointConnectionError", type("ConnectionError", (Exception,), {})), True),
        (named("NoCredentialsError"), True),
        (of(PermissionError("Access Denied"), ClientError("AccessDenied", 403)), False),
        (of(OSError(errno.EINVAL, "no"), ClientError("InvalidBucketName", 400)), False),
        (named("ParamValidationError"), False),
        (AttributeError("startswith"), False),
        (zipfile.BadZipFile("File is not a zip file"), False),
        (RuntimeError("nobody thought of this"), False),
        (OSError(errno.ENXIO, "No such device or address"), False),
        (OSError("Couldn't deserialize thrift"), False),
        (FileNotFoundError(2, "No such file or directory"), False),
        (PermissionError("Access Denied"), False),
        (OSError(36 if sys.platform == "linux" else 63, "File name too long"), False),
        (pa.ArrowInvalid("no magic bytes"), False),
        (tarfile.ReadError("unexpected end of data"), False),
        (EOFError(), False),
        (UnreadableImage("not an image"), False),
    ],
)
def test_which_errors_may_pass(error: Exception, passes: bool) -> None:
    assert failures.may_pass(error) is passes
    told = DataUnavailable("told")
    told.__cause__ = error
    assert failures.may_pass(told) is passes


@pytest.mark.parametrize("kind", ["file", "tar", "parquet", "paths"])
def test_rows_are_not_given_up_for_what_may_pass(
    memory_store: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (999, 99), np.uint8)
    file = io.BytesIO()
    if kind == "tar":
        with tarfile.open(fileobj=file, mode="w") as shard:
            for name in ("1.png", "2.png"):
                told = tarfile.TarInfo(name)
                told.size = len(png_of(noise))
                shard.addfile(told, io.BytesIO(png_of(noise)))
    elif kind == "parquet":
        parquet.write_table(pa.table({"image": [png_of(noise)] * 2}), file)
    elif kind == "paths":
        parquet.write_table(pa.table({"path": ["1.png", "1.png"]}), file)
    suffix = {"file": "png", "tar": "tar"}.get(kind, "parquet")
    memory_store.pipe(f"/bucket/in.{suffix}", file.getvalue() or png("1"))
    memory_store.pipe("/bucket/1.png", png("1"))
    pieces = list(inputs.find_pieces([f"memory://bucket/in.{suffix}"], places.Folder("x"), None))
    whole = memory_store.open
    opened: list[str] = []

    def open_failing(path: str, *arguments: Any, **options: Any) -> Any:
        opened.append(path)
        file = whole(path, *arguments, **options)
        if kind != "paths" or path.endswith(".png"):

            def fail(*_: object) -> None:
                raise ConnectionResetError(104, "Connection reset by peer")

            file = io.BytesIO(file.read())
            broken = type("Broken", (io.BytesIO,), {"read": fail})
            return broken(file.getvalue())
        return file

    monkeypatch.setattr(type(memory_store), "open", lambda _, *a, **k: open_failing(*a, **k))
    with pytest.raises((DataUnavailable, ConnectionResetError), match="reset by peer"):
        list(contents.read_pieces(pieces, None))
    assert opened


def test_a_package_that_is_missing_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    for named, out in (("s3://bucket/in", str(tmp_path / "out")), ("in", "s3://bucket/out")):
        with pytest.raises(InvalidJob, match="Install s3fs"):
            job.run([named], out)
    # and is no row, where a worker lacks it
    with pytest.raises(InvalidJob, match="Install s3fs"):
        list(contents.read_pieces([inputs.Piece("file", "s3://bucket/1.png")], None))
    ((_, unknown),) = contents.read_pieces([inputs.Piece("file", "foo://1.png")], None)
    assert "Protocol not known" in str(unknown)


def test_ray_takes_no_command_that_is_not_utf_8(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(*_: object, **__: object) -> None:
        "inkdigits batch \udcff".encode()

    monkeypatch.setattr("ray.init", note)
    with pytest.raises(InvalidJob, match="name INPUT by its folder or by a pattern"):
        job.run([str(scans)], str(tmp_path / "out"))


def test_what_fails_is_tried_again_and_then_told(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer([scans], tmp_path / "out")
    (listed,) = (tmp_path / "out" / "_inkdigits").glob("plan-*")
    arguments = str(tmp_path / "out"), listed.name, Options(), pack(None), None
    fails = [ConnectionResetError(104, "reset"), RuntimeError("odd \udcff")]

    def read(*_: object) -> Any:
        if fails:
            raise fails.pop(0)
        return iter([])

    monkeypatch.setattr(job, "WAITS", (0, 0))
    monkeypatch.setattr("inkdigits.batch.worker.read_pieces", read)
    told = job._do(0, arguments)
    assert (told["part"], told["rows"], told["problem"]) == (0, 0, "")
    fails += [RuntimeError("odd \udcff")] * 3
    assert job._do(0, arguments) == {"part": 0, "problem": "RuntimeError: odd \\udcff."}


@pytest.mark.parametrize(
    ("name", "error", "told"),
    [
        ("nothing", DataUnavailable, "nothing cannot be read: there is no such file or folder"),
        ("nothing/*.png", DataUnavailable, "holds no picture, no ink file, no tar shard"),
        ("empty", DataUnavailable, "holds no picture"),
        ("foo://bucket", InvalidJob, "Protocol not known: foo"),
    ],
)
def test_what_is_not_there_is_told(
    tmp_path: Path, name: str, error: type[Exception], told: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=told):
        answer([name if "://" in name else tmp_path / name], tmp_path / "out")


def test_a_store_that_refuses_a_look_is_asked_why(
    memory_store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = of(PermissionError("bad\nkeys"), ClientError("SignatureDoesNotMatch", 403))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("Forbidden")  # all that S3 says to HEAD

    def explain(*_: object, **__: object) -> None:
        raise why

    monkeypatch.setattr(type(memory_store), "open", refuse)
    monkeypatch.setattr(type(memory_store), "cat_file", explain)
    pieces = [inputs.Piece("file", "memory://bucket/1.png")]
    with pytest.raises(DataUnavailable, match=r"1\.png cannot be read: bad keys\.$"):
        list(contents.read_pieces(pieces, None))
    why.__cause__ = ClientError("AccessDenied", 403)
    ((_, content),) = contents.read_pieces(pieces, None)
    assert isinstance(content, DataUnavailable)


def test_rows_that_cannot_be_are_errors_and_the_others_are_read(
    scans: Path, tmp_path: Path
) -> None:
    paths = [
        f"zip://a.png::{scans}/notes.txt", "dir://x", "foo://x", "s3://", "~nosuch/x.png",
        "file:///a\0b.png", f"tar://none.png::{tmp_path}/a.tar", "scans/3.png",
    ]  # fmt: skip
    with tarfile.open(tmp_path / "a.tar", "w"):
        pass
    parquet.write_table(pa.table({"path": paths}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert [row["label"] for row in rows] == [None] * 7 + ["3"]
    assert "File is not a zip file" in rows[0]["error"]
    assert "there is no 'none.png' in it" in rows[6]["error"]
    assert all("\n" not in row["error"] for row in rows[:7])


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_sigterm_is_as_ctrl_c(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before

    def die(*_: object) -> Any:
        yield inputs.Piece("file", "a")
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(inputs, "find_pieces", die)
    with pytest.raises(KeyboardInterrupt):
        job.run(["any"], str(tmp_path / "out"))
    assert not list((tmp_path / "out").rglob("plan-*"))
    monkeypatch.undo()

    def end(*_: object, **__: object) -> None:
        sys.exit(15)  # as Ray does while it starts

    monkeypatch.setattr("ray.init", end)
    (tmp_path / "7.png").write_bytes(png("7"))
    with pytest.raises(InterruptedJob, match=r"Stopped: 0 of 1 part\. The same command goes on"):
        job.run([str(tmp_path / "7.png")], str(tmp_path / "out"))
    with ThreadPoolExecutor(1) as pool:  # where no handler can be set
        told = pool.submit(job.run, ["none"], str(tmp_path / "other")).exception()
    assert isinstance(told, DataUnavailable)
