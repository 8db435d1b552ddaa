"""The page while the kernel is busy: with handlers beside the cell, and behind it.

JupyterLab sends widget messages over a subshell where the kernel has them, and the
handlers run beside the cell; elsewhere they wait for the cell's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator

from tests.browser.host import Page, wait_until
from tests.browser.pixels import on_canvas, read_mask

HEIGHT, WIDTH = 144, 216
"""Of the images: multiples of the latent grid, so that cells begin at pixels."""

MAKE = f"""
import threading
from pathlib import Path
import numpy as np
from ncut_widget import NcutSegmenter
for flag in ("started", "release"):
    Path(flag).unlink(missing_ok=True)
rng = np.random.default_rng(0)
patches = rng.standard_normal((4, 6, 6, 8)).repeat(6, axis=1).repeat(6, axis=2)
eigvecs = (patches + 0.7 * rng.standard_normal(patches.shape)).astype("float32")
seg = NcutSegmenter(
    eigvecs, [np.full(({HEIGHT}, {WIDTH}, 3), 128, dtype=np.uint8)] * 4, opacity=1.0
)
received = []
def counted(state, take=seg.set_state):
    received.append(threading.current_thread() is threading.main_thread())
    take(state)
seg.set_state = counted
seg
"""

# The cells end when the file `release` is there: the kernel's main shell is theirs.
SLEEP = """
import time
Path("started").touch()
while not Path("release").exists():
    time.sleep(0.01)
"""

SET_TRAITS = """
import itertools, time
choose = np.random.default_rng(1)
for step in itertools.count():
    seg.threshold = round(choose.uniform(0.3, 0.7), 2)
    seg.gamma = round(choose.uniform(0.5, 2), 1)
    seg.num_eig = int(choose.integers(4, 9))
    # change the clicks
    if step == 3:
        Path("started").touch()
    if step > 10 and Path("release").exists():
        break
    time.sleep(0.02)
"""

SET_CLICKS_TOO = SET_TRAITS.replace(
    "# change the clicks",
    "seg.clicks = [[0, *choose.integers(140, size=2).tolist(), 1]] * (step % 3)",
)

CELLS = [MAKE, SLEEP, SET_TRAITS, SET_CLICKS_TOO]

TEN = [(12 + 20 * i, 10 + 12 * i) for i in range(10)]

# Of the browser's own kind, 5 ms apart, each with a value of its own.
FLOOD = """async (slider) => {
    const start = performance.now();
    for (let i = 0; i < 200; i++) {
        slider.value = String(0.01 * (1 + ((37 * i) % 97)));
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        const wait = start + 5 * (i + 1) - performance.now();
        if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    }
    return slider.value;
}"""


@pytest.fixture(scope="module", params=["subshell", "main thread"])
def handlers(request: pytest.FixtureRequest) -> str:
    """Where the handlers of widget messages run."""
    return request.param


@pytest.fixture(scope="module")
def page(
    handlers: str, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Page]:
    name = "host" if handlers == "subshell" else "main_thread_host"
    page = request.getfixturevalue(name).open(browser, "lab", CELLS)
    yield page
    page.close()


@pytest.fixture
def widget(page: Page) -> Iterator[Widget]:
    """Make a new segmenter; a cell that a failed test left running is let go."""
    page.tab.evaluate(
        """() => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    widget = Widget(page)
    wait_until(widget.settled, "the new widget")
    yield widget
    widget.flag("release").touch()


class Widget:
    """The segmenter ``seg`` on a page, asked without the kernel's main shell."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root: Locator = page.segmenter()
        self.stage = self.root.locator("canvas[data-ncut=stage]")

    @property
    def state(self) -> str | None:
        return self.root.get_attribute("data-state")

    @property
    def revision(self) -> int:
        return int(self.root.get_attribute("data-revision") or -1)

    def settled(self) -> bool:
        """Whether what the kernel holds is what is painted."""
        return self.state == "idle" and self.revision == self.value("seg._revision")

    def value(self, expression: str) -> Any:
        return self.page.value(expression)

    def flag(self, name: str) -> Path:
        return self.page.host.root / name

    def start(self, cell: str) -> None:
        """Run a cell until it says that it has begun."""
        self.page.start_cell(CELLS.index(cell))
        wait_until(self.flag("started").exists, "the cell's begin")

    def release(self) -> None:
        """Let the running cell end, and wait until the page has settled."""
        self.flag("release").touch()
        wait_until(self.settled, "the last change on the stage")

    def click(self, x: float, y: float) -> None:
        """Click the middle of a pixel of the image."""
        box = self.stage.bounding_box()
        assert box is not None
        at = {
            "x": (x + 0.5) * box["width"] / WIDTH,
            "y": (y + 0.5) * box["height"] / HEIGHT,
        }
        self.stage.click(position=at)

    def drag(self, name: str, begin: float, end: float) -> float:
        """Drag a slider with the mouse; return its value."""
        slider = self.root.locator(f"input[type=range][name={name}]")
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box is not None
        mouse, middle = self.page.tab.mouse, box["y"] + box["height"] / 2
        mouse.move(box["x"] + box["width"] * begin, middle)
        mouse.down()
        mouse.move(box["x"] + box["width"] * end, middle, steps=10)
        mouse.up()
        return float(slider.input_value())

    def mask(self) -> NDArray:
        return read_mask(self.stage)[0]

    def expected(self) -> NDArray:
        """Take from the kernel's mask what the stage is to show."""
        mask = np.array(self.value("seg.mask.tolist()"), dtype=bool)
        shown, view = read_mask(self.stage)
        return on_canvas(mask, shown.shape, view)

    def agrees(self) -> None:
        """Check the stage and the sliders against the kernel."""
        wait_until(self.settled, "the last change on the stage")
        np.testing.assert_array_equal(self.mask(), self.expected())
        for name in ("threshold", "gamma", "num_eig"):
            slider = self.root.locator(f"input[name={name}]")
            assert float(slider.input_value()) == self.value(f"seg.{name}")
        status = self.root.locator("[data-ncut=status]")
        assert status.get_attribute("data-tone") != "error", status.inner_text()


def test_handlers_run_beside_the_cells_or_among_them(
    widget: Widget, handlers: str
) -> None:
    widget.click(100, 60)
    widget.root.locator("input[name=threshold]").fill("0.4")
    wait_until(lambda: widget.value("seg.threshold") == 0.4, "the threshold")
    threads = widget.value("set(received)")
    assert threads == {handlers == "main thread"}


def test_clicks_and_sliders_during_a_cell_are_kept(
    widget: Widget, handlers: str
) -> None:
    widget.click(100, 60)
    slider = widget.root.locator("input[name=threshold]")
    masks = []
    for threshold in (0.3, 0.5):
        slider.fill(str(threshold))
        wait_until(lambda t=threshold: widget.value("seg.threshold") == t, "the value")
        wait_until(widget.settled, "the mask")
        masks.append(widget.mask())
    low, high = masks
    assert not np.array_equal(low, high)
    revision = widget.revision

    widget.start(SLEEP)
    slider.fill("0.3")
    # The page knows the click's similarity, and needs no kernel for this.
    wait_until(lambda: np.array_equal(widget.mask(), low), "the slider's mask")
    for x, y in TEN:
        widget.click(x, y)
    if handlers == "main thread":
        assert widget.state == "pending"
        assert widget.revision == revision
    else:
        wait_until(lambda: widget.state == "idle", "the masks, beside the cell")
    widget.release()
    assert widget.value("[[int(v) for v in c] for c in seg.clicks]") == [
        [0, x, y, 1] for x, y in [(100, 60), *TEN]
    ]
    assert widget.value("seg.threshold") == 0.3
    widget.agrees()


@pytest.mark.parametrize("cell", [SET_TRAITS, SET_CLICKS_TOO], ids=["few", "clicks"])
def test_page_and_kernel_agree_after_both_have_changed_things(
    widget: Widget, cell: str
) -> None:
    widget.click(100, 60)
    wait_until(lambda: len(widget.value("seg.clicks")) == 1, "the first click")
    widget.start(cell)
    for x, y in TEN[:5]:
        widget.click(x, y)
        widget.drag("threshold", 0.5, 0.2 + x / 400)
    widget.release()
    widget.agrees()
    if cell == SET_TRAITS:
        points = widget.value("[[int(v) for v in c[1:3]] for c in seg.clicks]")
        assert points == [list(point) for point in [(100, 60), *TEN[:5]]]


def test_a_flood_of_slider_events_reaches_the_kernel_as_a_few(widget: Widget) -> None:
    widget.click(100, 60)
    wait_until(widget.settled, "the first click")
    widget.page.run("received.clear()")
    last = float(widget.root.locator("input[name=threshold]").evaluate(FLOOD))
    wait_until(lambda: widget.value("seg.threshold") == last, "the last value")
    widget.agrees()
    # About five a second while the slider moves, and one at rest. The host's own
    # merging, with one message in flight, lets twice as many through.
    assert widget.value("len(received)") <= 8
