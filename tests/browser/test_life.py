"""What a page keeps of widgets that are gone: nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.browser.host import Page, wait_until
from tests.browser.test_hosts import MAKE

# Asked in the page: a locator's handle would keep the element that it found.
SHOWN = """document.querySelector(
    ".ncut-segmenter[data-state=idle]:not([data-revision='-1'])") !== null"""

WARM_UP, CYCLES = 10, 56

LAB_NODES = 6
"""Nodes that JupyterLab keeps of a display, of whatever widget: 5 in 4.6."""

# The cell goes on when the test says so, by a file for each step.
CYCLE = f"""
import time
from pathlib import Path
from IPython.display import clear_output, display
def wait_for(step):
    while not Path(f"step-{{step}}").exists():
        time.sleep(0.005)
for cycle in range({CYCLES}):
    wait_for(f"{{cycle}}-show")
    display(seg)
    wait_for(f"{{cycle}}-clear")
    clear_output()
"""


def test_displays_that_are_cleared_leave_nothing_behind(
    open_page: Callable[..., Page], report: list[str]
) -> None:
    page = open_page("lab", [MAKE, CYCLE])
    page.start_cell(0)
    root = page.segmenter()
    # What the page says last has its answers beside the cell, not after it.
    root.locator("canvas[data-ncut=stage]").click()
    wait_until(lambda: page.value("len(seg.clicks)") == 1, "the click")
    page.tab.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs')"
    )
    root.wait_for(state="detached")
    page.start_cell(1)
    session = page.context.new_cdp_session(page.tab)
    session.send("Performance.enable")

    def measure() -> dict[str, float]:
        for _ in range(2):  # What the first finds dead, the second takes with it.
            session.send("HeapProfiler.collectGarbage")
        metrics: Any = session.send("Performance.getMetrics")["metrics"]
        return {metric["name"]: metric["value"] for metric in metrics}

    measured = []
    for cycle in range(CYCLES):
        (page.host.root / f"step-{cycle}-show").touch()
        page.tab.wait_for_function(f"() => {SHOWN}")
        (page.host.root / f"step-{cycle}-clear").touch()
        page.tab.wait_for_function("() => !document.querySelector('.ncut-segmenter')")
        if cycle >= WARM_UP and cycle % 5 == 0:
            measured.append(measure())
    assert page.tab.locator("canvas").count() == 0
    assert page.errors == []

    # What ten displays add, as a rule: Lab's own panels come and go beside us, once.
    slacks = {"JSEventListeners": 0, "Nodes": 10 * LAB_NODES, "JSHeapUsedSize": 5e5}
    for name, slack in slacks.items():
        counts = np.array([metrics[name] for metrics in measured])
        growth = float(np.median(counts[2:] - counts[:-2]))
        report.append(f"ten displays, cleared, leave {growth:+.0f} of {name}")
        assert growth <= slack, name
