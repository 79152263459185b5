"""Jobs without Ray: what is found, how it is read, what is written, and which job goes on."""

import io
import json
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import pytest
from drawings import drawn
from PIL import Image

from inkdigits.errors import DataUnavailable, InvalidJob, UnreadableImage
from inkdigits.image import load_image

pytest.importorskip("ray", reason="needs the extra batch")
fsspec = pytest.importorskip("fsspec", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from pyarrow import parquet  # noqa: E402

from inkdigits.batch import (  # noqa: E402
    answers,
    columns,
    contents,
    failures,
    inputs,
    job,
    places,
    plan,
)
from inkdigits.batch.options import Options  # noqa: E402
from inkdigits.batch.worker import Worker, pack  # noqa: E402

DIGITS = "0123456789"


def png(digit: str) -> bytes:
    """A picture of a digit."""
    return png_of(drawn(digit, size=100, at=(40, 30)).draw(160, 160, 10))


def png_of(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def strokes(digit: str) -> list[list[list[float]]]:
    """Nested lists, as Parquet holds them."""
    return [[[x, y] for x, y in stroke] for stroke in json.loads(drawn(digit).to_json())["strokes"]]


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz" if path.suffix != ".tar" else "w") as shard:
        for name, data in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(data)
            shard.addfile(told, io.BytesIO(data))


def answer(
    named: Sequence[str | Path], output: str | Path, options: Options | None = None
) -> list[dict[str, Any]]:
    """Do a whole job, as Ray would have it done, and give its rows in order."""
    options = options or Options()
    folder = places.Folder(str(output))
    made = plan.make_or_find(folder, list(map(str, named)), options, {"digits": "it"})
    worker = Worker(
        folder.name, made.folder, options, pack(None), pack("numbers") if options.read else None
    )
    told = [worker.do(number) for number in range(made.parts)]
    rows: list[dict[str, Any]] = []
    for number in range(made.parts):
        with folder.open(plan.part_name(number)) as file:
            rows += parquet.ParquetFile(file).read().to_pylist()
    assert sum(part["rows"] for part in told) == len(rows)
    assert sum(part["errors"] for part in told) == sum(row["error"] is not None for row in rows)
    return rows


def find(*named: str | Path, output: str | Path = "/none", told: list[str] | None = None) -> Any:
    """Name all that is found."""
    tell = None if told is None else told.append
    pieces = inputs.find_pieces(list(map(str, named)), places.Folder(str(output)), None, tell)
    return [piece.path for piece in pieces]


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Pictures and ink, nested, with files that cannot be read and one that is not to be."""
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    (folder / "3.png").write_bytes(png("3"))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / "empty.JPG").write_bytes(b"")
    (folder / "white.png").write_bytes(png_of(np.full((50, 50), 255, np.uint8)))
    (folder / "notes.txt").write_text("not to be read")
    (folder / "more" / "7.json").write_text(drawn("7").to_json())
    (folder / "more" / "no-ink.json").write_text("{}")
    return folder


def test_a_folder_is_read_and_what_is_bad_is_a_row_that_says_so(
    scans: Path, tmp_path: Path
) -> None:
    rows = answer([scans], tmp_path / "out")
    assert [row["path"].removeprefix(f"{scans}/") for row in rows] == [
        "3.png", "broken.png", "empty.JPG", "white.png", "more/7.json", "more/no-ink.json",
    ]  # fmt: skip
    assert [row["label"] for row in rows] == ["3", None, None, None, "7", None]
    three, broken, empty, white, _, no_ink = rows
    assert list(three) == ["path", "label", "confidence", "reason", "scores", "error"]
    assert three["confidence"] == three["scores"]["3"] > 0.9
    assert list(three["scores"]) == list(DIGITS)
    assert sum(three["scores"].values()) == pytest.approx(1, abs=1e-5)
    assert (white["reason"], white["confidence"], white["error"]) == ("blank", 0, None)
    for row, told in ((broken, "not an image"), (empty, "0 bytes"), (no_ink, '"strokes"')):
        assert told in row["error"]
        assert row["scores"] is row["confidence"] is row["reason"] is None


def test_patterns_and_files_by_name(scans: Path, tmp_path: Path) -> None:
    rows = answer([scans / "*" / "7*", scans / "3.png"], tmp_path / "out")
    assert [(Path(row["path"]).name, row["label"]) for row in rows] == [
        ("7.json", "7"),
        ("3.png", "3"),
    ]
    for digit, name in (("4", "a[1].png"), ("5", "tar::b.png"), ("6", "c d#e?.png")):
        odd = tmp_path / name  # what looks like a pattern or a URL is a name if it is there
        odd.write_bytes(png(digit))
        rows = answer([odd], tmp_path / f"out {name}")
        assert [(row["path"], row["label"]) for row in rows] == [(str(odd), digit)]


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


def table(name: str) -> Any:
    pictures = [png(digit) for digit in DIGITS]
    if name == "bytes":
        return pa.table({"id": list(range(11)), "image": [*pictures, None]})
    if name == "hugging face":
        cells = [{"bytes": data, "path": f"{n}.png"} for n, data in enumerate(pictures)]
        return pa.table({"image": [*cells, None]})
    if name == "strokes":
        return pa.table({"strokes": [*(strokes(digit) for digit in DIGITS), None]})
    return pa.table({"ink": [*(drawn(digit).to_json() for digit in DIGITS), None]})


@pytest.mark.parametrize("name", ["bytes", "hugging face", "strokes", "ink in JSON"])
def test_parquet(tmp_path: Path, name: str) -> None:
    file = tmp_path / "in.parquet"
    parquet.write_table(table(name), file, row_group_size=4)
    rows = answer([file], tmp_path / "out", Options(part_rows=5))
    assert [row["path"] for row in rows] == [f"{file}#{number}" for number in range(11)]
    assert [row["label"] for row in rows] == [*DIGITS, None]
    assert "is empty" in rows[-1]["error"]
    assert len(places.Folder(str(tmp_path / "out")).names()) == 1 + 3  # the plan; groups of 4


def test_parquet_with_paths(scans: Path, tmp_path: Path) -> None:
    file = tmp_path / "paths.parquet"
    named = ["scans/3.png", str(scans / "more" / "7.json"), "scans/none.png", "scans/broken.png"]
    parquet.write_table(pa.table({"path": named * 3}), file)
    rows = answer([file], tmp_path / "out")
    assert [row["label"] for row in rows] == ["3", "7", None, None] * 3
    assert rows[0]["path"] == str(scans / "3.png")
    assert "No such file" in rows[2]["error"]
    # what a job could not read is the input of the next
    bad = pa.table({"path": [row["path"] for row in rows if row["error"]]})
    parquet.write_table(bad, tmp_path / "bad.parquet")
    assert len(answer([tmp_path / "bad.parquet"], tmp_path / "again")) == 6


def test_hugging_face_paths_begin_beside_the_file(scans: Path, tmp_path: Path) -> None:
    cells = [{"bytes": None, "path": "scans/3.png"}, {"bytes": None, "path": None}]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    parquet.write_table(pa.table({"image": pa.array(cells, kind)}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert [row["label"] for row in rows] == ["3", None]
    assert "is empty" in rows[1]["error"]


def test_a_damaged_parquet_file_is_a_row(scans: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and no more")
    parquet.write_table(table("bytes"), tmp_path / "worse.parquet")
    data = bytearray((tmp_path / "worse.parquet").read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    data[-8 - length : -8] = b"\xff" * length  # what tells where everything is
    (tmp_path / "worse.parquet").write_bytes(data)
    named = [tmp_path / "bad.parquet", tmp_path / "worse.parquet", scans / "3.png"]
    rows = answer(named, tmp_path / "out")
    assert [row["label"] for row in rows] == [None, None, "3"]
    assert "bad.parquet is damaged or cut short" in rows[0]["error"]
    assert "worse.parquet is damaged or cut short" in rows[1]["error"]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (None, "no column of pictures, strokes or paths"),
        ("picture", "no column 'picture'; there are: weight, text"),
        ("weight", "the column 'weight' holds double"),
    ],
)
def test_a_parquet_file_without_such_a_column_is_refused(
    tmp_path: Path, column: str | None, told: str
) -> None:
    parquet.write_table(pa.table({"weight": [1.5], "text": ["a.png"]}), tmp_path / "in.parquet")
    with pytest.raises(InvalidJob, match=told):
        answer([tmp_path / "in.parquet"], tmp_path / "out", Options(column=column))
    assert answer([tmp_path / "in.parquet"], tmp_path / "out", Options(column="text"))[0]["error"]


def test_whole_numbers(tmp_path: Path) -> None:
    example = Path(__file__).parents[1] / "examples-numbers" / "2026.json"
    (tmp_path / "bad.png").write_bytes(b"bad")
    rows = answer([example, tmp_path / "bad.png"], tmp_path / "out", Options(read=True, length=4))
    (reading,) = rows[0]["readings"]
    assert list(reading) == ["text", "confidence", "reason", "x", "y", "width", "height"]
    assert (reading["text"], reading["reason"], rows[0]["error"]) == ("2026", None, None)
    assert rows[1]["readings"] is None
    assert "not an image" in rows[1]["error"]


@pytest.fixture
def store() -> Any:
    """An object store, in memory."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    yield store
    store.store.clear()


def test_an_object_store(store: Any) -> None:
    for number in range(40):
        digit = DIGITS[number % 10]
        store.pipe(f"/bucket/scans/{number:02d}-{digit}.png", png(digit) if number != 7 else b"bad")
    rows = answer(["memory://bucket/scans"], "memory://bucket/answers", Options(part_rows=15))
    assert len(rows) == len({row["path"] for row in rows}) == 40
    for number, row in enumerate(rows):
        assert row["path"] == f"memory:///bucket/scans/{number:02d}-{DIGITS[number % 10]}.png"
        assert row["label"] == (None if number == 7 else DIGITS[number % 10])
    assert sorted(store.ls("/bucket/answers", detail=False)) == [
        "/bucket/answers/_inkdigits",
        *(f"/bucket/answers/part-00000{number}.parquet" for number in range(3)),
    ]


def test_file_urls(scans: Path, tmp_path: Path) -> None:
    rows = answer([f"file://{scans}/*.png"], f"file://{tmp_path}/out")
    assert [row["label"] for row in rows] == ["3", None, None]
    folder = pa.parquet.read_table(tmp_path / "out")  # the plan is left out by who reads folders
    assert folder.num_rows == 3


@pytest.mark.parametrize(
    ("named", "error", "told"),
    [
        ("nothing", DataUnavailable, "nothing cannot be read: there is no such file or folder"),
        ("nothing/*.png", DataUnavailable, "holds no picture, no ink file, no tar shard"),
        ("empty", DataUnavailable, "holds no picture"),
        ("foo://bucket", InvalidJob, "Protocol not known: foo"),
    ],
)
def test_what_is_not_there_is_told(
    tmp_path: Path, named: str, error: type[Exception], told: str
) -> None:
    (tmp_path / "empty").mkdir()
    name = named if "://" in named else str(tmp_path / named)
    with pytest.raises(error, match=told):
        answer([name], tmp_path / "out")


def test_parts_are_cut_by_rows() -> None:
    known = [inputs.Piece("file", str(number)) for number in range(5)]
    shard, group = inputs.Piece("tar", "t", None), inputs.Piece("parquet", "p", 7, 0)
    parts = inputs.cut(iter([*known, shard, known[0], group, known[1]]), 3)
    assert [len(part) for part in parts] == [3, 2, 1, 1, 1, 1]


def test_a_job_goes_on_by_its_first_list(scans: Path, tmp_path: Path) -> None:
    first = answer([scans], tmp_path / "out", Options(part_rows=2))
    (scans / "2.png").write_bytes(png("2"))
    (scans / "3.png").unlink()
    again = answer([scans], tmp_path / "out", Options(part_rows=2))
    assert [row["path"] for row in again] == [row["path"] for row in first]
    assert "No such file" in again[0]["error"]


def test_another_job_is_refused(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    answer([scans], out)
    with pytest.raises(InvalidJob, match=r"the option part_rows was 10000, and is now 5\."):
        answer([scans], out, Options(part_rows=5))
    with pytest.raises(InvalidJob, match="inputs was"):
        answer([scans / "3.png"], out)
    with pytest.raises(InvalidJob, match="models was"):
        plan.make_or_find(places.Folder(str(out)), [str(scans)], Options(), {"digits": "other"})
    (out / "_inkdigits" / "job.json").write_text("{}")
    with pytest.raises(InvalidJob, match=r"job\.json is damaged"):
        answer([scans], out)


def test_a_folder_with_something_else_is_refused(scans: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidJob, match=r"the input .* give one outside"):
        answer([scans], scans / "out")
    with pytest.raises(InvalidJob, match="and no job"):
        answer([scans / "3.png"], scans)
    answer([scans / "3.png"], tmp_path / "out")
    with pytest.raises(InvalidJob, match="is in the output folder"):
        list(find(tmp_path / "out" / "part-000000.parquet", output=tmp_path / "out"))


def test_a_list_that_was_broken_off_is_made_again(scans: Path, tmp_path: Path) -> None:
    rows = answer([scans], tmp_path / "out", Options(part_rows=2))
    (tmp_path / "out" / "_inkdigits" / "job.json").unlink()
    for part in (tmp_path / "out").glob("part-*"):
        part.unlink()
    (scans / "3.png").unlink()
    again = answer([scans], tmp_path / "out", Options(part_rows=2))
    assert [row["path"] for row in again] == [row["path"] for row in rows[1:]]


def test_a_part_is_written_whole_or_not_at_all(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    answer([scans], out)
    before = (out / "part-000000.parquet").read_bytes()
    (listed,) = (out / "_inkdigits").glob("plan-*")
    worker = Worker(str(out), listed.name, Options(), pack(None))
    worker.do(0)  # as when Ray does a part twice
    assert (out / "part-000000.parquet").read_bytes() == before

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DataUnavailable, match="cannot be written: No space left on device"):
        worker.do(0)
    assert (out / "part-000000.parquet").read_bytes() == before
    left = out / ".part-000001.parquet.0123456789abcdef"
    left.write_bytes(b"half")
    places.Folder(str(out)).tidy()
    assert not left.exists()


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


def test_memory_holds_few_files_of_many(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        return b""

    monkeypatch.setattr(contents, "_fetch", fetch)
    paths = (f"memory://{number}.png" for number in range(1000))
    rows = contents.read_pieces((inputs.Piece("file", path) for path in paths), None)
    next(rows)
    assert len(asked) <= contents.READERS


def test_what_cannot_be_used_is_told_before_anything_is_listed(tmp_path: Path) -> None:
    from inkdigits.errors import InvalidConstraint, InvalidModel

    with pytest.raises(InvalidModel, match="There is no model in 'none'"):
        job.run(["nothing"], str(tmp_path / "out"), model="none")
    with pytest.raises(InvalidModel, match="reads lines"):
        job.run(["nothing"], str(tmp_path / "out"), model="numbers")
    with pytest.raises(InvalidConstraint):
        job.run(["nothing"], str(tmp_path / "out"), Options(read=True, minimum=2, maximum=1))
    with pytest.raises(DataUnavailable):
        job.run(["nothing"], str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    folder = tmp_path / "in \udce9"
    folder.mkdir()
    (folder / "7-\udcff.json").write_text(drawn("7").to_json())
    (folder / "bad-\udcff.png").mkdir()
    write_tar(folder / "shard.tar", {"3-\udcff.png": png("3"), "4.png": png("4")})
    paths = [str(folder / "7-\udcff.json"), str(folder / "none-\udcff.png")]
    rows = answer([folder], tmp_path / "out")
    assert [row["label"] for row in rows] == ["7", "3", "4"]
    assert rows[0]["path"] == f"{tmp_path}/in \\udce9/7-\\udcff.json"
    assert rows[1]["path"].startswith("tar://3-\\udcff.png::")
    assert answer([folder], tmp_path / "out") == rows  # the job is found again
    pieces = [inputs.Piece("file", path) for path in paths]
    (seven, _), (_, none) = contents.read_pieces(pieces, None)
    assert seven == paths[0]
    assert isinstance(none, DataUnavailable)
    assert answers.of_error(paths[1], none)["error"].isascii()


def test_hidden_members_of_shards_are_left_out(tmp_path: Path) -> None:
    hidden = {"._a.png": b"Mac", "b/.DS_Store": b"Mac", "b/._1.png": b"Mac", ".json": b"{}"}
    write_tar(tmp_path / "a.tar", {"a.png": png("1"), **hidden, "b/1.png": png("2")})
    rows = answer([tmp_path / "a.tar"], tmp_path / "out")
    assert [row["label"] for row in rows] == ["1", "2"]


def test_members_that_were_read_are_forgotten(tmp_path: Path) -> None:
    write_tar(tmp_path / "a.tar", {f"{number}.png": b"" for number in range(50)})
    with tarfile.open(tmp_path / "a.tar", "r|") as shard:
        held = [len(vars(shard)["members"]) for _ in contents._members(shard)]
    assert held == [0] * 50


class Refused(Exception):
    """As clients of object stores raise it: of no class that we know."""

    status = 503


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
    store: Any, kind: str, monkeypatch: pytest.MonkeyPatch
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
    store.pipe(f"/bucket/in.{suffix}", file.getvalue() or png("1"))
    store.pipe("/bucket/1.png", png("1"))
    pieces = list(inputs.find_pieces([f"memory://bucket/in.{suffix}"], places.Folder("x"), None))
    whole = store.open
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

    monkeypatch.setattr(type(store), "open", lambda _, *a, **k: open_failing(*a, **k))
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


def test_nothing_is_read_twice(scans: Path, tmp_path: Path) -> None:
    (scans / "notes.txt").unlink()  # which a pattern names
    once = find(scans)
    for named in (
        [scans / "**"], [scans / "*"], [scans, scans], [scans, scans / "more"],
        [scans, scans / "**" / "*.png", scans / "3.png"], [f"{tmp_path}/s*", f"{tmp_path}/*"],
    ):  # fmt: skip
        assert sorted(find(*named)) == sorted(once), named


def test_nothing_is_read_twice_of_a_store(store: Any) -> None:
    for name in ("1.png", "a/2.png", "a/b/3.png"):
        store.pipe(f"/bucket/in/{name}", png("1"))
    assert len(find("memory://bucket/in")) == 3
    for named in ("memory://bucket/in/**", "memory://bucket/*"):
        assert sorted(find(named)) == sorted(find("memory://bucket/in"))


def test_answers_are_no_input(scans: Path, tmp_path: Path) -> None:
    (scans / "notes.txt").unlink()  # which a pattern names
    once = find(scans)
    answer([scans], scans.parent / "earlier")
    shutil.move(scans.parent / "earlier", scans / "earlier")
    assert find(scans) == once
    assert sorted(find(scans / "**")) == sorted(once)
    with pytest.raises(DataUnavailable, match="holds no picture"):
        find(scans / "**" / "*.parquet")
    with pytest.raises(InvalidJob, match="holds the answers of another job"):
        find(scans / "earlier")
    assert len(find(scans / "earlier" / "part-000000.parquet")) == 1  # who says so means it


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_linked_folders_are_followed_once(scans: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "5.png").write_bytes(png("5"))
    (scans / "link").symlink_to(other)
    (scans / "more" / "again").symlink_to(other)
    (scans / "more" / "loop").symlink_to(scans)
    found = find(scans)
    assert [path for path in found if path.endswith("5.png")] == [f"{scans}/link/5.png"]
    assert len(found) == len({Path(path).resolve() for path in found}) == 7
    assert len(find(scans / "**")) == 7


def test_of_two_commands_at_once_both_go_by_the_list_of_the_first(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = places.Folder(str(tmp_path / "out"))
    first: list[plan.Plan] = []
    cut = inputs.cut

    def overtaken(pieces: Any, rows: int) -> Any:
        yield from cut(pieces, rows)
        monkeypatch.setattr(inputs, "cut", cut)
        (scans / "3.png").unlink()  # so that the lists differ
        first.append(plan.make_or_find(out, [str(scans)], Options(), {}))

    monkeypatch.setattr(inputs, "cut", overtaken)
    second = plan.make_or_find(out, [str(scans)], Options(), {})
    assert [second] == first
    assert (out / "_inkdigits").names() == {"job.json", second.folder}
    assert len(plan.read_part(out, second.folder, 0)) == 5
    with pytest.raises(InvalidJob, match="another job"):
        plan.make_or_find(out, [str(scans)], Options(part_rows=1), {})


def test_a_disk_without_links_has_one_job_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    folder = places.Folder(str(tmp_path / "out"))
    assert [folder.create("job", b"1"), folder.create("job", b"2")] == [True, False]
    assert folder.names() == {"job"}
    assert folder.read("job") == b"1"


def stored(name: str) -> Any:
    """Pictures of digits, as columns may hold them."""
    pictures = [png(digit) for digit in DIGITS]
    if name == "dictionary":
        return pa.array(pictures).dictionary_encode()
    if name == "binary view":
        return pa.array(pictures, pa.binary_view())
    if name == "as long as each other":
        longest = max(map(len, pictures))
        return pa.array([data.ljust(longest, b"\0") for data in pictures], pa.binary(longest))
    if name == "number for a path":
        return pa.array([{"bytes": data, "path": 7} for data in pictures])
    grey = [load_image(data) for data in pictures]
    if name == "colours":
        grey = [np.stack([each] * 3, 2) for each in grey]
    if name == "flat":
        grey = [each.reshape(-1) for each in grey]
    return pa.array([each.tolist() for each in grey])


@pytest.mark.parametrize(
    "name",
    ["dictionary", "binary view", "as long as each other", "number for a path", "grey", "flat",
     "colours"],
)  # fmt: skip
def test_however_pictures_are_stored(tmp_path: Path, name: str) -> None:
    parquet.write_table(pa.table({" Image": stored(name)}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert [row["label"] for row in rows] == list(DIGITS)


def test_numbers_that_are_neither_strokes_nor_pixels_are_errors(tmp_path: Path) -> None:
    cells = [strokes("3"), [[[1.0, 2.0, 3.0, 4.0, 5.0]]], [[[1.0, 2.0, 3.0]], []], [], [[None]]]
    parquet.write_table(pa.table({"image": cells}), tmp_path / "in.parquet")
    rows = answer([tmp_path / "in.parquet"], tmp_path / "out")
    assert rows[0]["label"] == "3"
    assert all(row["error"] for row in rows[1:])


def test_text_that_is_called_bytes_is_not_opened(scans: Path, tmp_path: Path) -> None:
    cells = [{"bytes": str(scans / "3.png"), "path": None}]
    parquet.write_table(pa.table({"image": cells}), tmp_path / "in.parquet")
    with pytest.raises(InvalidJob, match="no column of pictures"):
        answer([tmp_path / "in.parquet"], tmp_path / "out")


def test_a_table_beside_pictures_is_left_out_and_told(scans: Path, tmp_path: Path) -> None:
    (scans / "notes.txt").unlink()  # which a pattern names
    once = find(scans)
    parquet.write_table(pa.table({"weight": [1.5]}), scans / "metadata.parquet")
    for named in (scans, scans / "**", scans / "*"):
        told: list[str] = []
        assert sorted(find(named, told=told)) == sorted(once)
        (line,) = told
        assert line.startswith(f"Left out: {scans}/metadata.parquet has no column of pictures")
    with pytest.raises(InvalidJob, match="no column of pictures"):
        find(scans / "metadata.parquet")


def test_columns_are_called_as_for_training() -> None:
    training = pytest.importorskip("inkdigits.training.forms.columns")
    assert columns.STROKES == training.STROKES
    assert (*training.STROKES, *training.PICTURE) == columns.USUAL


def test_paths_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "Path", PureWindowsPath)
    assert contents.beside("D:/in/a.parquet", "C:/x.png") == "C:/x.png"
    assert contents.beside("D:/in/a.parquet", "x.png") == "D:/in/x.png"


def test_a_part_says_how_many_of_its_rows_are_errors(scans: Path, tmp_path: Path) -> None:
    answer([scans], tmp_path / "out", Options(part_rows=4))
    assert job._counts(places.Folder(str(tmp_path / "out")), [0, 1]) == (6, 3)


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
