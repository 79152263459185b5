"""A use of the window from start to end: what it prints and keeps, and where it cannot open."""

import json
import os
import signal
import subprocess
import sys
import sysconfig
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from virtual_screen import REQUIRED, App, Screen, missing, running, started

from inkdigits import Ink, NoDisplay, Prediction, desktop
from inkdigits.desktop.grid import arrange
from inkdigits.errors import InkdigitsError
from inkdigits.reading.result import Reading

ROOT = Path(__file__).parents[1]
LINE = [(0.3, 0.2), (0.5, 0.5), (0.7, 0.8)]
OTHER = [(0.7, 0.2), (0.3, 0.8)]

window = pytest.mark.skipif(missing() is not None, reason=str(missing()))


def test_where_a_window_is_required_its_tests_are_not_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv(REQUIRED, raising=False)
    assert "Xvfb is not installed" in str(missing())
    monkeypatch.setenv(REQUIRED, "1")
    with pytest.raises(RuntimeError, match="Xvfb is not installed and xdotool is not"):
        missing()


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


def test_numbers_have_their_words_a_line_each() -> None:
    digit = Prediction("2", "2", 0.99, {"2": 0.99, "7": 0.01}, None, (0, 0, 1, 1))
    sure = Reading("22", 0.971, (digit, digit), (0, 0, 2, 1))
    doubted = Reading("2.2", 0.412, (digit, digit), (0, 2, 2, 1), "unsure")
    assert desktop.describe((sure,)) == "Predicted Number: 22\nConfidence: 97.10%"
    assert desktop.describe((sure, doubted)).splitlines() == [
        *("Predicted Number: 22", "Confidence: 97.10%"),
        "Not sure (closest: 2.2, 41.20%)",
    ]


@pytest.mark.parametrize("count", [2, 10, 26, 47, 62, 200])
@pytest.mark.parametrize("longest", [8, 60, 400])
@pytest.mark.parametrize("height", [130, 232, 700])
def test_bars_of_however_many_labels_have_a_length_and_a_place_of_their_own(
    count: int, longest: float, height: float
) -> None:
    grid = arrange(count, 272, height, longest)
    places = [grid.place(number) for number in range(min(count, len(grid)))]
    for start, left, right, middle in places:
        assert right - left >= 27.99
        assert left - start >= min(longest + 7.99, 187.99)
        assert 0 <= start <= start + grid.width <= 272.01
        assert 0 < middle < height
    starts = sorted({start for start, *_ in places})
    gaps = [after - before for before, after in pairwise(starts)]
    assert all(gap > grid.width + 15.99 for gap in gaps)
    assert len({(start, middle) for start, _, _, middle in places}) == len(places)


def test_few_labels_all_have_a_bar_in_one_column_where_there_is_height() -> None:
    assert (arrange(10, 272, 232, 8).columns, len(arrange(10, 272, 232, 8))) == (1, 10)
    assert (arrange(26, 272, 232, 8).columns, len(arrange(26, 272, 232, 8))) == (2, 26)
    assert len(arrange(200, 272, 232, 8)) == 30


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


# What it keeps


@window
def test_a_png_is_kept_as_it_looks(screen: Screen, three: Path, tmp_path: Path) -> None:
    kept = tmp_path / "drawing.PNG"
    with running(screen, "--model", three, "--save", kept) as app:
        app.draw(LINE, OTHER)
        app.key("s")
        app.line()
        app.line()
        app.wait_for(lambda: bool(app.paper().min() < 60))
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


def test_a_file_that_may_not_be_changed_is_refused_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "ink.json"
    kept.write_text("an older drawing")
    kept.chmod(0o444)
    # The administrator may change any file, and tests may be run by one.
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == kept and mode & os.W_OK))
    with pytest.raises(InkdigitsError, match="it may not be changed"):
        desktop.main(save=kept)
    assert kept.read_text() == "an older drawing"


@pytest.mark.parametrize(
    "save",
    [
        pytest.param(
            Path("/proc/ink.json"),  # a folder that takes no file from anybody
            marks=pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
        ),
        Path("x" * 300 + ".png"),
        Path("x" * 245 + ".png"),  # no room for the temporary name that it is written under
    ],
)
def test_a_place_that_takes_no_file_is_one_line_and_status_2(save: Path, tmp_path: Path) -> None:
    environment = dict(os.environ) | {"DISPLAY": ":no-such-display"}  # never reached
    done = _run("-m", "inkdigits", "draw", "--save", tmp_path / save, environment=environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Cannot keep the drawing in" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_looking_whether_it_can_be_kept_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tkinter", None)
    with pytest.raises(NoDisplay):
        desktop.main(save=tmp_path / "ink.json")
    assert list(tmp_path.iterdir()) == []


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
