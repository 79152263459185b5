"""Installed size: what pip puts into a fresh environment."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ORIGINAL_NEEDS = (
    "tensorflow",
    "opencv-python",
    "numpy",
    "pyyaml",
    "matplotlib",
    "scikit-learn",
)
OF_THE_ENVIRONMENT = ("pip", "setuptools", "_distutils_hack", "distutils-precedence")


def installed_size(*wanted: str) -> int:
    """Install into a new environment and add up the files in its site-packages, without pip itself.

    Args:
        wanted: arguments of `pip install`.

    Returns:
        Bytes.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *wanted]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        packages = next(Path(folder).glob("lib/python*/site-packages"))
        return sum(
            folder_size(entry)
            for entry in packages.iterdir()
            if not entry.name.startswith(OF_THE_ENVIRONMENT)
        )


def folder_size(path: Path) -> int:
    """Add up the bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    inside = (Path(place) / name for place, _, names in os.walk(path) for name in names)
    return sum(file.lstat().st_size for file in inside)
