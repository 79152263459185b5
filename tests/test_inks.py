"""Ink drawn anew: within its limits, by the seed alone; unchanged, it is the recogniser's own."""

import cv2
import numpy as np
import pytest
from drawings import DIGITS, drawn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from inkdigits.ink import RENDER_SIZE, Ink, render_polylines
from inkdigits.normalize import normalize
from inkdigits.recognizer import prepare
from inkdigits.training import inks as module
from inkdigits.training.inks import draw_anew
from inkdigits.training.sections import InkConfig

EVERYTHING = InkConfig(rotation=15, slant=25, stretch=0.5, wobble=0.02, joined=0.2)
COUNT = 400


class _Drawn:
    """What `draw_anew` had drawn: the box, the size and the pen of each."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.boxes: list[tuple[float, float]] = []
        self.sizes: list[float] = []
        self.pens: list[float] = []
        self.lengths: list[list[int]] = []
        self.points: list[NDArray[np.float64]] = []
        render = render_polylines

        def watched(
            points: NDArray[np.float64],
            lengths: list[int],
            box: tuple[float, float, float, float],
            longest: float,
            pen: float,
        ) -> NDArray[np.uint8]:
            self.points.append(points)
            self.lengths.append(lengths)
            self.boxes.append(box[2:])
            self.sizes.append(longest)
            self.pens.append(pen)
            pixels = render(points, lengths, box, longest, pen)
            assert longest <= max(pixels.shape) <= longest + 5
            return pixels

        monkeypatch.setattr(module, "render_polylines", watched)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> _Drawn:
    return _Drawn(monkeypatch)


def _all_usual(monkeypatch: pytest.MonkeyPatch, share: float = 1.0) -> None:
    monkeypatch.setattr(module, "USUAL", share)


def _strokes(*points: tuple[float, float]) -> Ink:
    return Ink([list(points)])


def test_all_follows_from_the_generator() -> None:
    inks = [drawn(digit) for digit in DIGITS] * 3
    first, again, other = (
        draw_anew(inks, EVERYTHING, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (np.abs(first - other).max(axis=(1, 2, 3)) > 0.2).all()
    assert first.shape == (30, 28, 28, 1)
    assert first.dtype == np.float32
    assert first.min() == 0
    assert (first.max(axis=(1, 2, 3)) == 1).all()
    apart = draw_anew(inks[:1] * 20, EVERYTHING, np.random.default_rng(1))
    assert len({patch.tobytes() for patch in apart}) == 20, "each is drawn by a hand of its own"


def test_without_changes_it_is_the_patch_that_is_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _all_usual(monkeypatch)
    inks = [drawn(digit) for digit in DIGITS]
    inks += [drawn("5", size=1e-4, at=(0, 0)), drawn("4", size=9e6, at=(-3e7, 8e7))]
    inks += [_strokes((0, 0), (0, 50)), Ink([[(3, 3)], [(40, 90)]])]
    patches = draw_anew(inks, InkConfig(), np.random.default_rng(0))
    for ink, patch in zip(inks, patches[..., 0], strict=True):
        recognised = normalize(ink.render())
        np.testing.assert_array_equal(prepare(ink)[0], recognised)
        # the points are centred first, which may round the last bit of a coordinate otherwise
        np.testing.assert_allclose(patch, recognised, atol=0.02)


def test_the_usual_pen_has_its_share(watched: _Drawn) -> None:
    draw_anew([drawn("3")] * COUNT, EVERYTHING, np.random.default_rng(3))
    share = np.mean(np.array(watched.sizes) == RENDER_SIZE)
    assert share == pytest.approx(module.USUAL, abs=0.08)


def test_pens_and_sizes_are_spread_within_their_limits(
    watched: _Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    _all_usual(monkeypatch, 0.0)
    config = InkConfig(pen=(0.05, 0.2), resolution=(30, 60))
    draw_anew([drawn("8")] * COUNT, config, np.random.default_rng(4))
    sizes = np.array(watched.sizes)
    pens = np.array(watched.pens) / sizes
    for values, (least, greatest) in ((sizes, (30, 60)), (pens, (0.05, 0.2))):
        assert least <= values.min() < least * 1.02
        assert greatest / 1.02 < values.max() <= greatest
        assert np.median(values) == pytest.approx(np.sqrt(least * greatest), rel=0.1)
    assert abs(np.corrcoef(sizes, pens)[0, 1]) < 0.15


def test_no_pen_is_thinner_than_a_pixel(watched: _Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    _all_usual(monkeypatch, 0.0)
    config = InkConfig(pen=(0.001, 0.01), resolution=(24, 30))
    patches = draw_anew([drawn("1")] * 20, config, np.random.default_rng(4))
    assert set(watched.pens) == {1.0}
    assert (patches.max(axis=(1, 2, 3)) == 1).all()


def test_stretch_slant_and_rotation_stay_within_their_limits(watched: _Drawn) -> None:
    square = Ink([[(-50, -50), (50, -50), (50, 50), (-50, 50), (-50, -50)]])
    draw_anew([square] * COUNT, InkConfig(stretch=0.6), np.random.default_rng(5))
    width, height = np.array(watched.boxes).T
    ratio = width / height
    assert 1 / 1.6 <= ratio.min() < 1 / 1.5
    assert 1.5 < ratio.max() <= 1.6
    np.testing.assert_allclose(width * height, 100**2, rtol=1e-9)

    watched.points.clear()
    draw_anew([square] * COUNT, InkConfig(slant=30), np.random.default_rng(6))
    leaning = _angles(watched.points, 2, 1)  # the side from its foot to its head
    assert 27 < leaning.max() <= 30.001
    assert -30.001 <= leaning.min() < -27
    np.testing.assert_allclose(np.array(watched.boxes)[COUNT:, 1], 100, rtol=1e-9)

    watched.points.clear()
    draw_anew([square] * COUNT, InkConfig(rotation=20), np.random.default_rng(7))
    turned = _angles(watched.points, 2, 1)
    assert 18 < turned.max() <= 20.001
    assert -20.001 <= turned.min() < -18
    sides = [np.linalg.norm(np.diff(points, axis=0), axis=1) for points in watched.points]
    np.testing.assert_allclose(sides, 100, rtol=1e-9)


def test_a_positive_slant_leans_to_the_right_as_much_as_to_the_left(watched: _Drawn) -> None:
    upright = _strokes((0, 100), (0, 0))
    draw_anew([upright] * COUNT, InkConfig(slant=30), np.random.default_rng(8))
    leaning = _angles(watched.points, 0, 1)
    assert np.mean(leaning > 0) == pytest.approx(0.5, abs=0.08)


def test_wobble_bends_by_about_its_share_of_the_longer_side(watched: _Drawn) -> None:
    line = Ink([[(0.0, float(y)) for y in range(0, 401, 4)]])
    draw_anew([line] * COUNT, InkConfig(wobble=0.02), np.random.default_rng(9))
    away = np.array([points[:, 0] for points in watched.points])
    assert away.std() == pytest.approx(0.02 * 400 / np.sqrt(2), rel=0.15)  # a sine's mean square
    steps = np.abs(np.diff(away, axis=1)).max()
    assert steps < 4, "waves are smooth: none breaks a line"


def test_some_lifts_of_the_pen_are_drawn_through(watched: _Drawn) -> None:
    ink = Ink([[(0, 0), (10, 10)], [(20, 0)], [(30, 0), (40, 10), (50, 0)]])
    draw_anew([ink] * COUNT, InkConfig(joined=0.3), np.random.default_rng(10))
    strokes = np.array([len(lengths) for lengths in watched.lengths])
    assert {sum(lengths) for lengths in watched.lengths} == {6}
    assert (3 - strokes).sum() / (2 * COUNT) == pytest.approx(0.3, abs=0.05)
    assert {tuple(lengths) for lengths in watched.lengths} == {(2, 1, 3), (3, 3), (2, 4), (6,)}
    watched.lengths.clear()
    draw_anew([ink] * 20, InkConfig(), np.random.default_rng(10))
    assert {tuple(lengths) for lengths in watched.lengths} == {(2, 1, 3)}


def test_the_ink_given_is_left_as_it_was() -> None:
    inks = [drawn(digit) for digit in DIGITS]
    before = [ink.to_json() for ink in inks]
    draw_anew(inks, EVERYTHING, np.random.default_rng(0))
    assert [ink.to_json() for ink in inks] == before


def test_nothing_drawn_stays_blank_and_disturbs_no_other() -> None:
    assert draw_anew([], EVERYTHING, np.random.default_rng(0)).shape == (0, 28, 28, 1)
    patches = draw_anew([Ink([]), drawn("6"), Ink([])], EVERYTHING, np.random.default_rng(0))
    assert patches.max(axis=(1, 2, 3)).tolist() == [0, 1, 0]


def test_one_dot_is_a_speck() -> None:
    """As it is where it is recognised: it has no size."""
    dots = [_strokes((5, 5)), _strokes((5, 5), (5, 5)), Ink([[(1e8, -1e8)], [(1e8, -1e8)]])]
    assert not draw_anew(dots * 5, EVERYTHING, np.random.default_rng(0)).any()


@pytest.mark.parametrize("end", [(0.0, 60.0), (60.0, 0.0), (60.0, 60.0), (0.0, 1e-7), (9e8, 0.0)])
def test_a_single_line_is_a_line_at_any_size(end: tuple[float, float]) -> None:
    for patch in draw_anew([_strokes((0, 0), end)] * 20, EVERYTHING, np.random.default_rng(1)):
        rows, columns = np.nonzero(patch[..., 0] > 0.5)
        assert 17 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 22
        count, *_ = cv2.connectedComponents((patch[..., 0] > 0.5).astype(np.uint8))
        assert count == 2


coordinates = st.floats(-1e9, 1e9) | st.floats(-1e-300, 1e-300) | st.integers(-3, 3).map(float)
strokes = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=6)


@settings(max_examples=150)
@given(
    st.lists(st.lists(strokes, max_size=4), min_size=1, max_size=3),
    st.floats(0, 0.2),
    st.integers(0, 2**31 - 1),
)
def test_any_ink_gives_patches(
    drawings: list[list[list[tuple[float, float]]]], wobble: float, seed: int
) -> None:
    """Dots, one point, lines without width, huge and tiny units: no error, no warning."""
    inks = [Ink(drawing) for drawing in drawings]
    config = InkConfig(
        pen=(0.001, 0.5),
        resolution=(8, 100),
        rotation=180,
        slant=60,
        stretch=3,
        wobble=wobble,
        joined=0.5,
    )
    patches = draw_anew(inks, config, np.random.default_rng(seed))
    assert patches.shape == (len(inks), 28, 28, 1)
    assert np.isfinite(patches).all()
    assert patches.min() >= 0
    assert set(patches.max(axis=(1, 2, 3))) <= {0, 1}


def _angles(drawings: list[NDArray[np.float64]], foot: int, head: int) -> NDArray[np.float64]:
    """Angle to the right of the vertical from one point to another, degrees."""
    along = np.array([points[head] - points[foot] for points in drawings])
    return np.asarray(np.degrees(np.arctan2(along[:, 0], -along[:, 1])))
