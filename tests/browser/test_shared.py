"""Where there is no kernel: a page in one file, the network cut; what is saved of one.

The page is the same widget, so that much of it is tested on such pages: they are there
in a second.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import skimage.data
from nbconvert import HTMLExporter
from PIL import Image

from ncut_widget import NcutSegmenter
from tests.browser.files import OpenFile
from tests.browser.host import wait_until
from tests.browser.servers import Shown, patches

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")

NASTY = "<img src=x onerror=hacked=1>\"'&</script><script>hacked=1</script>"


def photograph(name: str) -> Any:
    """Give a photograph of scikit-image's own."""
    return getattr(skimage.data, name)()


@pytest.mark.parametrize("method", ["diffusion", "similarity"])
def test_a_page_without_kernel_and_network_clicks_as_the_kernel_does(
    open_file: OpenFile, tmp_path: Path, method: str, report: list[str]
) -> None:
    seg = patches(method=method)
    seg.add_click(60, 40)
    page = seg.save_html(tmp_path / "page.html", progress=False)
    shown = Shown(open_file(page.path), seg)
    shares = [shown.iou()]

    def see() -> None:
        shares.append(shown.iou())

    shown.both_click(150, 100)
    see()
    shown.both_click(20, 100, positive=False)
    see()
    for name in ("undo", "redo", "clear", "undo"):
        shown.root.locator(f"button[name={name}]").click()
        getattr(seg, name)()
        see()
    for name, value in (("threshold", 0.3), ("denoise_area_th", 20)):
        shown.slider(name).fill(str(value))
        setattr(seg, name, value)
        see()
    for image in (2, 1):
        shown.thumb(image).click()
        seg.active_image = image
        see()
    shown.both_click(90, 30)
    see()
    assert min(shares) > 0.99
    assert page.iou > 0.99
    assert shown.root.locator("button[name=commit]").is_disabled()
    report.append(
        f"a page without kernel ({method}): {page.nbytes / 1e6:.1f} MB, "
        f"IoU with the kernel's masks over {len(shares)} steps {min(shares):.4f}"
    )


def test_a_page_has_the_kernel_s_maps_and_goes_on_by_diffusion(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches(method="random_walker")
    seg.add_click(60, 40)
    seg.add_click(20, 100, positive=False)
    page = seg.save_html(tmp_path / "page.html", progress=False)
    shown = Shown(open_file(page.path), seg)
    assert shown.iou() == page.iou == 1
    for name, value in (("threshold", 0.3), ("denoise_area_th", 8)):
        shown.slider(name).fill(str(value))
        setattr(seg, name, value)
        assert shown.iou() == 1
    for image in (2, 0):
        shown.thumb(image).click()
        seg.active_image = image
        assert shown.iou() == 1
    said = "“Image by image” works in the notebook only"
    assert said not in shown.status.inner_text()
    shown.both_click(150, 100)
    shown.settle()
    chosen = shown.root.locator("select[name=method]")
    assert chosen.input_value() == "diffusion"
    assert said in shown.status.inner_text()
    seg.undo()
    shown.root.locator("button[name=undo]").click()
    assert shown.iou() == 1
    assert chosen.input_value() == "random_walker"
    assert said not in shown.status.inner_text()


def test_photographs_and_segments_on_a_page(
    open_file: OpenFile, tmp_path: Path
) -> None:
    images = [photograph(name)[::2, ::2] for name in PHOTOGRAPHS[:3]]
    seg = NcutSegmenter.from_images(
        images, num_eig=12, progress=False, method="diffusion"
    )
    seg.add_click(110, 60, image=0)
    seg.commit(NASTY)
    seg.add_click(60, 60, image=1)
    seg.active_image = 1
    page = seg.save_html(tmp_path / "page.html", [1, 2], title=NASTY)
    assert page.images == (0, 1, 2)  # that of the segment's click, too
    assert page.iou > 0.99
    tab = open_file(page.path)
    assert tab.title() == NASTY
    root = tab.locator(".ncut-segmenter")
    row = root.locator("[data-ncut=segment]")
    tab.wait_for_selector(".ncut-segmenter[data-state=idle]")
    assert row.get_attribute("data-name") == NASTY
    stage = root.locator("canvas[data-ncut=stage]")
    tab.mouse.move(0, 0)
    tab.wait_for_function("() => !document.querySelector('.ncut-loading')")
    before = stage.screenshot()
    row.locator("button[name=show]").click()
    wait_until(lambda: stage.screenshot() != before, "the hidden segment")
    root.locator("button[name=undo]").click()
    wait_until(lambda: stage.screenshot() == before, "the segment again")
    row.locator(".ncut-segment-name").click()
    row.locator("button[name=rename]").click()
    row.locator("input[type=text]").fill("<b>face</b>")
    tab.keyboard.press("Enter")
    wait_until(lambda: row.get_attribute("data-name") == "<b>face</b>", "the name")
    assert not row.locator("button[name=edit]").is_visible()
    # Hovering previews.
    stage.hover(position={"x": 40, "y": 40})
    tab.wait_for_selector(".ncut-segmenter[data-preview=true]")


def test_an_iframe_stays_live_in_a_notebook_s_html(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    frame = seg.to_iframe(height=800, progress=False)
    cell = nbformat.v4.new_code_cell("seg.to_iframe()")
    data = {"text/html": frame.data, "text/plain": "iframe"}
    cell.outputs = [nbformat.v4.new_output("display_data", data=data)]
    body, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    (tmp_path / "notebook.html").write_text(body)
    context = open_file(tmp_path / "notebook.html").context
    tab = context.pages[0]
    tab.asked.clear()  # type: ignore[attr-defined] # nbconvert's page asks for MathJax
    inner = tab.frame_locator("iframe")
    inner.locator(".ncut-segmenter[data-state=idle]").wait_for()
    status = inner.locator("[data-ncut=status]")
    before = status.inner_text()
    inner.locator("canvas[data-ncut=stage]").click(position={"x": 300, "y": 200})
    wait_until(lambda: status.inner_text() != before, "the click")


def test_what_is_saved_of_an_output_is_a_picture(
    open_file: OpenFile, tmp_path: Path
) -> None:
    images = list(map(photograph, PHOTOGRAPHS))
    seg = NcutSegmenter.from_images(images, num_eig=8, progress=False)
    seg.add_click(250, 100)
    data, metadata = seg._repr_mimebundle_()
    assert len(data["image/png"]) < 300_000 * 4 / 3
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width >= 240
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3).astype(int)
    blue = (pixels[:, 2] - pixels[:, 0] > 60).mean()
    seg.clear()
    plain = base64.b64decode(seg._repr_mimebundle_()[0]["image/png"])
    plain = np.asarray(Image.open(io.BytesIO(plain)).convert("RGB")).reshape(-1, 3)
    plain = plain.astype(int)
    assert blue > (plain[:, 2] - plain[:, 0] > 60).mean() + 0.02  # the mask is on it

    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    cell = nbformat.v4.new_code_cell("seg", outputs=[output])
    body, _ = HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert data["image/png"][:100] in body.replace("\n", "")
    # Its state has what the stage shows, until a kernel answers.
    state = seg.get_state()
    assert len(json.dumps(state["_still"])) < 150_000


@pytest.mark.parametrize("count", [1, 40])
def test_a_page_has_the_images_that_matter(tmp_path: Path, count: int) -> None:
    eigvecs = np.random.default_rng(0).standard_normal((count, 6, 6, 3))
    seg = NcutSegmenter(eigvecs.astype(np.float32))
    if count > 1:
        seg.add_click(2, 2, image=30)
    page = seg.save_html(tmp_path / "page.html")
    assert len(page.images) == min(count, 12)
    assert (30 in page.images) == (count > 1)
    assert "IoU with the kernel's masks" in str(page)
    with pytest.raises(FileExistsError, match="overwrite=True"):
        seg.save_html(tmp_path / "page.html")
    with pytest.raises(ValueError, match="an image index must be"):
        seg.save_html(tmp_path / "other.html", [count])
