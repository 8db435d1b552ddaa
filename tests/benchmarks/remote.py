"""Time the first paint and clicks with the kernel far away, and with 5000 images.

    python -m tests.benchmarks.remote

The browser reaches a Jupyter server on loopback through a proxy: 80 ms there and back,
10 Mbit/s each way. Its bytes are counted there, those of the websockets alone. 5000
images are shown without delay: there the kernel is what takes time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.page import PHOTOGRAPHS, SMOOTH, VIEW, Segmenter, machine
from tests.browser.host import CHROMIUM_FLAGS, Host, Page, wait_until
from tests.browser.proxy import Proxy
from tests.install.browser import chromium

ROUND_TRIP = 0.08
RATE = 10e6 / 8

SHOW = "seg"

CLICKED = """
seg = NcutSegmenter(eigvecs, images)
seg.add_click(320, 240)
"""

MANY = """
side, has_images = {side}, {has_images}
eigvecs = np.concatenate([smooth(500, side, side, 30) for _ in range(10)])
pixels = np.random.default_rng(0).integers(0, 256, (5000, 64, 64, 3), dtype=np.uint8)
images = list(pixels) if has_images else None
"""

# In the page: run a cell, and stamp what it shows.
RUN = """(index) => {
    window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
    const start = performance.now();
    const first = (window.first = {});
    const { port1, port2 } = new MessageChannel();
    // After a frame's callbacks, when it is on its way to the screen.
    port1.onmessage = () => {
        const root = document.querySelector(".ncut-segmenter");
        const now = performance.now() - start;
        if (root) {
            first.widget ??= now;
            const { state, revision } = root.dataset;
            const painted = root.querySelector("[data-ncut=stage][data-image]");
            const loading = painted?.closest(".ncut-loading");
            if (painted && !loading) first.picture ??= now;
            if (painted && state === "idle" && revision !== "-1") first.mask ??= now;
        }
        if (!first.picture || !first.mask) next();
    };
    const next = () => requestAnimationFrame(() => port2.postMessage(null));
    next();
    void window.jupyterapp.commands.execute("notebook:run-cell");
}"""

# In the page: stamp when a click's mark is on its way to the screen.
FEEDBACK = """() => {
    const root = document.querySelector(".ncut-segmenter");
    const { port1, port2 } = new MessageChannel();
    let at = 0;
    window.feedback = 0;
    port1.onmessage = () => (window.feedback ||= performance.now() - at);
    const clicked = () => {
        at = performance.now();
        window.feedback = 0;
    };
    root.addEventListener("click", clicked, { capture: true });
    new MutationObserver(() => port2.postMessage(null)).observe(
        root.querySelector(".ncut-markers"), { childList: true, subtree: true });
}"""

STAMPS = {"widget": "frame", "picture": "stage's picture", "mask": "kernel's mask"}

QUIET = 1.0
"""Seconds without a byte after which all has come."""


def wait_quiet(line: Proxy) -> int:
    """Wait until nothing comes any more; return the bytes that websockets sent down."""
    last, since = -1, time.monotonic()
    while time.monotonic() < since + QUIET:
        if line.down.websocket_sent != last:
            last, since = line.down.websocket_sent, time.monotonic()
        time.sleep(0.02)
    return last


def run_to_end(page: Page, *cells: int) -> list[float]:
    """Run cells, one after the other; return the seconds of each."""
    taken = []
    for cell in cells:
        start = time.monotonic()
        page.tab.evaluate(
            """async (index) => {
                window.jupyterapp.shell.currentWidget.content.activeCellIndex = index;
                await window.jupyterapp.commands.execute("notebook:run-cell");
            }""",
            cell,
        )
        taken.append(time.monotonic() - start)
    return taken


def first_paint(page: Page, line: Proxy, cell: int, name: str) -> None:
    """Print when picture and mask are painted after a cell was run, and the bytes."""
    before = wait_quiet(line)
    page.tab.evaluate(RUN, cell)

    sent: dict[str, int] = {}

    def is_done() -> bool:
        for what in page.tab.evaluate("Object.keys(first)"):
            sent.setdefault(what, line.down.websocket_sent - before)
        return len(sent) == len(STAMPS)

    wait_until(is_done, "the first paint", 300)
    times = page.tab.evaluate("first")
    for what, title in STAMPS.items():
        print(f"{name + ': ' + title:<58}{times[what]:>9.0f}{sent[what]:>13,}")
    total = wait_quiet(line) - before
    print(f"{name + ': all that comes':<58}{'':>9}{total:>13,}")


def time_clicks(page: Page, line: Proxy, count: int) -> None:
    """Print from each click to the kernel's mask, and the bytes that it brings.

    And to its mark, which no kernel is needed for; and what the line itself takes: a
    round trip, and the bytes.
    """
    page.tab.evaluate(FEEDBACK)
    marks, over = [], []
    seg = Segmenter(page)
    seg.clear()
    seg.mouse.move(5, 5)
    before = wait_quiet(line)
    times = []
    for number, place in enumerate(seg.cells(count), 1):
        times.append(seg.click(*place)["committed"])
        after = wait_quiet(line)
        print(f"{f'click {number}':<58}{times[-1]:>9.0f}{after - before:>13,}")
        marks.append(page.tab.evaluate("feedback"))
        over.append(times[-1] - 1000 * (ROUND_TRIP + (after - before) / RATE))
        before = after
    print(f"{f'{count} clicks, median':<58}{np.median(times):>9.0f}")
    print(f"{'  less a round trip and their bytes':<58}{np.median(over):>9.0f}")
    print(f"{'  to their mark, median':<58}{np.median(marks):>9.0f}")
    print(f"{'  to their mark, at most':<58}{max(marks):>9.0f}")
    for name in ("undo", "redo"):
        revision = seg.revision
        start = time.monotonic()
        seg.root.locator(f"button[name={name}]").click()
        seg.wait_idle(revision)
        taken = 1000 * (time.monotonic() - start)
        after = wait_quiet(line)
        print(f"{name:<58}{taken:>9.0f}{after - before:>13,}")
        before = after


def show_remote(host: Host, browser: Browser, clicks: int) -> None:
    """100 photographs, far away."""
    line = Proxy(host.port, round_trip=ROUND_TRIP, rate=RATE)
    cells = [PHOTOGRAPHS, CLICKED, SHOW]
    page = host.open(browser, "lab", cells, url=line.url, **VIEW)
    try:
        run_to_end(page, 0, 1)
        first_paint(page, line, 2, "first paint, 100 photographs")
        time_clicks(page, line, clicks)
    finally:
        page.close()
        line.close()


def show_many(host: Host, browser: Browser, side: int, has_images: bool) -> None:
    """5000 images, on loopback."""
    line = Proxy(host.port)
    data = SMOOTH + MANY.format(side=side, has_images=has_images)
    make = "seg = NcutSegmenter(eigvecs, images)"
    page = host.open(browser, "lab", [data, make, SHOW], url=line.url, **VIEW)
    try:
        _, taken = run_to_end(page, 0, 1)
        with_images = "with" if has_images else "without"
        name = f"5000 of {side} x {side}, {with_images} images"
        print(f"{name + ': made':<58}{1000 * taken:>9.0f}")
        first_paint(page, line, 2, name)
        seg = Segmenter(page)
        before = wait_quiet(line)
        for number, place in enumerate(seg.cells(2, side), 1):
            taken = seg.click(*place)["committed"]
            after = wait_quiet(line)
            title = f"{name}: click {number}"
            print(f"{title:<58}{taken:>9.0f}{after - before:>13,}")
            before = after
    finally:
        page.close()
        line.close()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clicks", type=int, default=12)
    parser.add_argument("--sides", type=int, nargs="*", default=[16, 32])
    options = parser.parse_args()

    path = chromium()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        host = Host(Path(folder))
        try:
            print(machine(browser))
            print(
                f"Proxy: {1000 * ROUND_TRIP:.0f} ms there and back, "
                f"{8e-6 * RATE:g} Mbit/s each way; bytes down, of websockets."
            )
            print(f"\n{'from the running of the cell, or the click':<58}", end="")
            print(f"{'ms':>9}{'bytes':>13}")
            if options.clicks:
                show_remote(host, browser, options.clicks)
            for side in options.sides:
                for has_images in (True, False):
                    show_many(host, browser, side, has_images)
        finally:
            host.close()
            browser.close()


if __name__ == "__main__":
    main()
