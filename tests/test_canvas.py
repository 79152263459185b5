"""The sheet without any window: strokes, undo, scaling, and the pixels they make."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkdigits.desktop import canvas as canvas_module
from inkdigits.desktop.canvas import INK_RGB, PAPER_RGB, PEN, SHEET, Canvas, Region
from inkdigits.ink import MAX_STROKES

SIDE = 120

points = st.tuples(st.integers(-20, SIDE + 20), st.integers(-20, SIDE + 20))
strokes = st.lists(points, min_size=1, max_size=8)
drawings = st.lists(strokes, min_size=1, max_size=4)


def draw(canvas: Canvas, *drawing: list[tuple[int, int]]) -> None:
    for stroke in drawing:
        canvas.pen_down(*stroke[0])
        for point in stroke[1:]:
            canvas.pen_move(*point)
        canvas.pen_up()


def test_a_new_sheet_is_white_and_empty() -> None:
    canvas = Canvas(SIDE)
    assert canvas.is_empty
    assert canvas.is_blank
    assert not canvas.is_drawing
    assert canvas.to_ink().is_empty
    assert canvas.pixels().shape == (SIDE, SIDE, 3)
    assert (canvas.pixels() == PAPER_RGB).all()


def test_a_click_is_a_round_dot_as_wide_as_the_pen() -> None:
    canvas = Canvas(400)
    draw(canvas, [(200, 200)])
    area = canvas.coverage().sum() / 255
    assert area == pytest.approx(math.pi * (PEN / 2) ** 2, rel=0.03)
    assert (canvas.pixels()[200, 200] == INK_RGB).all()
    assert canvas.to_ink().strokes == (((200.5, 200.5),),)


@given(
    st.tuples(st.integers(0, 380), st.integers(0, 380)),
    st.lists(
        st.lists(st.tuples(st.integers(0, 13), st.integers(0, 13)), min_size=1, max_size=9),
        min_size=1,
        max_size=4,
    ),
)
def test_a_scribble_smaller_than_the_pen_is_a_dot(
    corner: tuple[int, int], scribble: list[list[tuple[int, int]]]
) -> None:
    """Ink has no size of its own: enlarged, the shaking of a hand would be read as a digit."""
    canvas = Canvas(400)
    draw(canvas, *[[(corner[0] + x, corner[1] + y) for x, y in stroke] for stroke in scribble])
    x, y = corner[0] + scribble[0][0][0], corner[1] + scribble[0][0][1]
    assert canvas.to_ink().strokes == (((x + 0.5, y + 0.5),),)
    assert canvas.is_blank
    assert not canvas.is_empty  # the dot is there to be seen


@pytest.mark.parametrize("side", [200, 400, 800])
@pytest.mark.parametrize(("x", "y"), [(1, 0), (0, 1)])
def test_a_stroke_as_long_as_the_pen_is_wide_is_no_dot(side: int, x: int, y: int) -> None:
    canvas = Canvas(side)
    length = round(PEN * side / 400)
    draw(canvas, [(50, 50), (50 + length * x, 50 + length * y)])
    assert not canvas.is_blank
    assert len(canvas.to_ink().strokes[0]) == 2
    canvas.undo()
    draw(canvas, [(50, 50), (50 + (length - 1) * x, 50 + (length - 1) * y)])
    assert canvas.is_blank


def test_a_dot_beside_other_strokes_is_kept_as_it_is() -> None:
    canvas = Canvas(400)
    draw(canvas, [(100, 100), (101, 100)], [(50, 200), (150, 200)])
    assert not canvas.is_blank
    assert [len(stroke) for stroke in canvas.to_ink().strokes] == [2, 2]


def test_a_line_is_as_wide_as_the_pen_with_soft_edges() -> None:
    canvas = Canvas(400)
    draw(canvas, [(100, 80), (200, 200), (300, 320)])
    coverage = canvas.coverage()
    length = math.dist((100, 80), (300, 320))
    area = PEN * length + math.pi * (PEN / 2) ** 2
    assert coverage.sum() / 255 == pytest.approx(area, rel=0.02)
    soft = (coverage > 0) & (coverage < 255)
    assert soft.sum() > length  # both edges of a slanting line pass through many pixels
    assert len(np.unique(coverage)) > 8


def test_a_quick_curve_has_no_corners() -> None:
    """Twelve points round a circle have a round rim, not that of a dodecagon."""
    canvas = Canvas(400)
    circle = [
        (round(200 + 120 * math.cos(a)), round(200 + 120 * math.sin(a)))
        for a in np.linspace(0, 2 * math.pi, 13)
    ]
    draw(canvas, circle)
    y, x = np.nonzero(canvas.coverage() > 127)
    away = np.hypot(x - 200, y - 200)
    angle = np.degrees(np.arctan2(y - 200, x - 200))
    # At the far side of the start, the outer rim of a polygon would dip by 120 * (1 - cos 15°) = 4.
    rim = [away[np.abs(angle - a) < 1].max() for a in range(-150, -30, 3)]
    assert max(rim) - min(rim) < 2.5


@given(drawings)
def test_growing_point_by_point_gives_the_pixels_of_drawing_at_once(
    drawing: list[list[tuple[int, int]]],
) -> None:
    canvas = Canvas(SIDE)
    draw(canvas, *drawing)
    grown = canvas.coverage()
    canvas.resize(SIDE + 1)
    canvas.resize(SIDE)
    np.testing.assert_array_equal(canvas.coverage(), grown)


@given(drawings)
def test_only_the_region_returned_changes(drawing: list[list[tuple[int, int]]]) -> None:
    """A screen that is repainted only where it is told to shows the whole drawing all the time."""
    canvas = Canvas(SIDE)
    shown = canvas.pixels()

    def repaint(region: Region | None) -> None:
        if region is not None:
            x, y, width, height = region
            shown[y : y + height, x : x + width] = canvas.pixels(region)
        np.testing.assert_array_equal(shown, canvas.pixels())

    for stroke in drawing:
        repaint(canvas.pen_down(*stroke[0]))
        for point in stroke[1:]:
            repaint(canvas.pen_move(*point))
        repaint(canvas.pen_up())
    for _ in drawing:
        repaint(canvas.undo())
    assert canvas.is_empty
    assert (shown == PAPER_RGB).all()


@given(drawings, strokes)
def test_undo_takes_back_exactly_the_last_stroke(
    drawing: list[list[tuple[int, int]]], last: list[tuple[int, int]]
) -> None:
    canvas = Canvas(SIDE)
    draw(canvas, *drawing)
    before, ink = canvas.coverage(), canvas.to_ink()
    draw(canvas, last)
    assert canvas.undo() is not None
    assert canvas.to_ink() == ink
    np.testing.assert_array_equal(canvas.coverage(), before)


def test_undo_and_clear_end_a_stroke_under_way() -> None:
    for take_back in (Canvas.undo, Canvas.clear):
        canvas = Canvas(SIDE)
        canvas.pen_down(10, 10)
        canvas.pen_move(50, 50)
        assert take_back(canvas) is not None
        assert canvas.pen_move(90, 90) is None  # the button is still held down
        assert canvas.pen_up() is None
        assert canvas.is_empty
        assert not canvas.coverage().any()


def test_undo_and_clear_of_an_empty_sheet_do_nothing() -> None:
    canvas = Canvas(SIDE)
    assert canvas.undo() is None
    assert canvas.clear() is None
    assert canvas.pen_move(5, 5) is None
    assert canvas.pen_up() is None


@given(drawings, st.integers(40, 300))
def test_a_sheet_of_another_size_holds_the_same_drawing(
    drawing: list[list[tuple[int, int]]], side: int
) -> None:
    canvas = Canvas(SIDE)
    draw(canvas, *drawing)
    ink, share = canvas.to_ink(), canvas.coverage().mean()
    canvas.resize(side)
    assert canvas.to_ink() == ink
    assert canvas.coverage().shape == (side, side)
    assert canvas.coverage().mean() == pytest.approx(share, rel=0.25, abs=1.5)


def test_a_stroke_goes_on_while_the_sheet_is_resized() -> None:
    canvas = Canvas(200)
    canvas.pen_down(20, 20)
    canvas.pen_move(100, 100)
    canvas.resize(400)
    canvas.pen_move(360, 360)
    canvas.pen_up()
    ((first, *_, last),) = canvas.to_ink().strokes
    assert first == pytest.approx((41, 41))
    assert last == pytest.approx((360.5, 360.5))
    # All of the diagonal between them is inked.
    assert (np.diagonal(canvas.coverage())[45:355] == 255).all()


@given(drawings)
def test_nothing_is_drawn_beyond_the_edge(drawing: list[list[tuple[int, int]]]) -> None:
    canvas = Canvas(SIDE)
    draw(canvas, *drawing)
    for stroke in canvas.to_ink().strokes:
        for point in stroke:
            assert all(0 <= value <= SHEET for value in point)


def test_the_ink_looks_like_the_sheet() -> None:
    """`Ink.draw` knows nothing of this module and draws the same digit."""
    canvas = Canvas(400)
    wave = [(x, round(200 + 100 * math.sin(x / 40))) for x in range(60, 340, 4)]
    draw(canvas, wave)
    other = canvas.to_ink().draw(400, 400, PEN).astype(int)
    difference = np.abs((255 - other) - canvas.coverage())
    assert difference.mean() < 1.5
    assert (difference > 200).mean() < 0.001


def test_tiny_moves_add_no_points() -> None:
    canvas = Canvas(4000)
    canvas.pen_down(100, 100)
    for step in range(1, 250):
        canvas.pen_move(100 + step, 100)
    canvas.pen_up()
    (stroke,) = canvas.to_ink().strokes
    assert len(stroke) == 1 + 249 // 5


def test_a_full_sheet_takes_no_more_and_is_still_an_ink() -> None:
    canvas = Canvas(60)
    for number in range(MAX_STROKES):
        draw(canvas, [(10 + number % 40, 10)])
    assert canvas.is_full
    assert canvas.pen_down(20, 20) is None
    assert len(canvas.to_ink().strokes) == MAX_STROKES
    canvas.undo()
    assert canvas.pen_down(20, 20) is not None


def test_a_stroke_without_end_is_still_an_ink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(canvas_module, "MAX_POINTS", 500)  # twenty thousand take seconds
    canvas = Canvas(60)
    canvas.pen_down(0, 0)
    for step in range(600):
        canvas.pen_move(59 * (step % 2), 30)
    canvas.pen_up()
    assert canvas.is_full
    assert len(canvas.to_ink().strokes[0]) == 500
    assert canvas.pen_down(20, 20) is None


def test_a_sheet_needs_a_pixel() -> None:
    with pytest.raises(ValueError, match="at least one pixel"):
        Canvas(0)


@pytest.mark.parametrize("side", [1, 2, 7, 28])
def test_any_size_can_be_shown(side: int) -> None:
    canvas = Canvas(side)
    draw(canvas, [(side // 2, side // 2)])
    pixels = canvas.pixels()
    assert pixels.shape == (side, side, 3)
    assert (pixels != PAPER_RGB).any()
