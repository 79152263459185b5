"""Jobs without Ray: tar shards, whole and damaged."""

import gzip
import io
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from drawings import drawn

from inkdigits.errors import InkdigitsError

pytest.importorskip("ray", reason="needs the extra batch")
fsspec = pytest.importorskip("fsspec", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from batches import answer, png, png_of, write_tar  # noqa: E402
from pyarrow import parquet  # noqa: E402

from inkdigits.batch import contents, inputs, shards  # noqa: E402


def read(path: Path) -> list[contents.Row]:
    """The rows of a shard, without a model."""
    return list(contents.read_pieces([inputs.Piece("tar", str(path), None)], None))


def is_told(rows: list[contents.Row], path: Path) -> bool:
    """Whether the last row says that the shard is damaged."""
    name, content = rows[-1]
    return name == str(path) and isinstance(content, InkdigitsError) and "damaged" in str(content)


@pytest.mark.parametrize("name", ["shard.tar", "shard.tar.gz", "shard.TGZ"])
def test_shards(tmp_path: Path, name: str) -> None:
    members = {
        "a/000.png": png("2"),
        "a/000.json": b'{"caption": "beside a picture: it tells something of it"}',
        "a/000.cls": b"2",
        "a/001.ink.json": drawn("5").to_json().encode(),
        "a/002.png": b"broken",
        "b/002.jpg": png("9"),
    }
    write_tar(tmp_path / name, members)
    rows = answer([tmp_path / name], tmp_path / "out")
    assert [(row["path"], row["label"]) for row in rows] == [
        (f"tar://a/000.png::{tmp_path / name}", "2"),
        (f"tar://a/001.ink.json::{tmp_path / name}", "5"),
        (f"tar://a/002.png::{tmp_path / name}", None),
        (f"tar://b/002.jpg::{tmp_path / name}", "9"),
    ]
    assert "not an image" in rows[2]["error"]
    if name.endswith(".tar"):  # the name of a row is what opens it again
        with fsspec.open(rows[0]["path"]) as file:
            assert file.read() == members["a/000.png"]
        paths = pa.table({"path": [row["path"] for row in rows]})
        parquet.write_table(paths, tmp_path / "again.parquet")
        again = answer([tmp_path / "again.parquet"], tmp_path / "again")
        assert again == rows


def test_a_damaged_shard_gives_what_is_whole_and_says_so(tmp_path: Path) -> None:
    shard = tmp_path / "shard.tar"
    noise = np.random.default_rng(1).integers(0, 255, (99, 99), np.uint8)
    write_tar(shard, {"1.png": png("1"), "2.png": png_of(noise), "3.png": png("3")})
    data = shard.read_bytes()
    shard.write_bytes(data[: 512 + 1024 + 700])
    (tmp_path / "no.tar").write_bytes(b"no shard at all" * 100)
    rows = answer([shard, tmp_path / "no.tar"], tmp_path / "out")
    assert rows[0]["label"] == "1"
    assert rows[-2]["path"] == str(shard)
    assert rows[-1]["path"] == str(tmp_path / "no.tar")
    assert all("damaged or cut short" in row["error"] for row in rows[-2:])


def test_hidden_members_of_shards_are_left_out(tmp_path: Path) -> None:
    hidden = {"._a.png": b"Mac", "b/.DS_Store": b"Mac", "b/._1.png": b"Mac", ".json": b"{}"}
    write_tar(tmp_path / "a.tar", {"a.png": png("1"), **hidden, "b/1.png": png("2")})
    rows = answer([tmp_path / "a.tar"], tmp_path / "out")
    assert [row["label"] for row in rows] == ["1", "2"]


def test_members_that_were_read_are_forgotten(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {f"{number}.png": b"" for number in range(50)})
    with shards.opened(str(tmp_path / "a.tar")) as shard:
        held = [len(vars(vars(shard)["_stream"])["members"]) for _ in shard.members()]
    assert held == [0] * 50


@pytest.mark.parametrize("name", ["shard.tar", "shard.tgz"])
def test_wherever_a_shard_is_cut_it_is_told(tmp_path: Path, name: str) -> None:
    long = "a" * 150  # a name that has a header of its own
    noise = np.random.default_rng(1).integers(0, 255, (30, 30), np.uint8)
    write_tar(tmp_path / name, {f"{long}{n}.png": png_of(noise + n) for n in range(4)})
    data = (tmp_path / name).read_bytes()
    assert len(read(tmp_path / name)) == 4
    # headers begin at blocks: none, a part and all of each is left, and some places between them
    cuts = {
        *range(0, len(data), 512),
        *np.random.default_rng(2).integers(0, len(data), 40).tolist(),
    }
    for cut in sorted(cuts):
        (tmp_path / name).write_bytes(data[:cut])
        rows = read(tmp_path / name)
        whole = sum(not isinstance(content, InkdigitsError) for _, content in rows)
        assert is_told(rows, tmp_path / name) or whole == 4, cut


def test_a_header_that_is_damaged_and_what_follows_behind_the_end(tmp_path: Path) -> None:
    shard = tmp_path / "shard.tar"
    write_tar(shard, {f"{digit}.png": png(digit) for digit in "0123"})
    data = shard.read_bytes()
    with tarfile.open(shard) as opened:
        third = opened.getmembers()[2].offset
    for harm in (b"\xaa" * 20, bytes(1024)):  # no header any more; what looks like the end
        shard.write_bytes(data[:third] + harm + data[third + len(harm) :])
        rows = read(shard)
        assert len(rows) == 3
        assert is_told(rows, shard)
    shard.write_bytes(data + data)
    assert len(read(shard)) == 5
    assert is_told(read(shard), shard)
    end = len(data.rstrip(b"\0"))
    shard.write_bytes(data[: end - end % -512 + 512])  # one block of zeros ends it as well
    assert len(read(shard)) == 4


def test_gzip_of_several_members_and_of_a_wrong_checksum(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {f"{digit}.png": png(digit) for digit in "0123"})
    data, shard = (tmp_path / "a.tar").read_bytes(), tmp_path / "shard.tgz"
    halves = gzip.compress(data[:2000]), gzip.compress(data[2000:])  # as bgzip and cat have it
    shard.write_bytes(b"".join(halves))
    assert len(read(shard)) == 4
    assert not isinstance(read(shard)[-1][1], InkdigitsError)
    wrong = bytearray(gzip.compress(data))
    wrong[-8] ^= 1
    shard.write_bytes(wrong)
    assert len(read(shard)) == 5
    assert is_told(read(shard), shard)


@pytest.mark.parametrize("name", ["shard.tar", "shard.tgz"])
def test_links_are_read_through(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / name, "w:gz" if name.endswith("z") else "w") as shard:

        def add(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, to: str = "") -> None:
            told = tarfile.TarInfo(name)
            told.size, told.type, told.linkname = len(data), kind, to
            shard.addfile(told, io.BytesIO(data))

        add("d/later.png", kind=tarfile.SYMTYPE, to="3.png")
        add("d/1.png", png("1"))
        add("hard.png", kind=tarfile.LNKTYPE, to="d/1.png")
        add("hard.json", b"beside a picture")
        add("d/1.png", png("2"))  # as `tar -r` puts a new one behind the old one
        add("twice.png", kind=tarfile.SYMTYPE, to="d/later.png")
        add("ink.json", kind=tarfile.SYMTYPE, to="d/seven")
        add("d/seven", drawn("7").to_json().encode())
        add("none.png", kind=tarfile.LNKTYPE, to="none")
        add("loop.png", kind=tarfile.SYMTYPE, to="loop.png")
        add("folder.png", kind=tarfile.DIRTYPE)
        add("pipe.png", kind=tarfile.FIFOTYPE)
        add("d/3.png", png("3"))
    rows = answer([tmp_path / name], tmp_path / "out")
    assert [(row["path"].split("::")[0][6:], row["label"]) for row in rows] == [
        ("d/later.png", "3"), ("d/1.png", "1"), ("hard.png", "1"), ("d/1.png", "2"),
        ("twice.png", "3"), ("ink.json", "7"), ("none.png", None), ("loop.png", None),
        ("pipe.png", None), ("d/3.png", "3"),
    ]  # fmt: skip
    assert rows[6]["error"] == "It is a link to 'none', no file of this shard."
    assert rows[7]["error"].startswith("It is a link to 'loop.png'")
    assert "neither a file nor a link" in rows[8]["error"]


def test_what_could_not_be_read_is_named_as_the_guide_does_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/bad.png").write_bytes(b"bad")
    Path("in/3.png").write_bytes(png("3"))
    Path("in/none.TAR").write_bytes(b"no shard at all" * 100)
    for name in ("shard.tar", "shard.tgz"):
        write_tar(Path("in", name), {"bad.png": b"bad", "4.png": png("4")})
    parquet.write_table(pa.table({"image": [b"bad", None]}), "in/rows.parquet")
    assert len(answer(["in"], "answers")) == 9
    guide = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"```python\n(import pyarrow.*?)```", guide, re.DOTALL)
    exec(recipe, {})  # noqa: S102
    assert [row["path"] for row in answer(["bad.parquet"], "again")] == [
        f"{tmp_path}/in/bad.png",
        f"tar://bad.png::{tmp_path}/in/shard.tar",
        f"tar://bad.png::{tmp_path}/in/shard.tgz",
    ]
