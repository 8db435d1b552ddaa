"""The switch between what a thing is and how it looks, in JupyterLab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page as Tab

from ncut_widget import NcutSegmenter
from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.pixels import read_mask
from tests.browser.widget import Widget
from tests.support.two_ways import CLICK, EIGVALS, halves

MAKE = """
import sys
sys.path.insert(0, {root!r})
import numpy as np
from ncut_widget import NcutSegmenter
from tests.support.two_ways import TwoWays
two = TwoWays(waits=True)
images = [np.full((64, 96, 3), 128, np.uint8)] * 2
seg = NcutSegmenter(two.spectra(), images, denoise=False, opacity=1.0)
seg
"""


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    root = str(Path(__file__).parents[2])
    page = lab.open([MAKE.format(root=root)])
    page.run_all()
    yield page
    page.close()


def test_a_click_shows_its_other_mask_once_it_can_be_had(page: Page) -> None:
    shown = Widget(page)
    switch = shown.root.locator(".ncut-ways")
    thing, look = (
        switch.locator(f"[value={by}]") for by in ("semantics", "appearance")
    )
    shown.click(20, 10)
    assert shown.agrees()[:, :40].all()
    assert thing.get_attribute("aria-checked") == "true"
    assert look.is_disabled()
    assert "still being made" in str(look.get_attribute("title"))
    shown.stage.press("w")
    assert page.value("seg.by") == "semantics"

    page.run("two.go.set()")
    wait_until(look.is_enabled, "the other way")
    look.click()
    wait_until(lambda: page.value("seg.by") == "appearance", "the kernel's way")
    assert look.get_attribute("aria-checked") == "true"
    mask = shown.agrees()
    assert mask[:15].all()
    assert not mask[25:].any()

    shown.stage.press("w")
    wait_until(lambda: page.value("seg.by") == "semantics", "the first way")
    assert shown.agrees()[:, :40].all()
    shown.root.locator("button[name=undo]").click()
    wait_until(lambda: page.value("seg.by") == "appearance", "the step before")
    assert not shown.agrees()[25:].any()
    page.run("seg.by = 'semantics'")
    wait_until(lambda: thing.get_attribute("aria-checked") == "true", "the switch")
    assert shown.agrees()[:, :40].all()


def test_a_page_without_a_kernel_switches_between_both(
    open_file: Callable[[Path], Tab], tmp_path: Path
) -> None:
    from ncut_widget.methods import Spectra

    spectra = Spectra(
        halves(1), EIGVALS, others={"appearance": lambda: (halves(0), EIGVALS)}
    )
    images = [np.full((64, 96, 3), 128, np.uint8)] * 2
    seg = NcutSegmenter(spectra, images, denoise=False, opacity=1.0, clicks=[CLICK])
    tab = open_file(seg.save_html(tmp_path / "page.html").path)
    root = tab.locator(".ncut-segmenter")
    stage = root.locator("canvas[data-ncut=stage]")
    tab.wait_for_selector(".ncut-segmenter[data-state=idle]")

    def upper() -> bool:
        mask, _ = read_mask(stage)
        return bool(mask[: len(mask) // 5].all() and not mask[len(mask) // 2 :].any())

    assert not upper()
    root.locator(".ncut-ways [value=appearance]").click()
    wait_until(upper, "the mask by appearance")
    stage.press("w")
    wait_until(lambda: not upper(), "the mask by semantics")
