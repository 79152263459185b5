"""Many pictures: `inkdigits batch` against a plain pool and one process, and how it grows.

    python benchmarks/batch.py

It needs the extra `batch`, and Linux, whose /proc tells what memory processes hold.
"""

import argparse
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from answers import EXAMPLES
from common import Report, add_report_options, publish
from pyarrow import parquet

from inkdigits import Recognizer
from inkdigits.training.environment import cores

PROCESSES = cores() or 1
COMPARED, GROWTH = 10_000, (10_000, 100_000, 1_000_000)  # rows
QUICK_COMPARED, QUICK_GROWTH = 60, (60, 120)
PART_ROWS, QUICK_PART_ROWS = 10_000, 20
CHUNK = 64  # paths that a process of the plain pool takes at a time
INTERVAL = 0.2  # seconds between two looks at memory
SHARE = 0.8  # of the plain pool's pictures a second, that a job on one machine has to reach
GROWN = 1.2  # times the memory, at most, for a hundred times the rows


@dataclass(frozen=True)
class Run:
    """What became of one command.

    Args:
        seconds: from start to end.
        working: of those, the ones without the start of Ray and its end, as the command says.
        driver: most memory of the command itself, bytes.
        worker: most memory of one of its workers, bytes.
    """

    seconds: float
    working: float
    driver: int
    worker: int


def main() -> None:
    """Measure everything and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    options = parser.parse_args()
    compared = QUICK_COMPARED if options.quick else COMPARED
    growth = QUICK_GROWTH if options.quick else GROWTH
    part_rows = QUICK_PART_ROWS if options.quick else PART_ROWS
    report = Report(
        "Many pictures",
        "python benchmarks/batch.py",
        ("Measured", "Rows", "Seconds", "Pictures a second", "Memory: command, worker"),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = copy_pictures(folder / "pictures")
        alone = one_process(pictures, compared)
        pool = plain_pool(pictures, compared)
        add(report, "one process", compared, alone)
        add(report, f"a plain pool of {PROCESSES} processes", compared, pool)
        runs = {rows: run_job(folder, pictures, rows, part_rows) for rows in growth}
        for rows, run in runs.items():
            memory = f"{run.driver / 1e6:.0f} MB, {run.worker / 1e6:.0f} MB"
            add(report, "inkdigits batch, start and end included", rows, run.seconds, memory)
            add(report, "… without the start of Ray and its end", rows, run.working)
    report.figures |= {"one_process": compared / alone, "pool": compared / pool}
    report.figures["batch"] = {rows: vars(run) for rows, run in runs.items()}
    first, last = runs[growth[0]], runs[growth[-1]]
    rate = growth[-1] / last.seconds
    report.figures["rate_of_a_core"] = rate / PROCESSES
    report.goals |= {
        f"a job as large as the largest reads {SHARE:.0%} of what a plain pool does": rate
        >= SHARE * compared / pool,
        f"{growth[-1] // growth[0]} times the rows for at most {GROWN} times the memory": max(
            last.driver / first.driver, last.worker / first.worker
        )
        <= GROWN,
    }
    report.notes.append(
        f"The pictures are {len(pictures)} PNG of examples/, named again and again by a column of"
        f" paths. Pictures a second of one core, for the plan in docs/scaling.md:"
        f" {rate / PROCESSES:,.0f}."
    )
    publish(report, options)


def add(report: Report, what: str, rows: int, seconds: float, memory: str = "") -> None:
    """Add a row."""
    report.rows.append((what, f"{rows:,}", f"{seconds:.1f}", f"{rows / seconds:,.0f}", memory))


def copy_pictures(folder: Path) -> list[Path]:
    """Put the example pictures where nothing else is."""
    folder.mkdir()
    return [Path(shutil.copy(path, folder)) for path in sorted(EXAMPLES.glob("*.png"))]


def one_process(pictures: Sequence[Path], rows: int) -> float:
    """Read pictures one after another, and give the seconds."""
    recognizer = Recognizer()
    start = time.perf_counter()
    for number in range(rows):
        recognizer.recognize(pictures[number % len(pictures)])
    return time.perf_counter() - start


_recognizer: Recognizer


def _prepare() -> None:
    global _recognizer
    import cv2

    cv2.setNumThreads(1)
    _recognizer = Recognizer()


def _label(path: str) -> str | None:
    return _recognizer.recognize(path).label


def plain_pool(pictures: Sequence[Path], rows: int) -> float:
    """Read pictures as multiprocessing's pool does, and give the seconds, its start included."""
    paths = (str(pictures[number % len(pictures)]) for number in range(rows))
    start = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(PROCESSES, _prepare) as pool:
        answered = sum(1 for _ in pool.imap(_label, paths, CHUNK))
    seconds = time.perf_counter() - start
    assert answered == rows  # noqa: S101
    return seconds


def run_job(folder: Path, pictures: Sequence[Path], rows: int, part_rows: int) -> Run:
    """Run the command on so many rows, and look at its memory meanwhile."""
    source, output = folder / f"{rows}.parquet", folder / f"answers-{rows}"
    schema = pa.schema([("path", pa.string())])
    with parquet.ParquetWriter(source, schema) as writer:
        for start in range(0, rows, part_rows):
            several = [
                str(pictures[n % len(pictures)]) for n in range(start, min(start + part_rows, rows))
            ]
            writer.write_table(pa.table({"path": several}, schema))
    command = [sys.executable, "-m", "inkdigits", "batch", str(source), str(output)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--part-rows", str(part_rows)], stderr=subprocess.PIPE, text=True
    ) as process:
        watch = Watch(process.pid)
        _, told = process.communicate()
        watch.stop()
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{told[-2000:]}")
    found = sum(parquet.ParquetFile(part).metadata.num_rows for part in output.glob("*.parquet"))
    assert found == rows  # noqa: S101
    working = float(told.splitlines()[-1].partition(" s, ")[0].rpartition(" ")[2])
    return Run(seconds, working, watch.driver, watch.worker)


class Watch(threading.Thread):
    """Looks at the memory of a command and of the processes that it starts, until it is stopped.

    Args:
        pid: of the command.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.driver = self.worker = 0
        self._pid = pid
        self._end = threading.Event()
        self.start()

    def run(self) -> None:
        """Look now and then."""
        while not self._end.wait(INTERVAL):
            self.driver = max(self.driver, resident(self._pid))
            for pid in descendants(self._pid):
                if title(pid).startswith("ray::MapBatches"):
                    self.worker = max(self.worker, resident(pid))

    def stop(self) -> None:
        """Stop looking."""
        self._end.set()
        self.join()


def descendants(root: int) -> list[int]:
    """Processes that a process has started, and those that they have."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            # what comes after the name in brackets, which may hold anything
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [root]
    for one in found:
        found += [pid for pid, parent in parents.items() if parent == one]
    return found[1:]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def title(pid: int) -> str:
    """What a process is called."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


if __name__ == "__main__":
    main()
