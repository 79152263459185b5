"""Things that are not digits: seeded, of every kind, readable by `prepare`, and no digits."""

import numpy as np
import pytest
from drawings import DIGITS, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkdigits import Ink
from inkdigits.recognizer import prepare
from inkdigits.training import outlier_strokes, outliers
from inkdigits.training.outliers import DRAWN, FROM_DIGITS, HALVES, KINDS, PICTURES, make, synthetic

OWN = [(label, drawn(label, slant=slant)) for slant in (-0.1, 0.0, 0.2) for label in DIGITS]


def _same(first: outliers.Source, second: outliers.Source) -> bool:
    if isinstance(first, Ink) or isinstance(second, Ink):
        return isinstance(first, Ink) and isinstance(second, Ink) and first == second
    return np.array_equal(first, second)


def _points(ink: Ink) -> NDArray[np.float64]:
    return np.concatenate([np.array(stroke) for stroke in ink.strokes])


def test_the_same_seed_gives_the_same_and_another_gives_another() -> None:
    first, again, other = (synthetic(150, OWN, np.random.default_rng(n)) for n in (1, 1, 2))
    assert all(map(_same, first, again))
    assert not any(map(_same, first, other))


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.integers(0, 30), st.sampled_from([[], OWN[:1], OWN[1:2], OWN]))
def test_any_seed_and_any_digits_give_as_many_valid_sources_as_asked_for(
    seed: int, count: int, digits: list[outliers.Digit]
) -> None:
    sources = synthetic(count, digits, np.random.default_rng(seed))
    assert len(sources) == count
    for source in sources:
        if isinstance(source, Ink):
            assert not source.is_empty
        else:
            assert source.dtype == np.uint8
            assert source.ndim == 2
            assert min(source.shape) >= 40
            assert max(source.shape) <= 200


def test_every_kind_occurs_as_often_as_its_weight_says(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def note(kind: str, digits: object, rng: object) -> Ink:
        made.append(kind)
        return Ink([[(0, 0)]])

    monkeypatch.setattr(outliers, "make", note)
    synthetic(20_000, OWN, np.random.default_rng(0))
    weights = DRAWN | FROM_DIGITS | PICTURES
    assert set(made) == set(weights) == set(KINDS)
    total = sum(weights.values())
    for kind, weight in weights.items():
        assert made.count(kind) / len(made) == pytest.approx(weight / total, rel=0.1, abs=0.003)
    assert sum(PICTURES.values()) < 0.2 * total, "strokes teach strokes"
    made.clear()
    synthetic(5_000, [], np.random.default_rng(0))
    assert set(made) == set(KINDS) - set(FROM_DIGITS)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_something_to_see_and_each_time_another_thing(kind: str) -> None:
    rng = np.random.default_rng(4)
    patches = [prepare(make(kind, OWN, rng))[0] for _ in range(24)]
    drawn_at_all = [patch for patch in patches if patch.any()]
    if kind in PICTURES:
        assert kind in outliers.OFTEN_BLANK or len(drawn_at_all) >= 8
    else:
        assert len(drawn_at_all) == len(patches)
        # A mirrored digit is as varied as the digits are: here 3 and 7, at three slants.
        assert len({patch.tobytes() for patch in patches}) >= (6 if kind == "mirrored" else 20)


@pytest.mark.parametrize("kind", [*DRAWN, "pair", "turned", "half", "crossed_out"])
def test_nothing_is_a_single_upright_stroke_which_is_a_one(kind: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(150):
        source = make(kind, OWN, rng)
        assert isinstance(source, Ink)
        _, _, width, height = source.box() or (0, 0, 0, 0)
        assert width > 0.3 * height


@pytest.mark.parametrize("label", DIGITS)
def test_halves_come_only_from_digits_whose_halves_are_none(label: str) -> None:
    rng = np.random.default_rng(6)
    own = [(label, Ink([[(1.5 * x, y) for x, y in stroke] for stroke in drawn(label).strokes]))]
    height = np.ptp(_points(own[0][1])[:, 1])
    halves = [outliers._half(own, rng) for _ in range(20)]
    if label not in HALVES:
        assert halves == [None] * 20
        return
    kept = [half for half in halves if half is not None]
    assert kept, "no half of it is wide enough"
    whole = sum(
        np.hypot(*np.diff(np.array(stroke), axis=0).T).sum() for stroke in own[0][1].strokes
    )
    for half in kept:
        length = height * sum(
            np.hypot(*np.diff(np.array(stroke), axis=0).T).sum() for stroke in half.strokes
        )
        assert 0.25 * whole < length < 0.6 * whole


@pytest.mark.parametrize("label", DIGITS)
def test_digits_lie_on_their_side_unless_they_stay_digits(label: str) -> None:
    rng = np.random.default_rng(7)
    turned = [outliers._turned([(label, drawn(label))], rng) for _ in range(20)]
    if label in "0469":
        assert turned == [None] * 20
        return
    for ink in filter(None, turned):
        _, _, width, height = ink.box() or (0, 0, 0, 0)
        assert width > height
    assert any(turned)


def test_pairs_stand_side_by_side_and_ones_keep_their_distance() -> None:
    rng = np.random.default_rng(8)
    one = Ink([[(0, 0), (0, 100)]])
    for _ in range(50):
        ink = outliers._pair([("1", one)], rng)
        assert ink is not None
        places = sorted(float(np.array(stroke)[:, 0].mean()) for stroke in ink.strokes)
        assert len(places) in (2, 3)
        assert np.diff(places).min() >= 0.2
        assert np.diff(places).max() <= 0.6


def test_a_digit_is_crossed_out_by_more_than_one_line() -> None:
    rng = np.random.default_rng(9)
    for _ in range(30):
        strokes = outlier_strokes.strike_out(rng)
        assert len(strokes) == 2 or len(strokes[0]) >= 6


def test_no_look_alike_is_missing_and_no_clear_sign_is_left_out() -> None:
    assert set("OoQDIilLZzSsBbGgqyTt|") <= outliers.LOOK_ALIKES
    assert not outliers.LOOK_ALIKES & set("AaCcEeFHhKkMmNnRrUuVvWwXx*+=<>#@&%^~-_")
    assert not outliers.LOOK_ALIKES & outliers.DOUBTFUL


def test_an_ink_without_size_does_not_break_it() -> None:
    dots = [(label, Ink([[(5, 5)]])) for label in DIGITS]
    for kind in FROM_DIGITS:
        assert isinstance(make(kind, dots, np.random.default_rng(0)), Ink)
        assert isinstance(make(kind, [("7", Ink([]))], np.random.default_rng(0)), Ink)
