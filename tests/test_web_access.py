"""The page for everyone: by keyboard, by finger, in the dark, read aloud, and light to load."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import (
    DESKTOP,
    PHONE,
    SCRAWL,
    TWO_LINES,
    YEAR,
    Console,
    draw_by_mouse,
    draw_by_touch,
    expect_answer,
    in_doubt,
    photo,
)
from drawings import example, side_by_side
from playwright.sync_api import Browser, Page, Response, expect
from servers import OWNER, Server

WHEN_NEEDED = {"api.css", "camera.js", "saving.js"}
STATIC = Path(__file__).parents[1] / "src" / "inkdigits" / "web" / "static"


def test_on_a_phone_a_finger_draws_and_the_page_stands_still(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(**PHONE)
    page = context.new_page()
    console = Console(page)
    page.goto(server.address)
    draw_by_touch(page, example("5"))
    expect_answer(page, "5")
    assert page.evaluate("[scrollY, visualViewport.scale]") == [0, 1]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, label.button")]
            .filter((each) => each.offsetParent && !each.classList.contains("link"))
            .map((each) => each.getBoundingClientRect())
            .filter((box) => box.width < 44 || box.height < 44).length"""
    )
    assert small == 0  # as a finger can hit them
    page.locator("#clear").tap()
    draw_by_touch(page, YEAR)
    expect_answer(page, "2026")
    page.locator(".mark").nth(1).tap()
    expect(page.locator("#which")).to_contain_text("Digit 2 of 4: 0")
    page.get_by_role("button", name="8", exact=True).tap()
    expect(page.locator("#thanks")).to_contain_text("kept as 8")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    marks = page.locator(".mark").evaluate_all(
        "marks => marks.map(mark => mark.getBoundingClientRect()).map(box => box.width)"
    )
    assert min(marks) >= 24
    console.check()
    context.close()


def test_all_but_drawing_works_by_keyboard(sheet: Page) -> None:
    draw_by_mouse(sheet, example("0"))
    expect_answer(sheet, "0")
    names = []
    sheet.evaluate("document.activeElement.blur()")
    sheet.mouse.click(2, 2)
    for _ in range(30):
        sheet.keyboard.press("Tab")
        names.append(
            sheet.evaluate(
                "document.activeElement.innerText?.trim() || document.activeElement.id || ''"
            )
        )
    wanted = ["Skip the sheet", "Undo", "Eraser", "Clear", "choose", "Camera", *"0123456789"]
    wanted += ["Not a digit", "shortcuts", "API"]
    assert [name for name in names if name in wanted][: len(wanted)] == wanted
    outline = sheet.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"


def test_keys_can_be_switched_off_for_good(sheet: Page) -> None:
    sheet.get_by_role("checkbox", name="Keys").uncheck()
    draw_by_mouse(sheet, example("0"))
    expect_answer(sheet, "0")
    sheet.keyboard.press("c")
    sheet.keyboard.press("5")
    expect_answer(sheet, "0")
    expect(sheet.locator("#thanks")).to_have_text("")
    sheet.reload()
    expect(sheet.get_by_role("checkbox", name="Keys")).not_to_be_checked()


@pytest.mark.parametrize(
    ("state", "size", "scheme"),
    [
        ("empty", "desktop", "light"),
        ("empty", "phone", "dark"),
        ("drawn", "desktop", "dark"),
        ("corrected", "desktop", "light"),
        ("corrected", "phone", "dark"),
        ("refused", "phone", "light"),
        ("refused", "desktop", "dark"),
        ("numbers", "desktop", "light"),
        ("numbers", "phone", "dark"),
        ("doubted", "phone", "light"),
        ("doubted", "desktop", "dark"),
        ("photo", "desktop", "light"),
        ("photo", "phone", "dark"),
        ("api", "desktop", "light"),
        ("api", "phone", "dark"),
    ],
)
def test_nothing_is_in_anyones_way(
    browser: Browser, server: Server, scheme: Any, size: str, state: str
) -> None:
    extra = PHONE if size == "phone" else {"viewport": DESKTOP}
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce", **extra)
    page = context.new_page()
    page.goto(server.address + ("/api" if state == "api" else ""))
    if state in ("drawn", "corrected"):
        draw_by_mouse(page, example("6"))
        expect_answer(page, "6")
    if state == "corrected":
        page.get_by_role("button", name="8", exact=True).click()
        expect(page.locator("#thanks")).to_contain_text("Thank you")
    if state == "refused":
        draw_by_mouse(page, SCRAWL)
        expect(page.locator("#words")).to_have_text("Not a digit")
    if state == "numbers":
        draw_by_mouse(page, TWO_LINES)
        expect(page.locator(".figures")).to_have_text(["2026", "18"])
    if state == "doubted":
        in_doubt(page, 2)
        draw_by_mouse(page, YEAR)
        expect(page.locator("#doubt")).to_have_text("1 digit in doubt")
        page.keyboard.press("7")
        expect(page.locator("#thanks")).to_contain_text("Thank you")
    if state == "photo":
        page.locator("#choose").set_input_files(photo(side_by_side("2026", 120, at=(60, 60))))
        expect(page.locator("#number")).to_have_text("2026")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = Axe().run(page, options={"runOnly": tags})
    assert found.violations_count == 0, found.generate_report()
    context.close()


def test_the_page_weighs_under_60_kb_and_asks_nobody_else(page: Page, server: Server) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(server.address)
    draw_by_mouse(page, example("4-open"))
    expect_answer(page, "4")
    page.wait_for_load_state("networkidle")
    assert all(answer.url.startswith(server.address) for answer in answers)
    files = {Path(urlsplit(one.url).path).name: one for one in answers if "/api/" not in one.url}
    modules = {path.name for path in STATIC.iterdir() if path.suffix in (".js", ".css")}
    assert modules - files.keys() == WHEN_NEEDED
    assert sum(len(one.body()) for one in files.values()) < 60_000
    turn = {urlsplit(one.url).path: one for one in answers if "/api/" in one.url}
    assert len(turn) == 2  # what is asked each time as the pen moves …
    assert sum(len(one.body()) for one in turn.values()) < 2_500  # … and its answers


def test_right_to_left_nothing_overflows(sheet: Page) -> None:
    sheet.evaluate("document.documentElement.dir = 'rtl'")
    sheet.set_viewport_size({"width": 390, "height": 844})
    draw_by_mouse(sheet, example("2"))
    expect_answer(sheet, "2")
    assert sheet.evaluate("document.documentElement.scrollWidth") == 390
    sheet.keyboard.press("c")
    draw_by_mouse(sheet, side_by_side("31592653"))
    expect_answer(sheet, "31592653")  # in the order in which it is written
    places = sheet.locator(".mark").evaluate_all(
        "marks => marks.map(mark => mark.getBoundingClientRect()).map(box => [box.y, box.x])"
    )
    assert places == sorted(places)
    assert sheet.evaluate("document.documentElement.scrollWidth") == 390


def test_the_api_page_tells_of_every_operation(sheet: Page, server: Server) -> None:
    sheet.get_by_role("link", name="API").click()
    document = sheet.evaluate("fetch('/api/v1/openapi.json').then(answer => answer.json())")
    told = sheet.locator("h2 code").all_inner_texts()
    expected = [
        f"{method.upper()} {path}" for path, ways in document["paths"].items() for method in ways
    ]
    assert sorted(re.sub(r"\s+", " ", one) for one in told) == sorted(expected)
    assert OWNER not in sheet.content()
