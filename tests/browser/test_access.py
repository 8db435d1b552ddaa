"""What axe-core finds wrong with the widget, for those who use assistive tools.

axe-core is among the JavaScript packages of the tests: `npm --prefix js ci`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.test_hosts import MAKE

ROOT = Path(__file__).parents[2]
AXE = Path(
    os.environ.get("NCUT_AXE", ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js")
)

THEME = """(theme) => window.jupyterapp.commands
    .execute('apputils:change-theme', { theme })"""

RUN = """async () => {
    const { violations } = await axe.run(".ncut-segmenter", {
        runOnly: { type: "tag", values: ["wcag2a", "wcag2aa"] },
        resultTypes: ["violations"],
    });
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) =>
            `${id} at ${target}: ${failureSummary.replace(/\\s+/g, " ")}`));
}"""


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    assert AXE.exists(), f"no axe-core at {AXE}: run `npm --prefix js ci`"
    page = lab.open([MAKE])
    page.tab.add_script_tag(content=AXE.read_text())
    yield page
    page.tab.evaluate(THEME, "JupyterLab Light")
    page.close()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing(page: Page, theme: str) -> None:
    page.clear_outputs()
    page.tab.evaluate(THEME, theme)
    light = "true" if theme.endswith("Light") else "false"
    page.tab.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
    page.start_cell(0)
    root = page.segmenter()
    page.tab.wait_for_selector(".ncut-segmenter[data-state=idle]")
    # Blank, then clicked and folded out: every control is on the page and able.
    assert page.tab.evaluate(RUN) == []
    root.locator("canvas[data-ncut=stage]").click()
    root.locator("canvas[data-ncut=stage]").click(
        button="right", position={"x": 5, "y": 5}
    )
    wait_until(lambda: len(page.value("seg.clicks")) == 2, "the clicks")
    page.tab.wait_for_selector(".ncut-segmenter[data-state=idle]")
    root.locator("button[name=help]").click()
    assert page.tab.evaluate(RUN) == []
    # Segments: one hidden, one open again and with its buttons; and what has failed.
    page.run("seg.commit('a'); seg.add_click(9, 9, image=0); seg.commit('b')")
    page.run("seg.segments['a'].visible = False; seg.reopen('b')")
    page.run("seg.on_click(lambda click: 1 / 0); seg.add_click(20, 20, image=0)")
    root.locator("[data-ncut=trouble]").wait_for()
    root.locator("[data-ncut=segment][data-name=b] .ncut-segment-name").click()
    page.tab.wait_for_selector(".ncut-segmenter[data-state=idle]")
    assert page.tab.evaluate(RUN) == []
    root.locator("[data-ncut=segment][data-name=b] button[name=rename]").click()
    assert page.tab.evaluate(RUN) == []
