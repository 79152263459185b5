"""Jobs without Ray: which job goes on, and by which list."""

import json
import re
import shutil
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from inkdigits.errors import DataUnavailable, InvalidJob

pytest.importorskip("ray", reason="needs the extra batch")

from batches import answer, find, png

from inkdigits.batch import (
    inputs,
    job,
    places,
    plan,
)
from inkdigits.batch.options import Options
from inkdigits.batch.progress import JobLine
from inkdigits.batch.worker import Worker, pack


def test_parts_are_cut_by_rows() -> None:
    known = [inputs.Piece("file", str(number)) for number in range(5)]
    shard, group = inputs.Piece("tar", "t", None), inputs.Piece("parquet", "p", 7, 0, least=7)
    pieces = [*known, shard, known[0], group, known[1]]
    parts = list(inputs.cut(iter(pieces), Options(part_rows=3).most_rows))
    assert [len(part) for part in parts] == [3, 2, 1, 1, 1, 1]
    assert [piece for part in parts for piece in part] == pieces


@pytest.mark.parametrize(
    ("read", "rows", "parts", "largest"),
    [
        (False, 100, 1, 100), (False, 2_000, 8, 250), (False, 10_000, 40, 250),
        (False, 100_000, 371, 388), (False, 1_000_000, 962, 3_882),
        (True, 10, 3, 4), (True, 1_000, 250, 4), (True, 100_000, 1_537, 200),
    ],
)  # fmt: skip
def test_every_core_has_several_parts_however_many_rows_there_are(
    read: bool, rows: int, parts: int, largest: int
) -> None:
    pieces = repeat(inputs.Piece("file", "a"), rows)
    sizes = [len(part) for part in inputs.cut(pieces, Options(read=read).most_rows)]
    assert (len(sizes), max(sizes), sum(sizes)) == (parts, largest, rows)


def test_a_job_has_the_parts_that_it_began_with(scans: Path, tmp_path: Path) -> None:
    out = places.Folder(str(tmp_path / "out"))
    made = plan.make_or_find(out, [str(scans)], Options(part_rows=2), {})
    assert made.parts == 3
    assert plan.make_or_find(out, [str(scans)], Options(), {}) == made
    with pytest.raises(InvalidJob, match=r"the option part_rows was 2, and is now 3\."):
        plan.make_or_find(out, [str(scans)], Options(part_rows=3), {})


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
    with pytest.raises(InvalidJob, match=r"the option part_rows was not given, and is now 5\."):
        answer([scans], out, Options(part_rows=5))
    with pytest.raises(InvalidJob, match="inputs was"):
        answer([scans / "3.png"], out)
    with pytest.raises(InvalidJob, match="Repeat that command"):
        answer([scans / "3.png"], out)
    (out / "_inkdigits" / "job.json").write_text("{}")
    with pytest.raises(InvalidJob, match=r"job\.json is damaged"):
        answer([scans], out)


def test_a_job_that_another_model_began_is_told_by_its_name(scans: Path, tmp_path: Path) -> None:
    out = places.Folder(str(tmp_path / "out"))

    def go_on(model: str, **names: str) -> plan.Plan:
        models = {"digits": model, "lines": "numbers 1"}
        named = {"digits": "mine", "lines": "numbers"} | names
        return plan.make_or_find(out, [str(scans)], Options(), models, None, named)

    made = go_on("a 1")
    assert go_on("a 1", digits="copy") == made
    with pytest.raises(InvalidJob) as told:
        go_on("b 1", digits="inkdigits")
    assert str(told.value) == (
        f'{tmp_path}/out holds another job: the model of digits was "a 1", and is now "b 1". Go on'
        " with it by  --model mine, or give another output folder."
    )
    with pytest.raises(InvalidJob, match=r"mine is not what it was: put that model back"):
        go_on("a 2")
    kept = tmp_path / "out" / "_inkdigits" / "job.json"
    job_of_before = json.loads(kept.read_text()) | {"names": {"digits": "/my models/a"}}
    kept.write_text(json.dumps(job_of_before))
    with pytest.raises(InvalidJob, match=r"by  --model '/my models/a', or"):
        go_on("b 1")
    del job_of_before["names"]
    kept.write_text(json.dumps(job_of_before))
    assert go_on("a 1") == made
    with pytest.raises(InvalidJob, match=r'was "a 1", .* Name that model by --model to go on'):
        go_on("b 1")
    kept.write_text(json.dumps(job_of_before | {"names": None}))
    with pytest.raises(InvalidJob, match=r"job\.json is damaged"):
        go_on("a 1")


def test_a_folder_with_something_else_is_refused(scans: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidJob, match=r"the input .* give one outside"):
        answer([scans], scans / "out")
    with pytest.raises(InvalidJob, match="and no job"):
        answer([scans / "3.png"], scans)
    with pytest.raises(InvalidJob, match=r"3\.png is a file, or a link .*: give an empty"):
        answer([scans / "more"], scans / "3.png")
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


def test_what_cannot_be_used_is_told_before_anything_is_listed(tmp_path: Path) -> None:
    from inkdigits.errors import InvalidConstraint, InvalidModel

    with pytest.raises(InvalidModel, match="There is no model 'none'"):
        job.run(["nothing"], str(tmp_path / "out"), model="none")
    with pytest.raises(InvalidModel, match=r"models/numbers\S* reads lines"):
        job.run(["nothing"], str(tmp_path / "out"), model="numbers")
    with pytest.raises(InvalidConstraint):
        job.run(["nothing"], str(tmp_path / "out"), Options(read=True, minimum=2, maximum=1))
    with pytest.raises(DataUnavailable):
        job.run(["nothing"], str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


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


def test_of_two_commands_at_once_both_go_by_the_list_of_the_first(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = places.Folder(str(tmp_path / "out"))
    first: list[plan.Plan] = []
    cut = inputs.cut

    def overtaken(pieces: Any, rows: Any) -> Any:
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


@pytest.mark.parametrize("root", ["{}", "memory://bucket"])
def test_a_part_without_a_byte_is_not_done(tmp_path: Path, memory_store: Any, root: str) -> None:
    memory_store.pipe("/bucket/3.png", png("3"))
    (tmp_path / "3.png").write_bytes(png("3"))
    root = root.format(tmp_path)
    answer([f"{root}/3.png"], f"{root}/out")
    folder = places.Folder(f"{root}/out")
    assert "part-000000.parquet" in folder.written()
    system, path = places.resolve(f"{root}/out/part-000000.parquet")
    system.pipe_file(path, b"")  # as a disk that failed leaves it
    assert "part-000000.parquet" in folder.names() - folder.written()


def test_a_part_says_how_many_of_its_rows_are_errors(scans: Path, tmp_path: Path) -> None:
    answer([scans], tmp_path / "out", Options(part_rows=4))
    assert job._counts(places.Folder(str(tmp_path / "out")), [0, 1]) == (6, 3)


def test_one_is_not_many() -> None:
    line = JobLine(None, 1, 0)
    assert line.text() == "0 of 1 part"
    line.add({"rows": 1, "errors": 1})
    assert re.fullmatch(r"1 of 1 part, 1 row, [\d,]+ a second, 1 error, 0:00 left", line.text())
    line = JobLine(None, 2_000, 0)
    line.add({"rows": 1_500, "errors": 0})
    assert line.text().startswith("1 of 2,000 parts, 1,500 rows, ")
    assert ", 0 errors, " in line.text()
