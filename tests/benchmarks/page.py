"""Time what a person sees: from the mouse to the painted frame, in JupyterLab.

    python -m tests.benchmarks.page

A browser of its own, a Jupyter server on loopback, and the mouse moved through the
browser's own input. What is stamped, and how, is in `probe.js`. A click is timed
beside one on a bare widget that sends and gets messages of the same size, in the same
run and in turns: the difference is what ncut_widget adds to the wire.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Locator, sync_playwright

from tests.browser.host import CHROMIUM_FLAGS, Host, Page, wait_until
from tests.browser.pixels import on_canvas, read_mask
from tests.browser.widget import FLOOD
from tests.install.browser import chromium

PROBE = (Path(__file__).parent / "probe.js").read_text()
FRAME = 1000 / 60
"""Milliseconds of a frame at 60 Hz."""

VIEW = {"viewport": {"width": 1200, "height": 2000}}
"""Room for the widget and the bare one below it."""

SMOOTH = """
import time
import numpy as np, torch
from ncut_widget import NcutSegmenter
def smooth(batch, height, width, num_eig):
    rng = np.random.default_rng(0)
    coarse = rng.standard_normal((batch, num_eig, height // 8, width // 8))
    eigvecs = torch.nn.functional.interpolate(
        torch.from_numpy(coarse), size=(height, width), mode="bicubic"
    )
    return eigvecs.permute(0, 2, 3, 1).float().contiguous().numpy()
def flat(batch, height, width):
    return [np.full((height, width, 3), 128, dtype=np.uint8)] * batch
"""

PHOTOGRAPHS = (
    SMOOTH
    + """
from PIL import Image
from skimage import data
def photographs(batch):
    rng = np.random.default_rng(0)
    sources = [data.astronaut(), data.coffee(), data.rocket(), data.chelsea()]
    for index in range(batch):
        source = sources[index % len(sources)]
        height = int(rng.integers(200, 300))
        width = height * 4 // 3
        top = int(rng.integers(source.shape[0] - height + 1))
        left = int(rng.integers(source.shape[1] - width + 1))
        crop = source[top : top + height, left : left + width]
        yield np.asarray(Image.fromarray(crop).resize((640, 480)))
eigvecs = smooth(100, 64, 64, 30)
images = list(photographs(100))
"""
)

# What a handler takes, what it answers, and how often the page asked.
WATCHED = """
received, seconds, replies = [], [], []
class Watched(NcutSegmenter):
    def _receive(self, widget, content, buffers):
        start = time.perf_counter()
        super()._receive(widget, content, buffers)
        if content["type"] == "edit":
            seconds.append(time.perf_counter() - start)
            received.append(content)
    def set_state(self, state):
        settings.append(dict(state))
        super().set_state(state)
    def send(self, content, buffers=None):
        if content["type"] == "edited":
            replies.append((content, buffers))
        super().send(content, buffers)
settings = []
"""

# With eigenvalues, as from images or features: by default all clicks are one map.
EIGVALS = "eigvals=np.linspace(1, 0.5, 30)"

SHOW = PHOTOGRAPHS + WATCHED + f"seg = Watched(eigvecs, images, {EIGVALS})\nseg"

ECHO = """
import anywidget, traitlets
class Echo(anywidget.AnyWidget):
    question = traitlets.Dict().tag(sync=True)
    size = traitlets.List().tag(sync=True)
    _esm = '''
function render({ model, el }) {
    const [width, height] = model.get("size");
    const root = document.createElement("div");
    root.className = "echo";
    root.dataset.state = "idle";
    root.dataset.revision = "0";
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    canvas.style.width = `${width / devicePixelRatio}px`;
    const context = canvas.getContext("2d");
    const picture = new OffscreenCanvas(width, height);
    picture.getContext("2d").fillRect(0, 0, width, height);
    canvas.addEventListener("click", () => {
        root.dataset.state = "pending";
        model.send(model.get("question"));
    });
    model.on("msg:custom", () => requestAnimationFrame(() => {
        context.drawImage(picture, 0, 0);
        root.dataset.state = "idle";
        root.dataset.revision = String(Number(root.dataset.revision) + 1);
    }));
    root.append(canvas);
    el.append(root);
}
export default { render };
'''
    def __init__(self, reply, **traits):
        super().__init__(**traits)
        self.seconds = []
        self.reply = reply
        self.on_msg(self.answer)
    def answer(self, widget, content, buffers):
        start = time.perf_counter()
        self.send(*self.reply)
        self.seconds.append(time.perf_counter() - start)
echo = Echo(
    ({**replies[-1][0]}, [bytes(len(b)) for b in replies[-1][1]]),
    question=received[-1], size=stage_size,
)
echo
"""

SLEEP = "import time\ntime.sleep(60)"

MANY = (
    SMOOTH
    + WATCHED
    + """
seg = Watched(smooth(1000, 32, 32, 8), flat(1000, 64, 64))
seg
"""
)

FLAT = (
    SMOOTH
    + f"""
images = flat(4, 480, 640)
seg = NcutSegmenter(smooth(4, 64, 64, 30), images, opacity=1.0, {EIGVALS})
seg
"""
)

CLICK_IN_KERNEL = """
few = Watched(seg.eigvecs[:100], flat(100, 64, 64))
kernel_times = {}
for name, each in (("100", few), ("1000", seg)):
    cells = np.random.default_rng(1).integers(64, size=(22, 2)).tolist()
    kernel_times[name] = []
    for number, (x, y) in enumerate(cells):
        edits = [{"op": "clear"}, {"op": "add", "prompt": [number, x, y, 1]}]
        seconds.clear()
        replies.clear()
        question = {
            **{"type": "edit", "id": f"bench-{number + 1}", "page": "bench"},
            **{"first": 2 * number + 1, "since": each._revision},
            **{"edits": edits, "images": list(range(12))},
        }
        each._receive(each, question, [])
        assert replies[0][0]["error"] is None
        kernel_times[name].append(seconds[0])
"""

SCROLL = """([strip, seconds]) => new Promise((done) => {
    const gaps = [];
    const far = strip.scrollWidth - strip.clientWidth;
    const start = performance.now();
    let before = null;
    const step = (now) => {
        if (before !== null) gaps.push(now - before);
        before = now;
        const part = Math.min((performance.now() - start) / (1000 * seconds), 1);
        strip.scrollLeft = part * far;
        if (part < 1) requestAnimationFrame(step);
        else requestAnimationFrame((now) => { gaps.push(now - before); done(gaps); });
    };
    requestAnimationFrame(step);
})"""


def spread(times: Iterable[float]) -> str:
    """Write the median, 95th percentile and maximum, in milliseconds."""
    values = list(times)
    middle, most = np.percentile(values, [50, 95])
    return f"{middle:>10.1f}{most:>10.1f}{max(values):>10.1f}"


HEADER = f"{'ms':<52}{'median':>10}{'p95':>10}{'max':>10}"


DWELL = 0.2
"""Seconds that a hand rests where it will click, at the least."""


class Segmenter:
    """The segmenter ``seg`` of a page, with the probe on its stage."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.mouse = page.tab.mouse
        self.root: Locator = page.segmenter()
        self.stage = self.root.locator("canvas[data-ncut=stage]")
        page.tab.evaluate(PROBE)
        self.watch(self.stage, self.root)
        self.wait_idle()

    def watch(self, canvas: Locator, root: Locator) -> None:
        self.page.tab.evaluate(
            "([canvas, root]) => probe.watch(canvas, root)",
            [canvas.element_handle(), root.element_handle()],
        )

    def wait_idle(self, revision: str = "") -> None:
        """Wait until the page has settled, on another revision than the one given."""
        self.page.tab.wait_for_function(
            """([root, revision]) => root.dataset.state === "idle" &&
                root.dataset.revision !== "-1" && root.dataset.revision !== revision""",
            arg=[self.root.element_handle(), revision],
        )

    @property
    def revision(self) -> str:
        return self.root.get_attribute("data-revision") or ""

    @property
    def previews(self) -> bool:
        """Whether this page can show the mask of a click to come."""
        return self.root.get_attribute("data-preview") is not None

    def cells(self, count: int, grid: int = 64) -> list[tuple[float, float]]:
        """Middles of cells of the stage, on the screen; no cell twice."""
        box = self.stage.bounding_box()
        assert box is not None
        chosen = random.Random(0).sample(range(grid * grid), count)
        return [
            (
                box["x"] + box["width"] * (cell % grid + 0.5) / grid,
                box["y"] + box["height"] * (cell // grid + 0.5) / grid,
            )
            for cell in chosen
        ]

    def drag(self, count: int) -> list[dict[str, float]]:
        """Drag the threshold to and fro, as a 60 Hz mouse would."""
        slider = self.root.locator("input[name=threshold]")
        box = slider.bounding_box()
        assert box is not None
        y = box["y"] + box["height"] / 2

        def move(step: int) -> None:
            part = abs((step % 80) - 40) / 40
            self.mouse.move(box["x"] + box["width"] * (0.1 + 0.8 * part), y)

        move(0)
        self.mouse.down()
        self.page.tab.evaluate("probe.start('input')")
        for step in range(1, 4 * count):
            move(step)
            time.sleep(FRAME / 1000)
            if step >= count and self.page.tab.evaluate("probe.count") >= count:
                break
        self.mouse.up()
        return self.page.tab.evaluate("probe.stop()")

    def hover(self, count: int) -> list[dict[str, float]]:
        """Move over the stage, from cell to cell."""
        self.page.tab.evaluate("probe.start('pointermove')")
        for x, y in self.cells(count):
            self.mouse.move(x, y)
            time.sleep(FRAME / 1000)
        return self.page.tab.evaluate("probe.stop()")

    def click(self, x: float, y: float) -> dict[str, float]:
        """Point there, rest, and click; the times to the answer's painting."""
        self.mouse.move(x, y)
        time.sleep(DWELL)
        self.page.tab.evaluate("probe.start('click')")
        self.mouse.click(x, y)
        self.page.tab.wait_for_function("() => probe.answer")
        return self.page.tab.evaluate("probe.answer")

    def clear(self) -> None:
        revision = self.revision
        self.stage.press("Escape")  # As a button would, but the focus stays.
        self.wait_idle(revision)


@contextmanager
def sleeping(page: Page, cell: int) -> Iterator[None]:
    """Let the kernel's main thread sleep in a cell."""
    status = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status"
    page.start_cell(cell)
    page.tab.wait_for_function(f"() => ({status})() === 'busy'")
    yield
    page.tab.evaluate(
        "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
    )
    page.tab.wait_for_function(f"() => ({status})() === 'idle'")


def print_painted(name: str, events: list[dict[str, float]]) -> None:
    """Print a block: from the event to drawn and to committed."""
    for field, title in (
        ("drawn", "dispatch to drawn"),
        ("committed", "dispatch to committed"),
        ("stamped", "event.timeStamp to committed"),
    ):
        times = [event[field] for event in events]
        within = np.mean(np.array(times) <= FRAME)
        line = f"{name}: {title}"
        print(f"{line:<52}{spread(times)}{within:>9.0%}{len(times):>7}")


def time_painting(seg: Segmenter, count: int) -> None:
    """Time slider and hover, with the kernel idle and asleep."""
    seg.click(*seg.cells(1)[0])
    print(f"\n{HEADER}{'<16.7':>9}{'n':>7}")
    print_painted("slider, kernel idle", seg.drag(count))
    with sleeping(seg.page, 2):
        print_painted("slider, kernel busy", seg.drag(count))
    seg.wait_idle()
    if not seg.previews:
        print("hover: this page has no preview")
        return
    print_painted("hover, kernel idle", seg.hover(count))
    with sleeping(seg.page, 2):
        print_painted("hover, kernel busy", seg.hover(count))


def time_clicks(seg: Segmenter, count: int) -> None:
    """Time clicks in turns with the echo's."""
    page = seg.page
    seg.clear()
    seg.click(*seg.cells(1)[0])
    size = seg.stage.evaluate("(canvas) => [canvas.width, canvas.height]")
    page.run(f"stage_size = {size}")
    page.start_cell(1)
    root = page.tab.locator(".echo")
    canvas = root.locator("canvas")
    canvas.wait_for()
    seg.watch(canvas, root)

    ours, echoes = [], []
    for number in range(count + 5):
        seg.clear()
        seg.stage.scroll_into_view_if_needed()  # which moves the notebook
        ours.append(seg.click(*seg.cells(count + 5)[number]))
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        assert box is not None
        # Away from the first half of a double click.
        echoes.append(seg.click(box["x"] + 40 + number % 2, box["y"] + 40))
    page.tab.evaluate("probe.stop()")
    ours, echoes = ours[5:], echoes[5:]
    # What was handled between is "clear".
    clicks = page.value(
        "[s for s, c in zip(seconds, received) if c['edits'][0]['op'] == 'add']"
    )[-count:]
    answered = page.value("echo.seconds")[-count:]
    sizes = page.value("[sum(map(len, r[1])) for r in replies if r[0]['fields']]")

    print(f"\n{HEADER}{'':>9}{'n':>7}")
    rows = {
        "click to kernel's mask, drawn": [each["drawn"] for each in ours],
        "click to kernel's mask, committed": [each["committed"] for each in ours],
        "  of it in the kernel's handler": [1000 * s for s in clicks],
        "  of it on the wire and in the page": [
            each["committed"] - 1000 * s for each, s in zip(ours, clicks, strict=True)
        ],
        "echo, drawn": [each["drawn"] for each in echoes],
        "echo, committed": [each["committed"] for each in echoes],
        "  of it in the echo's handler": [1000 * s for s in answered],
        "click less the echo beside it": [
            a["committed"] - b["committed"] for a, b in zip(ours, echoes, strict=True)
        ],
    }
    for name, times in rows.items():
        print(f"{name:<52}{spread(times)}{'':>9}{len(times):>7}")
    print(f"A reply has {max(sizes[-count:]):,} bytes of maps, the echo's as many.")


def count_messages(seg: Segmenter) -> None:
    """Count what a flood of slider events sends."""
    seg.wait_idle()
    seg.page.run("settings.clear()")
    seg.page.tab.evaluate("probe.start('flood')")
    last = float(seg.root.locator("input[name=threshold]").evaluate(FLOOD))
    wait_until(lambda: seg.page.value("seg.threshold") == last, "the last value")
    seg.wait_idle()
    frames = seg.page.tab.evaluate("probe.frames")
    messages = seg.page.value("len(settings)")
    print(
        f"\n200 slider events in a second: {frames} frames sent by the page, "
        f"{messages} messages handled by the kernel, the last value among them."
    )


def time_strip(page: Page) -> None:
    """Scroll a strip of 1000 images; time the kernel for as many."""
    seg = Segmenter(page)
    seg.click(*seg.cells(1, grid=32)[0])
    strip = seg.root.locator(".ncut-filmstrip")
    print(f"\n{HEADER}{'':>9}{'n':>7}")
    for duration in (10, 3):
        gaps = page.tab.evaluate(SCROLL, [strip.element_handle(), duration])
        seg.wait_idle()
        name = f"frames, scrolling 1000 images in {duration} s"
        print(f"{name:<52}{spread(gaps)}{'':>9}{len(gaps):>7}")
    thumbs = seg.root.locator("[data-ncut=thumb]").count()
    page.run(CLICK_IN_KERNEL)
    for batch, times in page.value("kernel_times").items():
        name = f"click in the kernel, {batch} images of 32 x 32"
        print(f"{name:<52}{spread(1000 * t for t in times[2:])}{'':>9}{20:>7}")
    print(f"{thumbs} thumbs in the document.")


def compare_previews(page: Page, count: int) -> None:
    """Compare the mask under the pointer with the kernel's after the click."""
    seg = Segmenter(page)
    if not seg.previews:
        print("\npreview quality: this page has no preview")
        return
    overlaps = []
    for x, y in seg.cells(count):
        seg.mouse.move(x, y)
        page.tab.wait_for_selector(".ncut-segmenter[data-preview=true]")
        page.tab.evaluate("() => new Promise(requestAnimationFrame)")
        preview, view = read_mask(seg.stage)
        seg.click(x, y)
        shape, packed = page.value("(seg.mask.shape, np.packbits(seg.mask).tobytes())")
        bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=np.prod(shape))
        mask = bits.reshape(shape).astype(bool)
        shown = on_canvas(mask, preview.shape, view)
        overlaps.append(
            (preview & shown).sum() / max((preview | shown).sum(), 1)
            if shown.any() or preview.any()
            else 1.0
        )
        seg.clear()
    middle, few = np.percentile(overlaps, [50, 5])
    print(
        f"\npreview against the click's mask, IoU of {count} cells: "
        f"median {middle:.4f}, p5 {few:.4f}, min {min(overlaps):.4f}"
    )


def machine(browser: Browser) -> str:
    """Name what the figures depend on."""
    packages = ("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "torch", "numpy")
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; Chromium "
        f"{browser.version}, headless; Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in packages)
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=160)
    parser.add_argument("--clicks", type=int, default=60)
    parser.add_argument("--previews", type=int, default=100)
    options = parser.parse_args()

    path = chromium()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        host = Host(Path(folder))
        try:
            print(machine(browser))
            print("100 images of 480 x 640, 64 x 64 x 30 eigenvectors:")
            page = host.open(browser, "lab", [SHOW, ECHO, SLEEP], **VIEW)
            page.start_cell(0)
            seg = Segmenter(page)
            time_painting(seg, options.events)
            time_clicks(seg, options.clicks)
            count_messages(seg)
            page.close()
            for cell, measure in (
                (MANY, time_strip),
                (FLAT, lambda page: compare_previews(page, options.previews)),
            ):
                page = host.open(browser, "lab", [cell], **VIEW)
                page.start_cell(0)
                measure(page)
                page.close()
        finally:
            host.close()
            browser.close()


if __name__ == "__main__":
    main()
