"""Pen strokes: what is accepted, what is refused, and what they look like."""

import json
import math

import numpy as np
import pytest
from drawings import DIGITS, drawn
from hypothesis import given
from hypothesis import strategies as st

from inkdigits import Ink, InkdigitsError, InvalidInk
from inkdigits.ink import MAX_POINTS, MAX_STROKES, RENDER_PEN, RENDER_SIZE

coordinate = st.floats(-1e6, 1e6)
strokes = st.lists(
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=12), min_size=1, max_size=5
)


@given(strokes)
def test_json_keeps_every_number(points: list[list[tuple[float, float]]]) -> None:
    ink = Ink(points)
    assert Ink.from_json(ink.to_json()) == ink
    assert Ink.from_json(ink.to_json().encode()) == ink


def test_time_and_pressure_are_kept() -> None:
    ink = Ink([[[1, 2, 0.5], [3, 4, 0.6, 0.9]]])
    assert ink.strokes == (((1.0, 2.0, 0.5), (3.0, 4.0, 0.6, 0.9)),)
    assert json.loads(ink.to_json()) == {"strokes": [[[1, 2, 0.5], [3, 4, 0.6, 0.9]]]}
    assert ink.box() == (1, 2, 2, 2)


@pytest.mark.parametrize("more", [[1_732_000_000_000], [1_732_000_000_000.5, 2e9], [-1e300]])
@pytest.mark.parametrize("last", [[], [0.5]], ids=["alike", "of several lengths"])
def test_time_may_be_counted_from_1970(more: list[float], last: list[float]) -> None:
    points = [[1, 2, *more], [3, 4, *more], [5, 6, *last]][: 3 if last else 2]
    ink = Ink([points])
    assert ink.strokes == (tuple(tuple(map(float, point)) for point in points),)
    assert Ink.from_json(ink.to_json()) == ink


def test_a_part_has_the_strokes_that_are_asked_for() -> None:
    ink = Ink([[[1, 2]], [[3, 4, 0.5]], [[5, 6], [7, 8]]])
    assert ink.part([2, 1]).strokes == (ink.strokes[2], ink.strokes[1])
    assert ink.part([]) == Ink([])
    for beyond in (3, -1):
        with pytest.raises(InvalidInk, match=f"no stroke {beyond} among 3"):
            ink.part([0, beyond])


def test_ink_is_a_value() -> None:
    assert Ink([[[1, 2]]]) == Ink(np.array([[[1, 2]]]))
    assert len({Ink([[[1, 2]]]), Ink([[(1.0, 2.0)]])}) == 1
    with pytest.raises(AttributeError):
        Ink([]).strokes = ()  # type: ignore[misc]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ([[]], "no points"),
        ([[[1]]], "1 numbers"),
        ([[[1, 2, 3, 4, 5]]], "5 numbers"),
        ([[[math.nan, 1]]], "finite"),
        ([[[1, math.inf]]], "finite"),
        ([[[1, -1e300]]], "finite"),
        ([[[10**400, 1]]], "finite"),
        ([[[1, 2e9]]], "within"),
        ([[[1, 2, math.nan]]], "time and pressure must be finite"),
        ([[[1, 2], [1, 2, 3, math.inf]]], "time and pressure must be finite"),
        ([[[1, 2, 10**400]]], "time and pressure must be finite"),
        ([[["1", 2]]], "not a number"),
        ([[[None, 2]]], "list of strokes"),
        (np.array([[[-(2**63), 0], [0, 1]]]), "finite"),
        (np.zeros((2, 2, 2, 2)), "list of strokes"),
        ([[[True, False]]], "not a number"),
        ([["12"]], "not a point"),
        ([[1, 2]], "list of strokes"),
        (3, "list of strokes"),
        (None, "list of strokes"),
        ("12", "list of strokes"),
        ({"strokes": []}, "list of strokes"),
        ([[[0, 0]]] * (MAX_STROKES + 1), "at most 200 strokes"),
        ([[[0, 0]] * (MAX_POINTS + 1)], "at most 20000 points"),
    ],
)
def test_bad_strokes_are_refused_with_a_reason(bad: object, word: str) -> None:
    with pytest.raises(InvalidInk, match=word) as caught:
        Ink(bad)  # type: ignore[arg-type]
    assert isinstance(caught.value, InkdigitsError)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "3", "null", '{"stroke": []}', b"\xff\xfe", "[" * 100_000]
)
def test_bad_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidInk):
        Ink.from_json(text)


def test_as_many_strokes_and_points_as_promised() -> None:
    assert len(Ink([[[0, 0]]] * MAX_STROKES).strokes) == MAX_STROKES
    assert len(Ink([[[0, 0]] * MAX_POINTS]).strokes[0]) == MAX_POINTS


@pytest.mark.parametrize("digit", DIGITS)
def test_rendering_fills_its_size_and_is_antialiased(digit: str) -> None:
    pixels = drawn(digit).render()
    ys, xs = np.nonzero(pixels > 127)
    assert abs(max(np.ptp(xs), np.ptp(ys)) + 1 - RENDER_SIZE) <= 2
    assert pixels.max() > 240
    assert ((pixels > 20) & (pixels < 235)).mean() > 0.01
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).astype(int)
    assert edge.max() == 0, "the pen is cut off at the border"


@given(strokes, st.floats(0.01, 100), coordinate, coordinate)
def test_rendering_does_not_depend_on_the_units(
    points: list[list[tuple[float, float]]], scale: float, dx: float, dy: float
) -> None:
    ink = Ink(points)
    box = ink.box()
    assert box is not None
    if 0 < max(box[2:]) < 1e-3:
        return  # the numbers themselves are too coarse after moving by a million
    moved = Ink([[(x * scale + dx, y * scale + dy) for x, y in stroke] for stroke in points])
    first, second = ink.render().astype(int), moved.render().astype(int)
    if max(box[2:]) * scale < 1e-3:
        return
    assert np.abs(np.subtract(first.shape, second.shape)).max() <= 1
    height, width = np.minimum(first.shape, second.shape)
    assert np.abs(first[:height, :width] - second[:height, :width]).mean() < 8


def test_pen_width_is_what_is_said() -> None:
    pixels = Ink([[[0, 0], [0, 100]]]).render()
    middle = pixels[pixels.shape[0] // 2].astype(float).sum() / 255
    assert middle == pytest.approx(RENDER_PEN, abs=1)


def test_one_point_is_a_dot_beside_other_strokes() -> None:
    with_dot = Ink([[[0, 0], [0, 100]], [[50, 50]]]).render()
    column = with_dot.shape[1] - round(RENDER_PEN) - 5
    around = with_dot[:, column:]
    assert (around > 127).sum() == pytest.approx(math.pi * (RENDER_PEN / 2) ** 2, rel=0.25)


def test_sub_pixel_positions_show() -> None:
    left = Ink([[[10, 10], [10, 50]]]).draw(60, 60, 3)
    right = Ink([[[10.5, 10], [10.5, 50]]]).draw(60, 60, 3)
    rows = [255 - page[30].astype(float) for page in (left, right)]
    centre = [float(row @ np.arange(60) / row.sum()) for row in rows]
    assert centre[1] - centre[0] == pytest.approx(0.5, abs=0.1)


def test_drawing_on_a_canvas() -> None:
    ink = drawn("7", size=100, at=(20, 30))
    paper = ink.draw(200, 150, 5, scale=2)
    assert paper.shape == (300, 400)
    assert paper.dtype == np.uint8
    assert (paper[0, 0], paper.min()) == (255, 0)
    ys, xs = np.nonzero(paper < 128)
    assert (xs.min(), ys.min()) == (pytest.approx(35, abs=2), pytest.approx(55, abs=2))
    assert (Ink([]).draw(10, 20, 3) == 255).all()


@pytest.mark.parametrize("size", [5e-324, 1e-308, 1e-300, 1e-12, 1e9])
def test_any_size_can_be_rendered(size: float) -> None:
    pixels = Ink([[[0, 0], [0, size]]]).render()
    assert pixels.max() > 200
    assert max(pixels.shape) in (3, 64)


def test_far_outside_the_canvas_nothing_shows_and_nothing_breaks() -> None:
    assert (Ink([[[1e9, 1e9], [9e8, 1e9]]]).draw(100, 100, 10) == 255).all()


def test_empty_ink() -> None:
    ink = Ink([])
    assert ink.is_empty
    assert ink.box() is None
    assert not ink.render().any()


def test_a_stroke_is_part_of_a_drawing_but_once() -> None:
    ink = Ink([[(0, 0), (1, 1)], [(2, 2), (3, 3)]])
    with pytest.raises(InvalidInk, match="but once"):
        ink.part([1, 1])
