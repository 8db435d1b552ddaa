"""The biased cut on the page: its maps are the kernel's, its masks are cut here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab
from tests.browser.test_busy import SLEEP
from tests.browser.test_hosts import MAKE, SIZES
from tests.browser.widget import Widget

MAKE_GRAPH = f"""
from pathlib import Path
import numpy as np
from ncut_widget import NcutSegmenter
for flag in ("started", "release"):
    Path(flag).unlink(missing_ok=True)
rng = np.random.default_rng(0)
patches = rng.standard_normal((4, 6, 6, 8)).repeat(6, axis=1).repeat(6, axis=2)
features = patches + 0.3 * rng.standard_normal(patches.shape)
images = [np.full((*size, 3), 128, dtype=np.uint8) for size in {SIZES}]
seg = NcutSegmenter.from_features(
    features, images, num_eig=12, affinity_focal_gamma=0.3, opacity=1.0, progress=False
)
seg
"""


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    page = lab.open([MAKE_GRAPH, SLEEP, MAKE])
    page.start_cell(0)
    yield page
    page.close()


@pytest.fixture
def widget(page: Page) -> Widget:
    """Take back everything, and the pointer away."""
    widget = Widget(page)
    widget.stage.wait_for()
    page.tab.mouse.move(5, 5)
    page.run(
        "seg.clear(); seg.method = 'similarity'; seg.threshold = 0.5; seg.gamma = 1;"
        "seg.click_weight = 0.5; seg.bg_weight = 0.1; seg.hover_preview = True"
    )
    widget.settle()
    return widget


def choose(widget: Widget, method: str) -> None:
    """Choose a method on the page."""
    widget.root.locator("select[name=method]").select_option(label=method)
    names = {
        "Similarity": "similarity",
        "Diffusion": "diffusion",
        "Image by image": "random_walker",
        "Biased cut": "biased_ncut",
    }
    name = names[method]
    wait_until(lambda: widget.value("seg.method") == name, "the method in the kernel")
    widget.settle()


def test_every_pixel_is_the_kernel_s(widget: Widget) -> None:
    widget.click(60, 40)
    before = widget.agrees()
    choose(widget, "Biased cut")
    assert not np.array_equal(widget.agrees(), before)
    assert widget.agrees().any()
    widget.click(150, 100)
    widget.click(20, 100, button="right")
    masks = [widget.agrees()]
    for name, value in (
        ("threshold", 0.2),
        ("threshold", 0.85),
        ("gamma", 0.4),
        ("click_weight", 0.9),
        ("bg_weight", 1.0),
        ("num_eig", 4),
        ("num_eig", 12),
        ("denoise_area_th", 100),
    ):
        widget.slide(name, value)
        masks.append(widget.agrees())
    assert all(not np.array_equal(*pair) for pair in itertools.pairwise(masks))
    widget.root.locator("button[name=undo]").click()
    wait_until(lambda: widget.value("seg.denoise_area_th") != 100, "undo of a slider")
    np.testing.assert_array_equal(widget.agrees(), masks[-2])
    widget.thumb(1).click()
    wait_until(lambda: widget.value("seg.active_image") == 1, "the next image")
    widget.agrees()
    widget.page.run("seg.active_image = 0")
    choose(widget, "Similarity")
    widget.agrees()


def test_sliders_repaint_while_the_kernel_is_busy(widget: Widget) -> None:
    choose(widget, "Biased cut")
    widget.click(60, 40)
    masks = {}
    for threshold in (0.2, 0.7):
        widget.slide("threshold", threshold)
        widget.agrees()
        masks[threshold] = widget.mask()
    assert not np.array_equal(*masks.values())
    started, release = (widget.page.host.root / name for name in ("started", "release"))
    widget.page.start_cell(1)
    wait_until(started.exists, "the cell's begin")
    try:
        widget.slider("threshold").fill("0.2")
        wait_until(
            lambda: np.array_equal(widget.mask(), masks[0.2]), "the slider's mask"
        )
    finally:
        release.touch()
    wait_until(lambda: widget.value("seg.threshold") == 0.2, "the threshold")
    widget.agrees()


def test_the_method_s_own_controls_are_shown(widget: Widget) -> None:
    cut = [widget.slider(name) for name in ("click_weight", "bg_weight")]
    other = widget.slider("negative_threshold")
    for slider in cut:
        expect(slider).to_be_hidden()
    expect(other).to_be_visible()
    choose(widget, "Biased cut")
    for slider in cut:
        expect(slider).to_be_visible()
    expect(other).to_be_hidden()


def test_in_diffusion_coordinates_every_pixel_is_the_kernel_s(widget: Widget) -> None:
    choose(widget, "Diffusion")
    masks = []
    for x, y, button in ((60, 40, "left"), (150, 100, "left"), (20, 100, "right")):
        widget.click(x, y, button=button)
        masks.append(widget.agrees())
    for name, value in (
        ("threshold", 0.2),
        ("granularity", 1.5),
        ("granularity", 11.0),
        ("threshold", 0.6),
        ("denoise_area_th", 20),
    ):
        widget.slide(name, value)
        masks.append(widget.agrees())
    assert len({mask.tobytes() for mask in masks}) > 5
    widget.thumb(1).click()
    wait_until(lambda: widget.value("seg.active_image") == 1, "the next image")
    widget.agrees()
    widget.page.run(
        "seg.active_image = 0; seg.granularity = 5.5; seg.denoise_area_th = 3"
    )
    for name in ("gamma", "negative_threshold", "num_eig", "click_weight"):
        expect(widget.slider(name)).to_be_hidden()
    expect(widget.slider("granularity")).to_be_visible()


def test_image_by_image_every_pixel_is_the_kernel_s(widget: Widget) -> None:
    choose(widget, "Image by image")
    masks = []
    for x, y, button in ((60, 40, "left"), (150, 100, "left"), (20, 100, "right")):
        widget.click(x, y, button=button)
        masks.append(widget.agrees())
    for name, value in (
        ("threshold", 0.2),
        ("granularity", 1.5),
        ("threshold", 0.6),
        ("denoise_area_th", 20),
    ):
        widget.slide(name, value)
        masks.append(widget.agrees())
    assert len({mask.tobytes() for mask in masks}) > 4
    for image in (1, 2, 3):
        widget.thumb(image).click()
        wait_until(
            lambda image=image: widget.value("seg.active_image") == image, "an image"
        )
        widget.agrees()
    widget.click(30, 40, button="right")
    widget.agrees()
    widget.root.locator("button[name=undo]").click()
    wait_until(lambda: len(widget.value("seg.clicks")) == 3, "one click less")
    widget.agrees()
    widget.page.run(
        "seg.active_image = 0; seg.granularity = 5.5; seg.denoise_area_th = 3"
    )
    for name in ("gamma", "negative_threshold", "num_eig", "click_weight"):
        expect(widget.slider(name)).to_be_hidden()


def test_hovering_previews_a_click_image_by_image(widget: Widget) -> None:
    choose(widget, "Image by image")
    widget.page.tab.mouse.move(*widget.client(60.5, 40.5))
    wait_until(
        lambda: widget.root.get_attribute("data-preview") == "true", "the preview"
    )
    assert widget.mask().any()
    widget.click(60, 40)
    assert widget.agrees().any()


def test_the_strip_dims_images_that_lack_the_thing(widget: Widget) -> None:
    widget.page.run(
        "from ncut_widget.methods.random_walker import RandomWalkerField as F;"
        "F.presence = lambda field, image: 0.25 if image == 2 else 1.0"
    )
    choose(widget, "Image by image")
    try:
        widget.click(93, 77)  # of which the page has no map yet
        dimmed = widget.root.locator("[data-ncut=thumb].ncut-absent")
        expect(dimmed).to_have_count(1)
        expect(dimmed).to_have_attribute("data-index", "2")
        expect(dimmed).to_have_attribute(
            "title", "This was not found in the image, so its mask is empty."
        )
        assert (
            widget.value("[bool(mask.any()) for mask in seg.full_masks()][2]") is False
        )
        choose(widget, "Similarity")
        expect(dimmed).to_have_count(0)
    finally:
        widget.page.run("del F.presence")


def test_keys_step_through_whole_thing_and_part(widget: Widget) -> None:
    choose(widget, "Diffusion")
    widget.click(60, 40)
    pressed = widget.root.locator(".ncut-named [aria-pressed=true]")
    masks = []
    for name, granularity in (("Whole", 2), ("Thing", 5.5)):
        widget.root.get_by_role("button", name=name, exact=True).click()
        wait_until(
            lambda value=granularity: widget.value("seg.granularity") == value, name
        )
        expect(pressed).to_have_text(name)
        masks.append(widget.agrees())
    widget.stage.press("g")  # 12 are more than there are
    wait_until(lambda: widget.value("seg.granularity") == 2, "the first again")
    np.testing.assert_array_equal(widget.agrees(), masks[0])
    assert not np.array_equal(*masks)
    choose(widget, "Similarity")
    widget.stage.press("g")
    widget.stage.press("a")
    assert widget.value("(seg.granularity, seg.auto_threshold)") == (2, False)
    widget.page.run("seg.granularity = 5.5")


def test_the_threshold_follows_until_it_is_dragged(widget: Widget) -> None:
    choose(widget, "Diffusion")
    button = widget.root.locator("button[name=auto_threshold]")
    widget.stage.press("a")
    wait_until(lambda: widget.value("seg.auto_threshold"), "auto in the kernel")
    expect(button).to_have_attribute("aria-pressed", "true")
    found = set()
    for x, y, side in ((60, 40, "left"), (150, 100, "left"), (20, 100, "right")):
        widget.click(x, y, button=side)
        widget.agrees()
        found.add(widget.value("seg.threshold"))
    assert found - {0.5}
    widget.root.locator("button[name=undo]").click()
    wait_until(lambda: len(widget.value("seg.clicks")) == 2, "one click less")
    widget.agrees()
    widget.slide("threshold", 0.33)
    expect(button).to_have_attribute("aria-pressed", "false")
    widget.agrees()
    widget.click(100, 100)
    widget.agrees()
    assert widget.value("seg.threshold") == 0.33


def test_hovering_previews_a_click_in_diffusion_coordinates(widget: Widget) -> None:
    choose(widget, "Diffusion")
    widget.click(60, 40)
    widget.agrees()
    before = widget.mask()
    widget.page.tab.mouse.move(*widget.client(150.5, 100.5))
    wait_until(
        lambda: widget.root.get_attribute("data-preview") == "true", "the preview"
    )
    shown = widget.mask()
    assert not np.array_equal(shown, before)
    widget.click(150, 100)
    widget.agrees()
    made = widget.mask()
    assert (shown & made).sum() > 0.99 * (shown | made).sum()


def test_hovering_previews_nothing(widget: Widget) -> None:
    choose(widget, "Biased cut")
    widget.page.tab.mouse.move(*widget.client(60.5, 40.5))
    switch = widget.root.locator(
        "label", has=widget.page.tab.locator("[name=hover_preview]")
    )
    expect(switch).to_have_attribute("title", "There are no previews of a biased cut")
    widget.page.tab.mouse.move(*widget.client(61.5, 40.5))
    assert widget.root.get_attribute("data-preview") != "true"
    assert not widget.mask().any()


def test_without_eigenvalues_there_is_no_choice(page: Page) -> None:
    page.clear_outputs()
    page.start_cell(2)
    widget = Widget(page)
    expect(widget.slider("threshold")).to_be_visible()
    expect(widget.root.locator("select[name=method]")).to_be_hidden()
