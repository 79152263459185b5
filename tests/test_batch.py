"""Jobs without Ray: what is found, how it is read, what is written, and which job goes on."""

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import drawn
from PIL import Image

from inkdigits.errors import DataUnavailable, InvalidJob

pytest.importorskip("ray", reason="needs the extra batch")
fsspec = pytest.importorskip("fsspec", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")

from pyarrow import parquet  # noqa: E402

from inkdigits.batch import contents, inputs, job, places, plan  # noqa: E402
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
    worker = Worker(folder.name, options, pack(None), pack("numbers") if options.read else None)
    told = [worker.do(number) for number in range(made.parts)]
    rows: list[dict[str, Any]] = []
    for number in range(made.parts):
        with folder.open(plan.part_name(number)) as file:
            rows += parquet.ParquetFile(file).read().to_pylist()
    assert sum(part["rows"] for part in told) == len(rows)
    assert sum(part["errors"] for part in told) == sum(row["error"] is not None for row in rows)
    return rows


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
        list(inputs.find_pieces([str(tmp_path / "o*" / "*")], places.Folder(f"{tmp_path}/out"), ""))


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
    worker = Worker(str(out), Options(), pack(None))
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
