"""Learning from corrections: what is learned, what is held out, who answers afterwards."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tiny_training import LETTERS, refusing_run

from inkdigits import Ink, Recognizer
from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import picture
from inkdigits.model_home import ModelHome
from inkdigits.training import learning
from inkdigits.training.comparing import Comparison, compare
from inkdigits.training.corrected import read_corrections
from inkdigits.training.datasets import Digits
from inkdigits.training.learning import learn
from inkdigits.training.mixture import OUTLIER

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CorrectionStore]:
    """An empty database."""
    with CorrectionStore(f"sqlite:///{tmp_path / 'corrections.sqlite'}") as store:
        yield store


@pytest.fixture
def home(tmp_path: Path) -> ModelHome:
    """A home in which the small model is in use that refuses letters."""
    home = ModelHome(tmp_path / "models")
    home.add(refusing_run()[1].folder / "model", "small")
    home.use("small")
    return home


def letters(kind: str, count: int, seed: int = 0) -> list[Ink]:
    """A letter written again and again."""
    rng = np.random.default_rng(seed)
    return [
        Ink(
            [(200 * np.array(stroke) + rng.normal(0, 4, (len(stroke), 2))).tolist() for stroke in s]
        )
        for s in [LETTERS[kind]] * count
    ]


def correct(store: CorrectionStore, inks: list[Ink], label: str | None) -> None:
    store.add_all([Correction(ink, label) for ink in inks], NOW)


def test_what_is_held_out_once_is_never_learned(store: CorrectionStore) -> None:
    labels = tuple("0123456789")
    correct(store, letters("E", 40), "3")
    first = read_corrections(store, labels, refuses=True)
    held = first.held_out()
    assert len(first) + len(held) == 40
    assert 2 <= len(held) <= 20
    correct(store, letters("W", 40), "4")
    second = read_corrections(store, labels, refuses=True)
    patches = {patch.tobytes() for patch in second.held_out().patches}
    assert {patch.tobytes() for patch in held.patches} <= patches


def test_corrections_are_sorted_by_what_a_model_can_learn(store: CorrectionStore) -> None:
    labels = tuple("0123456789")
    correct(store, letters("E", 30), "3")
    shown = [picture(Correction(ink, "4")) for ink in letters("W", 30)]
    store.add_all([Correction(png, "4") for png in shown], NOW)
    correct(store, letters("X", 30), None)
    correct(store, letters("H", 5), "h")
    found = read_corrections(store, labels, refuses=True)
    assert found.strange == 5
    parts = found.parts(2.0)
    rng = np.random.default_rng(0)
    drawn = [part.draw(refusing_run()[0], rng) for part in parts]
    assert {int(label) for _, own in drawn for label in own} == {3, 4, OUTLIER}
    assert sum(len(own) for _, own in drawn) == pytest.approx(2 * len(found), abs=1)
    assert OUTLIER not in found.held_out().labels
    without = read_corrections(store, labels, refuses=False)
    assert without.strange == 35


@pytest.mark.parametrize(
    ("lost", "won", "worse"), [(0, 0, False), (5, 1, False), (9, 1, True), (1, 9, False)]
)
def test_worse_is_what_chance_does_not_explain(lost: int, won: int, worse: bool) -> None:
    assert Comparison("some", 1000, 10, 10 + lost - won, lost, won).is_worse is worse


def test_two_models_are_compared_digit_by_digit(recognizer: Recognizer) -> None:
    small = Recognizer(refusing_run()[1].folder / "model")
    patches = np.random.default_rng(0).random((40, 28, 28, 1), np.float32)
    truth = recognizer.run(patches[..., 0]).logits.argmax(axis=1)
    found = compare(small, recognizer, Digits(patches, truth, "noise"))
    assert (found.images, found.challenger, found.lost) == (40, 0, 0)
    assert found.champion == found.won
    assert found.is_better


def test_nothing_new_is_nothing_to_learn(store: CorrectionStore, home: ModelHome) -> None:
    assert learn(store, home).why == "There are no corrections since last time."
    correct(store, letters("E", 1), "3")
    told = learn(store, home)
    assert not told.promoted
    assert "Correct some more." in told.why
    assert home.names() == ["small"]


@pytest.mark.slow
def test_a_better_model_takes_the_place(
    store: CorrectionStore, home: ModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes threes like an E: the champion refuses or misreads them."""
    monkeypatch.setattr(learning, "_tests", lambda _: [])  # the small model knows no MNIST
    monkeypatch.setattr(learning, "RATE", 0.003)
    correct(store, letters("E", 60), "3")
    before = Recognizer(home.path("small"))
    tried = learn(store, home, dry_run=True)
    assert home.in_use == "small"
    told = learn(store, home)
    assert told.corrections is not None
    assert (tried.corrections, tried.standing) == (told.corrections, told.standing)
    assert told.corrections.champion > told.corrections.challenger
    assert (told.promoted, told.name, home.in_use) == (True, "learned-1", "learned-1")
    after = Recognizer(home.path("learned-1"))
    fresh = letters("E", 30, seed=9)
    share = [
        float(np.mean([one.recognize(ink).best_label == "3" for ink in fresh]))
        for one in (before, after)
    ]
    assert share[1] > max(0.8, share[0])
    assert after.config.version == "1.0.0+learned-1"
    noted = json.loads((home.path("learned-1") / "decision.json").read_text(encoding="utf-8"))
    assert noted == told.as_json()
    assert {one.name for one in told.standing} == {
        "train-images-idx3-ubyte, held out",
        "digits, held out",
    }
    assert learn(store, home).why == "There are no corrections since last time."
    # it can be gone on from again, and gone back from
    correct(store, letters("W", 40), "4")
    again = learn(store, home)
    assert again.corrections is not None
    home.use("small")
    assert home.in_use == "small"


def test_a_worse_model_does_not(
    store: CorrectionStore, home: ModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is better on corrections but forgets is left; the decision says why."""
    champion = Recognizer(home.path("small"))
    digits = Digits(np.zeros((50, 28, 28, 1), np.float32), np.zeros(50, np.int64), "standing")
    better = Comparison("corrections", 10, 5, 1, 0, 4)
    worse = Comparison("standing", 50, 0, 20, 20, 0)
    found = {"corrections": better, "standing": worse}
    monkeypatch.setattr(learning, "compare", lambda _a, _b, some: found[some.name])
    held = Digits(digits.patches, digits.labels, "corrections")
    told = learning.judge(champion, champion, held, [digits])
    assert not told.promoted
    assert "worse beyond chance on standing: 0 of 50 wrong, now 20" in told.why
    found["corrections"] = Comparison("corrections", 10, 1, 1, 1, 1)
    assert "not better" in learning.judge(champion, champion, held, [digits]).why
