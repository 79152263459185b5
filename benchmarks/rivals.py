"""Other readers of numbers, each in an environment of its own: Tesseract and RapidOCR.

RapidOCR brings `opencv-python`, which must not stand beside the `opencv-python-headless` that
inkdigits stands on; so it is installed into an environment in the user's cache.

As a command, run there, it reads the pictures whose paths stand on standard input, a line each, and
prints for each a line with the text:

    ls *.png | python benchmarks/rivals.py
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PACKAGE = "rapidocr-onnxruntime==1.4.4"
LEAST_HEIGHT = 48  # pixels: the recogniser of RapidOCR works at that height


def tesseract(pictures: Sequence[Path]) -> list[str] | None:
    """Read each picture as one line of digits; None where Tesseract is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    texts = []
    for picture in pictures:
        command = [
            program,
            str(picture),
            "-",
            "--psm",
            "7",
            "-c",
            "tessedit_char_whitelist=0123456789",
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        )
        texts.append(done.stdout.strip())
    return texts


def rapidocr(pictures: Sequence[Path]) -> list[str] | None:
    """Read each picture as one line, by the recogniser alone; None where it cannot be installed."""
    environment = (
        Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "inkdigits" / "rivals"
    )
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", PACKAGE]
        if subprocess.run(install, capture_output=True, check=False).returncode:
            shutil.rmtree(environment)
            return None
    done = subprocess.run(
        [str(python), __file__],
        input="\n".join(map(str, pictures)),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[-len(pictures) :]


def main() -> None:
    """Read the pictures named on standard input by RapidOCR's recogniser."""
    import cv2
    from rapidocr_onnxruntime import RapidOCR

    reader = RapidOCR()
    for line in sys.stdin.read().splitlines():
        picture = cv2.imread(line)
        if picture is None:
            raise SystemExit(f"{line} cannot be read")
        if len(picture) < LEAST_HEIGHT:
            scale = LEAST_HEIGHT / len(picture)
            picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        found, _ = reader(picture, use_det=False, use_cls=False, use_rec=True)
        print(" ".join(str(text) for text, _ in found or []).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
