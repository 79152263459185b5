"""Installed size: what pip puts into a fresh environment."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ORIGINAL_NEEDS = (
    "tensorflow",
    "opencv-python",
    "numpy",
    "pyyaml",
    "matplotlib",
    "scikit-learn",
)
OF_THE_ENVIRONMENT = (  # what a fresh environment holds before anything is installed
    "pip",
    "setuptools",
    "pkg_resources",
    "_distutils_hack",
    "distutils-precedence",
)


@dataclass(frozen=True)
class Size:
    """Bytes of files.

    Args:
        delivered: what the packages bring.
        bytecode: what Python compiled from that: pip does it at once, other installers when needed.
    """

    delivered: int
    bytecode: int

    @property
    def total(self) -> int:
        """All bytes."""
        return self.delivered + self.bytecode

    def __add__(self, other: "Size") -> "Size":
        """Add up both."""
        return Size(self.delivered + other.delivered, self.bytecode + other.bytecode)


def installed_size(*wanted: str) -> Size:
    """Install into a new environment and add up the files in its site-packages, without pip itself.

    Args:
        wanted: arguments of `pip install`.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *wanted]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        packages = next(Path(folder).glob("lib/python*/site-packages"))
        found = Size(0, 0)
        for entry in packages.iterdir():
            if not entry.name.startswith(OF_THE_ENVIRONMENT):
                found += size_of(entry)
        return found


def size_of(path: Path) -> Size:
    """Add up the bytes of a file, or of all files in a folder."""
    inside = [Path(place, name) for place, _, names in os.walk(path) for name in names] or [path]
    sizes = {True: 0, False: 0}
    for file in inside:
        sizes[file.suffix == ".pyc"] += file.lstat().st_size if not file.is_dir() else 0
    return Size(delivered=sizes[False], bytecode=sizes[True])
