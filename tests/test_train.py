"""A run: what it leaves behind, and what it shows on the way."""

import csv
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rich.console import Console
from tiny_training import (
    RECIPE,
    refusing_run,
    tiny_run,
    training_digits,
    weights_of,
    write_recipe,
)

from inkdigits.errors import InterruptedRun
from inkdigits.training import checkpoint, datasets, mixture
from inkdigits.training.backend import load_keras, make_deterministic
from inkdigits.training.config import load_config
from inkdigits.training.train import Run, default_output, epoch_arrays, train


def test_a_run_leaves_all_that_it_should() -> None:
    config, run = tiny_run()
    assert {path.name for path in run.folder.iterdir()} == {
        "config.yaml",
        "environment.json",
        "history.csv",
        "loss_accuracy_graph.png",
        "classification_report.txt",
        "confusion_matrix.png",
        "reliability.png",
        "rejection.png",
        "report.md",
        "report.json",
        "model.keras",
        "cnn_model.h5",
        "checkpoint.npz",
        "model",
    }
    assert {path.name for path in (run.folder / "model").iterdir()} == {
        "config.json",
        "model.onnx",
        "README.md",
        "recipe.yaml",
        "seen.npz",
    }
    rows = list(csv.DictReader(StringIO((run.folder / "history.csv").read_text())))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert load_config(run.folder / "config.yaml") == datasets.with_labels(config)
    (entry,) = json.loads((run.folder / "environment.json").read_text())
    assert entry["seed"] == config.seed
    assert entry["versions"]["keras"] == load_keras().__version__
    assert run.report["images"] == 60
    for told in (
        f"{run.report['accuracy']:.2%} (95 % interval",
        f"{run.report['loss']:.4f}",
        str(run.folder / "report.md"),
        str(run.folder / "model"),
    ):
        assert told in run.summary()
    once = {**run.report, "training": {**run.report["training"], "epochs": 1}}
    assert "3 epochs in" in run.summary()
    assert "1 epoch in" in Run(run.folder, once).summary()
    assert run.report["accuracy"] > 0.8, "printed digits are easy"
    assert run.report["training"]["parameters"] == 8 * 25 + 8 + 4 * 8 + 288 * 10 + 10


def test_both_keras_files_open_with_plain_keras_and_agree() -> None:
    config, run = tiny_run()
    patches = datasets.test_digits(config.dataset).patches
    new, old = (
        load_keras().saving.load_model(run.folder / name, compile=False)
        for name in ("model.keras", "cnn_model.h5")
    )
    np.testing.assert_array_equal(new.predict(patches, verbose=0), old.predict(patches, verbose=0))


def test_the_same_recipe_gives_the_same_weights_and_another_seed_others(tmp_path: Path) -> None:
    config, run = tiny_run()
    quiet = Console(file=StringIO())
    again = train(config, tmp_path / "again", console=quiet)
    other = train(config.changed(seed=2), tmp_path / "other", console=quiet)
    for first, same in zip(weights_of(run.folder), weights_of(again.folder), strict=True):
        np.testing.assert_array_equal(first, same)
    assert any(
        np.abs(first - differs).max() > 0.01
        for first, differs in zip(weights_of(run.folder), weights_of(other.folder), strict=True)
    )


def test_a_run_that_learns_to_refuse_leaves_the_figures_of_each_part_and_of_refusing() -> None:
    config, run = refusing_run()
    rows = list(csv.DictReader(StringIO((run.folder / "history.csv").read_text())))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert list(rows[0]) == [
        "epoch",
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "val_train-images-idx3-ubyte",
        "val_digits",
        "val_auroc",
        "val_refused",
        "learning_rate",
        "seconds",
    ]
    last = {key: float(value) for key, value in rows[-1].items()}
    assert last["loss"] < float(rows[0]["loss"])
    assert last["val_accuracy"] > 0.8
    # the whole is the mean of the parts: 80 pictures and 40 inks are held out
    parts = (80 * last["val_train-images-idx3-ubyte"] + 40 * last["val_digits"]) / 120
    assert last["val_accuracy"] == pytest.approx(parts)
    assert last["val_auroc"] > 0.8, "letters drawn straight and scribbles are not hard to tell"
    assert 0 <= last["val_refused"] <= 1
    assert run.report["training"]["training_images"] == 430
    assert run.report["training"]["validation_images"] == 120
    assert load_config(run.folder / "config.yaml") == datasets.with_labels(config)


def test_a_finished_run_is_not_run_again() -> None:
    config, run = tiny_run()
    before = {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")}
    again = train(config, run.folder, resume=True)
    assert again.was_finished
    assert again.summary() == f"The run was finished before.\n{run.summary()}"
    assert again.report == run.report
    assert {path: path.stat().st_mtime_ns for path in run.folder.rglob("*")} == before


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    config, run = tiny_run()
    with pytest.raises(InterruptedRun, match=r"not empty.*--resume.*--output"):
        train(config, run.folder)
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InterruptedRun, match=r"not empty\. Name another folder by --output"):
        train(config, tmp_path)
    with pytest.raises(InterruptedRun, match="this is a file"):
        train(config, tmp_path / "letter.txt")


def test_the_test_set_is_opened_once_and_after_the_last_epoch(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "opened = []\n"
        "names = ('test-images', 'test-labels', 'checkpoint.npz', 'model.onnx')\n"
        "def hook(event, arguments):\n"
        "    if event in ('open', 'os.rename'):\n"
        "        path = str(arguments[-2] if event == 'os.rename' else arguments[0])\n"
        "        opened.extend(name for name in names if name in path)\n"
        "sys.addaudithook(hook)\n"
        "from inkdigits.training.config import load_config\n"
        "from inkdigits.training.train import train\n"
        "train(load_config(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(opened)\n"
    )
    recipe = write_recipe(tmp_path)
    command = [sys.executable, "-c", code, str(recipe), str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    opened = done.stdout
    assert opened.count("test-images") == opened.count("test-labels") == 1
    assert opened.rindex("checkpoint.npz") < opened.index("test-images")


def test_an_epoch_follows_from_seed_and_number_alone(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path))
    training, _ = mixture.read(config)
    patches, labels = epoch_arrays(training, config, 4)
    np.random.default_rng().random(10)
    again, same = epoch_arrays(training, config, 4)
    np.testing.assert_array_equal(patches, again)
    np.testing.assert_array_equal(labels, same)
    assert sorted(labels) == sorted(training_digits(config)[0].labels)
    few, names = epoch_arrays(training, config, 4, limit=50)
    assert len(few) == 50
    np.testing.assert_array_equal(names, labels[:50])
    assert not np.array_equal(labels, epoch_arrays(training, config, 5)[1])
    assert not np.array_equal(labels, epoch_arrays(training, config.changed(seed=9), 4)[1])


def test_averages_are_the_averages_of_the_epochs() -> None:
    weights = [[np.full(3, value, np.float32)] for value in (1.0, 2.0, 6.0)]
    equal, moving = checkpoint.Average(), checkpoint.Average()
    for weight in weights:
        equal.add(list(weight), None)
        moving.add(list(weight), 0.5)
    np.testing.assert_allclose(equal.weights[0], 3)
    np.testing.assert_allclose(moving.weights[0], 0.5 * (0.5 * 1 + 0.5 * 2) + 0.5 * 6)


def test_progress_is_a_line_an_epoch_where_there_is_no_terminal(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path, RECIPE.replace("epochs: 3", "epochs: 2")))
    shown = StringIO()
    odd = tmp_path / "run [/x] [red] :x:"  # which a terminal may take for more than a name
    train(config, odd, console=Console(file=shown, width=120))
    assert f"run folder {odd}\n" in shown.getvalue()
    lines = [line for line in shown.getvalue().splitlines() if line.startswith("epoch")]
    assert len(lines) == 2
    assert lines[0].startswith("epoch 1/2: loss ")
    assert "validation" in lines[0]
    assert lines[0].endswith("left")
    assert "greatest difference of a probability" in shown.getvalue()


def test_progress_is_a_bar_on_a_terminal(tmp_path: Path) -> None:
    config = load_config(write_recipe(tmp_path, RECIPE.replace("epochs: 3", "epochs: 2")))
    shown = StringIO()
    terminal = Console(file=shown, width=120, force_terminal=True)
    train(config, tmp_path / "run", console=terminal)
    assert "epoch 2/2" in shown.getvalue()
    assert "validation" in shown.getvalue()
    assert "0:00 left" in shown.getvalue()


def test_the_default_folder_is_the_same_each_time() -> None:
    config, _ = tiny_run()
    assert default_output(config) == Path("runs") / "tiny-seed1"


def test_seeding_repeats_the_first_weights() -> None:
    from inkdigits.training import network

    config, _ = tiny_run()

    def fresh() -> list[NDArray[np.float32]]:
        make_deterministic(5)
        return [np.asarray(value) for value in network.build(config).weights]

    for one, other in zip(fresh(), fresh(), strict=True):
        np.testing.assert_array_equal(one, other)
