"""Processes: how long a command takes and how much memory it needs, and the original's training.

As a command, `python benchmarks/processes.py COMMAND …` measures one. It imports little, because
the system counts the memory of the process that starts another towards the started one's peak.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ORIGINAL = Path(__file__).with_name("original.py")
QUICK_EPOCHS, QUICK_IMAGES = 1, 3000


@dataclass(frozen=True)
class Measured:
    """One process from its start to its end.

    Args:
        seconds: wall-clock time.
        peak: most memory resident at a time, bytes.
        status: exit status.
        output: what it printed.
        errors: what it printed on standard error.
    """

    seconds: float
    peak: int
    status: int
    output: str
    errors: str


def measure(command: list[str]) -> Measured:
    """Run a command in a small process of its own and measure it.

    Raises:
        RuntimeError: It failed; the message ends with what it said.
    """
    measuring = [sys.executable, "-S", __file__, *command]
    done = subprocess.run(measuring, capture_output=True, text=True, check=True)
    measured = Measured(**json.loads(done.stdout))
    if measured.status:
        raise RuntimeError(f"{' '.join(command)} failed:\n{measured.errors[-2000:]}")
    return measured


def trained_original(folder: Path | None, quick: bool) -> Path:
    """Return the original's trained network, training it first if it is not there.

    Args:
        folder: where it is kept; None: the user's cache.
        quick: train on a few images only, kept under another name.
    """
    if folder is None:
        from inkdigits.training import mnist

        folder = mnist.cache_folder().parent / "benchmarks"
    path = folder / ("original-quick.keras" if quick else "original.keras")
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        print("Training the original's network once …", file=sys.stderr)
        unfinished = path.with_name(f"unfinished-{os.getpid()}.keras")
        settings = [str(QUICK_EPOCHS), str(QUICK_IMAGES)] if quick else []
        command = [sys.executable, str(ORIGINAL), "train", str(unfinished), *settings]
        subprocess.run(command, check=True, stdout=sys.stderr)
        unfinished.replace(path)
    return path


def _measure_here(command: list[str]) -> Measured:
    """Run a command as a child of this process."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # bytes there, KiB here
    return Measured(seconds, peak, process.returncode, *texts)


if __name__ == "__main__":
    print(json.dumps(asdict(_measure_here(sys.argv[1:]))))
