"""Zoom, pan, the stage's height and the help, in JupyterLab.

The stage tells its view, in image pixels, as ``data-view``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Mouse

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.test_hosts import MAKE, SIZES
from tests.browser.widget import View, Widget

HEIGHT, WIDTH = SIZES[0]

WHOLE: View = (0, 0, WIDTH, HEIGHT)

WATCH_WHEEL = """() => {
    window.wheels = [performance.now()];
    const note = (event) => window.wheels.push(event.timeStamp);
    document.addEventListener("wheel", note, { capture: true, passive: true });
}"""

PAUSED = "() => performance.now() - window.wheels.at(-1) > 300"

SCROLLED = "() => document.querySelector('.jp-WindowedPanel-outer').scrollTop"


class Stage(Widget):
    """A widget whose stage is used with the mouse at points of the image."""

    @property
    def mouse(self) -> Mouse:
        return self.page.tab.mouse

    def point(self, x: float, y: float) -> None:
        """Move the mouse to a point of the image."""
        self.mouse.move(*self.client(x, y))

    def changes(self, act: Callable[[], None]) -> View:
        """Act, and return the view once it is another."""
        before = self.view
        act()
        wait_until(lambda: self.view != before, "another view")
        return self.view

    def zoom(self, x: float, y: float, times: int = 1) -> View:
        """Zoom in by some notches of the wheel about a point of the image."""
        self.point(x, y)
        for _ in range(times):
            self.changes(lambda: self.mouse.wheel(0, -120))
        return self.view

    def drag(self, start: tuple[int, int], end: tuple[int, int], button: str) -> None:
        """Drag from one point of the image to where another is now."""
        there = self.client(*end)
        self.point(*start)
        self.mouse.down(button=button)
        self.mouse.move(*there, steps=5)
        self.mouse.up(button=button)

    @property
    def clicks(self) -> list[list[int]]:
        """The kernel's clicks, as the pixels they are in."""
        clicks = self.page.value("seg.clicks")
        return [[int(x), int(y), label] for _, x, y, label in clicks]


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    """Open a notebook that scrolls both ways from the widget."""
    lines = "print('\\n' * 120)"
    page = lab.open([lines, MAKE, lines], width=1000, height=1000, scale=1.5)
    page.run_all()
    yield page
    page.close()


@pytest.fixture
def stage(page: Page) -> Stage:
    """Clear the clicks and show the whole of the first image."""
    stage = Stage(page)
    page.run("seg.clear()")
    stage.settle()
    stage.stage.scroll_into_view_if_needed()
    stage.stage.press("0")
    wait_until(lambda: stage.view == WHOLE, "the whole image")
    return stage


def test_clicks_land_on_their_pixels_at_any_zoom_and_pan(stage: Stage) -> None:
    x, y, width, height = stage.zoom(150, 30, times=8)
    assert width < WIDTH / 3
    assert width / height == pytest.approx(WIDTH / HEIGHT)
    # The point that was zoomed at is where it was.
    assert (150 - x) / width == pytest.approx(150 / WIDTH, abs=0.002)
    assert (30 - y) / height == pytest.approx(30 / HEIGHT, abs=0.002)

    stage.click(150, 30)
    stage.click(135, 40, button="right")
    assert stage.clicks == [[150, 30, 1], [135, 40, 0]]

    for button, keys in (("left", ["Shift"]), ("middle", [])):
        for key in keys:
            stage.page.tab.keyboard.down(key)
        x, y, *_ = stage.view
        stage.drag((150, 30), (140, 40), button)
        for key in keys:
            stage.page.tab.keyboard.up(key)
        there = pytest.approx((x + 10, y - 10, width, height), abs=0.2)
        wait_until(lambda there=there: stage.view == there, "the drag")
    assert stage.page.tab.locator(".jp-Cell.jp-mod-selected").count() <= 1
    stage.click(160, 20)
    assert stage.clicks[2:] == [[160, 20, 1]]  # and none from the drags


def test_clicks_land_on_their_pixels_on_a_scaled_page(stage: Stage) -> None:
    scale = "(root, scale) => { root.style.transform = scale }"
    stage.root.evaluate(scale, "scale(0.7)")
    stage.zoom(158, 25, times=3)
    stage.click(158, 25)
    stage.root.evaluate(scale, "")
    stage.click(150, 30)
    assert stage.clicks == [[158, 25, 1], [150, 30, 1]]


def test_fingers_pinch_and_pan_and_tap(stage: Stage) -> None:
    touch = stage.page.context.new_cdp_session(stage.page.tab)

    def fingers(event: str, *points: tuple[float, float]) -> None:
        at = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": at})

    fingers("touchStart", stage.client(70.5, 50.5))
    fingers("touchEnd")
    wait_until(lambda: stage.clicks == [[70, 50, 1]], "the tap's click")

    middle, left, right = (stage.client(x, 64) for x in (96, 80, 112))
    fingers("touchStart", left)
    fingers("touchStart", left, right)
    for step in (1.3, 1.6, 2):  # times as far apart
        reach = step * (right[0] - middle[0])
        ends = [(middle[0] + side * reach, middle[1]) for side in (-1, 1)]
        fingers("touchMove", *ends)
    fingers("touchEnd")
    half = (WIDTH / 4, HEIGHT / 4, WIDTH / 2, HEIGHT / 2)
    wait_until(lambda: stage.view == pytest.approx(half, abs=0.5), "the pinch")

    start, end = stage.client(90, 60), stage.client(100, 70)
    before = stage.view
    fingers("touchStart", start)
    fingers("touchMove", end)
    fingers("touchEnd")
    moved = (before[0] - 10, before[1] - 10, *before[2:])
    wait_until(lambda: stage.view == pytest.approx(moved, abs=0.5), "the pan")

    stage.settle()
    assert stage.clicks == [[70, 50, 1]]  # The tap's, and it alone.


def test_a_double_click_shows_the_whole_image_and_leaves_no_click(
    stage: Stage,
) -> None:
    stage.click(30, 30)
    stage.zoom(60, 40, times=3)
    stage.mouse.dblclick(*stage.client(60.5, 40.5))
    wait_until(lambda: stage.view == WHOLE, "the whole image")
    stage.settle()
    assert stage.clicks == [[30, 30, 1]]
    stage.agrees()

    keyboard = stage.page.tab.keyboard
    closer = stage.changes(lambda: keyboard.press("+"))
    assert closer == pytest.approx((32, HEIGHT / 6, 128, HEIGHT / 1.5))
    # The third image is of another size, and shown as a whole; so is the first then.
    thumb = "[data-ncut=thumb][data-index='{}']"
    stage.root.locator(thumb.format(2)).click()
    wait_until(lambda: stage.view == (0, 0, 64, 64), "the other image")
    stage.root.locator(thumb.format(0)).click()
    wait_until(lambda: stage.view == WHOLE, "the first image")


def test_a_scroll_that_began_beside_the_stage_goes_on_over_it(stage: Stage) -> None:
    tab = stage.page.tab
    box = stage.stage.bounding_box()
    assert box is not None
    beside, over = (box["x"] - 15, box["y"] + 80), (box["x"] + 60, box["y"] + 80)
    tab.evaluate(WATCH_WHEEL)

    def scroll() -> float | None:
        """Scroll up beside the stage, then over it; where from, if at one go."""
        tab.wait_for_function(PAUSED)
        stage.stage.press("0")
        start = tab.evaluate(SCROLLED)
        tab.evaluate("() => { window.wheels = [] }")
        for place in (beside, over):
            stage.mouse.move(*place)
            stage.mouse.wheel(0, -15)
        wait_until(lambda: len(tab.evaluate("window.wheels")) == 2, "the wheel")
        first, second = tab.evaluate("window.wheels")
        return start if second - first < 200 else None  # A busy machine takes longer.

    start = wait_until(scroll, "one gesture")
    wait_until(lambda: tab.evaluate(SCROLLED) <= start - 20, "both ways' scrolling")
    assert stage.view == WHOLE

    tab.wait_for_function(PAUSED)
    scrolled = tab.evaluate(SCROLLED)
    stage.zoom(60, 64)
    assert tab.evaluate(SCROLLED) == scrolled


def test_zooming_out_of_the_whole_image_scrolls_the_notebook(stage: Stage) -> None:
    scrolled = stage.page.tab.evaluate(SCROLLED)
    stage.point(60, 64)
    stage.page.tab.evaluate(WATCH_WHEEL)
    stage.page.tab.wait_for_function(PAUSED)
    stage.mouse.wheel(0, 30)
    wait_until(lambda: stage.page.tab.evaluate(SCROLLED) > scrolled, "the scrolling")
    assert stage.view == WHOLE


def test_the_grip_changes_the_stages_height(stage: Stage) -> None:
    grip = stage.root.get_by_role("separator")

    def height() -> int | None:
        """Height of the stage, once the grip has told it, too."""
        box = stage.stage.bounding_box()
        assert box is not None
        told = int(grip.get_attribute("aria-valuenow") or 0)
        return told if told == round(box["height"]) else None

    before = height()
    assert before is not None
    box = grip.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    stage.mouse.move(*middle)
    stage.mouse.down()
    stage.mouse.move(middle[0], middle[1] - 100, steps=4)
    stage.mouse.up()
    wait_until(lambda: height() == before - 100, "the drag")
    grip.press("ArrowDown")
    wait_until(lambda: height() == before - 80, "the key")
    stage.click(186, 120)
    assert stage.clicks == [[186, 120, 1]]
    grip.dblclick()
    wait_until(lambda: height() == before, "the first height")


def test_the_help_opens_and_closes_and_leaves_the_clicks(stage: Stage) -> None:
    stage.click(60, 40)
    keyboard = stage.page.tab.keyboard
    panel = stage.root.locator(".ncut-help")
    button = stage.root.locator("button[name=help]")
    assert not panel.is_visible()
    focused = "element => element === document.activeElement"

    keyboard.press("?")
    panel.wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    assert panel.locator("button").evaluate(focused)
    keyboard.press("Escape")
    panel.wait_for(state="hidden")
    assert stage.stage.evaluate(focused)

    button.click()
    panel.wait_for()
    stage.stage.focus()
    keyboard.press("Escape")
    panel.wait_for(state="hidden")
    stage.settle()
    assert stage.clicks == [[60, 40, 1]]
    keyboard.press("Escape")
    wait_until(lambda: stage.clicks == [], "clear")
