"""What the tests of the page share: a real Chromium, and hands that draw in it."""

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, ConsoleMessage, Page, expect

EXAMPLES = Path(__file__).parents[1] / "examples"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REQUIRED = "INKDIGITS_REQUIRE_BROWSER"  # set where the page's tests must not be skipped
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
)
DESKTOP: Any = {"width": 1280, "height": 800}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
SCRAWL = [[[x, (x * 37) % 100] for x in range(0, 100, 2)]]
MIDDLE = 0.62  # share of the sheet's side that a drawing takes

Points = list[list[tuple[float, float]]]


def chromium() -> str:
    """The browser's program; the test is skipped where there is none."""
    for program in PROGRAMS:
        if found := shutil.which(program):
            return found
    reason = "needs Chromium (apt-get install chromium)"
    if os.environ.get(REQUIRED):
        pytest.fail(reason)
    pytest.skip(reason)


def example(name: str) -> list[Any]:
    """The strokes of a drawing in `examples/`."""
    found = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    strokes: list[Any] = found["strokes"]
    return strokes


def on_sheet(page: Page, strokes: Sequence[Sequence[Sequence[float]]]) -> Points:
    """Strokes moved to the middle of the sheet, in pixels of the window."""
    page.locator("#wet").scroll_into_view_if_needed()
    box = page.locator("#wet").bounding_box()
    assert box
    points = [point for stroke in strokes for point in stroke]
    xs, ys = [point[0] for point in points], [point[1] for point in points]
    scale = MIDDLE * box["width"] / max(max(xs) - min(xs), max(ys) - min(ys))
    left = box["x"] + box["width"] / 2 - scale * (min(xs) + max(xs)) / 2
    top = box["y"] + box["height"] / 2 - scale * (min(ys) + max(ys)) / 2
    return [[(left + scale * x, top + scale * y) for x, y, *_ in stroke] for stroke in strokes]


def draw_by_mouse(page: Page, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
    """Replay strokes with the mouse."""
    for stroke in on_sheet(page, strokes):
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
        page.mouse.up()


def draw_by_touch(page: Page, strokes: Sequence[Sequence[Sequence[float]]]) -> None:
    """Replay strokes with a finger."""
    hand = page.context.new_cdp_session(page)
    for stroke in on_sheet(page, strokes):
        _touch(hand, "touchStart", *stroke[0])
        for point in stroke[1:]:
            _touch(hand, "touchMove", *point)
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def _touch(hand: CDPSession, kind: str, x: float, y: float) -> None:
    hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


def expect_answer(page: Page, digit: str) -> None:
    """Wait until a digit is the answer."""
    expect(page.locator("#digit")).to_have_text(digit)
    expect(page.locator("#words")).to_contain_text("% sure")


class Console:
    """What a page's console said that is no good news."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.expected: tuple[str, ...] = ()  # parts of messages that belong to the test
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("console", self._note)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.said.append(f"{message.type}: {message.text}")

    def check(self) -> None:
        """Fail if there is anything that is not expected."""
        left = [said for said in self.said if not any(part in said for part in self.expected)]
        assert left == []
