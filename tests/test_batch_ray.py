"""`inkdigits batch` as its users run it: Ray of its own, a cluster, and what dies on the way."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from drawings import drawn
from PIL import Image
from programs import run
from ray_nodes import ray_nodes

pytest.importorskip("ray", reason="needs the extra batch")
pa = pytest.importorskip("pyarrow", reason="needs the extra batch")
from pyarrow import parquet  # noqa: E402

from inkdigits.batch import job, places, plan  # noqa: E402
from inkdigits.batch.options import Options  # noqa: E402
from inkdigits.batch.worker import pack  # noqa: E402

GROUP, GROUPS = 40, 120  # rows of a part, and parts, of a job that is long enough to be hit
PATIENCE = 1200  # seconds that a job may take on a busy machine

pytestmark = pytest.mark.slow


def many(folder: Path) -> Path:
    """A Parquet file of pictures, one of a hundred bad."""
    folder.mkdir(exist_ok=True)
    picture = folder / "picture.png"
    pictures = []
    for digit in "0123456789":
        Image.fromarray(drawn(digit, size=100, at=(40, 30)).draw(160, 160, 10)).save(picture)
        pictures.append(picture.read_bytes())
    picture.unlink()
    cells = [b"bad" if n % 100 == 99 else pictures[n % 10] for n in range(GROUP * GROUPS)]
    parquet.write_table(pa.table({"image": cells}), folder / "many.parquet", row_group_size=GROUP)
    return folder / "many.parquet"


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "inkdigits", "batch", *map(str, arguments)]


def start(*arguments: str | Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(command(*arguments), stderr=subprocess.PIPE)


def wait_for_parts(output: Path, count: int, process: "subprocess.Popen[bytes]") -> set[str]:
    """Wait until so many parts are there, and name those that are."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        found = {path.name for path in output.glob("part-*.parquet")}
        if len(found) >= count:
            return found
        time.sleep(0.01)
    process.kill()
    pytest.fail(f"no {count} parts: {process.communicate()[1].decode()[-2000:]}")


def check(source: Path, output: Path) -> None:
    """Every row is there exactly once, and each says what it has to."""
    rows: list[dict[str, Any]] = parquet.read_table(output).to_pylist()
    times = Counter(row["path"] for row in rows)
    assert times == {f"{source}#{number}": 1 for number in range(GROUP * GROUPS)}
    for row in rows:
        number = int(row["path"].rpartition("#")[2])
        assert (row["error"] is not None) == (number % 100 == 99)
        assert row["label"] == (None if row["error"] else str(number % 10))
    assert not list(output.glob(".*"))  # nothing half written is left


def test_a_node_is_killed_and_every_row_is_there_once(tmp_path: Path) -> None:
    source, output = many(tmp_path / "in"), tmp_path / "out"
    with ray_nodes(2) as nodes:
        process = start(source, output, "--part-rows", str(GROUP), "--address", nodes.address)
        wait_for_parts(output, 5, process)
        nodes.kill_one()
        at_hand = len(list(output.glob("part-*.parquet")))
        _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, told.decode()[-2000:]
    assert 5 <= at_hand < GROUPS  # it was hit in the middle
    check(source, output)


def test_a_job_whose_driver_was_killed_goes_on(tmp_path: Path) -> None:
    source, output = many(tmp_path / "in"), tmp_path / "out"
    process = start(source, output, "--part-rows", str(GROUP), "--workers", "1")
    wait_for_parts(output, 3, process)
    process.kill()
    process.communicate()
    time.sleep(5)  # Ray's processes notice it, and end
    there = {path: path.stat().st_mtime_ns for path in output.glob("part-*.parquet")}
    assert 3 <= len(there) < GROUPS
    done = subprocess.run(
        command(source, output, "--part-rows", str(GROUP), "--workers", "2"),
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert f"There already: {len(there)} of {GROUPS} parts." in done.stderr.decode()
    assert {path: path.stat().st_mtime_ns for path in there} == there
    check(source, output)


def test_one_machine(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    (scans / "7.json").write_text(drawn("7").to_json())
    (scans / "bad.png").write_bytes(b"bad")
    done = subprocess.run(
        command("scans", "out"), cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False
    )
    assert (done.returncode, done.stdout) == (0, b""), done.stderr.decode()[-2000:]
    *slow, line = done.stderr.decode().splitlines()
    assert all(" of 1 part, " in one for one in slow)  # how far it is; and nothing of Ray's
    assert line.startswith("2 rows in ")
    assert line.endswith("1 could not be read. In out: 1 part")
    rows = parquet.read_table(tmp_path / "out").to_pylist()
    assert [(Path(row["path"]).name, row["label"]) for row in rows] == [
        ("7.json", "7"),
        ("bad.png", None),
    ]
    # Nothing is left to do, so Ray is not even started.
    again = run("batch", "scans", "out", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stderr.decode().splitlines() == [
        "There already: 1 of 1 part.",
        "In out: 1 part, with 2 rows, of which 1 could not be read",
    ]
    assert run("batch", "scans", "out", "--strict", cwd=tmp_path).returncode == 1


DEADLY = """
import os, sys
from inkdigits.batch import job
from inkdigits.batch.options import Options

do = job._do


def deadly(number, arguments):
    if number == 1:
        os.kill(os.getpid(), 9)
    return do(number, arguments)


if __name__ == "__main__":
    job._do = deadly
    try:
        job.run(sys.argv[1:2], sys.argv[2], Options(part_rows=1), workers=2)
    except job.InterruptedJob as error:
        print(error)
"""


def test_a_part_that_kills_its_process_does_not_stop_the_others(tmp_path: Path) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    for digit in "0123":
        (scans / f"{digit}.json").write_text(drawn(digit).to_json())
    (tmp_path / "deadly.py").write_text(DEADLY)
    done = subprocess.run(
        [sys.executable, "deadly.py", "scans", "out"],
        cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    told = done.stdout.decode()
    assert "out: 1 of 4 parts. " in told, done.stderr.decode()[-2000:]
    assert "part-000001.parquet: the process that did it died each time" in told
    assert len(list((tmp_path / "out").glob("part-*"))) == 3
    done = subprocess.run(
        command("scans", "out", "--part-rows", "1"),
        cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    rows = parquet.read_table(tmp_path / "out").to_pylist()
    assert [row["label"] for row in rows] == list("0123")


def test_a_part_that_fails_is_told_and_the_others_are_done(tmp_path: Path) -> None:
    source, output = many(tmp_path / "in"), tmp_path / "out"
    packed = pack(None), None
    place = places.Folder(str(output))
    made = plan.make_or_find(place, [str(source)], Options(part_rows=GROUP), job._about(packed))
    listed = output / "_inkdigits" / made.folder / "part-000001.parquet"
    listed.rename(tmp_path / "kept")
    arguments = command(source, output, "--part-rows", str(GROUP))
    done = subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    told = done.stderr.decode().splitlines()[-1]
    assert told.startswith(f"inkdigits: Missing in {output}: 1 of {GROUPS} parts. ")
    assert f"part-000001.parquet: {listed} cannot be read: No such file or directory." in told
    shutil.move(tmp_path / "kept", listed)
    done = subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    check(source, output)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_says_how_to_go_on(tmp_path: Path, number: signal.Signals) -> None:
    source, output = many(tmp_path / "in"), tmp_path / "out"
    process = start(source, output, "--part-rows", str(GROUP), "--workers", "1")
    wait_for_parts(output, 2, process)
    process.send_signal(number)
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, told.decode()[-2000:]
    *_, last = told.decode().splitlines()
    assert b"***" not in told  # as Ray's C++ code begins its stack
    assert last.startswith("inkdigits: Stopped: ")
    assert last.endswith("The same command goes on where it was.")


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "7.json").write_text(json.dumps({"strokes": []}))
    done = subprocess.run(
        command("7.json", "out", "--address", "127.0.0.1:9"),
        cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("inkdigits: Ray cannot be reached at 127.0.0.1:9: ")
