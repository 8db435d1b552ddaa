"""The filmstrip of a thousand images, of which a page holds but a few at a time.

Each image is flat, with a grey of its own, so that a thumb tells whose picture it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator

from tests.browser.host import Page, wait_until
from tests.browser.lab import Lab

COUNT = 1000
MOST = 60
"""Thumbs that may be on the page at once."""

MAKE = f"""
import numpy as np
from ncut_widget import NcutSegmenter
rng = np.random.default_rng(0)
eigvecs = rng.standard_normal((4, 4, 8)).repeat(4, axis=0).repeat(4, axis=1)
eigvecs = eigvecs + 0.1 * rng.standard_normal(({COUNT}, 16, 16, 8))
images = [
    np.full((48, 40 + i % 50, 3), 50 + i % 150, dtype=np.uint8) for i in range({COUNT})
]
seg = NcutSegmenter(eigvecs.astype("float32"), images)
seg
"""

READ_GREY = """(thumb) => {
    const canvas = thumb.querySelector("canvas");
    const middle = [canvas.width >> 1, canvas.height >> 1, 1, 1];
    const [red, green, blue, alpha] =
        canvas.getContext("2d").getImageData(...middle).data;
    return alpha === 255 && red === green && green === blue ? red : null;
}"""

IS_IN_VIEW = """(thumb) => {
    const box = thumb.getBoundingClientRect();
    const strip = thumb.closest(".ncut-filmstrip").getBoundingClientRect();
    return box.left >= strip.left && box.right <= strip.right;
}"""


class Strip:
    """The filmstrip of ``seg`` on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.segmenter()
        self.element = self.root.locator(".ncut-filmstrip")
        self.thumbs = self.element.locator("[data-ncut=thumb]")
        self.tab_stop = self.element.locator("[tabindex='0']")

    def thumb(self, image: int) -> Locator:
        return self.element.locator(f"[data-ncut=thumb][data-index='{image}']")

    def scroll_to(self, share: float) -> None:
        """Scroll to a share of the strip's length."""
        self.element.evaluate(
            "(strip, share) => { strip.scrollLeft = share * strip.scrollWidth; }", share
        )

    def wait_for_picture(self, image: int) -> None:
        """Wait until a thumb shows the picture of its own image."""
        thumb = self.thumb(image)
        thumb.wait_for()
        grey = 50 + image % 150

        def is_painted() -> bool:
            shown = thumb.evaluate(READ_GREY)
            return shown is not None and abs(shown - grey) <= 2

        wait_until(is_painted, f"the picture of image {image}")

    def wait_for_active(self, image: int) -> None:
        """Wait until an image is the active one, and its thumb in view."""
        wait_until(
            lambda: self.page.value("seg.active_image") == image, "the active image"
        )
        thumb = self.thumb(image)
        wait_until(lambda: thumb.get_attribute("aria-current") == "true", "its thumb")
        wait_until(lambda: thumb.evaluate(IS_IN_VIEW), f"image {image} in view")
        assert self.tab_stop.count() == 1
        assert self.tab_stop.get_attribute("data-index") == str(image)
        assert self.thumbs.count() < MOST


@pytest.fixture(scope="module")
def page(lab: Lab) -> Iterator[Page]:
    page = lab.open([MAKE])
    page.run_all()
    yield page
    page.close()


@pytest.fixture
def strip(page: Page) -> Iterator[Strip]:
    strip = Strip(page)
    for image in (0, 500):
        page.run(f"seg.clear(); seg.active_image = {image}")
        wait_until(
            lambda i=image: strip.tab_stop.get_attribute("data-index") == str(i),
            "the page to be as at the start",
        )
    strip.wait_for_active(500)
    yield strip
    assert page.errors == []


def test_the_page_holds_only_the_thumbs_in_view(strip: Strip) -> None:
    strip.wait_for_picture(500)
    assert strip.thumb(500).get_attribute("aria-label") == f"Image 501 of {COUNT}"
    for share, image in ((0, 0), (1, COUNT - 1)):
        strip.scroll_to(share)
        strip.wait_for_picture(image)
        assert strip.thumbs.count() < MOST
        indices = [
            int(thumb.get_attribute("data-index") or -1) for thumb in strip.thumbs.all()
        ]
        assert indices == sorted(indices)
        assert 500 in indices  # scrolled away, and still what the Tab key stops at
        assert strip.tab_stop.get_attribute("data-index") == "500"


def test_a_thumb_far_away_can_be_clicked(strip: Strip) -> None:
    strip.scroll_to(1)
    strip.thumb(COUNT - 2).click()
    strip.wait_for_active(COUNT - 2)


def test_keys_go_from_end_to_end(strip: Strip) -> None:
    strip.tab_stop.focus()
    for key, image in (("End", 999), ("ArrowLeft", 998), ("Home", 0)):
        strip.page.tab.keyboard.press(key)
        strip.wait_for_active(image)
        assert strip.thumb(image).evaluate("(thumb) => thumb.matches(':focus')")
        strip.wait_for_picture(image)
    strip.scroll_to(1)
    strip.thumb(COUNT - 1).wait_for()
    strip.page.tab.keyboard.press("Home")  # to where it is already, out of view
    strip.wait_for_active(0)


def test_a_click_marks_the_thumbs_that_are_scrolled_to(strip: Strip) -> None:
    strip.root.locator("canvas[data-ncut=stage]").click()
    for share, image in ((0, 0), (1, COUNT - 1)):
        strip.scroll_to(share)
        thumb = strip.thumb(image)
        wait_until(
            lambda thumb=thumb: "covered" in (thumb.get_attribute("aria-label") or ""),
            f"the mask of image {image}",
        )


def test_a_hidden_strip_comes_back_with_the_active_image(strip: Strip) -> None:
    strip.scroll_to(1)
    strip.wait_for_picture(COUNT - 1)
    strip.root.evaluate("(root) => { root.style.display = 'none'; }")
    wait_until(lambda: strip.thumbs.count() == 1, "the strip to be emptied")
    strip.page.run("seg.active_image = 0")
    wait_until(lambda: strip.thumb(0).count() == 1, "the new Tab stop")
    strip.root.evaluate("(root) => { root.style.display = ''; }")
    strip.wait_for_active(0)
    strip.wait_for_picture(0)


def test_a_strip_taken_off_the_page_comes_back_where_it_was(strip: Strip) -> None:
    strip.scroll_to(1)
    strip.wait_for_picture(COUNT - 1)
    home = strip.root.evaluate_handle("(root) => root.parentElement")
    root = strip.root.element_handle()
    root.evaluate("(root) => root.remove()")
    wait_until(
        lambda: root.evaluate(
            "(root) => root.querySelectorAll('[data-ncut=thumb]').length === 1"
        ),
        "the strip to be emptied",
    )
    home.evaluate("(home, root) => home.append(root)", root)
    strip.wait_for_picture(COUNT - 1)
    assert strip.thumb(COUNT - 1).evaluate(IS_IN_VIEW)
