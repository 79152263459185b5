"""`inkdigits batch` from S3 to S3, as moto has it on this machine."""

import io
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
from drawings import drawn

pytest.importorskip("ray", reason="needs the extra batch")
pytest.importorskip("s3fs", reason="needs s3fs")
server = pytest.importorskip("moto.server", reason="needs moto")
parquet = pytest.importorskip("pyarrow.parquet", reason="needs the extra batch")

import boto3  # noqa: E402

TWICE = """
from inkdigits.batch.places import Folder
folder = Folder("s3://bucket/new/_inkdigits")
print(folder.create("job.json", b"1"), folder.create("job.json", b"2"), folder.read("job.json"))
"""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket, and the environment that leads to it."""
    running = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bucket")
    yield client
    client.close()
    running.stop()


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


def shard() -> bytes:
    """A shard with one digit."""
    data = drawn("2").to_json().encode()
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        told = tarfile.TarInfo("2.json")
        told.size = len(data)
        tar.addfile(told, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.slow
def test_from_a_store_to_a_store(store: Any) -> None:
    for name in ("a/7.json", "a/b/3.json"):
        data = drawn(name[-6]).to_json().encode()
        store.put_object(Bucket="bucket", Key=f"in/{name}", Body=data)
    store.put_object(Bucket="bucket", Key="in/bad.png", Body=b"bad")
    store.put_object(Bucket="bucket", Key="in/shard.tar", Body=shard())
    command = "-m", "inkdigits", "batch", "s3://bucket/in/**", "s3://bucket/out", "--workers", "2"
    done = python(*command)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "1 could not be read" in done.stderr
    names = [about["Key"] for about in store.list_objects_v2(Bucket="bucket")["Contents"]]
    parts = [name for name in names if name.startswith("out/part-")]
    rows = []
    for part in parts:
        body = store.get_object(Bucket="bucket", Key=part)["Body"].read()
        rows += parquet.read_table(io.BytesIO(body)).to_pylist()
    assert sorted((row["path"], row["label"]) for row in rows) == [
        ("s3://bucket/in/a/7.json", "7"),
        ("s3://bucket/in/a/b/3.json", "3"),
        ("s3://bucket/in/bad.png", None),
        ("tar://2.json::s3://bucket/in/shard.tar", "2"),
    ]
    again = python(*command)
    assert again.returncode == 0, again.stderr[-2000:]
    assert again.stderr.endswith("with 4 rows, of which 1 could not be read\n")


def test_only_one_job_is_written(store: Any) -> None:
    done = python("-c", TWICE)
    assert done.stdout == "True False b'1'\n", done.stderr[-2000:]
