"""Make the pictures of the page in README and docs: `python tests/page_pictures.py FOLDER`."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browser import (
    DESKTOP,
    FLAGS,
    PHONE,
    SCRAWL,
    TWO_LINES,
    YEAR,
    chromium,
    draw_by_mouse,
    draw_by_touch,
    expect_answer,
    photo,
)
from drawings import EXAMPLES, example, side_by_side
from playwright.sync_api import Browser, Page, expect, sync_playwright
from servers import running


def _read(page: Page) -> None:
    for digit in ("7-crossed", "2", "9"):
        draw_by_mouse(page, example(digit))
        expect_answer(page, digit[0])
        page.keyboard.press("c")
    draw_by_mouse(page, example("4-open"))
    expect_answer(page, "4")


def _refused(page: Page) -> None:
    draw_by_mouse(page, SCRAWL)
    expect(page.locator("#words")).to_have_text("Not a digit")


def _picture(page: Page) -> None:
    page.locator("#choose").set_input_files(EXAMPLES / "5-in-shadow.png")
    expect_answer(page, "5")


def _touched(page: Page) -> None:
    draw_by_touch(page, example("3"))
    expect_answer(page, "3")


def _corrected(page: Page) -> None:
    _touched(page)
    page.get_by_role("button", name="8", exact=True).tap()
    expect(page.locator("#thanks")).to_contain_text("Thank you")


def _number(page: Page) -> None:
    draw_by_mouse(page, YEAR)
    expect_answer(page, "2026")
    page.keyboard.press("c")
    draw_by_mouse(page, TWO_LINES)
    expect(page.locator(".figures")).to_have_text(["2026", "18"])


def _number_corrected(page: Page) -> None:
    draw_by_touch(page, side_by_side("3592"))
    expect_answer(page, "3592")
    page.locator(".mark").nth(1).tap()
    page.get_by_role("button", name="6", exact=True).tap()
    expect(page.locator("#thanks")).to_contain_text("Thank you")
    page.evaluate("scrollTo(0, 0)")


def _numbers_in_picture(page: Page) -> None:
    lines = [*side_by_side("2026", 120, at=(60, 60)), *side_by_side("359", 120, at=(90, 260))]
    page.locator("#choose").set_input_files(photo(lines))
    expect(page.locator(".figures")).to_have_text(["2026", "359"])


PICTURES: dict[str, tuple[Any, Any, Callable[[Page], None]]] = {
    "web.png": (DESKTOP, "light", _read),
    "web-dark.png": (DESKTOP, "dark", _refused),
    "web-picture.png": (DESKTOP, "light", _picture),
    "web-number.png": (DESKTOP, "light", _number),
    "web-number-dark.png": (DESKTOP, "dark", _numbers_in_picture),
    "web-number-phone.png": (PHONE["viewport"], "light", _number_corrected),
    "web-phone.png": (PHONE["viewport"], "light", _corrected),
    "web-phone-dark.png": (PHONE["viewport"], "dark", _touched),
}


def make(browser: Browser, address: str, folder: Path) -> None:
    """Make all pictures."""
    for name, (size, scheme, act) in PICTURES.items():
        touch = size == PHONE["viewport"]
        context = browser.new_context(
            viewport=size,
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=touch,
            is_mobile=touch,
            device_scale_factor=1.5,
            locale="en-GB",
        )
        page = context.new_page()
        page.goto(address)
        act(page)
        page.screenshot(path=folder / name, full_page=not touch)
        context.close()


def main() -> None:
    """Start a server and a browser, and make all pictures in the folder that is named."""
    with (
        tempfile.TemporaryDirectory() as place,
        running(Path(place)) as server,
        sync_playwright() as player,
    ):
        browser = player.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        make(browser, server.address, Path(sys.argv[1]))
        browser.close()


if __name__ == "__main__":
    main()
