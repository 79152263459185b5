"""Whole numbers on the page: read as they are written, and put right digit by digit."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from browser import TWO_LINES, YEAR, draw_by_mouse, expect_answer, in_doubt, on_sheet, photo
from drawings import EXAMPLES, example, side_by_side
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from servers import Server

from inkdigits import Ink, Recognizer
from inkdigits.corrections import CorrectionStore, Kept
from inkdigits.corrections.exchange import read_into


def _numbers(page: Page) -> Locator:
    return page.locator("#number .figures")


def _kept(server: Server, before: set[str]) -> list[Kept]:
    store = CorrectionStore(server.database)
    return [one for one in store if one.id not in before]


def _ids(server: Server) -> set[str]:
    return {one.id for one in CorrectionStore(server.database)}


def test_a_number_is_read_as_it_is_written(sheet: Page) -> None:
    *written, last = on_sheet(sheet, YEAR)
    for stroke in written:
        sheet.mouse.move(*stroke[0])
        sheet.mouse.down()
        for point in stroke[1:]:
            sheet.mouse.move(*point)
        sheet.mouse.up()
    expect(_numbers(sheet)).to_have_text("202")
    sheet.mouse.move(*last[0])
    sheet.mouse.down()
    for point in last[1:]:
        sheet.mouse.move(*point)
    expect_answer(sheet, "2026")  # while the pen is still down
    sheet.mouse.up()
    expect(sheet.locator("#patch")).to_be_hidden()
    expect(sheet.locator("#frames rect")).to_have_count(4)
    # words and speech change once more when the pen is lifted: both are seen at one moment
    sheet.wait_for_function(
        "() => document.querySelector('#spoken').textContent"
        " === `2026, ${document.querySelector('#words').textContent}`"
    )
    sheet.keyboard.press("z")
    expect_answer(sheet, "202")
    sheet.keyboard.press("Shift+Z")
    expect_answer(sheet, "2026")
    sheet.keyboard.press("c")
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    expect(sheet.locator("#frames rect")).to_have_count(0)
    expect(sheet.locator("#past li")).to_have_text("2026")


@pytest.mark.parametrize("number", ["10", "00", "11", "47"])
def test_two_digits_are_no_single_one(sheet: Page, number: str) -> None:
    draw_by_mouse(sheet, side_by_side([{"4": "4-open"}.get(digit, digit) for digit in number]))
    expect_answer(sheet, number)


@pytest.mark.parametrize("name", ["4-open", "4-closed", "7-crossed", "5", "8"])
def test_a_digit_of_several_strokes_stays_one(sheet: Page, name: str) -> None:
    draw_by_mouse(sheet, example(name))
    expect_answer(sheet, name[0])
    expect(sheet.get_by_role("radio")).to_have_count(0)
    expect(sheet.locator("#patch")).to_be_visible()
    expect(sheet.locator("#frames rect")).to_have_count(0)


def test_a_single_stroke_is_asked_about_once(sheet: Page) -> None:
    asked: list[str] = []
    sheet.on("request", lambda one: asked.append(one.url.split("/")[-1]))
    draw_by_mouse(sheet, example("3"))
    expect_answer(sheet, "3")
    assert "read" not in asked
    with sheet.expect_request("**/api/v1/read"):  # which a second one makes necessary
        draw_by_mouse(sheet, example("1"))


def test_a_separator_belongs_to_the_number(sheet: Page) -> None:
    dot = [[[85, 98], [87, 99], [88, 98]]]
    draw_by_mouse(sheet, [*side_by_side("3"), *dot, *side_by_side("15", at=(120, 0))])
    expect_answer(sheet, "3.15")
    expect(sheet.get_by_role("radio")).to_have_count(3)
    expect(sheet.locator("#which")).to_contain_text("Digit 3 of 3: 5")


def test_each_line_is_a_reading(sheet: Page) -> None:
    draw_by_mouse(sheet, TWO_LINES)
    expect(_numbers(sheet)).to_have_text(["2026", "18"])
    expect(sheet.locator("#words")).to_have_text("2 numbers")
    expect(sheet.locator(".surely")).to_contain_text(["% sure", "% sure"])
    expect(sheet.locator("#spoken")).to_contain_text("2026, ")
    expect(sheet.locator("#spoken")).to_contain_text("18, ")
    expect(sheet.get_by_role("radio", name="8, line 2, digit 2 of 2")).to_be_checked()


def test_a_digit_is_chosen_by_tap_and_by_keyboard(sheet: Page) -> None:
    draw_by_mouse(sheet, YEAR)
    expect_answer(sheet, "2026")
    which, best = sheet.locator("#which"), sheet.locator("#bars .best .name")
    expect(which).to_contain_text("Digit 4 of 4: 6")
    sheet.keyboard.press("ArrowLeft")
    expect(which).to_contain_text("Digit 3 of 4: 2")
    expect(sheet.get_by_role("radio", name="2, digit 3 of 4")).to_be_focused()
    sheet.locator(".mark").nth(1).click()
    expect(which).to_contain_text("Digit 2 of 4: 0")
    expect(best).to_have_text("0")
    expect(sheet.locator("#frames rect").nth(1)).to_have_class("chosen")
    sheet.keyboard.press("ArrowLeft")
    expect(which).to_contain_text("Digit 1 of 4: 2")
    expect(best).to_have_text("2")
    with sheet.expect_response("**/api/v1/read"):
        sheet.keyboard.press("s")
    expect(sheet.get_by_role("radio", name="2, digit 1 of 4")).to_be_focused()
    sheet.keyboard.press("ArrowRight")
    expect(which).to_contain_text("Digit 2 of 4: 0")


def test_a_digit_in_doubt_is_marked_and_chosen(sheet: Page) -> None:
    in_doubt(sheet, 2)
    draw_by_mouse(sheet, YEAR)
    expect(sheet.locator("#words")).to_have_text("Not sure")
    expect(sheet.locator("#doubt")).to_have_text("1 digit in doubt")
    expect(sheet.get_by_role("radio", name="2, digit 3 of 4, in doubt")).to_be_checked()
    expect(sheet.locator("#which")).to_have_text("Digit 3 of 4: 2 (58%) or 7 (42%)")
    expect(sheet.locator("[data-note='?']")).to_have_count(1)  # a sign, not a colour alone
    expect(sheet.locator("#frames .doubted")).to_have_count(1)
    expect(sheet.locator("#spoken")).to_have_text("2026, Not sure, 1 digit in doubt")


def test_one_digit_of_a_number_is_corrected_and_taken_back(sheet: Page, server: Server) -> None:
    before = _ids(server)
    draw_by_mouse(sheet, YEAR)
    expect_answer(sheet, "2026")
    sheet.locator(".mark").nth(2).click()
    sheet.keyboard.press("7")
    expect(sheet.locator("#thanks")).to_contain_text("kept as 7")
    (kept,) = _kept(server, before)
    assert (kept.correction.label, kept.correction.predicted) == ("7", "2")
    assert len(kept.correction.shown.strokes) == 1  # type: ignore[union-attr]
    expect(sheet.get_by_role("radio", name="2, digit 3 of 4, corrected to 7")).to_be_checked()
    expect(sheet.locator("#past li")).to_have_text("2076Take back")
    sheet.locator(".mark").nth(0).click()
    expect(sheet.get_by_role("button", name="7", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    sheet.get_by_role("button", name="Not a digit").click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as not a digit")
    assert len(_kept(server, before)) == 2
    sheet.get_by_role("button", name="Take it back").click()
    expect(sheet.locator("#thanks")).to_have_text("Taken back.")
    expect(sheet.locator("#past li")).to_have_text("2076Take back")
    sheet.keyboard.press("c")
    sheet.get_by_role("button", name="Take back the correction to 2076").click()
    expect(sheet.locator("#past li")).to_have_text("2026")
    assert _ids(server) == before


def test_the_numbers_of_a_picture_have_frames_and_texts(sheet: Page, server: Server) -> None:
    before = _ids(server)
    lines = [*side_by_side("2026", 120, at=(60, 60)), *side_by_side("359", 120, at=(90, 260))]
    sheet.locator("#choose").set_input_files(photo(lines))
    expect(_numbers(sheet)).to_have_text(["2026", "359"])
    expect(sheet.locator("#frames rect")).to_have_count(7)
    expect(sheet.locator("#frames text")).to_have_text(["2026", "359"])
    # The frames lie where the digits are drawn.
    frame = sheet.locator("#frames rect").first.bounding_box()
    picture = sheet.locator("canvas.picture").bounding_box()
    assert frame
    assert picture
    scale = picture["width"] / 700
    assert frame["x"] - picture["x"] == pytest.approx(60 * scale, abs=14 * scale)
    assert frame["height"] == pytest.approx(120 * scale, abs=36 * scale)
    sheet.locator("#frames rect").nth(5).click()
    expect(sheet.locator("#which")).to_contain_text("Line 2, digit 2 of 3: 5")
    sheet.keyboard.press("6")
    expect(sheet.locator("#thanks")).to_contain_text("kept as 6")
    (kept,) = _kept(server, before)
    assert isinstance(kept.correction.shown, bytes)
    size = Image.open(BytesIO(kept.correction.shown)).size
    assert max(size) < 240  # the digit alone
    sheet.keyboard.press("c")
    expect(sheet.locator("#frames rect")).to_have_count(0)
    expect(sheet.locator("#past li")).to_have_text("2026, 369Take back")


def test_a_picture_of_numbers_is_sent_once_and_one_of_a_digit_is_framed(sheet: Page) -> None:
    asked: list[str] = []
    sheet.on("request", lambda one: asked.append(one.url.split("/")[-1]))
    sheet.locator("#choose").set_input_files(photo(side_by_side("2026", 120, at=(60, 60))))
    expect(_numbers(sheet)).to_have_text("2026")
    assert "read" in asked
    sheet.locator("#choose").set_input_files(EXAMPLES / "5-in-shadow.png")
    expect_answer(sheet, "5")
    expect(sheet.locator("#frames rect")).to_have_count(1)
    expect(sheet.locator("#frames text")).to_have_count(0)


def test_numbers_are_saved_as_lines_that_can_be_imported(sheet: Page, tmp_path: Path) -> None:
    draw_by_mouse(sheet, YEAR)
    expect_answer(sheet, "2026")
    sheet.keyboard.press("5")  # the last
    expect(sheet.locator("#thanks")).to_contain_text("kept as 5")
    sheet.keyboard.press("c")
    draw_by_mouse(sheet, example("3"))
    expect_answer(sheet, "3")
    sheet.keyboard.press("c")
    expect(sheet.locator("#past li")).to_have_text(["3", "2025Take back"])
    with sheet.expect_download() as saved:
        sheet.get_by_role("button", name="Save as JSON lines").click()
    path = tmp_path / "visit.jsonl"
    saved.value.save_as(path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in lines] == ["2", "0", "2", "5", "3"]
    assert [line.get("number") for line in lines] == [*4 * ["2025"], None]
    assert [len(line["strokes"]) for line in lines] == 5 * [1]
    store = CorrectionStore(f"sqlite:///{tmp_path / 'imported.sqlite'}")
    assert read_into(store, path, pytest.fail) == 5
    recognizer = Recognizer()
    drawn = [recognizer.recognize(Ink(line["strokes"])).label for line in lines]
    assert drawn == ["2", "0", "2", "6", "3"]
