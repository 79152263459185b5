"""The drawing window as a person meets it: a real window, a real pointer, real keys."""

import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawings import side_by_side
from numpy.typing import NDArray
from stand_in import write_stand_in
from virtual_screen import App, Area, Screen, Stroke, missing, running, virtual_screen

from inkdigits import Ink

ROOT = Path(__file__).parents[1]
ACCENT = (0x31, 0x55, 0xD4)  # the chosen answer's bar, and the button that asks for it
TRACK = (0xDF, 0xE3, 0xEA)  # what a bar does not cover
FAINT = (0xBF, 0xC5, 0xD2)  # the invitation to draw
WHITE = (255, 255, 255)
LINE = [(0.3, 0.2), (0.5, 0.5), (0.7, 0.8)]
OTHER = [(0.7, 0.2), (0.3, 0.8)]

window = pytest.mark.skipif(missing() is not None, reason=str(missing()))


@pytest.fixture(scope="module")
def doubter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that accepts nothing."""
    scores = {"3": 0.412, "8": 0.388, "5": 0.2}
    return write_stand_in(tmp_path_factory.mktemp("doubter"), scores, 0.9)


@pytest.fixture
def app(screen: Screen, three: Path) -> Iterator[App]:
    with running(screen, "--model", three) as app:
        yield app


def _is_blank(paper: NDArray[np.uint8]) -> bool:
    """Whether nothing but the faint invitation is on the paper."""
    return int(paper.min()) > 150


# What it prints


@window
def test_s_prints_the_answer_and_the_window_stays(app: App) -> None:
    app.draw(LINE)
    app.key("s")
    assert (app.line(), app.line()) == ("Predicted Digit: 3", "Confidence: 98.75%")
    app.key("S")
    assert (app.line(), app.line()) == ("Predicted Digit: 3", "Confidence: 98.75%")
    app.key("q")
    assert app.end() == 0
    assert app.rest() == []
    assert app.process.stderr is not None
    assert app.process.stderr.read() == ""


@window
def test_a_blank_sheet_is_no_digit(app: App) -> None:
    assert (app.paper() == FAINT).all(axis=2).any()
    app.key("s")
    assert app.line() == "Nothing drawn yet."
    app.key("z", "c", "s", "q")
    assert app.end() == 0
    assert app.rest() == ["Nothing drawn yet."]


@window
def test_a_click_of_an_unsteady_hand_is_no_digit(
    screen: Screen, three: Path, tmp_path: Path
) -> None:
    """Live, asked for, and kept: nothing was drawn, though a dot is on the paper."""
    kept = tmp_path / "ink.json"
    with running(screen, "--model", three, "--save", kept) as app:
        x, y = app.sheet.middle
        screen.xdotool("mousemove", x, y, "mousedown", 1, "mousemove", x + 1, y, "mouseup", 1)
        app.key("s")
        assert app.line() == "Nothing drawn yet."
        app.wait_for(lambda: int(app.paper().min()) < 60)
        # Neither the invitation nor an answer is beside it.
        assert not (app.paper() == FAINT).all(axis=2).any()
        assert len(screen.areas(ACCENT)) == 1
        app.key("q")
        assert app.end() == 0
    assert not kept.exists()


@window
def test_a_rejected_drawing_is_no_digit(screen: Screen, doubter: Path) -> None:
    with running(screen, "--model", doubter) as app:
        app.draw(LINE)
        app.key("s")
        assert app.line() == "Not a digit (closest: 3, 41.20%)"
        app.wait_for(lambda: bool(screen.areas((0xA8, 0x54, 0x0C))))  # the bar of the closest
        assert len(screen.areas(ACCENT)) == 1  # the button alone


@window
@pytest.mark.parametrize("digit", ["3", "7", "8"])
def test_the_shipped_model_reads_what_is_drawn(screen: Screen, digit: str) -> None:
    ink = Ink.from_json((ROOT / "examples" / f"{digit}.json").read_bytes())
    with running(screen) as app:
        app.draw(*([(x / 400, y / 400) for x, y in stroke] for stroke in ink.strokes))
        app.key("s")
        assert app.line() == f"Predicted Digit: {digit}"
        assert app.line().startswith("Confidence: ")


def _written(names: str, *, at: tuple[float, float] = (0.1, 0.3)) -> list[Stroke]:
    """Drawings of `examples/`, side by side, as shares of the sheet's side."""
    left, top = at
    strokes = side_by_side(names, height=0.22)
    return [[(left + x, top + y) for x, y in stroke] for stroke in strokes]


@window
def test_a_number_is_printed_and_each_line_is_one(screen: Screen) -> None:
    with running(screen) as app:
        app.draw(*_written("2"))
        app.key("s")
        assert app.line() == "Predicted Digit: 2"
        assert re.fullmatch(r"Confidence: \d+\.\d\d%", app.line())
        app.key("c")
        app.draw(*_written("2026"))
        app.key("s")
        assert app.line() == "Predicted Number: 2026"
        assert re.fullmatch(r"Confidence: \d+\.\d\d%", app.line())
        app.draw(*_written("18", at=(0.2, 0.65)))
        app.key("s")
        lines = [app.line() for _ in range(4)]
        assert lines[::2] == ["Predicted Number: 2026", "Predicted Number: 18"]
        app.key("z", "z", "s")
        assert app.line() == "Predicted Number: 2026"


@window
def test_ten_is_no_single_digit(screen: Screen) -> None:
    with running(screen) as app:
        app.draw(*_written("10"))
        app.key("s")
        assert app.line() == "Predicted Number: 10"


# What it shows


@window
def test_a_digit_of_a_number_is_chosen_by_key_and_click(screen: Screen) -> None:
    """Its bar is the long one; a line in the same colour lies below the digit."""
    with running(screen) as app:
        app.wait_for(lambda: len(screen.areas(TRACK)) == 12)  # a patch, ten bars, a dash
        rows = sorted(area.y for area in screen.areas(TRACK)[1:11])

        def is_chosen(digit: int) -> bool:
            areas = screen.areas(ACCENT)  # the largest is a button
            return any(
                area.y == rows[digit] and area.width > 0.4 * areas[0].width for area in areas[1:]
            )

        app.draw(*_written("2026"))
        app.wait_for(lambda: is_chosen(6))  # and no digit of what was read before the last stroke
        app.wait_for(lambda: bool((app.paper() == FAINT).all(axis=2).any()))  # its frames
        app.key("Left", "Left")
        app.wait_for(lambda: is_chosen(0))
        app.key("Right", "Right", "Right")
        app.wait_for(lambda: is_chosen(6))
        primary = screen.areas(ACCENT)[0]
        second = app.sheet.y + round(0.12 * app.sheet.width)
        screen.xdotool("mousemove", primary.x + primary.width // 6, second, "click", 1)
        app.wait_for(lambda: is_chosen(0))


@window
def test_the_answer_is_shown_after_each_stroke(app: App) -> None:
    """Without any key: a long bar in the accent colour, and ink in the patch."""
    screen = app.screen
    assert len(screen.areas(ACCENT)) == 1
    app.draw(LINE)
    app.wait_for(lambda: len(screen.areas(ACCENT)) > 1)
    button, bar, *_ = screen.areas(ACCENT)
    assert bar.width > 0.6 * button.width
    assert bar.x > app.sheet.x + app.sheet.width
    app.key("c")
    app.wait_for(lambda: len(screen.areas(ACCENT)) == 1)
    app.wait_for(lambda: _is_blank(app.paper()))


@window
def test_ink_is_on_the_paper_before_the_pen_is_lifted(app: App) -> None:
    assert _is_blank(app.paper())
    first, last = app._pixel(0.2, 0.2), app._pixel(0.8, 0.8)
    app.screen.xdotool("mousemove", *first, "mousedown", 1, "mousemove", *last)
    app.wait_for(lambda: bool((app.paper().max(axis=2)[150:300, 150:300] < 60).any()))
    app.screen.xdotool("mouseup", 1)


@window
def test_strokes_are_antialiased(app: App) -> None:
    app.draw(LINE)
    app.key("s")
    app.line()
    app.wait_for(lambda: not _is_blank(app.paper()))
    assert len(np.unique(app.paper()[:, :, 0])) > 10


@window
def test_the_paper_is_white_on_a_dark_desktop(screen: Screen, three: Path, tmp_path: Path) -> None:
    colours = "*background: #101010\n*foreground: #f0f0f0\n*Canvas.background: black\n"
    (tmp_path / ".Xdefaults").write_text(colours)
    with running(screen, "--model", three, home=tmp_path) as app:
        paper = app.paper()
        assert (paper[10:30, 10:30] == WHITE).all()
        assert (screen.picture()[app.sheet.y, app.sheet.x - 10] > 200).all()  # around the paper


@window
def test_a_dense_screen_gets_more_pixels(screen: Screen, three: Path) -> None:
    with virtual_screen("2880x1800", dpi=192) as dense:
        with running(screen, "--model", three) as app:
            ordinary = app.sheet.width
        with running(dense, "--model", three) as app:
            assert app.sheet.width == pytest.approx(2 * ordinary, rel=0.02)


@window
def test_large_letters_on_the_desktop_make_a_large_window(
    screen: Screen, three: Path, tmp_path: Path
) -> None:
    """Desktops on X11 tell programs the density by the size of letters."""
    (tmp_path / ".Xdefaults").write_text("Xft.dpi: 144\n")
    with running(screen, "--model", three) as app:
        ordinary = app.sheet.width
    with running(screen, "--model", three, home=tmp_path) as app:
        assert app.sheet.width == pytest.approx(1.5 * ordinary, rel=0.02)


@window
def test_a_small_screen_shows_all_of_the_window(three: Path) -> None:
    with virtual_screen("640x400") as small, running(small, "--model", three) as app:
        assert app.sheet.width > 200
        button = small.areas(ACCENT)[0]
        for area in (app.sheet, button):
            assert area.x + area.width < 640
            assert area.y + area.height < 400


# What the keys and buttons do


@window
def test_c_clears(app: App) -> None:
    app.draw(LINE, OTHER)
    app.key("c", "s")
    assert app.line() == "Nothing drawn yet."
    app.draw(OTHER)
    app.key("s")
    assert app.line() == "Predicted Digit: 3"


@window
def test_z_takes_back_one_stroke_at_a_time(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ink.json"
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE, OTHER)
        app.key("z", "s")
        assert app.line() == "Predicted Digit: 3"
        app.line()
        app.key("z", "s")  # comes after the drawing was kept
        assert app.line() == "Nothing drawn yet."
        (stroke,) = Ink.from_json(kept.read_bytes()).strokes
        expected = 400 * np.array(LINE)
        np.testing.assert_allclose(np.array(stroke), expected, atol=2)


@window
def test_every_move_of_the_pointer_is_drawn(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ink.json"
    angles = np.linspace(0, 2 * np.pi, 40)
    spiral = [
        (0.5 + 0.04 * a * np.cos(2 * a), 0.5 + 0.04 * a * np.sin(2 * a)) for a in angles.tolist()
    ]
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(spiral)
        app.key("q")
        assert app.end() == 0
    (stroke,) = Ink.from_json(kept.read_bytes()).strokes
    assert len(stroke) == 40
    np.testing.assert_allclose(np.array(stroke), 400 * np.array(spiral), atol=2)


def _buttons(screen: Screen, sheet: Area) -> tuple[Area, list[Area]]:
    """Find the large button and the three below it, from left to right."""
    primary = screen.areas(ACCENT)[0]
    below = [area for area in screen.areas(WHITE) if area.y > primary.y and area.x > sheet.x + 9]
    return primary, sorted(below[:3], key=lambda area: area.x)


@window
def test_the_buttons_do_the_same_as_the_keys(app: App) -> None:
    recognise, (undo, clear, leave) = _buttons(app.screen, app.sheet)
    app.draw(LINE, OTHER)
    app.click(undo)
    app.click(recognise)
    assert app.line() == "Predicted Digit: 3"
    assert app.line() == "Confidence: 98.75%"
    app.click(undo)
    app.click(recognise)
    assert app.line() == "Nothing drawn yet."
    app.draw(LINE, OTHER)
    app.click(clear)
    app.click(recognise)
    assert app.line() == "Nothing drawn yet."
    app.click(leave)
    assert app.end() == 0


@window
def test_keys_that_every_keyboard_has_do_the_same(app: App) -> None:
    app.draw(LINE, OTHER)
    app.key("Return")
    assert (app.line(), app.line()) == ("Predicted Digit: 3", "Confidence: 98.75%")
    app.key("BackSpace", "KP_Enter")
    assert (app.line(), app.line()) == ("Predicted Digit: 3", "Confidence: 98.75%")
    app.key("BackSpace", "Return")
    assert app.line() == "Nothing drawn yet."
    for clear in ("Delete", "Escape"):
        app.draw(LINE, OTHER)
        app.key(clear, "Return")
        assert app.line() == "Nothing drawn yet."
    app.draw(LINE)
    app.key("Tab", "Tab", "Tab", "Return", "s", "q")  # the third button clears, and nothing else
    assert app.end() == 0
    assert app.rest() == ["Nothing drawn yet."]


@window
def test_resizing_keeps_the_drawing(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ink.json"
    with running(screen, "--model", three, "--save", kept) as app:
        before = app.sheet
        app.draw(LINE)
        app.wait_for(lambda: not _is_blank(app.paper()))
        app.key("s")
        app.line()
        small = app.paper()
        screen.xdotool("windowsize", "--sync", app.window, 1300, 900)
        app.sheet = app.wait_for_sheet(side=before.width + 100)
        app.wait_for(lambda: not _is_blank(app.paper()))
        shrunk = cv2.resize(app.paper(), small.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(shrunk.astype(int) - small).mean() < 2
        app.draw(OTHER)  # the pointer still hits where it points
        app.key("q")
        assert app.end() == 0
    first, second = Ink.from_json(kept.read_bytes()).strokes
    np.testing.assert_allclose(np.array(first), 400 * np.array(LINE), atol=2)
    np.testing.assert_allclose(np.array(second), 400 * np.array(OTHER), atol=2)
