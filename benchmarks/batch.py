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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pyarrow as pa
from answers import EXAMPLES
from common import Report, add_report_options, publish
from pyarrow import parquet

from inkdigits import Recognizer
from inkdigits.recognizer import BATCH, prepare
from inkdigits.training.environment import cores

PROCESSES = cores() or 1
COMPARED, GROWTH = 10_000, (10_000, 100_000, 1_000_000)  # rows
QUICK_COMPARED, QUICK_GROWTH = 60, (60, 120)
GROUP = 10_000  # rows that the table holds together
INTERVAL = 0.2  # seconds between two looks at memory
SHARE = 0.8  # of the plain pool's pictures a second, that a job on one machine has to reach
GROWN = 1.2  # times the memory, at most, for a hundred times the rows


@dataclass(frozen=True)
class Run:
    """What became of one command.

    Args:
        seconds: from start to end.
        working: of those, the ones without start and end of the processes.
        driver: most memory of the command itself, bytes.
        worker: most memory of one of its workers, bytes.
        rest: most memory of all other processes together, Ray's own, bytes.
    """

    seconds: float
    working: float
    driver: int = 0
    worker: int = 0
    rest: int = 0


def main() -> None:
    """Measure everything and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add_report_options(parser)
    options = parser.parse_args()
    compared = QUICK_COMPARED if options.quick else COMPARED
    growth = QUICK_GROWTH if options.quick else GROWTH
    report = Report(
        "Many pictures",
        "python benchmarks/batch.py",
        ("Measured", "Rows", "Seconds", "Pictures a second", "Memory: command, worker, Ray"),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = copy_pictures(folder / "pictures")
        alone = one_process(pictures, compared)
        pool = plain_pool(pictures, compared)
        add(report, "one process", compared, alone)
        add(
            report, f"a plain pool of {PROCESSES} processes, start included", compared, pool.seconds
        )
        add(report, "… without its start", compared, pool.working)
        runs = {rows: run_job(folder, pictures, rows) for rows in growth}
        for rows, run in runs.items():
            memory = f"{run.driver / 1e6:.0f} MB, {run.worker / 1e6:.0f} MB,"
            memory += f" {run.rest / 1e6:.0f} MB"
            add(report, "inkdigits batch, start and end included", rows, run.seconds, memory)
            add(report, "… without the start of Ray and its end", rows, run.working)
    report.figures |= {"one_process": compared / alone, "pool": compared / pool.working}
    report.figures["batch"] = {rows: vars(run) for rows, run in runs.items()}
    first, last = runs[growth[0]], runs[growth[-1]]
    rate, whole = growth[-1] / last.working, growth[-1] / last.seconds
    report.figures["rate_of_a_core"] = rate / PROCESSES
    report.goals |= {
        f"a job as large as the largest reads {SHARE:.0%} of what a plain pool does, each without"
        " its start": rate >= SHARE * compared / pool.working,
        "… and each with its start": whole >= SHARE * compared / pool.seconds,
        f"{growth[-1] // growth[0]} times the rows for at most {GROWN} times the memory": max(
            last.driver / first.driver, last.worker / first.worker, last.rest / first.rest
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


def _prepare(ready: Barrier) -> None:
    global _recognizer
    import cv2

    cv2.setNumThreads(1)
    _recognizer = Recognizer()
    ready.wait()


def _labels(paths: Sequence[str]) -> list[str | None]:
    """Answer a batch at a time, as workers of a job do."""
    return [answer.label for answer in _recognizer.answer([prepare(path) for path in paths])]


def _batches(pictures: Sequence[Path], rows: int) -> Iterator[list[str]]:
    for start in range(0, rows, BATCH):
        yield [str(pictures[n % len(pictures)]) for n in range(start, min(start + BATCH, rows))]


def plain_pool(pictures: Sequence[Path], rows: int) -> Run:
    """Read pictures as multiprocessing's pool does."""
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES + 1)
    with context.Pool(PROCESSES, _prepare, (ready,)) as pool:
        ready.wait()
        began = time.perf_counter()
        answered = sum(map(len, pool.imap(_labels, _batches(pictures, rows))))
        end = time.perf_counter()
    assert answered == rows  # noqa: S101
    return Run(end - start, end - began)


def run_job(folder: Path, pictures: Sequence[Path], rows: int) -> Run:
    """Run the command on so many rows, and look at its memory meanwhile."""
    source, output = folder / f"{rows}.parquet", folder / f"answers-{rows}"
    schema = pa.schema([("path", pa.string())])
    with parquet.ParquetWriter(source, schema) as writer:
        for start in range(0, rows, GROUP):
            several = [
                str(pictures[n % len(pictures)]) for n in range(start, min(start + GROUP, rows))
            ]
            writer.write_table(pa.table({"path": several}, schema))
    command = [sys.executable, "-m", "inkdigits", "batch", str(source), str(output)]
    began = time.perf_counter()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        watch = Watch(process.pid)
        _, told = process.communicate()
        watch.stop()
    seconds = time.perf_counter() - began
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{told[-2000:]}")
    found = sum(parquet.ParquetFile(part).metadata.num_rows for part in output.glob("*.parquet"))
    assert found == rows  # noqa: S101
    working = float(told.splitlines()[-1].partition(" s, ")[0].rpartition(" ")[2])
    return Run(seconds, working, watch.driver, watch.worker, watch.rest)


class Watch(threading.Thread):
    """Looks at the memory of a command and of the processes that it starts, until it is stopped.

    Args:
        pid: of the command.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.driver = self.worker = self.rest = 0
        self._pid = pid
        self._end = threading.Event()
        self.start()

    def run(self) -> None:
        """Look now and then."""
        while not self._end.wait(INTERVAL):
            self.driver = max(self.driver, resident(self._pid))
            rest = 0
            for pid in descendants(self._pid):
                if title(pid).startswith("ray::"):
                    self.worker = max(self.worker, resident(pid))
                else:
                    rest += resident(pid)  # raylet, GCS, agents; the object store is the raylet's
            self.rest = max(self.rest, rest)

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
