"""Learning from corrections: what is learned, what is held out, who answers afterwards."""

import json
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from drawings import drawn
from tiny_training import LETTERS, refusing_run

from inkdigits import Ink, Recognizer
from inkdigits.corrections import Correction, CorrectionStore
from inkdigits.corrections.exchange import picture
from inkdigits.errors import InvalidModel
from inkdigits.model_home import ModelHome
from inkdigits.recognizer import prepare
from inkdigits.training import learning
from inkdigits.training.comparing import Comparison, compare
from inkdigits.training.corrected import read_corrections
from inkdigits.training.datasets import Digits
from inkdigits.training.learning import _next_name, learn
from inkdigits.training.mixture import OUTLIER

NOW = datetime(2026, 1, 1, tzinfo=UTC)
# Besides letters, which the small model has learned to refuse, two signs that are new to it.
SIGNS = LETTERS | {
    "flat": [[(0, 0), (1, 0), (0.4, 0.45), (0.9, 0.6), (0.9, 0.9), (0.5, 1), (0, 0.9)]],
    "psi": [[(0, 0), (0, 0.5), (0.5, 0.6), (1, 0.5), (1, 0)], [(0.5, 0), (0.5, 1)]],
}


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
    """A letter or sign written again and again."""
    rng = np.random.default_rng(seed)
    return [
        Ink(
            [(200 * np.array(stroke) + rng.normal(0, 4, (len(stroke), 2))).tolist() for stroke in s]
        )
        for s in [SIGNS[kind]] * count
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
    assert {int(label) for label in found.held_out().labels} == {3, 4, OUTLIER}
    assert "5 say what the model cannot learn" in found.left_out()
    without = read_corrections(store, labels, refuses=False)
    assert without.strange == 35


def test_a_challenger_says_what_it_is_and_that_it_learned(home: ModelHome) -> None:
    """Once, however often it is gone on from."""
    first = learning.recipe(home.path("small"), "learned-1")
    assert first.description is not None
    assert re.match(r"\w.*\. It also learned from corrections", first.description)
    shutil.copytree(home.path("small"), again := home.folder / "again")
    (again / "recipe.yaml").write_text(first.to_yaml(), encoding="utf-8")
    assert learning.recipe(again, "learned-2").description == first.description


def test_the_same_corrections_are_learned_alike(tmp_path: Path) -> None:
    """Whatever their order in the store, which numbers them by chance."""
    drawn = []
    for name in ("one", "other"):
        with CorrectionStore(f"sqlite:///{tmp_path / name}.sqlite") as store:
            correct(store, letters("E", 20), "3")
            found = read_corrections(store, tuple("0123456789"), refuses=True)
        (part,) = found.parts(1.0)
        drawn.append((part.draw(refusing_run()[0], np.random.default_rng(0))[0], found.held_out()))
    (patches, held), (others, held_again) = drawn
    np.testing.assert_array_equal(patches, others)
    np.testing.assert_array_equal(held.patches, held_again.patches)


@pytest.mark.parametrize(
    ("lost", "won", "worse"),
    [
        (0, 0, False),
        (5, 0, False),
        (6, 0, True),
        (9, 1, True),
        (8, 1, True),
        (7, 1, False),
        (1, 9, False),
    ],
)
def test_worse_is_what_chance_does_not_explain(lost: int, won: int, worse: bool) -> None:
    assert Comparison("some", 1000, 10, 10 + lost - won, lost, won).is_worse is worse


def test_a_comparison_tells_what_decides() -> None:
    told = "some: 1 of 12 wrong, now 0"
    assert str(Comparison("some", 12, 1, 0, 0, 1, (0.5, 0.25))) == told
    told = "some: 1 of 12 wrong, now 1; loss 0.5000, now 0.2500"
    assert str(Comparison("some", 12, 1, 1, 0, 0, (0.5, 0.25))) == told


def test_two_models_are_compared_digit_by_digit(recognizer: Recognizer) -> None:
    small = Recognizer(refusing_run()[1].folder / "model")
    inks = [drawn(digit, slant=slant) for digit in "0123456789" for slant in (0, 0.1, 0.2, 0.4)]
    patches = np.stack([prepare(ink)[0] for ink in inks])[..., None]
    truth = np.arange(10).repeat(4)
    found = compare(small, recognizer, Digits(patches, truth, "drawn"))
    read = [
        [one.recognize(ink).label == str(digit) for ink, digit in zip(inks, truth, strict=True)]
        for one in (small, recognizer)
    ]
    assert found.images == 40
    assert (found.champion, found.challenger) == tuple(one.count(False) for one in read)
    assert found.champion - found.challenger == found.won - found.lost
    # what is none of the labels is right where it is refused
    strange = Digits(patches, np.full(40, OUTLIER), "drawn, but no digits")
    assert compare(small, recognizer, strange).challenger == 40 - found.challenger
    blank = Digits(np.zeros_like(patches), np.full(40, OUTLIER), "blank")
    assert compare(small, recognizer, blank).challenger == 0


def test_nothing_new_is_nothing_to_learn(store: CorrectionStore, home: ModelHome) -> None:
    assert learn(store, home).why == "There are no corrections yet."
    correct(store, letters("E", 1), "3")
    told = learn(store, home)
    assert not told.promoted
    assert "Correct some more." in told.why
    assert told.why.startswith("1 correction can be learned from and 0 are held out to see")
    assert home.names() == ["small"]


def test_what_is_learned_is_called_as_nothing_else_is(home: ModelHome) -> None:
    assert _next_name(home) == "learned-1"
    (home.folder / "learned-1").mkdir()  # no model, but the name is taken
    (home.folder / "Learned-2").write_text("notes", encoding="utf-8")
    assert _next_name(home) == "learned-3"


@pytest.mark.slow
def test_a_better_model_takes_the_place(
    store: CorrectionStore, home: ModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody writes threes with a flat top: the champion refuses them."""
    monkeypatch.setattr(learning, "_tests", lambda _: [])  # the small model knows no MNIST
    monkeypatch.setattr(learning, "RATE", 0.003)
    correct(store, letters("flat", 60), "3")
    before = Recognizer(home.path("small"))
    tried = learn(store, home, dry_run=True)
    assert home.in_use == "small"
    told = learn(store, home)
    assert told.corrections is not None
    assert (tried.corrections, tried.standing) == (told.corrections, told.standing)
    assert told.corrections.champion > told.corrections.challenger
    assert told.promoted, told.why
    assert (told.name, home.in_use) == ("learned-1", "learned-1")
    after = Recognizer(home.path("learned-1"))
    fresh = letters("flat", 30, seed=9)
    share = [
        float(np.mean([one.recognize(ink).label == "3" for ink in fresh]))
        for one in (before, after)
    ]
    assert share[1] > max(0.8, share[0])
    assert after.config.version == "1.0.0+learned-1"
    noted = json.loads((home.path("learned-1") / "decision.json").read_text(encoding="utf-8"))
    assert noted == told.as_json()
    assert {one.name for one in told.standing} == {
        "train-images-idx3-ubyte, held out",
        "digits, held out",
        "what is no digit, held out",
    }
    assert learn(store, home).why == "There are no corrections since last time."
    # it can be gone on from again, and gone back from
    correct(store, letters("psi", 40), "4")
    again = learn(store, home)
    assert again.corrections is not None
    home.use("small")
    assert home.in_use == "small"
    # and is not promoted again for the same corrections
    assert learn(store, home).why == "There are no corrections since last time."
    assert home.in_use == "small"
    noted = (home.folder / "decisions.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["why"] for line in noted] == [told.why, again.why]


@pytest.mark.slow
def test_a_model_that_was_put_to_use_meanwhile_stays(
    store: CorrectionStore, home: ModelHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_tests", lambda _: [])
    monkeypatch.setattr(learning, "EPOCHS", 1)
    correct(store, letters("flat", 30), "3")

    def judge(*_: object) -> learning.Decision:
        home.use("inkdigits")
        return learning.Decision("small", True, "It is better.")

    monkeypatch.setattr(learning, "judge", judge)
    with pytest.raises(InvalidModel, match="inkdigits took the place of small"):
        learn(store, home)
    assert (home.in_use, home.names()) == ("inkdigits", ["small"])


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
