"""The page, in a real Chromium against a real server: what a visitor does, and what they see."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from browser import (
    DESKTOP,
    SCRAWL,
    Console,
    draw_by_mouse,
    expect_answer,
    on_sheet,
)
from drawings import example
from playwright.sync_api import Browser, Page, Request, expect
from servers import Server, running


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
    expect(sheet.locator("#number")).not_to_be_empty()  # while the pen is still down
    seconds = sheet.evaluate("performance.now() - window.began") / 1000
    assert 3 <= len(asked) <= 10 * seconds + 2
    sheet.mouse.up()
    expect_answer(sheet, "8")


def test_the_answer_follows_the_pen_over_a_slow_line_too(sheet: Page) -> None:
    sheet.evaluate(
        """() => { const ask = window.fetch;
            window.fetch = async (...what) => {
                await new Promise((resolve) => setTimeout(resolve, 250));
                return ask(...what);
            }; }"""
    )
    (stroke,) = on_sheet(sheet, example("8")[:1])
    sheet.mouse.move(*stroke[0])
    sheet.mouse.down()
    for point in stroke[1:]:
        sheet.mouse.move(*point)
        sheet.wait_for_timeout(15)
    expect(sheet.locator("#number")).not_to_be_empty(timeout=400)  # while the pen is still down
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

    sheet.route("**/api/v1/re*", hold)
    sheet.keyboard.press("s")  # this answer is late …
    sheet.wait_for_timeout(200)
    sheet.keyboard.press("c")
    draw_by_mouse(sheet, example("1"))
    expect_answer(sheet, "1")
    held[0].fulfill(json={"label": "3", "best_label": "3", "confidence": 1, "reason": None})
    sheet.wait_for_timeout(200)
    expect_answer(sheet, "1")  # … and must not come back
    sheet.unroute("**/api/v1/re*")


def test_undo_redo_eraser_and_clear(sheet: Page) -> None:
    draw_by_mouse(sheet, example("4-open"))
    expect_answer(sheet, "4")
    sheet.get_by_role("button", name="Undo").click()
    expect(sheet.locator("#number")).not_to_have_text("4")
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
    expect(sheet.locator("#number")).not_to_have_text("1")
    eraser = sheet.get_by_role("button", name="Eraser")
    eraser.click()
    expect(eraser).to_have_attribute("aria-pressed", "true")
    sheet.mouse.click(*on_sheet(sheet, strokes)[-1][0])
    expect_answer(sheet, "1")
    sheet.keyboard.press("e")
    expect(eraser).to_have_attribute("aria-pressed", "false")
    sheet.keyboard.press("z")
    expect(sheet.locator("#number")).not_to_have_text("1")


def test_the_eraser_is_dragged_over_the_last_stroke(sheet: Page) -> None:
    (stroke,) = example("1")[:1]
    draw_by_mouse(sheet, [stroke])
    sheet.keyboard.press("e")
    draw_by_mouse(sheet, [stroke])
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    draw_by_mouse(sheet, [stroke])  # by the pen again
    expect_answer(sheet, "1")


def test_a_scrawl_is_refused_in_words(sheet: Page) -> None:
    draw_by_mouse(sheet, SCRAWL)
    expect(sheet.locator("#words")).to_have_text("Not a digit")
    expect(sheet.locator("#doubt")).to_contain_text("looks most like")
    expect(sheet.locator("#number")).to_have_text("")


def test_the_server_is_gone_and_comes_back_while_one_draws(
    page: Page, console: Console, tmp_path: Path
) -> None:
    with running(tmp_path) as server:
        page.goto(server.address)
        console.expected = ("net::ERR_",)  # refused, or broken off in the middle of an answer
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
    sheet.route("**/api/v1/re*", lambda route: routes.append(route))
    draw_by_mouse(sheet, example("3"))
    expect(sheet.locator("#status")).to_contain_text("slow")
    routes[-1].fulfill(status=429, headers={"Retry-After": "1"}, json={"detail": "Too many."})
    sheet.unroute("**/api/v1/re*")
    expect(sheet.locator("#status")).to_contain_text("busy")
    expect_answer(sheet, "3")
    expect(sheet.locator("#status")).to_have_text("")


def test_a_stylus_presses_and_a_second_finger_does_nothing(sheet: Page) -> None:
    sheet.evaluate(
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
    with sheet.expect_request("**/api/v1/re*") as asked:
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


def test_a_stroke_is_drawn_within_16_ms_of_the_pointer(sheet: Page, console: Console) -> None:
    console.expected = ("willReadFrequently",)
    # What the page takes for a move of the pen until its pixels lie on the canvas, on long strokes.
    times = sheet.evaluate(
        """() => {
            const wet = document.querySelector("#wet");
            const brush = wet.getContext("2d");
            const box = wet.getBoundingClientRect();
            const ratio = wet.width / box.width;
            const send = (kind, x, y) => wet.dispatchEvent(new PointerEvent(kind, { pointerId: 3,
                pointerType: "mouse", button: 0, clientX: box.x + x, clientY: box.y + y }));
            send("pointerdown", 5, 5);
            const times = [];
            for (let step = 0; step < 600; step++) {
                const [x, y] = [20 + 400 * Math.abs(Math.sin(step / 9)), 20 + step / 2];
                const began = performance.now();
                send("pointermove", x, y);
                const place = [x, y].map((value) => Math.round(ratio * value));
                const { data } = brush.getImageData(...place, 1, 1);
                times.push(performance.now() - began);
                if (data[3] < 128) return null;
            }
            send("pointerup", 5, 5);
            return times.sort((a, b) => a - b);
        }"""
    )
    assert times is not None, "a move left nothing on the canvas"
    assert times[540] < 16  # nine in ten, on a processor that draws and reads back by itself
