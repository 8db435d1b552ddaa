"""The page while the kernel is busy: with handlers beside the cell, and behind it.

JupyterLab sends widget messages over a subshell where the kernel has them, and the
handlers run beside the cell; elsewhere they wait for the cell's end.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.widget import FLOOD, Widget

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


@pytest.fixture(scope="module", params=["subshell", "main thread"])
def handlers(request: pytest.FixtureRequest) -> str:
    """Where the handlers of widget messages run."""
    return request.param


@pytest.fixture(scope="module")
def page(handlers: str, lab: Lab) -> Iterator[Page]:
    page = lab.open(CELLS, over_subshells=handlers == "subshell")
    yield page
    page.close()


@pytest.fixture
def widget(page: Page) -> Iterator[Busy]:
    """Make a new segmenter; a cell that a failed test left running is let go."""
    page.tab.evaluate(
        """() => {
            window.jupyterapp.shell.currentWidget.content.activeCellIndex = 0;
            return window.jupyterapp.commands.execute('notebook:run-cell');
        }"""
    )
    widget = Busy(page)
    widget.settle()
    yield widget
    widget.flag("release").touch()


class Busy(Widget):
    """A widget whose kernel is kept busy by cells."""

    def flag(self, name: str) -> Path:
        return self.page.host.root / name

    def start(self, cell: str) -> None:
        """Run a cell until it says that it has begun."""
        self.page.start_cell(CELLS.index(cell))
        wait_until(self.flag("started").exists, "the cell's begin")

    def release(self) -> None:
        """Let the running cell end, and wait until the page has settled."""
        self.flag("release").touch()
        self.settle()


def test_handlers_run_beside_the_cells_or_among_them(
    widget: Busy, handlers: str
) -> None:
    widget.press(100, 60)
    widget.root.locator("input[name=threshold]").fill("0.4")
    wait_until(lambda: widget.value("seg.threshold") == 0.4, "the threshold")
    threads = widget.value("set(received)")
    assert threads == {handlers == "main thread"}


def test_clicks_and_sliders_during_a_cell_are_kept(widget: Busy, handlers: str) -> None:
    widget.press(100, 60)
    slider = widget.root.locator("input[name=threshold]")
    masks = []
    for threshold in (0.3, 0.5):
        slider.fill(str(threshold))
        wait_until(lambda t=threshold: widget.value("seg.threshold") == t, "the value")
        widget.settle()
        masks.append(widget.mask())
    low, high = masks
    assert not np.array_equal(low, high)
    revision = widget.revision

    widget.start(SLEEP)
    slider.fill("0.3")
    # The page knows the click's similarity, and needs no kernel for this.
    wait_until(lambda: np.array_equal(widget.mask(), low), "the slider's mask")
    for x, y in TEN:
        widget.press(x, y)
    if handlers == "main thread":
        assert widget.state == "pending"
        assert widget.revision == revision
    else:
        wait_until(lambda: widget.state == "idle", "the masks, beside the cell")
    # Either way the page shows the eleven clicks' mask, and follows the granularity.
    wait_until(lambda: widget.mask().sum() > low.sum(), "the clicks' mask")
    many = widget.mask()
    widget.slider("num_eig").fill("3")
    wait_until(lambda: not np.array_equal(widget.mask(), many), "three eigenvectors")
    widget.slider("num_eig").fill("8")
    wait_until(lambda: np.array_equal(widget.mask(), many), "all eigenvectors")
    widget.release()
    wait_until(lambda: widget.value("seg.num_eig") == 8, "all eigenvectors")
    widget.settle()
    final = widget.mask()
    assert (final & many).sum() >= 0.98 * (final | many).sum()
    assert widget.value("[[int(v) for v in c] for c in seg.clicks]") == [
        [0, x, y, 1] for x, y in [(100, 60), *TEN]
    ]
    assert widget.value("seg.threshold") == 0.3
    widget.agrees()


@pytest.mark.parametrize("cell", [SET_TRAITS, SET_CLICKS_TOO], ids=["few", "clicks"])
def test_page_and_kernel_agree_after_both_have_changed_things(
    widget: Busy, cell: str
) -> None:
    widget.press(100, 60)
    wait_until(lambda: len(widget.value("seg.clicks")) == 1, "the first click")
    widget.start(cell)
    for x, y in TEN[:3]:
        widget.press(x, y)
        widget.drag("threshold", 0.5, 0.2 + x / 400)
    widget.release()
    widget.agrees()
    if cell == SET_TRAITS:
        points = widget.value("[[int(v) for v in c[1:3]] for c in seg.clicks]")
        assert points == [list(point) for point in [(100, 60), *TEN[:3]]]


def test_a_flood_of_slider_events_reaches_the_kernel_as_a_few(widget: Busy) -> None:
    widget.press(100, 60)
    widget.settle()
    widget.page.run("received.clear()")
    last = float(widget.root.locator("input[name=threshold]").evaluate(FLOOD))
    wait_until(lambda: widget.value("seg.threshold") == last, "the last value")
    widget.agrees()
    # About five a second while the slider moves, and one at rest. The host's own
    # merging, with one message in flight, lets twice as many through.
    assert widget.value("len(received)") <= 8
