"""What a visit leaves: corrections and what becomes of them, pictures, the list and its files."""

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from browser import Console, draw_by_mouse, expect_answer
from drawings import EXAMPLES, example
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect
from servers import Server, running

from inkdigits.corrections import CorrectionStore
from inkdigits.corrections.exchange import read_into


def _store(server: Server) -> CorrectionStore:
    return CorrectionStore(server.database)


def test_a_correction_is_kept_and_taken_back(sheet: Page, server: Server) -> None:
    before = {one.id for one in _store(server)}
    draw_by_mouse(sheet, example("7-crossed"))
    expect_answer(sheet, "7")
    sheet.get_by_role("button", name="2", exact=True).click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as 2")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert (kept.correction.label, kept.correction.predicted) == ("2", "7")
    assert kept.correction.model == "inkdigits"
    assert len(kept.correction.shown.strokes) == 2  # type: ignore[union-attr]
    sheet.keyboard.press("9")  # changes one's mind
    expect(sheet.locator("#thanks")).to_contain_text("kept as 9")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert kept.correction.label == "9"
    sheet.get_by_role("button", name="Not a digit").click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as not a digit")
    sheet.get_by_role("button", name="Take it back").click()
    expect(sheet.locator("#thanks")).to_have_text("Taken back.")
    assert {one.id for one in _store(server)} == before


def test_taps_are_kept_in_their_order_and_all_can_be_taken_back(
    sheet: Page, server: Server
) -> None:
    before = {one.id for one in _store(server)}
    draw_by_mouse(sheet, example("9-curled"))
    expect_answer(sheet, "9")
    sheet.keyboard.press("3")
    sheet.keyboard.press("5")  # before the first is kept
    expect(sheet.locator("#thanks")).to_contain_text("kept as 5")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert kept.correction.label == "5"
    sheet.keyboard.press("c")
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    sheet.get_by_role("button", name="Take back the correction to 5").click()
    expect(sheet.locator("#past li")).to_have_text(["9"])
    assert {one.id for one in _store(server)} == before


def test_what_was_not_answered_is_not_corrected(
    sheet: Page, server: Server, console: Console
) -> None:
    before = {one.id for one in _store(server)}
    draw_by_mouse(sheet, example("1"))
    expect_answer(sheet, "1")
    console.expected = ("status of 429",)
    busy = {"status": 429, "headers": {"Retry-After": "60"}, "json": {"detail": "Too many."}}
    sheet.route("**/api/v1/re*", lambda route: route.fulfill(**busy))
    draw_by_mouse(sheet, example("7-crossed")[:1])
    expect(sheet.locator("#status")).to_contain_text("busy")
    draw_by_mouse(sheet, [[[0, 0], [0, 50]], [[90, 0], [90, 90]]])
    sheet.keyboard.press("9")
    expect(sheet.locator("#thanks")).to_contain_text("has not answered yet")
    assert {one.id for one in _store(server)} == before


def test_a_full_store_is_told_in_words(page: Page, console: Console, tmp_path: Path) -> None:
    console.expected = ("status of 507",)
    with running(tmp_path, "--max-corrections", "1") as server:
        page.goto(server.address)
        draw_by_mouse(page, example("1"))
        expect_answer(page, "1")
        page.keyboard.press("7")
        expect(page.locator("#thanks")).to_contain_text("kept as 7")
        page.keyboard.press("c")
        draw_by_mouse(page, example("2"))
        expect_answer(page, "2")
        page.keyboard.press("7")
        expect(page.locator("#thanks")).to_contain_text(
            "Not done: The store of corrections is full"
        )
        page.get_by_role("button", name="Take back the correction to 7").click()
        expect(page.locator("#thanks")).to_have_text("Taken back.")
        page.keyboard.press("7")
        expect(page.locator("#thanks")).to_contain_text("kept as 7")


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
    with sheet.expect_response("**/api/v1/re*"):
        sheet.keyboard.press("s")
    expect_answer(sheet, "5")
    expect(shown).to_be_visible()
    sheet.keyboard.press("c")
    expect(shown).to_be_hidden()
    expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    expect(sheet.locator("#past li")).to_have_text(["5"])


def test_a_picture_that_takes_long_to_decode_does_not_come_back(sheet: Page) -> None:
    sheet.evaluate(
        """() => { const decode = window.createImageBitmap;
            window.createImageBitmap = async (...what) => {
                await new Promise((resolve) => setTimeout(resolve, 800));
                return decode(...what);
            }; }"""
    )
    with sheet.expect_response("**/api/v1/re*"):
        sheet.locator("#choose").set_input_files(EXAMPLES / "5-in-shadow.png")
    draw_by_mouse(sheet, example("1"))
    sheet.wait_for_timeout(1800)
    expect_answer(sheet, "1")
    expect(sheet.locator(".picture")).to_have_count(0)


def test_what_a_proxy_refuses_is_not_asked_again(sheet: Page, console: Console) -> None:
    console.expected = ("status of 413",)
    asked: list[Any] = []

    def refuse(route: Any) -> None:
        asked.append(route)
        route.fulfill(status=413, content_type="text/html", body="<h1>Too large</h1>")

    sheet.route("**/api/v1/re*", refuse)
    sheet.locator("#choose").set_input_files(EXAMPLES / "2-marker.png")
    expect(sheet.locator("#words")).to_contain_text("413")
    sheet.wait_for_timeout(1200)
    assert len(asked) == 1


def test_a_picture_that_is_none_is_told_in_words(sheet: Page, console: Console) -> None:
    console.expected = ("status of 400",)
    file = FilePayload(name="x.png", mimeType="image/png", buffer=b"no picture at all")
    with sheet.expect_response("**/api/v1/re*") as answered:
        sheet.locator("#choose").set_input_files(file)
    assert answered.value.status == 400
    expect(sheet.locator("#words")).to_contain_text("image")


def test_a_picture_is_corrected(sheet: Page, server: Server) -> None:
    before = {one.id for one in _store(server)}
    sheet.locator("#choose").set_input_files(EXAMPLES / "6-chalk.png")
    expect_answer(sheet, "6")
    sheet.get_by_role("button", name="0", exact=True).click()
    expect(sheet.locator("#thanks")).to_contain_text("kept as 0")
    (kept,) = [one for one in _store(server) if one.id not in before]
    assert isinstance(kept.correction.shown, bytes)


def test_the_camera_takes_a_picture(sheet: Page) -> None:
    sheet.get_by_role("button", name="Camera").click()
    expect(sheet.locator("#viewfinder")).to_be_visible()
    expect(sheet.locator("#video")).to_have_js_property("readyState", 4)
    with sheet.expect_response("**/api/v1/re*") as answered:
        sheet.get_by_role("button", name="Take it").click()
    assert answered.value.status == 200
    expect(sheet.locator("#viewfinder")).to_be_hidden()


def test_the_visit_is_listed_and_saved(sheet: Page, tmp_path: Path) -> None:
    sheet.locator("#choose").set_input_files(EXAMPLES / "2-marker.png")
    expect_answer(sheet, "2")
    sheet.keyboard.press("c")
    for digit in "37":
        draw_by_mouse(sheet, example(digit))
        expect_answer(sheet, digit)
        sheet.keyboard.press("c")
        expect(sheet.locator("#words")).to_have_text("Nothing drawn yet")
    draw_by_mouse(sheet, example("1"))
    expect_answer(sheet, "1")
    sheet.keyboard.press("4")
    expect(sheet.locator("#past li")).to_have_text(["4Take back", "7", "3", "2"])
    with sheet.expect_download() as saved:
        sheet.get_by_role("button", name="Save as JSON lines").click()
    path = tmp_path / saved.value.suggested_filename
    saved.value.save_as(path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in lines] == ["2", "3", "7", "4"]
    assert "image" in lines[0]
    store = CorrectionStore(f"sqlite:///{tmp_path / 'imported.sqlite'}")
    assert read_into(store, path, pytest.fail) == 4
    with sheet.expect_download() as saved:
        sheet.get_by_role("button", name="Save as PNG").click()
    picture = Image.open(BytesIO(saved.value.path().read_bytes()))
    assert picture.width > picture.height > 0
    assert len(picture.convert("L").getcolors(256) or []) > 2
