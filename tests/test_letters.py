"""A model that does not know the digits, on every surface: words that fit, and no numbers."""

import json
import re
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from browser import DESKTOP, PHONE, YEAR, Console, draw_by_mouse, photo
from drawings import EXAMPLES, example
from playwright.sync_api import Browser, Page, expect
from programs import run
from servers import DRAWING, Server, ask, connection_to, running
from stand_in import write_stand_in
from virtual_screen import Screen, missing
from virtual_screen import running as window

from inkdigits import Ink, Recognizer
from inkdigits.errors import NoNumbers
from inkdigits.model_home import ModelHome
from inkdigits.wording import counted, invitation, noun

SIGNS = ("circle", "square", "triangle", "MUSHROOMS")


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which everything is a W."""
    scores = {"W": 0.95, "M": 0.05}
    folder = tmp_path_factory.mktemp("letters")
    return write_stand_in(folder, scores, 0.5, string.ascii_uppercase)


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is not sure whether a thing is a triangle."""
    scores = {"triangle": 0.6, "square": 0.4}
    return write_stand_in(tmp_path_factory.mktemp("signs"), scores, 0.9, SIGNS)


@pytest.fixture(scope="module")
def lettered(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), "--model", str(letters)) as server:
        yield server


@pytest.mark.parametrize(
    ("labels", "name", "words"),
    [
        ("0123456789", "digit", "Draw a digit or a number"),
        ("017", "digit", "Draw a digit"),
        ("aßλ", "letter", "Draw a letter"),
        ("0123456789+", "sign", "Draw a sign or a number"),
        ("A1", "sign", "Draw a sign"),
        (("one", "two"), "sign", "Draw a sign"),
        (("10", "11"), "sign", "Draw a sign"),
    ],
)
def test_labels_have_a_noun(labels: Sequence[str], name: str, words: str) -> None:
    assert noun(labels) == name
    assert invitation(labels) == words


def test_one_is_counted_as_one() -> None:
    assert counted(1, "image") == "1 image"
    assert counted(2000, "image") == "2,000 images"
    assert [counted(n, "entry is", "entries are") for n in (1, 2)] == [
        "1 entry is",
        "2 entries are",
    ]


def test_the_library_reads_letters_and_no_numbers(letters: Path) -> None:
    model = Recognizer(letters)
    ink = Ink(DRAWING["strokes"])
    assert model.recognize(ink).label == "W"
    assert not model.reads_numbers
    with pytest.raises(NoNumbers, match=r"stand-in does not know all ten digits.* one letter at"):
        model.read(ink)


def test_more_than_digits_reads_numbers(tmp_path: Path) -> None:
    """And what is no digit is no part of a number."""
    scores = {"+": 0.6, "3": 0.4}
    model = Recognizer(write_stand_in(tmp_path / "m", scores, 0.5, "+9876543210"))
    assert model.reads_numbers
    assert model.recognize(Ink(DRAWING["strokes"])).label == "+"
    (reading,) = model.read(Ink(YEAR))
    assert {digit.best_label for digit in reading.digits} == {"3"}
    assert list(reading.digits[0].scores) == list("0123456789")


def test_the_command_line_says_what_they_are(letters: Path, signs: Path) -> None:
    done = run("recognize", "--model", letters, EXAMPLES / "3.json")
    assert done.returncode == 0
    assert b"Letter" in done.stdout
    done = run("recognize", "--model", signs, EXAMPLES / "3.json")
    assert b"Sign" in done.stdout
    assert b"unsure (closest: triangle)" in done.stdout
    done = run("read", "--model", letters, EXAMPLES / "3.json")
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    assert b"one letter at a time" in done.stderr


def test_the_server_is_ready_and_refuses_numbers_alone(lettered: Server) -> None:
    status, answer = ask(lettered.address, DRAWING)
    assert (status, answer["label"]) == (200, "W")
    status, problem = ask(lettered.address, DRAWING, "/api/v1/read")
    assert status == 422
    assert "one letter at a time" in problem["detail"]
    with connection_to(lettered.address) as connection:
        connection.request("GET", "/api")
        assert b"one digit, or whatever else the model knows" in connection.getresponse().read()
    with connection_to(lettered.address) as connection:
        connection.request("GET", "/api/v1/models")
        models = json.load(connection.getresponse())["models"]
    assert [one["name"] for one in models if one["answering"]] == ["stand-in"]


def test_the_page_speaks_of_letters(lettered: Server, page: Page, console: Console) -> None:
    page.set_viewport_size(DESKTOP)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(lettered.address)
    expect(page.locator("#invitation")).to_have_text("Draw a letter")
    draw_by_mouse(page, example("4-open"))  # of two strokes, as a number may be
    expect(page.locator("#number")).to_have_text("W")
    expect(page.locator("#words")).to_have_text("95% sure")
    assert not [url for url in asked if url.endswith("/read")]
    # a letter's key may be a command's: letters are tapped
    page.keyboard.press("B")
    expect(page.locator("#thanks")).to_be_empty()
    page.get_by_role("button", name="B", exact=True).click()
    expect(page.locator("#thanks")).to_contain_text("kept as B")
    page.get_by_role("button", name="Not a letter").click()
    expect(page.locator("#thanks")).to_contain_text("kept as not a letter")
    expect(page.locator("#past")).to_contain_text("not a letter")
    assert "digit" not in page.locator("body").inner_text().replace("inkdigits", "")
    first, last = (page.locator("#bars li").nth(place).bounding_box() for place in (0, 25))
    assert first is not None
    assert last is not None
    assert first["x"] < last["x"]  # in two columns


@pytest.mark.parametrize("size", [DESKTOP, PHONE["viewport"]], ids=["desktop", "phone"])
def test_long_labels_have_room(signs: Path, browser: Browser, size: Any, tmp_path: Path) -> None:
    with running(tmp_path, "--model", str(signs)) as server:
        context = browser.new_context(viewport=size)
        page = context.new_page()
        page.goto(server.address)
        draw_by_mouse(page, example("3"))
        expect(page.locator("#words")).not_to_have_text("Nothing drawn yet")
        big = page.locator("#number")
        fits = "one => { one.textContent = 'MUSHROOMS'; one.style.setProperty('--length', 9);"
        assert big.evaluate(f"{fits} return one.scrollWidth <= one.clientWidth }}")
        names = page.locator("#bars .name")
        assert names.evaluate_all("all => all.every((one) => one.scrollWidth <= one.clientWidth)")
        buttons = page.locator("#keys button")
        assert buttons.evaluate_all("all => all.every((b) => b.scrollWidth <= b.clientWidth)")
        lefts = page.locator("#bars .bar").evaluate_all("all => all.map((one) => one.offsetLeft)")
        assert len(set(lefts)) == 1  # the best one's bold name moves no bar
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_the_window_speaks_of_letters(screen: Screen, letters: Path) -> None:
    with window(screen, "--model", letters) as app:
        app.draw([(0.3, 0.2), (0.5, 0.5)], [(0.5, 0.3), (0.7, 0.8)])
        app.key("s")
        assert (app.line(), app.line()) == ("Predicted Letter: W", "Confidence: 95.00%")


def test_a_batch_of_numbers_is_refused_first(letters: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    done = run("batch", EXAMPLES, tmp_path / "out", "--read", "--model", letters)
    assert done.returncode == 2
    assert b"one letter at a time" in done.stderr
    assert not (tmp_path / "out").exists()


def test_corrections_keep_the_letter(lettered: Server) -> None:
    kept = DRAWING | {"label": "Q", "predicted": "W"}
    status, receipt = ask(lettered.address, kept, "/api/v1/corrections")
    assert status == 201, json.dumps(receipt)


def test_a_page_tells_that_a_model_of_other_labels_was_put_to_use(
    letters: Path, page: Page, console: Console, tmp_path: Path
) -> None:
    home = ModelHome(tmp_path / "models")
    home.add(letters, "letters")
    variables = {"INKDIGITS_MODELS": str(home.folder)}
    with running(tmp_path, variables=variables) as server:
        page.goto(server.address)
        draw_by_mouse(page, example("3"))
        expect(page.locator("#number")).to_have_text("3")
        home.use("letters")
        while ask(server.address, DRAWING)[1]["model"] != "stand-in":
            page.wait_for_timeout(100)
        page.keyboard.press("s")
        expect(page.locator("#words")).to_contain_text("load this page again; the drawing stays")
        expect(page.locator("#number")).to_be_empty()
        page.locator("#choose").set_input_files(photo(YEAR))  # a picture does not stay
        expect(page.locator("#words")).to_have_text(re.compile("load this page again.$"))
        page.keyboard.press("c")
        console.expected = ("422",)  # the server refuses to read a number of it
        draw_by_mouse(page, YEAR)
        expect(page.locator("#words")).to_contain_text("; the drawing stays")
        page.reload()
        expect(page.locator("#number")).to_have_text("W")  # of the drawing
        home.use("inkdigits")
        while ask(server.address, DRAWING)[1]["model"] != "inkdigits":
            page.wait_for_timeout(100)
        page.keyboard.press("s")
        expect(page.locator("#words")).to_contain_text("load this page again")
        page.keyboard.press("c")
        page.reload()
        expect(page.locator("#invitation")).to_be_visible()  # what was cleared stays away
