"""An hour of labelling in short: segments in list, stage and strip."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Locator

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.widget import Widget

IMAGES = 20

SEGMENTS = (
    6,
    pytest.param(30, marks=[pytest.mark.soak, pytest.mark.timeout(600)]),
)
"""How many an hour makes."""

MAKE = f"""
import numpy as np
from ncut_widget import NcutSegmenter
rng = np.random.default_rng(0)
patches = rng.standard_normal(({IMAGES}, 6, 6, 8)).repeat(6, axis=1).repeat(6, axis=2)
eigvecs = (patches + 0.7 * rng.standard_normal(patches.shape)).astype("float32")
sizes = [(128, 192), (150, 100), (64, 64), (301, 257)]
images = [np.full((*sizes[i % 4], 3), 128, dtype=np.uint8) for i in range({IMAGES})]
eigvals = np.linspace(1, 0.3, 8)
seg = NcutSegmenter(eigvecs, images, eigvals=eigvals, opacity=1.0, granularity=6.5)
seg
"""

KNOWN = """[
    [(s.name, s.color, s.visible, s.instances, len(s.clicks), s.settings.threshold)
        for s in seg.segments.values()],
    seg.clicks, seg.threshold,
]"""


def row(widget: Widget, name: str) -> Locator:
    return widget.root.locator(f"[data-ncut=segment][data-name='{name}']")


def tool(widget: Widget, name: str, button: str) -> None:
    """Press a button of a segment's row, selected first where it has to be."""
    found = row(widget, name).locator(f"button[name={button}]")
    if not found.is_visible():
        row(widget, name).locator(".ncut-segment-name").click()
    found.click()


def turn(widget: Widget, image: int) -> None:
    """Show an image, whose thumb may be scrolled away."""
    widget.page.run(f"seg.active_image = {image}")
    widget.settle()


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    page = lab.open([MAKE])
    yield page
    page.close()


@pytest.fixture
def widget(page: Page) -> Widget:
    """Make a new segmenter."""
    page.clear_outputs()
    page.run_all()
    return Widget(page)


def changed(widget: Widget, act: Callable[[], object]) -> None:
    """Do what makes one change in the kernel, and check every pixel after it."""
    before = widget.value("seg._revision")
    act()
    wait_until(lambda: widget.value("seg._revision") > before, "the change")
    widget.agrees()


def check_share(widget: Widget, image: int, segment: str | None = None) -> None:
    """Check that all that tells a share of the image tells that of `full_masks`."""
    masks = "seg.full_masks()" if segment is None else f"seg.segments[{segment!r}]"
    masks = masks if segment is None else f"{masks}.full_masks()"
    share = 100 * widget.value(f"float({masks}[{image}].mean())")
    places = [widget.status, widget.thumb(image).locator(".ncut-coverage")]
    if segment is not None:
        places = [row(widget, segment).locator("output")]
    for place in places:
        wait_until(
            lambda place=place: abs(told(place.inner_text()) - share) < 0.051,
            f"{share:.2f} % in {place}",
        )


def told(text: str) -> float:
    """Read the percentage in a text."""
    found = re.search(r"([\d.]+) %", text)
    return float(found[1]) if found else math.nan


@pytest.mark.parametrize("count", SEGMENTS)
def test_an_hour_of_labelling(widget: Widget, count: int, report: list[str]) -> None:
    chance = random.Random(3)
    page = widget.page

    def place() -> tuple[int, int]:
        left, top, width, height = widget.view
        return int(left + chance.random() * width), int(top + chance.random() * height)

    # Things on all images.
    for number in range(count):
        image = number * 7 % IMAGES
        if widget.value("seg.active_image") != image:
            turn(widget, image)
        if number % 5 == 0:
            widget.slide("threshold", chance.choice([0.3, 0.45, 0.6, 0.7]))
        changed(widget, lambda: widget.press(*place()))
        if number % 4 == 3:
            changed(widget, lambda: widget.press(*place(), button="right"))
        if not widget.root.locator("button[name=commit]").is_enabled():
            changed(widget, lambda: widget.press(*place()))
        check_share(widget, image)
        changed(widget, lambda: widget.stage.press("Enter"))
        check_share(widget, image, f"segment {number + 1}")
    names = widget.value("list(seg.segments)")
    assert names == [f"segment {n}" for n in range(1, count + 1)]
    assert widget.root.locator("[data-ncut=segment]").count() == count

    # What is done with them.
    changed(widget, lambda: tool(widget, "segment 3", "show"))
    assert widget.value("seg.segments['segment 3'].visible") is False

    label = row(widget, "segment 5").locator(".ncut-segment-name")
    label.dblclick()
    entry = row(widget, "segment 5").locator(".ncut-segment-entry")
    entry.fill("手 <b>hand</b>")
    changed(widget, lambda: entry.press("Enter"))
    assert "手 <b>hand</b>" in widget.value("list(seg.segments)")

    swatch = row(widget, "segment 4").locator("input[type=color]")
    changed(widget, lambda: swatch.fill("#ff00aa"))
    assert widget.value("seg.segments['segment 4'].color") == "#ff00aa"

    changed(widget, lambda: tool(widget, "segment 6", "up"))
    changed(widget, lambda: tool(widget, "segment 6", "delete"))
    things = row(widget, "segment 2").locator("select")
    tool_row = row(widget, "segment 2").locator(".ncut-segment-name")
    tool_row.click()
    changed(widget, lambda: things.select_option("whole"))
    changed(widget, lambda: things.select_option("watershed"))

    widget.stage.focus()
    page.tab.keyboard.press("1")
    widget.root.locator(".ncut-selected[data-name='segment 1']").wait_for()
    changed(widget, lambda: page.tab.keyboard.press("h"))
    assert widget.value("seg.segments['segment 1'].visible") is False
    changed(widget, lambda: page.tab.keyboard.press("e"))
    assert widget.value("[len(seg.clicks), seg._segments[0]['open']]") == [1, True]
    changed(widget, lambda: widget.press(*place()))
    changed(widget, lambda: page.tab.keyboard.press("Enter"))
    assert widget.value("len(seg.segments['segment 1'].clicks)") == 2
    changed(widget, lambda: tool(widget, "segment 2", "edit"))
    changed(widget, lambda: tool(widget, "segment 2", "edit"))  # leaves it as it was
    assert widget.value("[s['open'] for s in seg._segments].count(True)") == 0

    # From Python.
    changed(widget, lambda: page.run("seg.segments['segment 4'].color = 'lime'"))
    changed(widget, lambda: page.run("seg.segments.move('segment 4', 0)"))
    changed(widget, lambda: page.run("del seg.segments['segment 3']"))
    last = widget.value(KNOWN)
    widget.root.locator("button[name=undo]").scroll_into_view_if_needed()

    # To the beginning and to the end, looked at on the way.
    steps = 0
    for button, end in (("undo", 0), ("redo", 1)):
        while widget.value(f"seg._history[{end}]"):
            change = widget.root.locator(f"button[name={button}]")
            if steps % 6 == 0:
                changed(widget, change.click)
            else:
                before = widget.value("seg._revision")
                change.click()
                wait_until(
                    lambda before=before: widget.value("seg._revision") > before, "step"
                )
            steps += 1
        if button == "undo":
            assert widget.value("[len(seg.segments), seg.clicks]") == [0, []]
            assert not widget.agrees().any()
            assert widget.root.locator("[data-ncut=segment]").count() == 0
    assert widget.value(KNOWN) == last
    for image in (0, 3, 9, 18):
        turn(widget, image)
        widget.agrees()
    assert not page.errors
    report.append(
        f"{count} segments over {IMAGES} images, renamed, recoloured, hidden, "
        f"moved, opened again and deleted; {steps} steps of undo and redo: the stage "
        "was the kernel's segments, pixel by pixel"
    )


def test_the_strip_shows_the_segments(widget: Widget) -> None:
    widget.page.run("seg.add_click(60, 60); seg.commit('a', color='#ff0000')")
    widget.settle()

    def share(image: int) -> float:
        canvas = widget.thumb(image).locator("canvas")
        red = canvas.evaluate(
            """(canvas) => {
                const { width, height } = canvas;
                const at = canvas.getContext("2d").getImageData(0, 0, width, height);
                let count = 0;
                for (let i = 0; i < at.data.length; i += 4)
                    if (at.data[i] > at.data[i + 1] + 60) count++;
                return count / (width * height);
            }"""
        )
        return float(red)

    for image in range(4):
        mean = widget.value(f"float(seg.segments['a'].masks[{image}].mean())")
        wait_until(
            lambda image=image, mean=mean: abs(share(image) - mean) < 0.02, "the thumb"
        )
    widget.page.run("seg.segments['a'].visible = False")
    wait_until(lambda: share(0) == 0, "the hidden segment")


def test_a_failing_function_is_shown_under_the_widget(widget: Widget) -> None:
    page = widget.page
    page.run("def fail(click): raise RuntimeError('no use for this <b>click</b>')")
    page.run("seg.on_click(fail)")
    widget.click(60, 60)
    trouble = widget.root.locator("[data-ncut=trouble]")
    trouble.wait_for()
    assert "RuntimeError: no use for this <b>click</b>" in trouble.inner_text()
    assert widget.status.get_attribute("data-tone") != "error"
    assert len(widget.value("seg.clicks")) == 1
    trouble.locator("button").click()
    trouble.wait_for(state="hidden")


def test_another_writer_of_the_autosave_is_told_of_under_the_widget(
    widget: Widget,
) -> None:
    page = widget.page
    page.run("import pathlib, tempfile, warnings; warnings.simplefilter('ignore')")
    page.run("path = pathlib.Path(tempfile.mkdtemp()) / 's.json'; seg.autosave = path")
    page.run("other = NcutSegmenter(eigvecs, images, eigvals=eigvals)")
    page.run("other.add_click(5, 5); other.commit('dog'); other.save_session(path)")
    widget.click(60, 60)
    trouble = widget.root.locator("[data-ncut=trouble]")
    trouble.wait_for()
    assert "Somebody else wrote the session's file" in trouble.inner_text()
    assert "written by another segmenter" in trouble.inner_text()
    assert widget.value("len(list(path.parent.iterdir()))") == 2


def test_the_keys_of_a_row(widget: Widget) -> None:
    page = widget.page
    page.run("seg.add_click(60, 60); seg.commit('a'); seg.add_click(9, 9)")
    page.run("seg.commit('b')")
    widget.settle()
    row(widget, "b").locator(".ncut-segment-name").click()
    changed(widget, lambda: page.tab.keyboard.press("h"))
    assert widget.value("seg.segments['b'].visible") is False
    changed(widget, lambda: page.tab.keyboard.press("Delete"))
    assert widget.value("list(seg.segments)") == ["a"]
    # The focus stays in the list, and no key goes to the notebook.
    changed(widget, lambda: page.tab.keyboard.press("e"))
    assert widget.value("seg._segments[0]['open']") is True
    assert page.tab.locator(".jp-CodeCell").count() == 1


def test_a_name_that_is_taken_is_refused_in_a_sentence(widget: Widget) -> None:
    widget.page.run("seg.add_click(60, 60); seg.commit('a')")
    widget.page.run("seg.add_click(60, 60); seg.commit('b')")
    widget.settle()
    row(widget, "b").locator(".ncut-segment-name").press("F2")
    entry = row(widget, "b").locator(".ncut-segment-entry")
    entry.fill("a")
    entry.press("Enter")
    wait_until(
        lambda: "of the name 'a' already" in widget.status.inner_text(), "the sentence"
    )
    assert widget.value("list(seg.segments)") == ["a", "b"]
    assert np.all(widget.value("[s.visible for s in seg.segments.values()]"))
