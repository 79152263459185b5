"""Jobs without Ray: how places are called, and which cannot be read or written."""

import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from inkdigits.errors import DataUnavailable, InvalidJob

pytest.importorskip("ray", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from batches import answer, find, png, write_tar  # noqa: E402
from fsspec.implementations.local import LocalFileSystem  # noqa: E402
from pyarrow import parquet  # noqa: E402

from inkdigits.batch import places, plan  # noqa: E402
from inkdigits.batch.options import Options  # noqa: E402


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_pipes_sockets_and_devices_are_rows(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pipe.png", "pipe.tar", "pipe.parquet"):
        os.mkfifo(scans / name)
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    with socket.socket(socket.AF_UNIX) as there:
        there.bind("scans/socket.png")
        paths = ["scans/pipe.png", "/dev/null", f"file://{scans}/pipe.png", "scans/3.png"]
        paths.append(f"tar://a.png::{scans}/pipe.tar")
        parquet.write_table(pa.table({"path": paths}), "in.parquet")
        rows = answer([scans, scans / "pipe.png", "in.parquet"], tmp_path / "out")
    told = [Path(row["path"]).name for row in rows if "is neither a file" in (row["error"] or "")]
    assert sorted(told) == [
        "null",
        "pipe.parquet",
        *["pipe.png"] * 3,
        *["pipe.tar"] * 2,
        "socket.png",
    ]
    assert [row["label"] for row in rows].count("3") == 2


@pytest.mark.skipif(sys.platform == "win32", reason="~ is another thing there")
def test_a_tilde_that_is_no_users_is_part_of_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~$7.png").write_bytes(png("7"))
    Path("~no-such-user").mkdir()
    rows = answer(["~$7.png"], "~no-such-user/out")
    assert [(row["path"], row["label"]) for row in rows] == [(f"{tmp_path}/~$7.png", "7")]
    with pytest.raises(DataUnavailable, match="there is no such file or folder"):
        find("~no-such-user/x.png")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find("~/~$7.png") == find("~$7.png")


def test_a_path_is_one_however_it_is_called(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = str(scans / "3.png")
    for name in (f"{scans}/./3.png", f"{scans}/more/../3.png", f"file://{scans}/./3.png"):
        assert find(three, name) == [three]
    monkeypatch.chdir(scans / "more")
    assert find("../3.png", three, f"{scans}/more/../3.png", "./../3.png") == [three]
    with pytest.raises(InvalidJob, match="lies in the input"):
        answer([scans], f"{scans}/more/../out")
    with pytest.raises(InvalidJob, match="lies in the input"):
        answer([f"{scans}/more/.."], scans / "out")
    folder, there = places.Folder("../../out"), places.Folder(str(tmp_path / "out"))
    made = plan.make_or_find(folder, ["../3.png"], Options(), {})
    monkeypatch.chdir(tmp_path)
    assert plan.make_or_find(there, ["scans/3.png"], Options(), {}) == made


@pytest.mark.parametrize("url", ["s3://", "gs://", "memory:///", "memory://", "file://"])
def test_what_names_no_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidJob, match="names no "):
        places.Folder(url)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["dir://x", "github://x", "reference://x", "cached://x"])
def test_a_file_system_that_cannot_be_made_is_told(tmp_path: Path, url: str) -> None:
    for named, out in ((url, tmp_path / "out"), (tmp_path, url)):
        with pytest.raises(InvalidJob, match=f"{url} cannot be reached: "):
            answer([named], out)


@pytest.mark.parametrize("url", ["tar://*.png::{}/a.tar", "tar://x::{}/none.tar", "zip://a::{}/b"])
def test_chains_are_neither_input_nor_output(tmp_path: Path, url: str) -> None:
    write_tar(tmp_path / "a.tar", {"1.png": png("1")})
    url = url.format(tmp_path)
    for named, out in ((url, tmp_path / "out"), (tmp_path, url)):
        with pytest.raises(InvalidJob, match=r"::.* is a chain of file systems, which neither"):
            answer([named], out)


def test_an_output_folder_in_that_of_another_job_is_refused(
    scans: Path, tmp_path: Path, memory_store: Any
) -> None:
    memory_store.pipe("/bucket/in/3.png", png("3"))
    for named, out in ((scans, f"{tmp_path}/out"), ("memory://bucket/in", "memory://bucket/out")):
        answer([named], out)
        for inside in ("again", "deep/er", "_inkdigits/x"):
            with pytest.raises(InvalidJob, match=r"lies in .*/out, which holds another job"):
                answer([named], f"{out}/{inside}")
        assert places.Folder(out).names() == {"_inkdigits", "part-000000.parquet"}


@pytest.mark.skipif(sys.platform == "win32", reason="links and rights are other things there")
def test_what_cannot_be_opened_is_told_by_its_own_name(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InvalidJob, match=r"out is a file, or a link that leads nowhere"):
        answer([scans], tmp_path / "out")
    (tmp_path / "there").mkdir()
    (tmp_path / "linked").symlink_to(tmp_path / "there")
    assert len(answer([scans / "3.png"], tmp_path / "linked")) == 1
    entries = LocalFileSystem.ls

    def refuse(self: LocalFileSystem, path: str, **options: Any) -> Any:
        if path.endswith("more"):
            raise PermissionError(13, "Permission denied")
        return entries(self, path, **options)

    monkeypatch.setattr(LocalFileSystem, "ls", refuse)  # as of root, whom nothing is forbidden
    with pytest.raises(DataUnavailable, match=r"scans/more cannot be read: Permission denied"):
        answer([scans], tmp_path / "other")
    assert not list((tmp_path / "other").rglob("plan-*"))
