"""Hosts other than Jupyter's own: started, looked at, and stopped."""

from __future__ import annotations

import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page as BrowserPage

from ncut_widget import NcutSegmenter
from tests.browser.host import WAIT, wait_until
from tests.browser.pixels import on_canvas, read_mask
from tests.browser.widget import Widget


@contextmanager
def serve(folder: Path, *arguments: str, ready: str = "/") -> Iterator[str]:
    """Run a server, ``{port}`` in its arguments filled in, and give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", *(each.format(port=port) for each in arguments)]
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, cwd=folder
        )

        def answers() -> bool:
            assert process.poll() is None, (folder / "server.log").read_text()
            try:
                urllib.request.urlopen(f"{url}{ready}", timeout=WAIT)
            except OSError:
                return False
            return True

        try:
            wait_until(answers, f"an answer of {arguments[0]}")
            yield url
        finally:
            process.terminate()
            process.wait(30)


class Shown(Widget):
    """A segmenter on a page whose kernel cannot be asked: another is its equal."""

    def __init__(self, tab: BrowserPage, equal: NcutSegmenter) -> None:
        self.tab = tab
        self.equal = equal
        self.root = tab.locator(".ncut-segmenter").first
        self.root.wait_for(timeout=2 * WAIT * 1000)
        self.stage = self.root.locator("canvas[data-ncut=stage]")
        self.status = self.root.locator("[data-ncut=status]")

    def settle(self) -> None:
        """Wait until what the equal holds is what is painted."""
        self.tab.mouse.move(0, 0)  # what is under it is previewed, and not settled
        told = self.equal._revision, self.equal.active_image

        def settled() -> bool:
            seen = self.look()
            if seen["isLoading"] or seen["state"] != "idle":
                return False
            return (seen["revision"], seen["image"]) == told

        wait_until(settled, "the last change on the stage")

    def iou(self) -> float:
        """How far the stage's mask and the equal's are the same."""
        self.settle()
        shown, view = read_mask(self.stage)
        wanted = on_canvas(self.equal.mask, shown.shape, view)
        either = (shown | wanted).sum()
        return float((shown & wanted).sum() / either) if either else 1.0

    def both_click(self, x: int, y: int, *, positive: bool = True) -> None:
        """Click a pixel here, and the same in the equal."""
        self.press(x, y, modifier=None if positive else "Alt")
        self.equal.add_click(x, y, positive=positive)


def patches(count: int = 3, **settings: object) -> NcutSegmenter:
    """Make what `MAKE_PATCHES` makes."""
    names: dict = {"settings": settings, "count": count}
    exec(MAKE_PATCHES, names)
    return names["seg"]


MAKE_PATCHES = """
import numpy as np
from ncut_widget import NcutSegmenter
rng = np.random.default_rng(0)
eigvecs = rng.standard_normal((count, 6, 6, 8)).repeat(6, axis=1).repeat(6, axis=2)
eigvecs = (eigvecs + 0.3 * rng.standard_normal(eigvecs.shape)).astype("float32")
images = [np.full((128, 192, 3), 128, dtype=np.uint8) for _ in range(count)]
seg = NcutSegmenter(
    eigvecs, images, **{"opacity": 1.0, "eigvals": np.linspace(1, 0.1, 8), **settings}
)
"""
