"""A saved notebook shows how the widget was left; a cell that runs again frees it."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import nbformat
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.browser.host import Host, Page, wait_until
from tests.browser.test_hosts import MAKE
from tests.browser.widget import Widget

in_lab = pytest.mark.parametrize(
    "app", ["lab", pytest.param("notebook", marks=pytest.mark.soak)]
)
OpenPage = Callable[..., Page]

PICTURE = ".jp-OutputArea-output img[src^='data:image/png']"


def saved_masks(page: Page) -> list[int]:
    """Save; count the blue pixels of each picture in the file."""
    page.save()
    notebook = nbformat.read(page.host.root / page.name, as_version=4)
    pictures = [
        base64.b64decode(output["data"]["image/png"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    counts = []
    for picture in pictures:
        image = Image.open(io.BytesIO(picture)).convert("RGBA")
        pixels = np.asarray(image).astype(int)
        counts.append(int((pixels[..., 2] - pixels[..., 0] > 60).sum()))
    return counts


@in_lab
def test_a_saved_notebook_shows_how_the_widget_was_left(
    open_page: OpenPage, host: Host, browser: Browser, app: str
) -> None:
    page = open_page(app, [MAKE, "for _ in range(2): print(0)"])
    page.run_all()
    widget = Widget(page)
    widget.settle()
    assert saved_masks(page) == [0]
    assert not page.tab.locator(PICTURE).is_visible()  # beside the widget

    # The view goes on as it is while its picture follows: focus, place, everything.
    view = widget.root.element_handle()
    widget.click(60, 40)
    wait_until(lambda: saved_masks(page) > [500], "the click in the picture")
    (one,) = saved_masks(page)
    assert view.evaluate("(view) => view.isConnected")
    assert widget.stage.evaluate("(stage) => stage === document.activeElement")
    assert page.tab.locator(".ncut-segmenter").count() == 1

    # Of a page that is loaded again the kernel's outputs go nowhere.
    page.reload()
    widget = Widget(page)
    widget.settle()
    assert not page.tab.locator(PICTURE).is_visible()
    widget.click(150, 100)
    wait_until(lambda: saved_masks(page) > [one], "the second click in the picture")
    assert page.errors == [] or app == "notebook"  # which has one of its own

    # Once more, when the kernel is gone, in another tab: no line says that it is.
    page.close()
    wait_until(lambda: not host.kernel(page.name), "the kernel's end")
    again = host.show(browser, app, page.name)
    try:
        picture = again.tab.locator(PICTURE)
        picture.wait_for(state="visible")
        again.tab.wait_for_function(
            "() => !document.body.textContent.includes('Loading widget')"
        )
        said = again.tab.locator(".jp-Notebook").inner_text()
        assert "rror" not in said
        assert "not found" not in said
        assert again.tab.locator(".ncut-segmenter").count() == 0
        # And run again it is a widget again.
        again.run_all()
        Widget(again).settle()
        wait_until(lambda: not picture.is_visible(), "the picture beside the widget")
    finally:
        again.close()


RUN_AGAIN = f"""
import gc, weakref
{MAKE.rsplit("seg", 1)[0]}
made = globals().get("made", [])
made.append((weakref.ref(seg), weakref.ref(seg._session)))
seg
"""


@in_lab
def test_a_cell_that_runs_again_frees_its_widget(open_page: OpenPage, app: str) -> None:
    page = open_page(app, [RUN_AGAIN, "y = 1"])
    for _ in range(3):
        page.start_cell(0)
        widget = Widget(page)
        widget.settle()
        page.run("kept = seg if len(made) == 2 else globals().get('kept')")
    widget.click(60, 40)

    def freed() -> bool:
        page.run("gc.collect()")
        alive = page.value("[[ref() is not None for ref in refs] for refs in made]")
        return alive == [[False] * 2, [True] * 2, [True] * 2]

    wait_until(freed, "the end of all but what has a name")
    assert page.value("kept.masks.shape") == page.value("seg.masks.shape")
    assert page.errors == [] or app == "notebook"  # which has one of its own
