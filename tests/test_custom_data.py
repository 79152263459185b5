"""docs/custom-data.md, run from top to bottom as a reader would."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from servers import free_port, without_ours

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIMIT = 60  # seconds until a server answers


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """On a machine with nothing but the program: no other data are at hand."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    environment = without_ours(os.environ) | {
        "INKDIGITS_DATA": str(tmp_path / "none"),
        "INKDIGITS_MODELS": str(tmp_path / "models"),
        "INKDIGITS_DATABASE_URL": f"sqlite:///{tmp_path / 'corrections.sqlite'}",
        "COLUMNS": "120",
    }
    said = ""
    blocks = BLOCK.findall((ROOT / "docs" / "custom-data.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 9
    for kind, block in blocks:
        if kind == "python":
            said += _run([sys.executable, "-c", block], tmp_path, environment)
            continue
        for line in block.splitlines():
            words = shlex.split(line)
            if words[:2] == ["inkdigits", "serve"]:
                _serve(words[1:], tmp_path, environment)
            elif words[0] == "inkdigits":
                command = [sys.executable, "-m", *words]
                said += _run(command, tmp_path, environment)
            else:
                said += _run(words, tmp_path, environment)
    assert "('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') 2" in said
    accuracies = re.findall(r"[Aa]ccuracy +([\d.]+) ?%", said)
    assert len(accuracies) >= 3  # trained, measured on what is new, trained again
    assert min(map(float, accuracies)) > 90
    assert re.search(r"held-out corrections", said)


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return done.stdout


def _serve(words: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Start a server, wait until it answers, and end it."""
    port = str(free_port())
    command = [sys.executable, "-m", "inkdigits", *words, "--port", port]
    with subprocess.Popen(command, cwd=folder, env=environment) as process:
        try:
            end = time.monotonic() + LIMIT
            while time.monotonic() < end and process.poll() is None:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
                        assert answer.status == 200
                        break
                except OSError:
                    time.sleep(0.2)
            else:
                raise AssertionError("the server did not answer")
        finally:
            process.terminate()
