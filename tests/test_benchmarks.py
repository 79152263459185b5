"""Each benchmark runs in its quick mode, and what they count with is right."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inkdigits import Recognizer

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the benchmarks' modules importable, as they are to each other."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder in which the original's network is kept from one benchmark to the next."""
    pytest.importorskip("tensorflow", reason="needs the extra train")
    return tmp_path_factory.mktemp("original")


def quickly(script: str, *options: str | Path) -> str:
    """Run a benchmark in its quick mode and return what it prints."""
    command = [sys.executable, str(BENCHMARKS / script), "--quick", *map(str, options)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("data", "recognizer")
def test_against_original_prints_every_figure(network: Path, tmp_path: Path) -> None:
    printed = quickly("against_original.py", "--original", network, "--json", tmp_path / "f.json")
    for row in (
        "an answer in process",
        "start of the command",
        "peak memory",
        "in batches, from strokes",
        "in batches, from 28×28 pictures",
        "Machine: ",
    ):
        assert row in printed
    assert "do not count" in printed
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert written["quick"] is True
    assert written["machine"]["libraries"]["onnxruntime"]
    figures = written["figures"]
    answers = figures["answer_seconds"]
    assert answers["original"]["median"] > answers["inkdigits"]["median"] > 0
    assert figures["command_peak"]["original"][0] > figures["command_peak"]["inkdigits"][0] > 30e6
    # The parts of an answer are no more than the whole, and nothing was left unmeasured.
    for parts in figures["stage_seconds"].values():
        assert all(cost > 0 for stage, cost in parts.items() if stage != "the rest")


@pytest.mark.slow
def test_drawn_digits_counts_each_way(network: Path, data: Path, recognizer: Recognizer) -> None:
    assert recognizer.labels == tuple("0123456789")
    ink = data / "ink" / "pendigits_train.jsonl.gz"
    written = network / "figures.json"
    printed = quickly(
        "drawn_digits.py", "--original", network, "--ink", ink, "--json", written, "--markdown"
    )
    assert printed.startswith("| Way |")
    assert "pendigits_train.jsonl.gz" in printed
    figures: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))["figures"]
    assert list(figures) == ["original, pixels", "inkdigits, pixels", "inkdigits, ink"]
    for count in figures.values():
        assert count["digits"] == 100
        assert count["accepted_right"] <= min(count["right"], count["accepted"])
    assert figures["inkdigits, ink"]["right"] >= 90


@pytest.mark.slow
@pytest.mark.usefixtures("data", "recognizer")
def test_bars_says_of_each_whether_it_is_met(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="needs the extra train")
    printed = quickly("bars.py", "--json", tmp_path / "f.json")
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert "No test set was opened" in printed
    assert "do not count" in printed
    assert len(written["goals"]) == 9  # of photographs and print nothing is asked
    figures = written["figures"]
    assert list(figures) == [
        *("mnist", "pendigits", "unipen", "shapes", "pens", "photographs", "strangers", "blanks"),
        *("print", "calibration", "cost"),
    ]
    assert figures["mnist"]["MNIST held out"]["figure"] >= 0.97
    assert figures["pens"]["UNIPEN held out, pen 25%"]["lost"] < 0.3
    assert figures["blanks"]["solid"]["refused"] == 40
    for rows in figures.values():
        for measured, row in rows.items():
            assert measured in printed
            assert row.get("verdict") in (None, "MISSED", "met", "stretch met")


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_training_speed_says_whether_its_goals_are_met(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs the extra train")
    options = ("--fast-seeds", "2", "--json", str(tmp_path / "f.json"), "--markdown")
    printed = quickly("training_speed.py", *options)
    assert printed.startswith("| Recipe | Seed |")
    for recipe in ("original", "original-annealed", "fast"):
        assert printed.count(f"| {recipe} | 1 |") == printed.count(f"| {recipe} | mean |") == 1
    assert printed.count("| fast | 2 |") == 1
    for goal in ("original's time", "fast, mean test accuracy over 2 seeds", "mean test loss"):
        assert goal in printed
    assert "MISSED: original, mean test accuracy over 1 seed" in printed, "one epoch is not enough"
    assert "do not count" in printed
    assert "Machine: " in printed
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    order = [(run["recipe"], run["seed"]) for run in written["figures"]["runs"]]
    assert order == [("original", 1), ("original-annealed", 1), ("fast", 1), ("fast", 2)]
    assert len(written["goals"]) == 6
    assert all(run["seconds"] > 0 for run in written["figures"]["runs"])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk (apt-get install wrk)")
@pytest.mark.usefixtures("data")
def test_http_speed_says_whether_its_goals_are_met(network: Path, tmp_path: Path) -> None:
    file = tmp_path / "f.json"
    printed = quickly("http_speed.py", "--original", network, "--json", file, "--markdown")
    written = json.loads(file.read_text(encoding="utf-8"))
    assert written["goals"]["no error"] is True
    assert written["goals"]["memory flat"] is True
    assert len(written["goals"]) == 6
    rates = written["figures"]["requests_per_second"]
    assert all(rate > 0 for (rate,) in rates.values())
    for row in ("requests a second", "slowest hundredth", "an answer to 30, 300, 3000 points"):
        assert f"| {row}" in printed


@pytest.mark.usefixtures("path")
def test_training_goals_are_those_of_the_means() -> None:
    pytest.importorskip("keras", reason="needs the extra train")
    from common import Report
    from training_speed import Trained, add, time_share

    seconds = {("original", 1): 100.0, ("original", 2): 200.0, ("fast", 1): 9.0, ("fast", 2): 20.8}
    runs = [Trained(*key, taken, 0.99, 0.9916, 0.0421) for key, taken in seconds.items()]
    runs.append(Trained("fast", 3, 1.0, 0.99, 0.9922, 0.03))  # no original to be set against
    runs.append(Trained("original-annealed", 1, 1.0, 0.99, 0.9917, 0.05))
    assert time_share(runs) == pytest.approx(0.097)
    report = Report("Title", "command", ("Recipe", "Seed", "Seconds", "Held", "Accuracy", "Loss"))
    add(report, runs)
    assert list(report.goals.values()) == [True, True, False, True, True, False]
    assert "0.097, that is 10.3 times faster" in report.as_text()


@pytest.mark.usefixtures("path")
def test_placed_drawings_lie_on_the_canvas_at_the_sizes_asked_for() -> None:
    from drawing import LARGEST, SIDE, SMALLEST, draw, place

    rng = np.random.default_rng(1)
    strokes = [[[-7.0, 3.0, 0.5], [20.0, 90.0, 0.7]], [[5.0, 5.0, 0.1]]]
    sides = []
    for _ in range(50):
        placed = place(strokes, rng)
        points = np.array([point for stroke in placed for point in stroke])
        assert points.min() >= 7.5 - 1e-9
        assert points.max() <= SIDE - 7.5 + 1e-9
        sides.append(np.ptp(points, axis=0).max() / SIDE)
    assert SMALLEST <= min(sides) < 0.45
    assert 0.75 < max(sides) <= LARGEST
    canvas = draw(placed)
    assert canvas.shape == (SIDE, SIDE)
    assert canvas[0].min() == 255 > canvas.min() == 0


@pytest.mark.usefixtures("path")
def test_pen_is_as_wide_as_asked_for() -> None:
    from drawing import draw

    across = (255 - draw([[[200.0, 50.0], [200.0, 350.0]]])[200].astype(float)).sum() / 255
    assert across == pytest.approx(15, abs=2.5)  # OpenCV's antialiased lines are a little wider
    dot = (255 - draw([[[200.0, 200.0]]])[200].astype(float)).sum() / 255
    assert dot == pytest.approx(15, abs=2.5)


@pytest.mark.usefixtures("path")
def test_counts_refused_answers_apart() -> None:
    from drawn_digits import Count

    answers = [("1", "1"), (None, "2"), ("4", "4"), (None, None)]
    assert Count.of(["1", "2", "3", "4"], answers) == Count(4, 2, 2, 1)


@pytest.mark.usefixtures("path")
def test_memory_is_that_of_the_command_alone() -> None:
    from processes import measure

    here = np.ones(40_000_000)  # 320 MB, which the measured process must not inherit
    measured = measure([sys.executable, "-S", "-c", "print(len(bytearray(10**8)))"])
    assert here.sum() == 40_000_000
    assert measured.output.strip() == "100000000"
    assert 100e6 < measured.peak < 150e6
    assert measured.seconds > 0
    with pytest.raises(RuntimeError, match="no such luck"):
        measure([sys.executable, "-c", "raise SystemExit('no such luck')"])


@pytest.mark.usefixtures("path")
def test_report_says_what_was_missed(tmp_path: Path) -> None:
    from common import Report
    from sizes import Size, size_of

    report = Report("Title", "python benchmarks/x.py", ("What", "How much"))
    report.rows.append(("size", "3 MB"))
    report.goals |= {"small": True, "smaller": False}
    assert "size  3 MB" in report.as_text()
    assert "| size | 3 MB |" in report.as_markdown()
    for text in (report.as_text(), report.as_markdown()):
        assert "met: small" in text
        assert "MISSED: smaller" in text
        assert "Python" in text
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "file").write_bytes(b"12345")
    (tmp_path / "other.pyc").write_bytes(b"123")
    assert size_of(tmp_path) == Size(5, 3)
    assert size_of(tmp_path / "other.pyc") == Size(0, 3)
    assert (Size(5, 3) + Size(1, 1)).total == 10


@pytest.mark.usefixtures("path")
def test_seeds_gives_each_seed_their_mean_and_their_spread(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("keras", reason="needs the extra train")
    import seeds

    from inkdigits.training.config import load_config

    trained: list[tuple[int, int, int]] = []

    def measured(config: Any, folder: Path) -> Any:
        assert folder.parent == tmp_path
        first = config.weight_averaging.from_epoch
        trained.append((config.seed, config.training.epochs, first))
        return seeds.Figures(0.99 + 0.001 * config.seed, 0.9, 0.8, 0.99, 0.95)

    monkeypatch.setattr(seeds, "measured", measured)
    monkeypatch.setattr(sys, "argv", ["seeds.py", "--folder", str(tmp_path), "--markdown"])
    seeds.main()
    assert trained == [(seed, seeds.EPOCHS, seeds.EPOCHS - 1) for seed in (1, 2, 3)]
    printed = capsys.readouterr().out
    assert "| mean | 99.20% | 90.00% | 80.00% | 0.9900 | 95.00% |" in printed
    assert "| greatest less least | 0.20% | 0.00% |" in printed
    config = seeds.shortened(load_config(seeds.RECIPE))
    assert config.dataset.allographs == seeds.QUICK_DIGITS


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_layout_prints_what_became_of_fields() -> None:
    printed = quickly("layout.py")
    assert "all " in printed
    assert "Strips of no field" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("data")
def test_whole_numbers_says_of_each_set_whether_its_bar_is_met() -> None:
    printed = quickly("whole_numbers.py", "--test")
    for title in ("cheque amounts", "logbook cells", "as pictures", "as ink", "forms", "a line"):
        assert title in printed
    assert "Tesseract" in printed


@pytest.mark.slow
def test_batch_counts_each_way(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra batch")
    if not Path("/proc/self/stat").is_file():
        pytest.skip("needs Linux's /proc")
    printed = quickly("batch.py", "--json", tmp_path / "f.json")
    for row in (
        "one process",
        "a plain pool of",
        "inkdigits batch, start and end",
        "without the start",
    ):
        assert row in printed
    figures = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))["figures"]
    assert figures["one_process"] > 0
    assert figures["pool"] > 0
    for run in figures["batch"].values():
        assert run["seconds"] > run["working"] > 0
        assert min(run["driver"], run["worker"]) > 30e6
