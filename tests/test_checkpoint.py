"""Runs that are broken off or killed: where they go on, and that they end as whole ones do."""

import copy
import csv
import json
import os
import signal
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tiny_training import names_of, refusing_run, tiny_run, weights_of

from inkdigits.artifact import read_model
from inkdigits.errors import InterruptedRun
from inkdigits.training import checkpoint
from inkdigits.training.config import load_config
from inkdigits.training.train import train

HERE = Path(__file__).parent
HALF_WRITTEN = ".config.yaml.0123456789abcdef"  # as a kill leaves it

# Runs the recipe argv[1] into argv[2]; says on stdout when it is inside epoch argv[4] (argv[3] is
# `inside`), has just saved it (`between`), or is about to put the file argv[4] in its place in the
# run's folder (`before`), and waits there for the signal that is to come.
RUNNER = """
import sys
from pathlib import Path
from inkdigits.errors import InterruptedRun
from inkdigits.training import checkpoint
from inkdigits.training.backend import load_keras
from inkdigits.training.config import load_config
from inkdigits.training.progress import EpochLine
from inkdigits.training.train import train

recipe, output, where, epoch = sys.argv[1:5]
saved = 0
save = checkpoint.save

def stop_here():
    print("here", flush=True)
    sys.stdin.read()

def watched_save(folder, network, progress):
    global saved
    save(folder, network, progress)
    saved = progress.epoch
    if where == "between" and saved == int(epoch):
        stop_here()

def watched_rename(event, arguments):
    if event == "os.rename" and where == "before" and Path(arguments[1]) == Path(output, epoch):
        stop_here()

class Watch(load_keras().callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if where == "inside" and saved == int(epoch) - 1:
            stop_here()

sys.addaudithook(watched_rename)
checkpoint.save = watched_save
EpochLine.callback = lambda self: Watch()
try:
    train(load_config(recipe), Path(output))
except InterruptedRun as error:
    print(error, flush=True)
    sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "where", "epoch"),
    [
        (signal.SIGKILL, "inside", 3),
        (signal.SIGKILL, "between", 2),
        (signal.SIGINT, "inside", 2),
        (signal.SIGINT, "between", 1),
        (signal.SIGKILL, "before", "model/config.json"),
        (signal.SIGKILL, "before", "report.json"),
        (signal.SIGINT, "before", "report.md"),
    ],
)
def test_a_run_that_is_broken_off_ends_with_the_same_weights_and_report(
    how: signal.Signals, where: str, epoch: int | str, tmp_path: Path
) -> None:
    config, unbroken = tiny_run()
    recipe = tmp_path / "tiny.yaml"
    recipe.write_text(config.to_yaml(), encoding="utf-8")
    run = tmp_path / "run"
    command = [sys.executable, "-c", RUNNER, str(recipe), str(run), where, str(epoch)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "here\n"
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "--resume" in said
        assert str(run) in said
        assert said.count("\n") == 1
    else:
        assert process.returncode == -signal.SIGKILL
    assert not (run / "report.json").exists()
    finished = train(config, run, resume=True, console=Console(file=StringIO()))
    for whole, resumed in zip(weights_of(unbroken.folder), weights_of(run), strict=True):
        np.testing.assert_array_equal(whole, resumed)
    assert names_of(run) == names_of(unbroken.folder)
    assert json.loads((run / "report.json").read_text(encoding="utf-8")) == finished.report
    for report in (finished.report, expected := copy.deepcopy(unbroken.report)):
        report["training"].pop("seconds")
        report.pop("cost")  # times, too
        report.pop("sha256")  # of names in the ONNX graph that Keras counts up in a process, too
    assert finished.report == expected
    assert read_model(run / "model")[0].training["test_accuracy"] == expected["accuracy"]
    history = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(StringIO(text))]
        for text in ((folder / "history.csv").read_text() for folder in (run, unbroken.folder))
    ]
    assert history[0] == history[1]


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_run_that_learns_to_refuse_is_resumed_to_the_same_weights(
    epoch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, unbroken = refusing_run()
    save = checkpoint.save

    def stop(folder: Path, network: object, progress: checkpoint.Progress) -> None:
        save(folder, network, progress)
        if progress.epoch == epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint, "save", stop)
    quiet = Console(file=StringIO())
    with pytest.raises(InterruptedRun, match="--resume"):
        train(config, tmp_path / "run", console=quiet)
    monkeypatch.undo()
    resumed = train(config, tmp_path / "run", resume=True, console=quiet)
    for whole, again in zip(weights_of(unbroken.folder), weights_of(resumed.folder), strict=True):
        np.testing.assert_array_equal(whole, again)
    for report in (first := copy.deepcopy(unbroken.report), resumed.report):
        report["training"].pop("seconds")
        report.pop("cost")
        report.pop("sha256")
    assert resumed.report == first


def test_a_checkpoint_is_there_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inkdigits import files

    target = tmp_path / "checkpoint.npz"
    files.write_whole(target, b"old")

    def fail(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        files.write_whole(target, b"new, but cut")
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]


@pytest.mark.parametrize("place", ["nowhere", "letters"])
def test_where_there_is_no_run_none_is_resumed(place: str, tmp_path: Path) -> None:
    config, _ = tiny_run()
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear", encoding="utf-8")
    (tmp_path / "letters" / HALF_WRITTEN).touch()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InterruptedRun, match=rf"{place}: holds no run to go on with.*--output"):
        train(config, tmp_path / place, resume=True)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("resume", [True, False], ids=["resumed", "anew"])
@pytest.mark.parametrize("left", [[], [HALF_WRITTEN]], ids=["empty", "half a recipe"])
def test_a_run_that_was_killed_at_its_very_start_is_started(
    left: list[str], resume: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, _ = tiny_run()
    for name in left:
        (tmp_path / name).write_text("name: ti", encoding="utf-8")
    started = []
    monkeypatch.setattr(
        "inkdigits.training.train.run_here", lambda *given: started.append(given[1])
    )
    train(config, tmp_path, resume=resume)
    assert started == [tmp_path]
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
    assert load_config(tmp_path / "config.yaml") == config


def test_another_recipe_is_not_continued() -> None:
    config, run = tiny_run()
    with pytest.raises(InterruptedRun, match=r"training\.epochs: 3 there, 4 now"):
        train(config.changed(epochs=4), run.folder, resume=True)


def test_a_spoilt_checkpoint_is_told(tmp_path: Path) -> None:
    config, run = tiny_run()
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "config.yaml").write_text(config.to_yaml(), encoding="utf-8")
    whole = (run.folder / "checkpoint.npz").read_bytes()
    (folder / "checkpoint.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InterruptedRun, match="cannot be continued"):
        train(config, folder, resume=True, console=Console(file=StringIO()))
