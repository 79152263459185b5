"""Numbers put together for benchmarks: what they say of their strokes is so."""

import subprocess
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from drawings import DIGITS, drawn

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

WRITERS = {1: [(digit, drawn(digit, size=100)) for digit in DIGITS]}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module that puts them together."""
    pytest.importorskip("pydantic", reason="needs the extra train")
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("inkdigits.training.numbers.ink_strings")


def test_each_stroke_belongs_to_one_character(made: ModuleType) -> None:
    for string in made.strings(WRITERS, 50, 0, made.varied()):
        assert len(string.groups) == len(string.text)
        strokes = sorted(stroke for group in string.groups for stroke in group)
        assert strokes == list(range(len(string.ink.strokes)))


def test_digits_stand_from_left_to_right_as_far_apart_as_asked_for(made: ModuleType) -> None:
    (string,) = made.strings(WRITERS, 1, 0, made.Manner(digits=(8, 8), spacing=(0.3, 0.3)))
    strokes = [np.array(stroke) for stroke in string.ink.strokes]
    boxes = [
        (min(strokes[s][:, 0].min() for s in group), max(strokes[s][:, 0].max() for s in group))
        for group in string.groups
    ]
    gaps = [after[0] - before[1] for before, after in pairwise(boxes)]
    assert gaps == pytest.approx([gaps[0]] * 7)
    assert gaps[0] > 0


def test_the_same_seed_gives_the_same_numbers(made: ModuleType) -> None:
    first, second = (list(made.strings(WRITERS, 5, 3, made.varied())) for _ in range(2))
    assert first == second


def test_delayed_strokes_come_last(made: ModuleType) -> None:
    fours = {1: [("4", drawn("4"))]}
    (string,) = made.strings(fours, 1, 0, made.Manner(digits=(3, 3), delayed=1.0))
    assert string.groups == ((0, 3), (1, 4), (2, 5))


def test_two_numbers(made: ModuleType) -> None:
    rng = np.random.default_rng(0)
    first, second = made.strings(WRITERS, 2, 0)
    under = made.below(first, second, rng)
    assert under.text == f"{first.text}\n{second.text}"
    aside = made.beside(first, second, rng)
    assert aside.text == f"{first.text} {second.text}"
    count = len(first.ink.strokes)
    for both in (under, aside):
        assert both.groups[len(first.groups)][0] >= count
    points = aside.ink.points
    edge = sum(aside.ink.lengths[:count])
    height = np.ptp(points[:edge, 1])
    assert points[edge:, 0].min() - points[:edge, 0].max() > 1.2 * height


@pytest.mark.slow
@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("script", ["ink_reading.py", "ink_weights.py"])
def test_benchmarks_run(script: str) -> None:
    command = [sys.executable, str(BENCHMARKS / script), "--quick"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "unipen" in done.stdout or "nats" in done.stdout
