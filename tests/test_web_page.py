"""The page, in a real Chromium against a real server: what a visitor does, and what they see."""

import json
import signal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from browser import (
    DESKTOP,
    EXAMPLES,
    SCRAWL,
    Console,
    draw_by_mouse,
    example,
    expect_answer,
    on_sheet,
)
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Page, Request, expect
from servers import Server, running

from inkdigits.corrections import CorrectionStore
from inkdigits.corrections.exchange import read_into


def _store(server: Server) -> CorrectionStore:
    return CorrectionStore(server.database)


@pytest.mark.parametrize("digit", "012356789")
def test_a_digit_drawn_with_the_mouse_is_read(sheet: Page, digit: str) -> None:
    draw_by_mouse(sheet, example(digit))
    expect_answer(sheet, digit)
    expect(sheet.locator(f"#bars li:nth-child({int(digit) + 1})")).to_have_class("best")
    expect(sheet.locator("#patch")).to_be_visible()
    expect(sheet.locator("#spoken")).to_contain_text(f"{digit}, ")


def test_an_empty_sheet_invites_and_says_so(sheet: Page) -> None:
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    expect(sheet.locator("#invitation")).to_be_visible()
    expect(sheet.locator("#correct")).to_be_hidden()
    draw_by_mouse(sheet, example("7"))
    expect(sheet.locator("#invitation")).to_be_hidden()
    sheet.keyboard.press("c")
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    expect(sheet.locator("#invitation")).to_be_visible()


def test_the_answer_follows_the_pen_at_most_ten_times_a_second(sheet: Page) -> None:
    asked: list[Request] = []
    sheet.on("request", lambda one: asked.append(one) if "recognize" in one.url else None)
    strokes = example("8")
    (stroke,) = strokes[:1]
    sheet.evaluate("window.began = performance.now()")
    box = sheet.locator("#wet").bounding_box()
    assert box
    sheet.mouse.move(box["x"] + stroke[0][0], box["y"] + stroke[0][1])
    sheet.mouse.down()
    for point in stroke[1:]:
        sheet.mouse.move(box["x"] + point[0], box["y"] + point[1])
        sheet.wait_for_timeout(15)
    expect(sheet.locator("#digit")).not_to_be_empty()  # while the pen is still down
    seconds = sheet.evaluate("performance.now() - window.began") / 1000
    assert 3 <= len(asked) <= 10 * seconds + 2
    sheet.mouse.up()
    expect_answer(sheet, "8")


def test_stale_answers_are_dropped(sheet: Page) -> None:
    draw_by_mouse(sheet, example("3"))
    expect_answer(sheet, "3")
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    sheet.route("**/api/v1/recognize*", hold)
    sheet.keyboard.press("s")  # this answer is late …
    sheet.wait_for_timeout(200)
    sheet.keyboard.press("c")
    draw_by_mouse(sheet, example("1"))
    expect_answer(sheet, "1")
    held[0].fulfill(json={"label": "3", "best_label": "3", "confidence": 1, "reason": None})
    sheet.wait_for_timeout(200)
    expect_answer(sheet, "1")  # … and must not come back
    sheet.unroute("**/api/v1/recognize*")


def test_undo_redo_eraser_and_clear(sheet: Page) -> None:
    draw_by_mouse(sheet, example("4-open"))
    expect_answer(sheet, "4")
    sheet.get_by_role("button", name="Undo").click()
    expect(sheet.locator("#digit")).not_to_have_text("4")
    sheet.get_by_role("button", name="Redo").click()
    expect_answer(sheet, "4")
    sheet.keyboard.press("Control+z")
    sheet.keyboard.press("z")
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    expect(sheet.get_by_role("button", name="Undo")).to_be_disabled()
    sheet.keyboard.press("Shift+Z")
    sheet.keyboard.press("Shift+Z")
    expect_answer(sheet, "4")
    sheet.get_by_role("button", name="Clear").click()
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    sheet.get_by_role("button", name="Undo").click()
    expect_answer(sheet, "4")


def test_the_eraser_takes_whole_strokes(sheet: Page) -> None:
    strokes = [*example("1"), [[300, 100], [300, 200]]]
    draw_by_mouse(sheet, strokes)
    expect(sheet.locator("#digit")).not_to_have_text("1")
    eraser = sheet.get_by_role("button", name="Eraser")
    eraser.click()
    expect(eraser).to_have_attribute("aria-pressed", "true")
    sheet.mouse.click(*on_sheet(sheet, strokes)[-1][0])
    expect_answer(sheet, "1")
    sheet.keyboard.press("e")
    expect(eraser).to_have_attribute("aria-pressed", "false")
    sheet.keyboard.press("z")
    expect(sheet.locator("#digit")).not_to_have_text("1")


def test_a_scrawl_is_refused_in_words(sheet: Page) -> None:
    draw_by_mouse(sheet, SCRAWL)
    expect(sheet.locator("#words")).to_have_text("Not a digit")
    expect(sheet.locator("#doubt")).to_contain_text("looks most like")
    expect(sheet.locator("#digit")).to_have_text("")


def test_a_correction_is_kept_and_taken_back(sheet: Page, server: Server) -> None:
    before = {one.id for one in _store(server)}
    draw_by_mouse(sheet, example("7-crossed"))
    expect_answer(sheet, "7")
    sheet.get_by_role("button", name="2", exact=True).click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as a 2")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert (kept.correction.label, kept.correction.predicted) == ("2", "7")
    assert kept.correction.model == "inkdigits"
    assert len(kept.correction.shown.strokes) == 2  # type: ignore[union-attr]
    sheet.keyboard.press("9")  # changes one's mind
    expect(sheet.locator("#thanks")).to_contain_text("kept as a 9")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert kept.correction.label == "9"
    sheet.get_by_role("button", name="Not a digit").click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as not a digit")
    sheet.get_by_role("button", name="Take it back").click()
    expect(sheet.locator("#thanks")).to_have_text("Taken back.")
    assert {one.id for one in _store(server)} == before


@pytest.mark.parametrize("how", ["choose", "drop", "paste"])
def test_a_picture_is_read_and_shown_with_what_was_found(sheet: Page, how: str) -> None:
    path = EXAMPLES / "5-in-shadow.png"
    if how == "choose":
        sheet.locator("#choose").set_input_files(path)
    else:
        sheet.evaluate(
            """async ([how, bytes]) => {
                const transfer = new DataTransfer();
                const data = new Uint8Array(bytes);
                transfer.items.add(new File([data], "5.png", { type: "image/png" }));
                dispatchEvent(how === "drop"
                    ? new DragEvent("drop", { dataTransfer: transfer, cancelable: true })
                    : new ClipboardEvent("paste", { clipboardData: transfer }));
            }""",
            [how, list(path.read_bytes())],
        )
    expect_answer(sheet, "5")
    shown = sheet.get_by_role("img", name="The picture, with a frame around what was read")
    expect(shown).to_be_visible()
    assert shown.evaluate("canvas => [canvas.width, canvas.height]") == [240, 240]
    sheet.keyboard.press("c")
    expect(shown).to_be_hidden()
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")


def test_a_picture_that_is_none_is_told_in_words(sheet: Page, console: Console) -> None:
    console.expected = ("status of 400",)
    file = FilePayload(name="x.png", mimeType="image/png", buffer=b"no picture at all")
    with sheet.expect_response("**/api/v1/recognize*") as answered:
        sheet.locator("#choose").set_input_files(file)
    assert answered.value.status == 400
    expect(sheet.locator("#words")).to_contain_text("image")


def test_a_picture_is_corrected(sheet: Page, server: Server) -> None:
    before = {one.id for one in _store(server)}
    sheet.locator("#choose").set_input_files(EXAMPLES / "6-chalk.png")
    expect_answer(sheet, "6")
    sheet.get_by_role("button", name="0", exact=True).click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as a 0")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert isinstance(kept.correction.shown, bytes)


def test_the_camera_takes_a_picture(sheet: Page) -> None:
    sheet.get_by_role("button", name="Camera").click()
    expect(sheet.locator("#viewfinder")).to_be_visible()
    expect(sheet.locator("#video")).to_have_js_property("readyState", 4)
    with sheet.expect_response("**/api/v1/recognize*") as answered:
        sheet.get_by_role("button", name="Take it").click()
    assert answered.value.status == 200
    expect(sheet.locator("#viewfinder")).to_be_hidden()


def test_the_visit_is_listed_and_saved(sheet: Page, tmp_path: Path) -> None:
    for digit in "37":
        draw_by_mouse(sheet, example(digit))
        expect_answer(sheet, digit)
        sheet.keyboard.press("c")
        expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    draw_by_mouse(sheet, example("1"))
    expect_answer(sheet, "1")
    sheet.keyboard.press("4")
    expect(sheet.locator("#past li")).to_have_text(["4", "7", "3"])
    with sheet.expect_download() as saved:
        sheet.get_by_role("button", name="Save as JSON lines").click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in lines] == ["3", "7", "4"]
    store = CorrectionStore(f"sqlite:///{tmp_path / 'imported.sqlite'}")
    assert read_into(store, path, pytest.fail) == 3
    with sheet.expect_download() as saved:
        sheet.get_by_role("button", name="Save as PNG").click()
    picture = Image.open(BytesIO(saved.value.path().read_bytes()))
    assert picture.width > picture.height > 0
    assert len(picture.convert("L").getcolors(256) or []) > 2


def test_the_server_is_gone_and_comes_back_while_one_draws(
    page: Page, console: Console, tmp_path: Path
) -> None:
    with running(tmp_path) as server:
        page.goto(server.address)
        console.expected = ("ERR_CONNECTION_REFUSED",)
        draw_by_mouse(page, example("8"))
        expect_answer(page, "8")
        server.stop(signal.SIGKILL)
        page.keyboard.press("c")
        draw_by_mouse(page, example("2"))
        expect(page.locator("#status")).to_contain_text("cannot be reached")
        expect(page.locator("#status")).to_contain_text("Your drawing is safe")
        server.restart()
        expect_answer(page, "2")
        expect(page.locator("#status")).to_have_text("")


def test_a_server_that_is_slow_or_busy_is_told(sheet: Page, console: Console) -> None:
    console.expected = ("status of 429",)
    routes: list[Any] = []
    sheet.route("**/api/v1/recognize*", lambda route: routes.append(route))
    draw_by_mouse(sheet, example("3"))
    expect(sheet.locator("#status")).to_contain_text("slow")
    routes[-1].fulfill(status=429, headers={"Retry-After": "1"}, json={"detail": "Too many."})
    sheet.unroute("**/api/v1/recognize*")
    expect(sheet.locator("#status")).to_contain_text("busy")
    expect_answer(sheet, "3")
    expect(sheet.locator("#status")).to_have_text("")


def test_a_stylus_presses_and_a_second_finger_does_nothing(sheet: Page) -> None:
    pressures = sheet.evaluate(
        """() => {
            const wet = document.querySelector("#wet");
            const box = wet.getBoundingClientRect();
            const send = (kind, pointer, x, y, pressure) => wet.dispatchEvent(
                new PointerEvent(kind, { pointerId: pointer, pointerType: "pen", pressure,
                    button: 0, clientX: box.x + x, clientY: box.y + y, cancelable: true }));
            send("pointerdown", 7, 100, 50, 0.2);
            send("pointerdown", 8, 10, 10, 0.2);
            send("pointermove", 8, 20, 20, 0.2);
            send("pointermove", 7, 100, 150, 0.5);
            send("pointerup", 8, 20, 20, 0);
            send("pointermove", 7, 100, 300, 0.9);
            send("pointerup", 7, 100, 300, 0);
        }"""
    )
    assert pressures is None
    with sheet.expect_request("**/api/v1/recognize*") as asked:
        sheet.keyboard.press("s")
    (stroke,) = json.loads(asked.value.post_data or "")["strokes"]
    assert [point[3] for point in stroke] == [0.2, 0.5, 0.9]
    expect_answer(sheet, "1")


def test_the_drawing_outlives_a_change_of_size_and_is_sharp(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(viewport=DESKTOP, device_scale_factor=3)
    page = context.new_page()
    page.goto(server.address)
    draw_by_mouse(page, example("9"))
    expect_answer(page, "9")
    for width in (1280, 500, 3000):
        page.set_viewport_size({"width": width, "height": 800})
        side = page.locator("#sheet").evaluate("sheet => Math.round(3 * sheet.clientWidth)")
        expect(page.locator("#sheet")).to_have_js_property("width", side)
        inked = page.evaluate(
            """() => { const sheet = document.querySelector("#sheet");
                const { width, height } = sheet;
                const { data } = sheet.getContext("2d").getImageData(0, 0, width, height);
                return data.filter((value, index) => index % 4 === 3 && value > 128).length
                    / (width * height); }"""
        )
        assert 0.02 < inked < 0.2
    page.keyboard.press("s")
    expect_answer(page, "9")
    context.close()


def test_a_stroke_is_drawn_within_16_ms_of_the_pointer(sheet: Page) -> None:
    # What the page itself takes for one move of the pen, on a stroke of 2,000 points.
    median = sheet.evaluate(
        """() => {
            const wet = document.querySelector("#wet");
            const box = wet.getBoundingClientRect();
            const send = (kind, x, y) => wet.dispatchEvent(new PointerEvent(kind, { pointerId: 3,
                pointerType: "mouse", button: 0, clientX: box.x + x, clientY: box.y + y }));
            send("pointerdown", 5, 5);
            const times = [];
            for (let step = 0; step < 2000; step++) {
                const began = performance.now();
                send("pointermove", 20 + 400 * Math.abs(Math.sin(step / 9)), 20 + step / 5);
                times.push(performance.now() - began);
            }
            send("pointerup", 5, 5);
            return times.sort((a, b) => a - b)[1000];
        }"""
    )
    assert median < 16
