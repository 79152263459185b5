"""A run's folder is taken for one run, by one process at a time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tiny_training import tiny_run

from inkdigits.errors import InterruptedRun
from inkdigits.training import alone
from inkdigits.training.alone import alone_in
from inkdigits.training.claiming import claimed
from inkdigits.training.train import train

HOLDER = """
import sys
from pathlib import Path
from inkdigits.training.claiming import claimed
from inkdigits.training.config import load_config

with claimed(Path(sys.argv[2]), load_config(sys.argv[1]), resume=False):
    print("here", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_in_which_another_process_is_at_work_is_left_alone(
    resume: bool, tmp_path: Path
) -> None:
    """However it ends, the folder can be gone on with."""
    config, _ = tiny_run()
    recipe, run = tmp_path / "tiny.yaml", tmp_path / "run"
    recipe.write_text(config.to_yaml(), encoding="utf-8")
    command = [sys.executable, "-c", HOLDER, str(recipe), str(run)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        there = sorted(run.iterdir())
        with pytest.raises(InterruptedRun, match=r"run: another process is at work.*--output"):
            train(config, run, resume=resume)
        assert sorted(run.iterdir()) == there
        process.kill()
    with claimed(run, config, resume=True) as is_finished:
        assert not is_finished
    assert [path.name for path in run.iterdir()] == ["config.yaml"]


def test_a_kill_before_the_recipe_is_written_leaves_a_folder_to_start_in(tmp_path: Path) -> None:
    config, _ = tiny_run()
    (tmp_path / ".lock").touch()
    with claimed(tmp_path, config, resume=False):
        assert (tmp_path / "config.yaml").is_file()


def test_never_are_two_at_work(tmp_path: Path) -> None:
    """Also while the lock of one is deleted and made anew by the next."""
    inside: list[int] = []
    most = [0]

    def work(number: int) -> int:
        done = 0
        while done < 25:
            try:
                with alone_in(tmp_path):
                    inside.append(number)
                    most[0] = max(most[0], len(inside))
                    inside.remove(number)
                    done += 1
            except InterruptedRun:
                continue
        return done

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [25] * 4
    assert most == [1]
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_locks_work_is_done_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr(alone, "_lock", refuse)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass
    with alone_in(tmp_path / "not there"):
        pass
