"""Fingers, other keyboards and input methods, and clicks on what is there already."""

from __future__ import annotations

from pathlib import Path

from tests.browser.files import OpenFile, shared
from tests.browser.host import wait_until
from tests.browser.servers import Shown, patches


def test_a_finger_can_say_what_it_is_not(open_file: OpenFile, tmp_path: Path) -> None:
    seg = patches()
    page = shared(seg, tmp_path)
    tab = open_file(page, has_touch=True, viewport={"width": 420, "height": 900})
    shown = Shown(tab, seg)
    stage = shown.stage
    box = stage.bounding_box()
    assert box is not None

    def tap(x: int, y: int) -> list[float]:
        across, down = x / 192 * box["width"], y / 128 * box["height"]
        stage.tap(position={"x": across, "y": down})
        return [round(across) / box["width"] * 192, round(down) / box["height"] * 128]

    seg.add_click(*tap(60, 40))
    assert shown.iou() == 1
    minus = shown.root.locator("button[name=negative]")
    minus.tap()
    wait_until(lambda: minus.get_attribute("aria-pressed") == "true", "the switch")
    seg.add_click(*tap(70, 45), positive=False)
    assert shown.iou() == 1
    shown.root.locator("button[name=positive]").tap()
    seg.add_click(*tap(150, 100))
    assert shown.iou() == 1
    shown.root.locator("button[name=help]").tap()
    assert "touch screen" in shown.root.locator(".ncut-help").inner_text()


SMALL = """(root) => [...root.querySelectorAll("button, input, select, [tabindex]")]
    .map((element) => element.closest("label") ?? element)
    .filter((element) => element.checkVisibility())
    .map((element) => ({ box: element.getBoundingClientRect(), element }))
    .filter(({ box }) => box.width < 24 || box.height < 24)
    .map(({ box, element }) => `${box.width} x ${box.height} ${element.outerHTML}`)"""


def test_every_target_is_large_enough_for_a_finger(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.root.locator("button[name=help]").click()
    shown.root.locator(".ncut-segment-name").click()
    assert shown.root.evaluate(SMALL) == []


PRESS = """(element, init) => element.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }))"""


def test_keys_of_a_cyrillic_keyboard_and_of_an_input_method(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    row = shown.root.locator("[data-ncut=segment]")
    shown.stage.press("1")
    row.and_(shown.root.locator(".ncut-selected")).wait_for()
    shown.stage.evaluate(PRESS, {"key": "р", "code": "KeyH"})
    row.and_(shown.root.locator(".ncut-hidden")).wait_for()
    shown.stage.evaluate(PRESS, {"key": "я", "code": "KeyZ", "ctrlKey": True})
    row.and_(shown.root.locator(":not(.ncut-hidden)")).wait_for()

    row.locator(".ncut-segment-name").press("F2")
    entry = row.locator("input[type=text]")
    entry.fill("細胞")
    for key in ("Enter", "Escape"):
        entry.evaluate(PRESS, {"key": key, "isComposing": True})
        entry.evaluate(PRESS, {"key": key, "keyCode": 229})  # Safari
    assert entry.is_visible()
    assert row.get_attribute("data-name") == "one"
    entry.press("Enter")
    wait_until(lambda: row.get_attribute("data-name") == "細胞", "the name")


def test_a_click_on_a_marker_is_no_second_one(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    markers = shown.root.locator(".ncut-click")
    shown.both_click(60, 40)
    x, y = shown.client(61, 41)
    shown.tab.mouse.click(x, y)
    shown.both_click(150, 100)  # what comes after it is there, too
    assert markers.count() == 2
    shown.tab.mouse.click(x, y, button="right")  # says something else
    wait_until(lambda: markers.count() == 3, "the negative click")
    shown.tab.mouse.click(x, y, button="right")
    shown.both_click(100, 20)
    assert markers.count() == 4
    shown.stage.press("Shift+ArrowRight")
    for count in (5, 5):
        shown.stage.press("Space")
        wait_until(lambda: markers.count() == count, "one click of two")  # noqa: B023
