"""A page that is used while most of its images are still being made, in JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.pixels import on_canvas, read_mask
from tests.browser.widget import Widget

MAKE = """
import sys, warnings
sys.path.insert(0, {root!r})
warnings.simplefilter("ignore")
from tests.support.gated import Gated, grey_squares, growing
backbone = Gated(1)
seg = growing(backbone, grey_squares(16), denoise=False, opacity=1.0)
seg
"""

WAITED = """
images = grey_squares(16)
waited = growing(Gated(100), images, wait=True, denoise=False, clicks=seg.clicks)
"""

SO_FAR = "seg._session.masker.full_mask(seg._session.recipe, 0).tolist()"


@pytest.fixture
def page(lab: Lab) -> Iterator[Page]:
    root = str(Path(__file__).parents[2])
    page = lab.open([MAKE.format(root=root)])
    page.run_all()
    yield page
    page.close()


def test_the_first_image_is_clicked_and_the_others_fill_the_strip(page: Page) -> None:
    shown = Widget(page)
    status = shown.status

    def is_awaited(image: int) -> bool:
        return "ncut-awaited" in str(shown.thumb(image).get_attribute("class"))

    wait_until(lambda: "1 of 16 images ready" in status.inner_text(), "the status")
    wait_until(lambda: is_awaited(3), "the images to come")
    assert not is_awaited(0)
    assert "Not ready yet" in str(shown.thumb(3).get_attribute("title"))

    shown.click(20, 20)
    mask, view = read_mask(shown.stage)
    np.testing.assert_array_equal(
        mask, on_canvas(np.array(page.value(SO_FAR)), mask.shape, view)
    )
    assert mask.any()
    assert not mask.all()
    wait_until(lambda: "%" in shown.thumb(0).inner_text(), "the first thumb's mask")
    assert sum(page.value("seg.ready.tolist()")) == 1

    shown.thumb(3).click()
    wait_until(lambda: "Not ready yet" in status.inner_text(), "the reason")
    shown.click(22, 22)
    assert page.value("len(seg.clicks)") == 2
    assert not shown.mask().any()
    shown.thumb(0).click()

    page.run("backbone.allow(5)")
    wait_until(lambda: "4 of 16 images ready" in status.inner_text(), "the status")
    wait_until(lambda: not is_awaited(3), "the first four images")
    assert is_awaited(4)
    assert "%" not in shown.thumb(4).inner_text()
    page.run("backbone.allow()")
    wait_until(lambda: not is_awaited(4), "all images")
    wait_until(lambda: "ready" not in status.inner_text(), "the status")
    for image in range(6):
        wait_until(lambda: "%" in shown.thumb(image).inner_text(), "a mask")  # noqa: B023
    assert shown.agrees().any()
    shown.thumb(3).click()
    shown.settle()
    assert shown.agrees()[22, 22]
    page.run(WAITED)
    assert page.value("bool((seg.masks == waited.masks).all())")
    shown.root.locator("button[name=undo]").click()
    wait_until(lambda: page.value("len(seg.clicks)") == 1, "the click before")
    shown.settle()
    shown.agrees()
    assert all(page.value("seg.ready.tolist()"))


def test_the_page_says_why_there_are_no_more_images(page: Page) -> None:
    shown = Widget(page)
    page.run("backbone.fails_at = backbone.calls + 2; backbone.allow()")
    wait_until(lambda: "no current any more" in shown.status.inner_text(), "the reason")
    assert shown.status.get_attribute("data-tone") == "error"
    shown.click(20, 20)
    assert shown.mask().any()
    assert "1 of 16 images ready" in shown.status.inner_text()
