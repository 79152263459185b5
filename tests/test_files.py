"""Writing a file: whole or not at all, where it belongs, for those who may read it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from inkdigits.files import half_written, write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="files have other modes here")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize("before", [0o600, 0o640, 0o664])
def test_a_file_stays_as_private_as_it_was(before: int, tmp_path: Path) -> None:
    path = tmp_path / "drawing.json"
    path.write_bytes(b"old")
    path.chmod(before)
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert mode(path) == before


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_a_new_file_is_as_private_as_the_user_wants(mask: int, tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from inkdigits.files import write_whole\n"
        f"os.umask({mask})\n"  # of a process of its own, for all threads share it
        "write_whole(Path(sys.argv[1]), b'new')\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "new")], check=True)
    assert mode(tmp_path / "new") == 0o666 & ~mask


@posix
def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    for name in ("there", "not-yet"):
        folder = tmp_path / name
        folder.mkdir()
        link = tmp_path / f"{name}.json"
        link.symlink_to(Path(name, "target.json"))
        if name == "there":
            (folder / "target.json").write_bytes(b"old")
        write_whole(link, b"new")
        assert link.is_symlink()
        assert (folder / "target.json").read_bytes() == b"new"
        assert [path.name for path in folder.iterdir()] == ["target.json"]


def test_what_a_kill_leaves_is_found(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    code = (
        "import os, sys; from pathlib import Path; from inkdigits.files import write_whole\n"
        "os.fsync = lambda _: os._exit(9)\n"
        "write_whole(Path(sys.argv[1]), b'new')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == 9
    left = list(tmp_path.iterdir())
    for name in (".config.yaml", ".config.yaml.swp", "config.yaml", ".other.yaml.0123456789abcdef"):
        (tmp_path / name).touch()
    assert len(left) == 1
    assert half_written(path) == left
