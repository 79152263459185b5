"""What the tests of the page share: a real Chromium, and hands that draw in it."""

import os
import shutil
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from drawings import side_by_side
from PIL import Image
from playwright.sync_api import CDPSession, ConsoleMessage, FilePayload, Page, expect

from inkdigits import Ink

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
YEAR = side_by_side("2026")
TWO_LINES = [*YEAR, *side_by_side("18", at=(20, 180))]
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


def expect_answer(page: Page, number: str) -> None:
    """Wait until a digit, or one number, is the answer."""
    expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("#words")).to_contain_text("% sure")


def photo(strokes: list[Any]) -> FilePayload:
    """A picture of what was drawn, on grey paper that is lit from the left."""
    grey = Ink(strokes).draw(700, 420, 12)
    light = np.linspace(0.95, 0.75, grey.shape[1])
    picture = Image.fromarray(np.rint(grey * light + 8).astype(np.uint8))
    file = BytesIO()
    picture.save(file, "PNG")
    return FilePayload(name="numbers.png", mimeType="image/png", buffer=file.getvalue())


def in_doubt(page: Page, place: int) -> None:
    """From now on a number that the server reads is in doubt at one of its digits."""

    def doubted(route: Any) -> None:
        told = route.fetch().json()
        for reading in told["readings"]:
            reading |= {"reason": "unsure", "confidence": 0.52}
            if len(reading["digits"]) > place:
                scores = dict.fromkeys("0123456789", 0.0) | {"2": 0.58, "7": 0.42}
                shares = {"scores": scores, "confidence": 0.58}
                reading["digits"][place] |= {"label": None, "reason": "unsure", **shares}
        route.fulfill(json=told)

    page.route("**/api/v1/read", doubted)


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
