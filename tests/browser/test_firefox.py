"""A smoke test in Firefox, where there is one: JupyterLab, and a page of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest

from ncut_widget import NcutSegmenter
from tests.browser.firefox import Firefox
from tests.browser.host import Host, wait_until
from tests.browser.pixels import READ, mask_of, on_canvas
from tests.browser.servers import MAKE_PATCHES, patches
from tests.install.browser import firefox

ROOT = "document.querySelector('.ncut-segmenter')"
STAGE = "document.querySelector('canvas[data-ncut=stage]')"
# A window without a focus has no current widget.
CONNECTED = """[...window.jupyterapp?.shell.widgets('main') ?? []].some((widget) => {
    window.jupyterapp.shell.activateById(widget.id);
    const { session } = widget.context?.sessionContext ?? {};
    return session?.kernel?.connectionStatus === 'connected';
})"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    path = firefox()
    if path is None:
        pytest.skip("no Firefox: apt-get install firefox-esr")
    browser = Firefox(path, tmp_path_factory.mktemp("firefox"))
    yield browser
    browser.close()


def click(browser: Firefox, seg: NcutSegmenter, x: int, y: int) -> None:
    """Click a pixel of the stage, and the same in Python."""
    box = browser.value(f"{STAGE}.getBoundingClientRect()")
    height, width = seg._session.sizes[0]
    across = box["x"] + (x + 0.5) / width * box["width"]
    browser.click(across, box["y"] + (y + 0.5) / height * box["height"])
    # Events come at whole CSS pixels.
    at = (
        round(across) - box["x"],
        round(box["y"] + (y + 0.5) / height * box["height"]) - box["y"],
    )
    seg.add_click(at[0] / box["width"] * width, at[1] / box["height"] * height)


def check(browser: Firefox, seg: NcutSegmenter) -> None:
    """Compare the stage with a mask, pixel by pixel."""

    def settled() -> bool:
        told = browser.value(f"({{...{ROOT}?.dataset}})")
        if browser.value("!!document.querySelector('.ncut-loading')"):
            return False
        return told.get("state") == "idle" and told["revision"] == str(seg._revision)

    wait_until(settled, "the last change on the stage")
    shown, view = mask_of(browser.value(f"({READ})({STAGE})"))
    np.testing.assert_array_equal(shown, on_canvas(seg.mask, shown.shape, view))


def test_jupyterlab_in_firefox(browser: Firefox, host: Host) -> None:
    make = f"count, settings = 3, dict(hover_preview=False)\n{MAKE_PATCHES}\nseg"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(make)],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, host.root / "firefox.ipynb")
    browser.open(
        f"{host.url}/lab/workspaces/firefox/tree/firefox.ipynb?token={host.token}"
    )
    wait_until(lambda: browser.value(CONNECTED), "the kernel")
    browser.value("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    seg = patches(hover_preview=False)
    check(browser, seg)
    click(browser, seg, 60, 40)
    check(browser, seg)
    assert seg.mask.any()


def test_a_page_without_a_kernel_in_firefox(browser: Firefox, tmp_path: Path) -> None:
    seg = patches(hover_preview=False)
    seg.save_html(tmp_path / "page.html")
    browser.open((tmp_path / "page.html").as_uri())
    check(browser, seg)
    click(browser, seg, 60, 40)
    check(browser, seg)
    assert seg.mask.any()
