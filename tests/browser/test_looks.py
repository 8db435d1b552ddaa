"""Colours, order and words: what is seen of the widget, and what is read aloud."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator

from ncut_widget import NcutSegmenter
from tests.browser.files import OpenFile, shared
from tests.browser.host import wait_until
from tests.browser.pixels import read_colors
from tests.browser.servers import Shown, patches
from tests.browser.test_access import AXE, RUN


def test_thumbs_have_the_colours_of_the_stage(
    open_file: OpenFile, tmp_path: Path
) -> None:
    eigvecs = np.ones((2, 16, 16, 2), np.float32)
    eigvecs[:, 2:6, 2:6] = eigvecs[:, 9:13, 9:14] = [1, -1]
    eigvecs[:, 12:15, 2:5] = [-1, 0]
    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    seg = NcutSegmenter(eigvecs, grey, opacity=1.0)
    seg.add_click(16, 16)
    seg.commit("two squares, in two shades")
    seg.add_click(14, 54)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.settle()

    def colors(canvas: Locator) -> set[tuple[int, ...]]:
        found, counts = np.unique(
            read_colors(canvas).reshape(-1, 3), axis=0, return_counts=True
        )
        far = np.ptp(found, axis=1) > 8  # the image is grey
        return {tuple(color) for color in found[far & (counts > 9)].tolist()}

    thumb = shown.thumb(0).locator("canvas")
    wait_until(lambda: colors(thumb) == colors(shown.stage), "the stage's colours")
    assert len(colors(thumb)) == 3


PLACES = """(root) => {
    const { left, top } = root.getBoundingClientRect();
    return [...root.querySelectorAll("*")].map((element) => {
        const box = element.getBoundingClientRect();
        return [box.left - left, box.top - top, box.width].map(Math.round).join();
    });
}"""


def test_a_page_from_right_to_left_changes_no_order(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("شيء 1")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.settle()
    before = shown.root.evaluate(PLACES)
    shown.tab.evaluate("document.documentElement.dir = 'rtl'")
    assert shown.root.evaluate(PLACES) == before
    assert shown.root.get_attribute("lang") == "en"


def test_a_slider_s_value_is_spoken_once(open_file: OpenFile, tmp_path: Path) -> None:
    seg = patches()
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    told = shown.root.locator(".ncut-controls").aria_snapshot()
    # A slider says its value; the text beside it, which sighted people read, does not.
    assert told.count("0.50") <= 1
    assert shown.root.locator(".ncut-controls output").count() == 0
    text = shown.slider("granularity").get_attribute("aria-valuetext")
    assert "eigenvectors" in (text or "")


HIGH_CONTRAST = {
    "vscode-high-contrast": ("#ffffff", "#000000", "#6fc3df"),
    "vscode-high-contrast vscode-high-contrast-light": (
        "#292929",
        "#ffffff",
        "#0f4a85",
    ),
    "vscode-dark": ("#cccccc", "#1f1f1f", "#2b2b2b"),
    "vscode-light": ("#3b3b3b", "#ffffff", "#e5e5e5"),
}


@pytest.mark.parametrize("theme", HIGH_CONTRAST)
def test_hovered_buttons_are_readable_in_vs_code(
    open_file: OpenFile, tmp_path: Path, theme: str
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    seg.add_click(60, 40)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    text, ground, border = HIGH_CONTRAST[theme]
    shown.tab.evaluate(
        """([theme, ...colors]) => {
            document.body.className = theme;
            const names = ["foreground", "editor-background", "contrastBorder"];
            names.forEach((name, k) =>
                document.documentElement.style.setProperty(
                    `--vscode-${name}`, colors[k]));
            document.getElementById("note").remove();
        }""",
        [theme, text, ground, border],
    )
    shown.tab.evaluate(AXE.read_text())
    for name in ("undo", "clear", "negative", "help"):
        shown.root.locator(f"button[name={name}]").hover()
        assert shown.tab.evaluate(RUN) == [], name
