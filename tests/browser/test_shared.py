"""Where there is no kernel: a page in one file, the network cut; what is saved of one.

The page is the same widget, so that much of it is tested here: it is there in a second.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
import skimage.data
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Browser, Locator
from playwright.sync_api import Page as BrowserPage

from ncut_widget import NcutSegmenter
from tests.browser.host import wait_until
from tests.browser.pixels import read_colors
from tests.browser.servers import Shown, patches
from tests.browser.test_access import AXE, RUN

OpenFile = Callable[..., BrowserPage]

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")

NASTY = "<img src=x onerror=hacked=1>\"'&</script><script>hacked=1</script>"


@pytest.fixture
def open_file(browser: Browser) -> Iterator[OpenFile]:
    """Open a file in a tab that has no network."""
    contexts = []

    def open_it(path: Path, **view: Any) -> BrowserPage:
        size = {"width": 1200, "height": 1000}
        context = browser.new_context(**{"viewport": size, "offline": True, **view})
        contexts.append(context)
        tab = context.new_page()
        asked: list[str] = []
        errors: list[str] = []
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.asked, tab.errors = asked, errors  # type: ignore[attr-defined]
        tab.goto(path.as_uri())
        return tab

    yield open_it
    for context in contexts:
        for tab in context.pages:
            assert not tab.errors  # type: ignore[attr-defined]
            assert tab.evaluate("typeof hacked") == "undefined"
            for url in tab.asked:  # type: ignore[attr-defined]
                assert url.startswith(("file:", "blob:", "data:")), url
        context.close()


def photograph(name: str) -> Any:
    """Give a photograph of scikit-image's own."""
    return getattr(skimage.data, name)()


def shared(seg: NcutSegmenter, tmp_path: Path, **how: Any) -> Path:
    """Write the page."""
    page = seg.save_html(tmp_path / "page.html", progress=False, **how)
    assert page.nbytes == page.path.stat().st_size
    return page.path


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


def test_photographs_and_segments_on_a_page(
    open_file: OpenFile, tmp_path: Path
) -> None:
    images = [photograph(name)[::2, ::2] for name in PHOTOGRAPHS[:3]]
    seg = NcutSegmenter.from_images(images, num_eig=12, progress=False)
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


# The page itself ----------------------------------------------------------------------


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


def test_a_finger_can_say_what_it_is_not(open_file: OpenFile, tmp_path: Path) -> None:
    seg = patches()
    page = shared(seg, tmp_path)
    tab = open_file(page, has_touch=True, viewport={"width": 420, "height": 900})
    shown = Shown(tab, seg)
    stage = shown.stage
    box = stage.bounding_box()
    assert box is not None

    def tap(x: int, y: int) -> list[float]:
        across, down = x / 192 * box["width"], y / 128 * box["height"]
        stage.tap(position={"x": across, "y": down})
        return [round(across) / box["width"] * 192, round(down) / box["height"] * 128]

    seg.add_click(*tap(60, 40))
    assert shown.iou() == 1
    minus = shown.root.locator("button[name=negative]")
    minus.tap()
    wait_until(lambda: minus.get_attribute("aria-pressed") == "true", "the switch")
    seg.add_click(*tap(70, 45), positive=False)
    assert shown.iou() == 1
    shown.root.locator("button[name=positive]").tap()
    seg.add_click(*tap(150, 100))
    assert shown.iou() == 1
    shown.root.locator("button[name=help]").tap()
    assert "touch screen" in shown.root.locator(".ncut-help").inner_text()


SMALL = """(root) => [...root.querySelectorAll("button, input, select, [tabindex]")]
    .map((element) => element.closest("label") ?? element)
    .filter((element) => element.checkVisibility())
    .map((element) => ({ box: element.getBoundingClientRect(), element }))
    .filter(({ box }) => box.width < 24 || box.height < 24)
    .map(({ box, element }) => `${box.width} x ${box.height} ${element.outerHTML}`)"""


def test_every_target_is_large_enough_for_a_finger(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.root.locator("button[name=help]").click()
    shown.root.locator(".ncut-segment-name").click()
    assert shown.root.evaluate(SMALL) == []


PRESS = """(element, init) => element.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }))"""


def test_keys_of_a_cyrillic_keyboard_and_of_an_input_method(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    row = shown.root.locator("[data-ncut=segment]")
    shown.stage.press("1")
    row.and_(shown.root.locator(".ncut-selected")).wait_for()
    shown.stage.evaluate(PRESS, {"key": "р", "code": "KeyH"})
    row.and_(shown.root.locator(".ncut-hidden")).wait_for()
    shown.stage.evaluate(PRESS, {"key": "я", "code": "KeyZ", "ctrlKey": True})
    row.and_(shown.root.locator(":not(.ncut-hidden)")).wait_for()

    row.locator(".ncut-segment-name").press("F2")
    entry = row.locator("input[type=text]")
    entry.fill("細胞")
    for key in ("Enter", "Escape"):
        entry.evaluate(PRESS, {"key": key, "isComposing": True})
        entry.evaluate(PRESS, {"key": key, "keyCode": 229})  # Safari
    assert entry.is_visible()
    assert row.get_attribute("data-name") == "one"
    entry.press("Enter")
    wait_until(lambda: row.get_attribute("data-name") == "細胞", "the name")


def test_a_click_on_a_marker_is_no_second_one(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    markers = shown.root.locator(".ncut-click")
    shown.both_click(60, 40)
    x, y = shown.client(61, 41)
    shown.tab.mouse.click(x, y)
    shown.both_click(150, 100)  # what comes after it is there, too
    assert markers.count() == 2
    shown.tab.mouse.click(x, y, button="right")  # says something else
    wait_until(lambda: markers.count() == 3, "the negative click")
    shown.tab.mouse.click(x, y, button="right")
    shown.both_click(100, 20)
    assert markers.count() == 4
    shown.stage.press("Shift+ArrowRight")
    for count in (5, 5):
        shown.stage.press("Space")
        wait_until(lambda: markers.count() == count, "one click of two")  # noqa: B023


def test_thumbs_have_the_colours_of_the_stage(
    open_file: OpenFile, tmp_path: Path
) -> None:
    eigvecs = np.ones((2, 16, 16, 2), np.float32)
    eigvecs[:, 2:6, 2:6] = eigvecs[:, 9:13, 9:14] = [1, -1]
    eigvecs[:, 12:15, 2:5] = [-1, 0]
    grey = np.full((2, 64, 64, 3), 128, np.uint8)
    seg = NcutSegmenter(eigvecs, grey, opacity=1.0)
    seg.add_click(16, 16)
    seg.commit("two squares, in two shades")
    seg.add_click(14, 54)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.settle()

    def colors(canvas: Locator) -> set[tuple[int, ...]]:
        found, counts = np.unique(
            read_colors(canvas).reshape(-1, 3), axis=0, return_counts=True
        )
        far = np.ptp(found, axis=1) > 8  # the image is grey
        return {tuple(color) for color in found[far & (counts > 9)].tolist()}

    thumb = shown.thumb(0).locator("canvas")
    wait_until(lambda: colors(thumb) == colors(shown.stage), "the stage's colours")
    assert len(colors(thumb)) == 3


PLACES = """(root) => {
    const { left, top } = root.getBoundingClientRect();
    return [...root.querySelectorAll("*")].map((element) => {
        const box = element.getBoundingClientRect();
        return [box.left - left, box.top - top, box.width].map(Math.round).join();
    });
}"""


def test_a_page_from_right_to_left_changes_no_order(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("شيء 1")
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    shown.settle()
    before = shown.root.evaluate(PLACES)
    shown.tab.evaluate("document.documentElement.dir = 'rtl'")
    assert shown.root.evaluate(PLACES) == before
    assert shown.root.get_attribute("lang") == "en"


def test_a_slider_s_value_is_spoken_once(open_file: OpenFile, tmp_path: Path) -> None:
    seg = patches()
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    told = shown.root.locator(".ncut-controls").aria_snapshot()
    # A slider says its value; the text beside it, which sighted people read, does not.
    assert told.count("0.50") <= 1
    assert shown.root.locator(".ncut-controls output").count() == 0
    text = shown.slider("granularity").get_attribute("aria-valuetext")
    assert "eigenvectors" in (text or "")


HIGH_CONTRAST = {
    "vscode-high-contrast": ("#ffffff", "#000000", "#6fc3df"),
    "vscode-high-contrast vscode-high-contrast-light": (
        "#292929",
        "#ffffff",
        "#0f4a85",
    ),
    "vscode-dark": ("#cccccc", "#1f1f1f", "#2b2b2b"),
    "vscode-light": ("#3b3b3b", "#ffffff", "#e5e5e5"),
}


@pytest.mark.parametrize("theme", HIGH_CONTRAST)
def test_hovered_buttons_are_readable_in_vs_code(
    open_file: OpenFile, tmp_path: Path, theme: str
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg.commit("one")
    seg.add_click(60, 40)
    shown = Shown(open_file(shared(seg, tmp_path)), seg)
    text, ground, border = HIGH_CONTRAST[theme]
    shown.tab.evaluate(
        """([theme, ...colors]) => {
            document.body.className = theme;
            const names = ["foreground", "editor-background", "contrastBorder"];
            names.forEach((name, k) =>
                document.documentElement.style.setProperty(
                    `--vscode-${name}`, colors[k]));
            document.getElementById("note").remove();
        }""",
        [theme, text, ground, border],
    )
    shown.tab.evaluate(AXE.read_text())
    for name in ("undo", "clear", "negative", "help"):
        shown.root.locator(f"button[name={name}]").hover()
        assert shown.tab.evaluate(RUN) == [], name


LATE = """async () => {
    const text = document.getElementById("ncut-widget").textContent;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const { default: define, openPage } = await import(url);
    const page = JSON.parse(document.getElementById("ncut-page").textContent);
    const model = openPage(page, document.createElement("div"));
    document.body.replaceChildren();
    const el = document.createElement("div");
    document.body.append(el);
    window.known = false;
    const late = {
        get: (name) => (window.known ? model.get(name) : null),
        set: (name, value) => model.set(name, value),
        save_changes: () => model.save_changes(),
        send: (content) => model.send(content),
        on: (name, handler) => model.on(name, handler),
        off: (name, handler) => model.off(name, handler),
    };
    const widget = define();
    widget.initialize({ model: late });
    widget.render({ el });
}"""


def test_a_model_that_knows_nothing_at_first_is_waited_for(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    tab = open_file(shared(seg, tmp_path))
    tab.evaluate(LATE)
    status = tab.locator("[data-ncut=status]")
    assert "Waiting for the kernel" in status.inner_text()
    wait_until(lambda: "Run its cell again" in status.inner_text(), "what to do")
    tab.evaluate("window.known = true")
    tab.wait_for_selector("canvas[data-ncut=stage]")
    assert tab.locator(".ncut-segmenter").count() == 1
    shown = Shown(tab, seg)
    assert shown.iou() == 1


def test_an_old_page_without_its_model_shows_the_last_picture(
    open_file: OpenFile, tmp_path: Path
) -> None:
    seg = patches()
    seg.add_click(60, 40)
    seg._repr_mimebundle_()
    page = shared(seg, tmp_path)
    tab = open_file(page)
    still = json.dumps(seg.get_state()["_still"])
    silent = LATE
    for said, unsaid in {
        "model.send(content)": "undefined",
        "model.on(name, handler)": "name === 'msg:custom' || model.on(name, handler)",
        "known = false": f"known = true; model.set('_still', {still})",
    }.items():
        silent = silent.replace(said, unsaid)
    tab.evaluate(silent)
    status = tab.locator("[data-ncut=status]")
    wait_until(lambda: "Run this cell again" in status.inner_text(), "what to do")
    assert "shown last" in status.inner_text()
    assert "busy" not in status.inner_text()
    picture = tab.locator(".ncut-still")
    assert picture.is_visible()
    assert picture.evaluate("picture => picture.naturalWidth") == 192
