"""What a page keeps of widgets that are gone: nothing."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, CDPSession

from tests.browser.host import Host, Page, wait_until
from tests.browser.test_hosts import MAKE

OpenTab = Callable[[list[str]], Page]

# Asked in the page: a locator's handle would keep the element that it found.
SHOWN = """document.querySelector(
    ".ncut-segmenter[data-state=idle]:not([data-revision='-1'])") !== null"""

COUNTS = (6, pytest.param(46, marks=pytest.mark.soak))
"""How many are shown, one after the other: what is ours must go, be it of a few. What
cannot be told from the host's own is measured in many."""

WARM_UP = 10
"""Of what is shown, the first ones: the host grows, too."""

A_LEAK = 5
"""One thing each, kept of ten, is ten; what the host does meanwhile is one or two."""

# The cell goes on when the test says so, by a file for each step.
CYCLE = """
import time
from pathlib import Path
from IPython.display import clear_output, display
def wait_for(step):
    while not Path(f"step-{step}").exists():
        time.sleep(0.005)
for cycle in range(COUNT):
    wait_for(f"{cycle}-show")
    display(seg)
    wait_for(f"{cycle}-clear")
    clear_output()
"""

# Among the objects are the prototypes of kinds of elements, which are none.
COUNT_ELEMENTS = """function () {
    const isOurs = (element) => {
        try {
            return element.closest(".ncut-segmenter") !== null;
        } catch {
            return false;
        }
    };
    return this.filter(isOurs).length;
}"""

OF_VIEWS = ("Stage", "Painter")
CLASSES = ("Store", "Pictures", "Fields", *OF_VIEWS)
"""Of the page side; the bundle keeps their names."""

COUNT_OURS = f"""function () {{
    const counts = {{}};
    for (const each of this) {{
        const kind = Object.getPrototypeOf(each)?.constructor;
        const name = typeof kind === "function" && kind.name;
        if ({list(CLASSES)}.includes(name) && String(kind).includes("#")) {{
            counts[name] = (counts[name] ?? 0) + 1;
        }}
    }}
    return counts;
}}"""

# Shown in a box, by code that no cell runs: of each cell that is run, JupyterLab keeps
# hundreds of listeners. A page's requests wait for nothing then, either.
PREPARE = (
    MAKE.rsplit("seg = ", 1)[0]
    + """
import weakref
import ipywidgets
kept = {"widget": [], "session": [], "eigenvectors": []}
box = ipywidgets.VBox()
box
"""
)
SHOW_ONE = """
seg = NcutSegmenter(eigvecs, images, opacity=1.0)
seg.add_click(60, 40)
kept["widget"].append(weakref.ref(seg))
kept["session"].append(weakref.ref(seg._session))
kept["eigenvectors"].append(weakref.ref(seg._session.spectrum.store))
box.children = [seg]
"""
CLOSE_ONE = """
box.children = []
seg.close()
del seg
"""


def metrics_of(session: CDPSession) -> dict[str, float]:
    """Count what the page holds, once what is dead has gone.

    What one collection finds dead, the next takes with it; what the host still does
    with a display that is gone, on a busy machine, ends a little later.
    """
    counted = {"Nodes": math.inf}
    while True:
        for _ in range(2):
            session.send("HeapProfiler.collectGarbage")
        metrics: Any = session.send("Performance.getMetrics")["metrics"]
        before, counted = counted, {each["name"]: each["value"] for each in metrics}
        if counted["Nodes"] >= before["Nodes"]:
            return counted
        time.sleep(0.1)


def living(session: CDPSession, kind: str, count: str) -> Any:
    """Collect garbage; give a function's value for the living objects of a class."""
    send = session.send
    prototype = send("Runtime.evaluate", {"expression": f"{kind}.prototype"})
    found = send(
        "Runtime.queryObjects",
        {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": "life"},
    )
    value = send(
        "Runtime.callFunctionOn",
        {
            "objectId": found["objects"]["objectId"],
            "functionDeclaration": count,
            "returnByValue": True,
        },
    )["result"]["value"]
    send("Runtime.releaseObjectGroup", {"objectGroup": "life"})
    return value


def instances(session: CDPSession, kind: str) -> int:
    """Count the living objects of a class of the browser."""
    return living(session, kind, "function () { return this.length; }")


def our_elements(session: CDPSession) -> int:
    """Count the living elements of widgets, on the page or off it.

    Not all nodes: JupyterLab makes some hundred of its own every few seconds.
    """
    return living(session, "Element", COUNT_ELEMENTS)


def our_objects(session: CDPSession) -> dict[str, int]:
    """Count the living objects of our classes: they are in a module, out of reach."""
    return living(session, "Object", COUNT_OURS)


def check_growth(
    measured: list[dict[str, float]], slacks: dict[str, float], report: list[str]
) -> None:
    """Check by how much ten more add to what was measured at every fifth of many.

    A leak adds at every one of them, what the host does now and then does not: the
    lower quartile leaves that out.
    """
    if len(measured) < 7:
        return
    for name, slack in slacks.items():
        counts = np.array([metrics[name] for metrics in measured])
        growth = float(np.quantile(counts[2:] - counts[:-2], 0.25))
        report.append(f"ten of them leave {growth:+.0f} of {name}")
        assert growth < slack, name


@pytest.fixture
def open_tab(host: Host, browser: Browser) -> Iterator[OpenTab]:
    """Open a notebook in a tab of its own, which holds nothing of others."""
    with contextlib.ExitStack() as stack:

        def open_one(cells: list[str]) -> Page:
            page = host.open(browser, "lab", cells)
            stack.callback(page.close)
            return page

        yield open_one


@pytest.mark.soak
@pytest.mark.parametrize("count", [46])
def test_displays_that_are_cleared_leave_nothing_behind(
    count: int, open_tab: OpenTab, report: list[str]
) -> None:
    page = open_tab([f"COUNT = {count}\n{MAKE}", CYCLE])
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

    measured = []
    for cycle in range(count):
        (page.host.root / f"step-{cycle}-show").touch()
        page.tab.wait_for_function(f"() => {SHOWN}")
        if cycle == 0:
            of_one = our_elements(session)
        (page.host.root / f"step-{cycle}-clear").touch()
        page.tab.wait_for_function("() => !document.querySelector('.ncut-segmenter')")
        if cycle >= WARM_UP and cycle % 5 == 0:
            measured.append(metrics_of(session))
    assert page.tab.locator("canvas").count() == 0
    assert page.errors == []
    wait_until(lambda: our_elements(session) <= of_one, "the end of its elements")
    assert our_objects(session).keys().isdisjoint(OF_VIEWS)
    report.append(f"{count} displays, cleared: nothing is left of all but the last")

    check_growth(measured, {"JSEventListeners": A_LEAK, "JSHeapUsedSize": 5e5}, report)


@pytest.mark.parametrize("count", COUNTS)
def test_widgets_that_are_closed_are_freed_on_both_sides(
    count: int, open_tab: OpenTab, report: list[str]
) -> None:
    page = open_tab([PREPARE])
    page.run_all()
    session = page.context.new_cdp_session(page.tab)
    session.send("Performance.enable")
    measured = []
    for number in range(count):
        page.run(SHOW_ONE)
        page.tab.wait_for_function(f"() => {SHOWN}")
        if number == count - 1:  # they are found while they are there
            assert set(our_objects(session)) == set(CLASSES)
            of_one = our_elements(session)
            canvases_of_one = instances(session, "HTMLCanvasElement")
            assert min(of_one, canvases_of_one) > 0
        page.run(CLOSE_ONE)
        page.tab.wait_for_function("() => !document.querySelector('.ncut-segmenter')")
        if number >= WARM_UP and number % 5 == 0:
            measured.append(metrics_of(session))
    assert page.errors == []

    page.run("import gc; gc.collect()")
    alive = page.value(
        "{what: sum(ref() is not None for ref in refs) for what, refs in kept.items()}"
    )
    report.append(f"{count} widgets, shown and closed: still in the kernel {alive}")
    assert alive == {"widget": 0, "session": 0, "eigenvectors": 0}

    # A timer may hold the last ones for a little longer, the host the last elements for
    # a minute and more: of all those before them, there are none.
    wait_until(lambda: not our_objects(session), "the end of the page's objects")
    wait_until(lambda: our_elements(session) <= of_one, "the end of its elements")
    report.append(f"{count} widgets, closed: nothing is left of all but the last")
    assert instances(session, "HTMLCanvasElement") <= canvases_of_one
    assert instances(session, "ImageBitmap") == 0
    assert instances(session, "OffscreenCanvas") == 0
    # The heap itself grows: for each model the browser keeps the module's code, and the
    # host its own model.
    check_growth(measured, {"JSEventListeners": A_LEAK}, report)
