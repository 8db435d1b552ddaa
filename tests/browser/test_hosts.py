"""The widget in JupyterLab and Notebook 7, used with mouse and keyboard.

The images are flat grey and the mask is opaque, so that what the stage shows can be
read back pixel by pixel and compared with what numpy holds.

Both hosts show the same widget through the same manager: Notebook 7 has to pass the
tests of what it does itself (to show, to steal keys, to reload), and the others in the
soak.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.browser.host import Host, Page, wait_until
from tests.browser.lab import Lab
from tests.browser.widget import Widget

SIZES = [(128, 192), (150, 100), (64, 64), (301, 257)]

MAKE = f"""
import numpy as np
from ncut_widget import NcutSegmenter
rng = np.random.default_rng(0)
patches = rng.standard_normal((4, 6, 6, 8)).repeat(6, axis=1).repeat(6, axis=2)
eigvecs = (patches + 0.7 * rng.standard_normal(patches.shape)).astype("float32")
images = [np.full((*size, 3), 128, dtype=np.uint8) for size in {SIZES}]
seg = NcutSegmenter(eigvecs, images, opacity=1.0)
seg
"""

READ_COLORS = """(canvas, [rows, cols]) => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const colors = [];
    for (let row = 0; row < rows; row++) {
        for (let col = 0; col < cols; col++) {
            const x = Math.floor(((col + 0.5) * width) / cols);
            const y = Math.floor(((row + 0.5) * height) / rows);
            colors.push(...pixels.slice(4 * (y * width + x), 4 * (y * width + x) + 3));
        }
    }
    return colors;
}"""

OpenPage = Callable[..., Page]

in_both = pytest.mark.parametrize("page", ["lab", "notebook"], indirect=True)
in_lab = pytest.mark.parametrize(
    "page", ["lab", pytest.param("notebook", marks=pytest.mark.soak)], indirect=True
)


@pytest.fixture(scope="module")
def opened(host: Host, browser: Browser, lab: Lab) -> Iterator[Callable[[str], Page]]:
    """Give a host's page: opened once, for it takes longer than a test."""
    pages: dict[str, Page] = {}

    def get(app: str) -> Page:
        if app not in pages:
            cells = [MAKE, "seg", "y = 1"]
            pages[app] = (
                lab.open(cells) if app == "lab" else host.open(browser, app, cells)
            )
        return pages[app]

    yield get
    for page in pages.values():
        page.close()


@pytest.fixture
def page(request: pytest.FixtureRequest, opened: Callable[[str], Page]) -> Page:
    """Give a page without outputs, in a window of the usual size."""
    page = opened(request.param)
    page.resize()
    page.clear_outputs()
    return page


@pytest.fixture
def widget(page: Page) -> Widget:
    """Show a new segmenter ``seg``."""
    page.start_cell(0)
    return Widget(page)


@in_both
def test_clicks_are_masks(page: Page, widget: Widget) -> None:
    assert not widget.agrees().any()

    widget.click(60, 40)
    assert page.value("seg.clicks")[0][0] == 0
    assert page.value("[int(v) for v in seg.clicks[0]]") == [0, 60, 40, 1]
    one = widget.agrees()
    assert one.any()

    widget.click(150, 100)
    two = widget.agrees()
    assert two.sum() > one.sum()

    widget.click(150, 100, modifier="Alt")
    assert page.value("[c[3] for c in seg.clicks]") == [1, 1, 0]
    less = widget.agrees()
    assert less.sum() < two.sum()

    widget.click(60, 40, button="right")
    assert page.value("[c[3] for c in seg.clicks]") == [1, 1, 0, 0]
    assert page.tab.locator(".lm-Menu").count() == 0  # not the host's own menu
    widget.agrees()

    widget.root.locator("button[name=undo]").click()
    wait_until(lambda: len(page.value("seg.clicks")) == 3, "undo")
    np.testing.assert_array_equal(widget.agrees(), less)
    widget.root.locator("button[name=undo]").click()
    wait_until(lambda: len(page.value("seg.clicks")) == 2, "undo")
    np.testing.assert_array_equal(widget.agrees(), two)
    widget.root.locator("button[name=redo]").click()
    wait_until(lambda: len(page.value("seg.clicks")) == 3, "redo")
    np.testing.assert_array_equal(widget.agrees(), less)
    widget.root.locator("button[name=clear]").click()
    wait_until(lambda: page.value("seg.clicks") == [], "clear")
    assert not widget.agrees().any()


@in_lab
def test_sliders_are_settings(page: Page, widget: Widget) -> None:
    widget.click(60, 40)
    widget.click(20, 100, button="right")
    before = widget.agrees()
    for name, value in (
        ("threshold", 0.2),
        ("threshold", 0.85),
        ("threshold", 0.3),
        ("gamma", 0.4),
        ("negative_threshold", 0.3),
        ("denoise_area_th", 20),
        ("num_eig", 3),
        ("num_eig", 8),
    ):
        widget.slide(name, value)
        after = widget.agrees()
        assert not np.array_equal(before, after), name
        before = after
    widget.root.locator("input[type=checkbox][name=denoise]").click()
    wait_until(lambda: page.value("seg.denoise") is False, "denoise in the kernel")
    assert widget.agrees().sum() > before.sum()
    widget.slide("opacity", 0.5)


@in_lab
def test_a_dragged_slider_arrives_where_it_is_let_go(
    page: Page, widget: Widget
) -> None:
    widget.click(60, 40)
    slider = widget.root.locator("input[name=threshold]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.tab.mouse.move(box["x"] + box["width"] * 0.5, middle)
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + box["width"] * 0.1, middle, steps=60)
    page.tab.mouse.up()
    shown = float(slider.input_value())
    assert shown < 0.2
    wait_until(lambda: page.value("seg.threshold") == shown, "the last value")
    widget.agrees()


@in_lab
def test_every_image_has_its_mask(page: Page, widget: Widget) -> None:
    widget.click(60, 40)
    for image in (2, 1, 3, 0):
        widget.root.locator(f"[data-ncut=thumb][data-index='{image}']").click()
        wait_until(lambda i=image: page.value("seg.active_image") == i, "the image")
        widget.agrees()
    widget.stage.focus()
    page.tab.keyboard.press("ArrowRight")
    wait_until(lambda: page.value("seg.active_image") == 1, "the next image")
    widget.click(50, 140)
    assert page.value("[int(v) for v in seg.clicks[1]]") == [1, 50, 140, 1]
    widget.agrees()


@in_lab
def test_python_changes_show_on_the_page(page: Page, widget: Widget) -> None:
    page.run("seg.add_click(60, 40); seg.threshold = 0.3; seg.active_image = 3")
    wait_until(lambda: widget.stage.get_attribute("data-image") == "3", "the image")
    widget.agrees()
    assert widget.root.locator("input[name=threshold]").input_value() == "0.3"
    page.run("seg.overlay = 'heatmap'")
    overlay = widget.root.locator("select[name=overlay]")
    wait_until(lambda: overlay.input_value() == "heatmap", "the overlay")
    overlay.select_option("eigvecs")
    wait_until(lambda: page.value("seg.overlay") == "eigvecs", "the overlay")


@in_lab
def test_new_colours_show_on_the_page(page: Page, widget: Widget) -> None:
    page.run("seg.overlay = 'eigvecs'")

    def shown() -> float:
        """How far the stage is from the colours that Python has, at most."""
        stage = np.array(widget.stage.evaluate(READ_COLORS, [36, 36]))
        return float(np.abs(stage.reshape(36, 36, 3) / 255 - colors[0]).max())

    for change in (
        "pass",
        "seg.color('pca', q=0.7)",
        "seg.color('tsne', num_sample=60)",
    ):
        page.run(change)
        colors = np.array(page.value("seg.colors[:1].tolist()"))
        wait_until(lambda: shown() < 0.02, f"the colours after {change}")


@in_lab
def test_a_commit_keeps_the_mask(page: Page, widget: Widget) -> None:
    commit = widget.root.locator("button[name=commit]")
    assert commit.is_disabled()
    widget.click(60, 40)
    mask = page.array("seg.masks[0]")
    commit.click()
    wait_until(lambda: page.value("list(seg.segments)") == ["segment 1"], "the segment")
    assert not widget.agrees().any()
    assert "segment 1" in widget.root.locator("[data-ncut=status]").inner_text()
    widget.click(150, 100)
    page.tab.keyboard.press("Enter")
    wait_until(lambda: len(page.value("list(seg.segments)")) == 2, "the segment")
    widget.agrees()
    kept = page.array("seg.segments['segment 1'].masks[0]")
    np.testing.assert_array_equal(kept, mask)


@in_lab
def test_two_displays_are_in_step(page: Page) -> None:
    page.run_all()
    first, second = Widget(page), Widget(page, 1)
    first.click(60, 40)
    np.testing.assert_array_equal(second.agrees(), first.agrees())
    second.slide("threshold", 0.25)
    np.testing.assert_array_equal(second.agrees(), first.agrees())
    assert first.root.locator("input[name=threshold]").input_value() == "0.25"
    second.root.locator("[data-ncut=thumb][data-index='2']").click()
    wait_until(lambda: first.stage.get_attribute("data-image") == "2", "the image")
    first.agrees()

    whole = second.view
    first.stage.scroll_into_view_if_needed()
    page.tab.mouse.move(*first.client(30, 30))
    page.tab.mouse.wheel(0, -120)
    wait_until(lambda: first.view != whole, "the zoom")
    page.tab.mouse.move(5, 5)  # No preview.
    wait_until(lambda: first.root.get_attribute("data-preview") == "false", "the mask")
    first.agrees()
    assert second.view == whole  # The zoom is each view's own.


@in_both
def test_a_reloaded_page_keeps_the_state(page: Page) -> None:
    page.run_all()
    widget = Widget(page)
    widget.click(60, 40)
    widget.click(150, 100, modifier="Alt")
    widget.slide("threshold", 0.3)
    before = widget.agrees()
    page.save()
    page.reload()
    for number in (0, 1):
        again = Widget(page, number)
        np.testing.assert_array_equal(again.agrees(), before)
    undo = again.root.locator("button[name=undo]")
    undo.click()
    wait_until(lambda: page.value("seg.threshold") == 0.5, "undo of the slider")
    undo.click()
    wait_until(lambda: len(page.value("seg.clicks")) == 1, "undo of a click")
    again.agrees()


@in_both
def test_keys_reach_the_widget_and_not_the_notebook(page: Page, widget: Widget) -> None:
    widget.click(60, 40)
    cells = page.tab.locator(".jp-Notebook .jp-Cell").count()
    slider = widget.root.locator("input[name=threshold]")
    slider.focus()
    before = float(slider.input_value())
    page.tab.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > before
    for target in (slider, widget.stage):
        target.focus()
        for key in ("a", "b", "d", "d", "x", "m", "y"):
            page.tab.keyboard.press(key)
    assert page.tab.locator(".jp-Notebook .jp-Cell").count() == cells
    widget.stage.focus()
    while page.value("seg.clicks"):  # the slider and the key A were changed since
        revision = page.value("seg._revision")
        page.tab.keyboard.press("Control+z")
        wait_until(lambda before=revision: page.value("seg._revision") > before, "undo")
    assert page.value("seg.threshold") == before
    page.tab.keyboard.press("Control+Shift+z")
    wait_until(lambda: len(page.value("seg.clicks")) == 1, "redo")
    page.tab.keyboard.press("l")
    wait_until(lambda: page.value("seg.overlay") != "image", "the next overlay")
    page.tab.keyboard.press("Escape")
    wait_until(lambda: page.value("seg.clicks") == [], "clear")
    page.tab.keyboard.press("Space")
    wait_until(lambda: len(page.value("seg.clicks")) == 1, "a click at the crosshair")


@in_lab
@pytest.mark.parametrize(("width", "scale"), [(700, 1), (900, 1.5), (1600, 2)])
def test_clicks_land_where_they_are_made(
    page: Page, widget: Widget, width: int, scale: float
) -> None:
    page.resize(width, 1200, scale)
    widget.settle()
    points = [(5, 5), (186, 6), (3, 124), (188, 122), (96, 64)]
    for x, y in points:
        widget.click(x, y)
    assert page.value("[[int(v) for v in c[1:3]] for c in seg.clicks]") == [
        list(point) for point in points
    ]
    widget.agrees()


@in_lab
def test_after_a_kernel_restart_the_page_says_so_and_works_when_run_again(
    page: Page, widget: Widget
) -> None:
    widget.click(60, 40)
    mask = widget.mask()
    assert mask.any()
    enabled = widget.root.locator("button:enabled:is([name=undo], [name=commit])")
    assert enabled.count() == 2
    page.restart_kernel()
    widget.stage.click()
    status = widget.root.locator("[data-ncut=status]")
    wait_until(lambda: "again" in status.inner_text(), "a word about the kernel")
    # The picture stays, with its mask; what would need the kernel is off.
    assert enabled.count() == 0
    page.tab.mouse.move(5, 5)
    wait_until(lambda: np.array_equal(widget.mask(), mask), "the mask as it was")
    page.clear_outputs()
    page.start_cell(0)
    widget = Widget(page)
    assert not widget.agrees().any()
    widget.click(60, 40)
    assert widget.agrees().any()
