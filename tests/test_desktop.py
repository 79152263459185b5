"""The drawing window as a person meets it: a real window, a real pointer, real keys."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from PIL import Image
from virtual_screen import App, Area, Screen, missing, running, started, virtual_screen

from inkdigits import Ink, NoDisplay, Prediction, artifact, desktop, normalize
from inkdigits.errors import InkdigitsError

ROOT = Path(__file__).parents[1]
ACCENT = (0x31, 0x55, 0xD4)  # the chosen answer's bar, and the button that asks for it
WHITE = (255, 255, 255)
LINE = [(0.3, 0.2), (0.5, 0.5), (0.7, 0.8)]
OTHER = [(0.7, 0.2), (0.3, 0.8)]

window = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def _model(folder: Path, scores: dict[str, float], threshold: float) -> Path:
    """Write a model that gives every drawing the same scores."""
    logits = np.log([scores.get(label, 1e-9) for label in "0123456789"]).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["patch"], ["flat"]),
            helper.make_node("MatMul", ["flat", "nothing"], ["zero"]),
            helper.make_node("Add", ["zero", "scores"], ["logits"]),
        ],
        "always the same",
        [helper.make_tensor_value_info("patch", TensorProto.FLOAT, ["n", 28, 28, 1])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", 10])],
        [
            helper.make_tensor("nothing", TensorProto.FLOAT, [784, 10], np.zeros(7840)),
            helper.make_tensor("scores", TensorProto.FLOAT, [10], logits),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(proto)
    artifact.write_model(
        folder,
        proto.SerializeToString(),
        name="stand-in",
        version="1",
        labels=list("0123456789"),
        normalizer=normalize.VERSION,
        temperature=1.0,
        thresholds={"confidence": threshold, "energy": -1e9},
        training={},
        card="For tests.",
    )
    return folder


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with virtual_screen() as screen:
        yield screen


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which everything is a 3."""
    scores = {"3": 0.9875, "8": 0.0125}
    return _model(tmp_path_factory.mktemp("three"), scores, 0.5)


@pytest.fixture(scope="module")
def doubter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that accepts nothing."""
    scores = {"3": 0.412, "8": 0.388, "5": 0.2}
    return _model(tmp_path_factory.mktemp("doubter"), scores, 0.9)


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
    app.key("s")
    assert app.line() == "Nothing drawn yet."
    app.key("z", "c", "s", "q")
    assert app.end() == 0
    assert app.rest() == ["Nothing drawn yet."]


@window
def test_a_rejected_drawing_is_no_digit(screen: Screen, doubter: Path) -> None:
    with running(screen, "--model", doubter) as app:
        app.draw(LINE)
        app.key("s")
        assert app.line() == "Not a digit (closest: 3, 41.20%)"
        app.wait_for(lambda: bool(screen.areas((0xA8, 0x54, 0x0C))))  # the bar of the closest
        assert len(screen.areas(ACCENT)) == 1  # the button alone


def test_every_prediction_has_its_words() -> None:
    scores = {"3": 0.9875, "8": 0.0125}
    assert desktop.describe(None) == "Nothing drawn yet."
    blank = Prediction(None, None, 0.0, {}, "blank", None)
    assert desktop.describe(blank) == "Nothing drawn yet."
    sure = Prediction("3", "3", 0.98754, scores, None, (0, 0, 1, 1))
    assert desktop.describe(sure) == "Predicted Digit: 3\nConfidence: 98.75%"
    for reason in ("unsure", "not_a_digit"):
        refused = Prediction(None, "3", 0.412, scores, reason, (0, 0, 1, 1))
        assert desktop.describe(refused) == "Not a digit (closest: 3, 41.20%)"


@window
@pytest.mark.parametrize("digit", ["3", "7", "8"])
def test_the_shipped_model_reads_what_is_drawn(screen: Screen, digit: str) -> None:
    ink = Ink.from_json((ROOT / "examples" / f"{digit}.json").read_bytes())
    with running(screen) as app:
        app.draw(*([(x / 400, y / 400) for x, y in stroke] for stroke in ink.strokes))
        app.key("s")
        assert app.line() == f"Predicted Digit: {digit}"
        assert app.line().startswith("Confidence: ")


# What it shows


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
def test_once_closes_after_the_first_answer(screen: Screen, three: Path) -> None:
    with running(screen, "--model", three, "--once") as app:
        app.key("s")
        assert app.line() == "Nothing drawn yet."  # is no answer
        app.draw(LINE)
        app.key("s")
        assert app.end() == 0
        assert app.rest() == ["Predicted Digit: 3", "Confidence: 98.75%"]


@window
def test_the_window_managers_close_button_ends_it(
    screen: Screen, three: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "ink.json"
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE)
        screen.close(app.window)
        assert app.end() == 0
    assert len(Ink.from_json(kept.read_bytes()).strokes) == 1


@window
def test_ctrl_c_in_the_terminal_ends_it_and_keeps_the_drawing(
    screen: Screen, three: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "ink.json"
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE)
        app.key("s")
        app.line()
        kept.unlink()  # kept with the answer, before it was printed
        app.process.send_signal(signal.SIGINT)
        assert app.end() == 130
        assert app.process.stderr is not None
        assert "Traceback" not in app.process.stderr.read()
    assert len(Ink.from_json(kept.read_bytes()).strokes) == 1


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


# What it keeps


@window
def test_a_png_is_kept_as_it_looks(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "drawing.PNG"
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE, OTHER)
        app.key("s")
        app.line()
        app.line()
        app.wait_for(lambda: not _is_blank(app.paper()))
        shown = app.paper()
        app.key("q")
        assert app.end() == 0
    picture = np.asarray(Image.open(kept))
    np.testing.assert_array_equal(picture, shown)
    assert list(tmp_path.iterdir()) == [kept]


@window
def test_a_blank_sheet_is_not_kept(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "ink.json"
    kept.write_text("an older drawing")
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE)
        app.key("c", "q")
        assert app.end() == 0
    assert kept.read_text() == "an older drawing"


@window
def test_a_drawing_that_cannot_be_kept_is_an_error(
    screen: Screen, three: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with running(screen, "--model", three, "--save", folder / "ink.json") as app:
        app.draw(LINE)
        folder.rmdir()
        app.key("s")  # says so in the window, which stays
        assert (app.line(), app.line()) == ("Predicted Digit: 3", "Confidence: 98.75%")
        app.key("q")
        assert app.end() == 2
        assert app.process.stderr is not None
        errors = app.process.stderr.read()
    assert errors.count("\n") == 1
    assert "Cannot keep the drawing" in errors


@pytest.mark.parametrize("name", ["drawing", "drawing.jpg", "drawing.png.txt", "absent/ink.json"])
def test_a_file_that_cannot_be_kept_is_refused_first(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":no-such-display")  # never reached
    with pytest.raises(InkdigitsError, match="Cannot keep the drawing") as caught:
        desktop.main(save=tmp_path / name)
    assert not isinstance(caught.value, NoDisplay)


def test_a_folder_is_refused_first(tmp_path: Path) -> None:
    folder = tmp_path / "folder.png"
    folder.mkdir()
    with pytest.raises(InkdigitsError, match="is a folder"):
        desktop.main(save=folder)


# Where it cannot open


def _without_display() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY")
    return {key: value for key, value in os.environ.items() if key not in hidden}


def _run(*command: object, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *map(str, command)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


needs_x11 = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="there is always a display on this system"
)


@needs_x11
@pytest.mark.parametrize("display", [None, ":987654"])
def test_no_display_is_one_line_and_status_2(display: str | None) -> None:
    environment = _without_display() | ({"DISPLAY": display} if display else {})
    done = _run("-m", "inkdigits", "draw", environment=environment)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "inkdigits recognize FILE" in done.stderr


def test_no_tk_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)  # as Python does where it is not installed
    with pytest.raises(NoDisplay) as caught:
        desktop.main()
    message = str(caught.value)
    assert "\n" not in message
    for hint in ("python3-tk ", "python3-tkinter", "inkdigits recognize FILE"):
        assert hint in message


def test_importing_it_does_not_import_tk() -> None:
    code = "import sys, inkdigits.desktop; sys.exit('tkinter' in sys.modules)"
    assert _run("-c", code, environment=dict(os.environ)).returncode == 0


@needs_x11
def test_app_reads_the_examples_where_there_is_no_display(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "app.py")],
        env=_without_display() | {"COLUMNS": "100"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("\n") == 1
    assert "cannot be opened" in done.stderr
    for example in (ROOT / "examples").iterdir():
        if example.suffix in (".json", ".png"):
            assert example.name in done.stdout


@window
def test_app_runs_from_a_checkout_without_being_installed(screen: Screen, three: Path) -> None:
    """Python's option -S hides what is installed in development mode, but not the dependencies."""
    packages = sysconfig.get_path("purelib")
    code = (
        "import runpy, sys; "
        f"sys.path.append({packages!r}); "
        f"sys.argv = [{str(ROOT / 'app.py')!r}, '--once', '--model', {str(three)!r}]; "
        f"runpy.run_path({str(ROOT / 'app.py')!r}, run_name='__main__')"
    )
    with started([sys.executable, "-S", "-c", code], screen.environment) as process:
        app = App(screen, process)
        app.draw(LINE)
        app.key("s")
        assert app.end() == 0
        assert app.rest() == ["Predicted Digit: 3", "Confidence: 98.75%"]


@window
def test_a_broken_model_is_an_error_before_a_window_shows(screen: Screen, tmp_path: Path) -> None:
    done = _run(
        "-m", "inkdigits", "draw", "--model", tmp_path, environment=dict(screen.environment)
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


@window
def test_an_error_in_the_window_ends_the_program(screen: Screen, three: Path) -> None:
    """Tk would print it and go on with a window that no longer answers."""
    code = (
        "from inkdigits import desktop, Recognizer\n"
        "def broken(self, source): raise RuntimeError('broken on purpose')\n"
        "Recognizer.recognize = broken\n"
        f"desktop.main(model={str(three)!r})\n"
    )
    with started([sys.executable, "-c", code], screen.environment) as process:
        app = App(screen, process)
        app.draw(LINE)
        assert app.end() == 1
        assert process.stderr is not None
        assert "broken on purpose" in process.stderr.read()


# The example drawings


def test_the_examples_are_read_as_they_are_named() -> None:
    done = _run(
        "-m", "inkdigits", "recognize", ROOT / "examples", "--json", environment=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {answer["label"] for answer in answers} == set("0123456789")
    for answer in answers:
        assert answer["label"] == Path(answer["file"]).name[0], answer
