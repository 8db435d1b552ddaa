"""The widget in parents that shrink to fit, and in narrow ones, in JupyterLab.

All cells show one segmenter, each in a layout of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.test_hosts import MAKE
from tests.browser.widget import Widget

PARENTS = {
    "none": "seg",
    "row": "W.HBox([seg])",
    "row beside a button": "W.HBox([seg, W.Button()])",
    "row of columns": "W.HBox([W.VBox([seg]), W.VBox([W.Label('a')])])",
    "stack": "W.Stack([seg], selected_index=0)",
    "centred column": "W.VBox([seg], layout=W.Layout(align_items='center'))",
    "column at the left": "W.VBox([seg], layout=W.Layout(align_items='flex-start'))",
    "inline block": "W.Box([seg], layout=W.Layout(display='inline-block'))",
    "inline flex": "W.Box([seg], layout=W.Layout(display='inline-flex'))",
    "fit content": "W.VBox([seg], layout=W.Layout(width='fit-content'))",
    "grid": "W.GridBox([seg], layout=W.Layout(justify_items='center'))",
    "tab": "W.Tab([seg])",
}

NARROW = """(root, width) => {
    const output = root.closest(".jp-OutputArea-output");
    for (const name of ["width", "min-width", "max-width"])
        output.style.setProperty(name, width ? `${width}px` : "");
    return output.clientWidth;
}"""

# Elements that stick out of the widget or show less than they hold, and how far the
# widget sticks out of the output. The filmstrip scrolls.
CUT = """(root) => {
    const output = root.closest(".jp-OutputArea-output");
    const { left, right } = root.getBoundingClientRect();
    const outer = output.getBoundingClientRect();
    const cut = [];
    if (left < outer.left - 0.5 || right > outer.right + 0.5) cut.push("widget");
    if (output.scrollWidth > output.clientWidth) cut.push("output");
    for (const element of root.querySelectorAll("*:not(.ncut-track, .ncut-track *)")) {
        const box = element.getBoundingClientRect();
        const out = box.width && (box.left < left - 0.5 || box.right > right + 0.5);
        // One scrolls, the other ends in dots and is told whole in its title.
        const may = element.matches(".ncut-filmstrip, .ncut-segment-label");
        const less = !may && element.clientWidth + 1 < element.scrollWidth;
        if (out || (element.clientWidth && less)) cut.push(element.outerHTML);
    }
    return cut;
}"""


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    """Open a notebook with a cell for each parent."""
    make = MAKE.rpartition("seg\n")[0] + "import ipywidgets as W"
    page = lab.open([make, *PARENTS.values()])
    page.run_all()
    yield page
    page.close()


@pytest.fixture
def widget(page: Page, parent: str) -> Iterator[Widget]:
    """Show the widget in a parent, without clicks, as wide as it wants to be."""
    widget = Widget(page, list(PARENTS).index(parent))
    page.tab.mouse.move(0, 0)  # what is under it is previewed, and not settled
    page.run("seg.clear()")
    widget.root.scroll_into_view_if_needed()
    widget.settle()
    yield widget
    narrow(widget, 0)


def narrow(widget: Widget, width: int) -> int:
    """Hold the cell's output to a width in CSS pixels, or with 0 let it go."""
    return widget.root.evaluate(NARROW, width)


def clicked(widget: Widget, x: int, y: int) -> bool:
    """Click a pixel; whether that pixel is what the kernel took for clicked."""
    widget.click(x, y)
    image, *place, _ = widget.value("[int(value) for value in seg.clicks[-1]]")
    return (image, *place) == (0, x, y)


@pytest.mark.parametrize("parent", PARENTS)
def test_it_has_a_width_of_its_own(widget: Widget) -> None:
    box = widget.stage.bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] > 200
    assert widget.root.evaluate(CUT) == []
    assert clicked(widget, 150, 30)


@pytest.mark.parametrize(
    "parent", ["none", "row", "stack", "centred column", "inline block", "tab"]
)
def test_a_narrow_parent_cuts_nothing(widget: Widget) -> None:
    button = widget.root.locator("button[name=help]")
    panel = widget.root.locator(".ncut-help")
    for width in (320, 300, 280):
        assert narrow(widget, width) == width
        assert widget.root.evaluate(CUT) == []
        button.click()
        panel.wait_for()
        assert widget.root.evaluate(CUT) == []
        button.click()
        panel.wait_for(state="hidden")
    assert clicked(widget, 150, 30)
    assert widget.root.evaluate(CUT) == []  # with another line of text


@pytest.mark.parametrize("parent", ["none"])
def test_a_height_that_is_given_is_kept(widget: Widget) -> None:
    outer = widget.root.locator("..")
    widget.page.run("seg.layout.height = '400px'")

    def height() -> float:
        return outer.evaluate("outer => outer.getBoundingClientRect().height")

    wait_until(lambda: height() == 400, "the height")
    assert outer.evaluate("outer => outer.scrollHeight > outer.clientHeight")
    below = widget.root.evaluate("(root) => root.closest('.jp-Cell').offsetHeight")
    assert below < 600  # nothing lies over the next cell
    assert clicked(widget, 150, 30)
    widget.page.run("seg.layout.height = None")
    wait_until(lambda: height() > 500, "its own height")
    assert widget.root.evaluate(CUT) == []


@pytest.mark.parametrize("width", [300, 0])
@pytest.mark.parametrize("parent", ["none"])
def test_the_pointer_moves_nothing(widget: Widget, width: int) -> None:
    narrow(widget, width)
    widget.click(60, 40)
    widget.page.tab.mouse.move(0, 0)
    readout = widget.root.locator(".ncut-readout")
    wait_until(lambda: not readout.inner_text(), "the readout's end")
    before = widget.root.bounding_box()
    widget.stage.hover()
    wait_until(readout.inner_text, "the readout")
    assert widget.root.bounding_box() == before


@pytest.mark.parametrize("parent", ["none"])
def test_a_long_name_is_broken_where_the_widget_is_narrow(widget: Widget) -> None:
    narrow(widget, 300)
    widget.click(60, 40)
    widget.page.run("seg.commit('x' * 80)")
    wait_until(lambda: "xxx" in widget.status.inner_text(), "the name")
    assert widget.root.evaluate(CUT) == []
