"""A connection that is lost, again and again: the page comes back by itself.

What was on the way when the connection was cut never arrives; JupyterLab connects anew
at once, without a word to the widget.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser
from playwright.sync_api import TimeoutError as StillDisabled

from tests.browser.host import Host, Page, wait_until
from tests.browser.proxy import Proxy
from tests.browser.test_hosts import MAKE
from tests.browser.test_walk import Walk
from tests.browser.widget import Widget

DROPS = (2, pytest.param(20, marks=pytest.mark.soak))
SLOW = {"round_trip": 0.08, "rate": 1.25e6}
"""80 ms and 10 Mbit/s: replies are on the way for long enough to be cut in two."""

pytestmark = pytest.mark.parametrize("lost", ["request", "reply"])

Lose = Callable[..., None]


@pytest.fixture(scope="module")
def page(host: Host, line: Proxy, browser: Browser) -> Iterator[Page]:
    page = host.open(browser, "lab", [MAKE], url=line.url)
    yield page
    page.close()


@pytest.fixture
def widget(page: Page, line: Proxy) -> Iterator[Widget]:
    """Make a new segmenter, with one click."""
    page.run_all()
    widget = Widget(page)
    widget.settle()
    widget.click(60, 40)
    yield widget
    line.pace()
    line.release()
    assert not page.errors


@pytest.fixture
def lose(line: Proxy, lost: str) -> Lose:
    """Cut the connection when what an action sends, or its reply, is on the way."""

    def lose_it(act: Callable[[], object], reply: bytes) -> None:
        way = line.up if lost == "request" else line.down
        line.hold(way)
        act()

        def on_the_way() -> bool:
            held = line.holds(way)
            return len(held) > 0 if lost == "request" else reply in held

        wait_until(on_the_way, f"the {lost} on the way")
        assert line.drop() > 0
        line.release()

    return lose_it


def clicks(widget: Widget) -> list[list[int]]:
    return widget.value("[[int(v) for v in click] for click in seg.clicks]")


def button(widget: Widget, name: str) -> Callable[[], None]:
    return widget.root.locator(f"button[name={name}]").click


ONE, TWO, THREE = [0, 60, 40, 1], [0, 100, 60, 1], [0, 30, 90, 1]


def test_a_click_is_taken_once(widget: Widget, lose: Lose) -> None:
    lose(lambda: widget.press(100, 60), b'"edited"')
    widget.agrees()
    assert clicks(widget) == [ONE, TWO]

    widget.click(30, 90)
    assert clicks(widget) == [ONE, TWO, THREE]
    button(widget, "undo")()
    widget.agrees()
    assert clicks(widget) == [ONE, TWO]


def test_clicks_that_wait_for_the_lost_one_follow_it(
    widget: Widget, lose: Lose
) -> None:
    def press() -> None:
        widget.press(100, 60)
        widget.press(30, 90)

    lose(press, b'"edited"')
    widget.agrees()
    assert clicks(widget) == [ONE, TWO, THREE]


def test_an_undo_is_taken_once(widget: Widget, lose: Lose) -> None:
    widget.click(100, 60)
    widget.click(30, 90)
    lose(button(widget, "undo"), b'"edited"')
    widget.agrees()
    assert clicks(widget) == [ONE, TWO]
    button(widget, "redo")()
    widget.agrees()
    assert clicks(widget) == [ONE, TWO, THREE]


def test_a_commit_is_taken_once(widget: Widget, lose: Lose) -> None:
    lose(button(widget, "commit"), b'"edited"')
    widget.agrees()
    assert widget.value("list(seg.segments)") == ["segment 1"]
    assert clicks(widget) == []


@pytest.mark.parametrize("name", ["threshold", "num_eig"])
def test_the_last_value_of_a_slider_reaches_the_kernel(
    widget: Widget, lose: Lose, name: str
) -> None:
    wanted: list[float] = []
    # The kernel has handled a change when it says that it is idle again.
    lose(lambda: wanted.append(widget.drag(name, 0.5, 0.3)), b'"idle"')
    wait_until(lambda: widget.value(f"seg.{name}") == wanted[0], "the last value")
    widget.agrees()
    assert float(widget.slider(name).input_value()) == wanted[0]
    for value in (4, 3) if name == "num_eig" else (0.4, 0.35):
        widget.slide(name, value)
    widget.agrees()


def test_a_drop_in_the_middle_of_a_drag_loses_no_value(
    widget: Widget, line: Proxy, lose: Lose
) -> None:
    slider = widget.slider("threshold")
    box = slider.bounding_box()
    assert box is not None
    mouse, middle = widget.page.tab.mouse, box["y"] + box["height"] / 2
    at = [box["x"] + box["width"] * part for part in (0.5, 0.7, 0.2)]

    def begin() -> None:
        mouse.move(at[0], middle)
        mouse.down()
        mouse.move(at[1], middle, steps=5)

    lose(begin, b'"idle"')
    mouse.move(at[2], middle, steps=20)
    mouse.up()
    wanted = float(slider.input_value())
    assert wanted < 0.3
    wait_until(lambda: widget.value("seg.threshold") == wanted, "the last value")
    widget.agrees()


def test_another_image_comes_to_the_stage(widget: Widget, lose: Lose) -> None:
    lose(widget.thumb(2).click, b'"pictures"')
    for image in (2, 3):
        wait_until(lambda i=image: widget.value("seg.active_image") == i, "the image")
        widget.agrees()
        widget.thumb(3).click()
    widget.click(20, 20)
    widget.agrees()
    assert clicks(widget) == [ONE, [3, 20, 20, 1]]


CHANGE = "seg.threshold = 0.3; seg.add_click(100, 60); seg.active_image = 1"


def test_what_a_cell_changes_meanwhile_shows(
    widget: Widget, line: Proxy, lost: str
) -> None:
    if lost == "request":
        # Changed while the connection is down.
        line.hold()
        assert line.drop() > 0
        widget.page.run(CHANGE)
    else:
        # Changed before, and the news is lost.
        line.hold(line.down)
        widget.page.run(CHANGE)
        wait_until(lambda: b"_revision" in line.holds(line.down), "the news on its way")
        assert line.drop() > 0
    line.release()
    wait_until(lambda: widget.stage.get_attribute("data-image") == "1", "the image")
    widget.agrees()
    assert clicks(widget) == [ONE, TWO]
    widget.click(20, 20)
    widget.agrees()
    assert clicks(widget) == [ONE, TWO, [1, 20, 20, 1]]


def test_what_both_sides_change_meanwhile_is_kept(widget: Widget, lose: Lose) -> None:
    def change() -> None:
        widget.press(100, 60)
        widget.slider("threshold").fill("0.3")

    lose(change, b'"edited"')
    widget.page.run("seg.gamma = 2.0; seg.add_click(30, 90, image=0)")
    wait_until(lambda: len(clicks(widget)) == 3, "all clicks")
    wait_until(lambda: widget.value("seg.threshold") == 0.3, "the threshold")
    widget.agrees()
    assert sorted(clicks(widget)) == sorted([ONE, TWO, THREE])
    assert widget.value("seg.gamma") == 2


class Hand(Walk):
    """A hand that does not wait: it acts while the page still settles."""

    def press(self, name: str) -> None:
        button = self.widget.root.locator(f"button[name={name}]")
        if button.is_enabled():
            with contextlib.suppress(StillDisabled):
                button.click(timeout=1000)


def strike(line: Proxy, chance: random.Random, lost: str) -> None:
    """Cut the connection at a random moment, maybe with much on the way."""
    time.sleep(chance.uniform(0, 0.6))
    if chance.random() < 0.7:
        line.hold(line.up if lost == "request" else line.down)
        time.sleep(chance.uniform(0, 0.3))
    line.drop()
    line.release()


@pytest.mark.parametrize("drops", DROPS)
def test_the_page_is_the_kernel_after_every_drop_of_a_walk(
    lost: str, drops: int, widget: Widget, line: Proxy, report: list[str]
) -> None:
    line.pace(**SLOW)
    hand = Hand(widget, len(lost))
    chance = random.Random(len(lost))
    settling = []
    done: list[str] = []
    for drop in range(drops):
        thread = threading.Thread(target=strike, args=(line, chance, lost))
        thread.start()
        begun = len(done)
        try:
            while thread.is_alive() or len(done) < begun + 2:
                done.append(hand.step())
            thread.join()
            start = time.monotonic()
            hand.leave()
            widget.agrees()
        except (AssertionError, TimeoutError) as error:
            steps = ", ".join(done[begun:])
            message = f"drop {drop + 1} of a {lost}, after {steps}: {error}"
            raise AssertionError(message) from error
        settling.append(time.monotonic() - start)
    report.append(
        f"{drops} drops of a {lost} in {len(done)} random steps: the stage was "
        f"seg.mask after each, {np.median(settling):.1f} s after the last step in the "
        f"median, {max(settling):.1f} s at most"
    )
