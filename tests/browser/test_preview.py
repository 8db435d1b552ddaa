"""What a click would give, shown before it is made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.pixels import read_colors
from tests.browser.test_hosts import MAKE
from tests.browser.widget import Widget

INKED = """(canvas) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return pixels.filter((value, i) => i % 4 === 3 && value > 0).length;
}"""
"""Pixels of the outlines' canvas that are drawn on."""


def overlap(a: NDArray, b: NDArray) -> float:
    """Intersection over union."""
    return float((a & b).sum() / (a | b).sum())


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    page = lab.open([MAKE])
    page.run_all()
    yield page
    page.close()


@pytest.fixture
def widget(page: Page) -> Widget:
    """Clear everything, and take the pointer away."""
    widget = Widget(page)
    page.tab.mouse.move(5, 5)
    page.run("seg.clear(); seg.threshold = 0.5; seg.hover_preview = True")
    widget.settle()
    return widget


def hover(widget: Widget, x: float, y: float) -> None:
    widget.page.tab.mouse.move(*widget.client(x + 0.5, y + 0.5))


def previews(widget: Widget) -> bool:
    return widget.root.get_attribute("data-preview") == "true"


def shows_preview(widget: Widget) -> NDArray:
    """Wait for a preview; read it off the stage."""
    wait_until(lambda: previews(widget), "the preview")
    return widget.mask()


def test_hovering_shows_what_a_click_then_gives(widget: Widget) -> None:
    hover(widget, 60, 40)
    preview = shows_preview(widget)
    assert preview.any()
    assert "click here" in widget.status.inner_text()
    covered = widget.thumb(0).get_attribute
    wait_until(
        lambda: "covered" in (covered("aria-label") or ""), "the strip's preview"
    )
    assert widget.value("(seg.clicks, seg._revision)")[0] == []
    assert not widget.page.array("seg.masks").any()

    widget.click(60, 40)
    assert not previews(widget)
    widget.agrees()
    assert overlap(preview, widget.mask()) >= 0.98


def test_leaving_takes_the_preview_off(widget: Widget) -> None:
    widget.click(60, 40)
    clicked = widget.mask()
    hover(widget, 150, 100)
    assert shows_preview(widget).sum() > clicked.sum()
    widget.page.tab.mouse.move(5, 5)
    wait_until(lambda: not previews(widget), "the preview's end")
    np.testing.assert_array_equal(widget.mask(), clicked)
    widget.agrees()


def test_a_preview_lies_beside_the_mask_and_does_not_change_it(widget: Widget) -> None:
    widget.click(60, 40)
    clicked, colors = widget.mask(), read_colors(widget.stage)
    strip = widget.thumb(1).get_attribute("aria-label")
    hover(widget, 150, 100)
    preview = shows_preview(widget)
    np.testing.assert_array_equal(read_colors(widget.stage)[clicked], colors[clicked])
    added = read_colors(widget.stage)[preview & ~clicked]
    assert len(added) > 0
    assert not (added == colors[clicked][0]).all(axis=1).any()  # its tint is fainter
    assert widget.thumb(1).get_attribute("aria-label") == strip
    widget.click(150, 100)
    assert overlap(preview, widget.mask()) >= 0.98


def test_zooming_takes_the_preview_off_until_the_pointer_moves(widget: Widget) -> None:
    widget.click(60, 40)
    hover(widget, 150, 100)
    shows_preview(widget)
    widget.page.tab.mouse.wheel(0, -240)
    wait_until(lambda: not previews(widget), "the preview's end")
    widget.agrees()
    hover(widget, 140, 90)
    shows_preview(widget)
    widget.stage.press("0")


def test_a_negative_click_is_previewed_with_alt(widget: Widget) -> None:
    """The mask stays as it is; what the click would take is hatched over it."""
    widget.click(60, 40)
    clicked = widget.mask()
    drawn = widget.root.locator(".ncut-outline")
    before = drawn.evaluate(INKED)
    widget.page.tab.keyboard.down("Alt")
    hover(widget, 150, 100)
    preview = shows_preview(widget)
    after = drawn.evaluate(INKED)
    widget.page.tab.keyboard.up("Alt")
    assert preview[clicked].all()
    assert preview.sum() < 1.01 * clicked.sum()  # an edge moves by a pixel
    widget.click(150, 100, button="right")
    taken = clicked.sum() - widget.mask().sum()
    assert taken > 0
    assert after - before > 0.2 * taken


def test_what_is_done_ends_the_preview_until_the_pointer_moves(widget: Widget) -> None:
    widget.click(60, 40)
    hover(widget, 150, 100)
    shows_preview(widget)
    widget.page.tab.keyboard.press("Control+z")
    wait_until(lambda: not previews(widget), "the preview's end")
    widget.agrees()
    assert not widget.mask().any()


def test_the_switch_turns_it_off(widget: Widget) -> None:
    switch = widget.root.locator("input[name=hover_preview]")
    switch.click()
    wait_until(lambda: widget.value("seg.hover_preview") is False, "the switch")
    hover(widget, 60, 40)
    readout = widget.root.locator(".ncut-readout")
    hover(widget, 90, 40)
    assert not previews(widget)
    assert not widget.mask().any()
    widget.page.run("seg.hover_preview = True")
    wait_until(switch.is_checked, "the switch")
    hover(widget, 60, 40)
    shows_preview(widget)
    wait_until(lambda: "click here" in readout.inner_text(), "the readout")


def test_the_crosshair_previews_too(widget: Widget) -> None:
    widget.stage.focus()
    widget.page.tab.keyboard.press("Shift+ArrowRight")
    preview = shows_preview(widget)
    widget.page.tab.keyboard.press("Space")
    wait_until(lambda: len(widget.value("seg.clicks")) == 1, "the click")
    widget.agrees()
    assert overlap(preview, widget.mask()) >= 0.98
