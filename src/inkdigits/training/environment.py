"""What a run ran on: versions, machine, seeds, revision of the source."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from inkdigits.files import write_whole
from inkdigits.training.checkpoint import ENVIRONMENT
from inkdigits.training.config import Recipe

PACKAGES = (  # whose versions a run notes
    "inkdigits",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
    "jax",
    "numpy",
    "opencv-python-headless",
    "onnx",
    "tf2onnx",
    "onnxruntime",
)


def note_environment(folder: Path, config: Recipe, epoch: int) -> None:
    """Write what the run runs on; each resumption adds an entry."""
    path = folder / ENVIRONMENT
    entries = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    entries.append({"from_epoch": epoch + 1, "seed": config.seed, **environment()})
    write_whole(path, (json.dumps(entries, indent=2) + "\n").encode())


def backends(folder: Path) -> list[str]:
    """What Keras ran on in a run, which may have gone on elsewhere, in the order of their first."""
    entries = json.loads((folder / ENVIRONMENT).read_text(encoding="utf-8"))
    return list(dict.fromkeys(entry["backend"] for entry in entries))


def environment() -> dict[str, Any]:
    """Versions and machine of this process."""
    from inkdigits.training.backend import load_keras

    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "backend": load_keras().backend.backend(),
        "versions": versions,
        "revision": _revision(),
    }


def cores() -> int | None:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def processor() -> str:
    """What the processor is called."""
    information = Path("/proc/cpuinfo")
    if information.is_file():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _revision() -> str | None:
    """The revision of the source tree, with a + where it was changed; None outside of one."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=+"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
