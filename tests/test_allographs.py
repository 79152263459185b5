"""Allographs: each with its label, through its points, and never twice the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits import Ink
from inkdigits.training import allographs
from inkdigits.training.allographs import ALLOGRAPHS, Allograph, known, write
from inkdigits.training.inks import draw_anew
from inkdigits.training.sections import InkConfig

DIGITS = "0123456789"


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_each_way_comes_as_often_and_with_its_label() -> None:
    ways = list(ALLOGRAPHS.values())
    written = write(3 * len(ways), DIGITS, rng())
    assert [label for label, _ in written] == [way.label for way in ways] * 3
    for (_, ink), way in zip(written, ways * 3, strict=True):
        assert len(ink.strokes) == len(way.strokes)
    assert len({ink for _, ink in written}) == len(written)
    assert write(50, DIGITS, rng()) == write(50, DIGITS, rng())


def test_only_wanted_labels_are_written() -> None:
    assert {label for label, _ in write(40, ("4", "seven"), rng())} == {"4"}
    assert known(("a", "b")) == []


@pytest.mark.parametrize("name", ALLOGRAPHS)
def test_ink_stays_near_the_points_and_can_be_drawn(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allographs, "ALLOGRAPHS", {name: ALLOGRAPHS[name]})
    inks = [ink for _, ink in write(30, DIGITS, rng())]
    for ink in inks:
        left, top, width, height = ink.box() or (0, 0, 0, 0)
        assert -0.3 < left < left + width < 1.3
        assert -0.3 < top < top + height < 1.3
        assert height > 0.6
    patches = draw_anew(inks, InkConfig(), rng())
    assert (patches.max(axis=(1, 2, 3)) == 1).all()


def test_a_point_given_twice_is_a_corner_and_others_are_rounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def turns(*points: tuple[float, float]) -> float:
        """The sharpest turn along the line, degrees."""
        monkeypatch.setattr(allographs, "ALLOGRAPHS", {"way": Allograph("4", (points,))})
        monkeypatch.setattr(allographs, "JITTER", 0.0)
        ((_, ink),) = write(1, "4", rng())
        steps = np.diff(ink.points, axis=0)
        steps = steps[np.hypot(*steps.T) > 1e-9]
        angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        return float(np.rad2deg(np.abs(np.diff(angles)).max()))

    assert turns((0, 0), (0, 1), (0, 1), (1, 1)) == pytest.approx(90, abs=1)
    assert turns((0, 0), (0, 1), (1, 1)) < 60


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=9),
    st.integers(0, 99),
)
def test_any_points_give_ink(points: list[tuple[float, float]], seed: int) -> None:
    way = Allograph("8", (tuple(points),))
    ink = allographs.written(way, rng(seed))
    assert isinstance(ink, Ink)
    assert np.isfinite(ink.points).all()
    start, end = np.array(points[0]), np.array(points[-1])
    assert np.abs(ink.points[0] - start).max() < 1
    assert np.abs(ink.points[-1] - end).max() < 1
