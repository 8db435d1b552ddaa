"""Images that cannot be read, of which nothing is known, or that are very long."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ncut_widget import NcutSegmenter
from tests.browser.files import OpenFile, shared
from tests.browser.host import wait_until
from tests.browser.servers import Shown


def test_an_image_that_cannot_be_read_says_why(
    open_file: OpenFile, tmp_path: Path
) -> None:
    images = [tmp_path / f"{k}.png" for k in range(3)]
    for image in images:
        Image.new("RGB", (96, 64), (128, 128, 128)).save(image)
    images[1].write_bytes(images[1].read_bytes()[:60])
    with pytest.warns(UserWarning, match="1 of 3 images cannot be read"):
        seg = NcutSegmenter.from_images(
            images, num_eig=4, progress=False, errors="skip", opacity=1.0
        )
    seg.add_click(20, 20)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    assert shown.iou() == 1
    broken = shown.root.locator(".ncut-broken")
    assert broken.count() == 1
    assert "1.png" in (broken.get_attribute("title") or "")
    assert shown.thumb(0).get_attribute("title") == ""
    shown.thumb(1).click()
    wait_until(lambda: "1.png" in shown.status.inner_text(), "the reason")
    shown.thumb(2).click()
    seg.active_image = 2
    assert shown.iou() == 1


def test_an_image_of_which_nothing_is_known_says_so(
    open_file: OpenFile, tmp_path: Path
) -> None:
    eigvecs = np.random.default_rng(0).standard_normal((2, 8, 8, 4)).astype(np.float32)
    eigvecs[1] = 0
    images = np.full((2, 64, 96, 3), 128, np.uint8)
    with pytest.warns(UserWarning, match="all zero on images 1"):
        seg = NcutSegmenter(eigvecs, images, opacity=1.0)
    seg.add_click(20, 20)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    assert shown.iou() == 1
    known, unknown = (shown.thumb(image) for image in range(2))
    assert known.get_attribute("title") == ""
    assert "all zero" in (unknown.get_attribute("title") or "")
    assert shown.root.locator(".ncut-broken").count() == 0
    unknown.click()
    wait_until(lambda: "all zero" in shown.status.inner_text(), "what is known")


@pytest.mark.parametrize("size", [(40, 4000), (4000, 40)])
def test_a_very_long_image_is_no_line(
    open_file: OpenFile, tmp_path: Path, size: tuple[int, int]
) -> None:
    eigvecs = np.random.default_rng(0).standard_normal((1, 8, 8, 4)).repeat(4, 1)
    image = np.full((*size, 3), 128, np.uint8)
    seg = NcutSegmenter(eigvecs.astype(np.float32), [image], opacity=1.0)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.settle()
    box = shown.stage.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 90
    left, top, width, height = shown.view
    assert max(width, height) == 200
    shown.both_click(int(left + width / 3), int(top + height / 3))
    assert shown.iou() > 0.99
    mouse = shown.tab.mouse
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    shown.tab.keyboard.down("Shift")
    mouse.move(*middle)
    mouse.down()
    mouse.move(middle[0] - 60, middle[1] - 60, steps=4)
    mouse.up()
    shown.tab.keyboard.up("Shift")
    moved = shown.view
    assert moved[:2] != (left, top)
    assert shown.iou() > 0.99
    # Not magnified: a double click is two clicks less one, and moves nothing.
    shown.stage.dblclick(position={"x": 50, "y": 50})
    assert shown.view == moved
