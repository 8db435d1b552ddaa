"""The widget in hosts that are not Jupyter's, used with the mouse.

What a stage shows is compared pixel by pixel with a segmenter here that was made and
clicked in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import anywidget
import nbformat
import pytest
from playwright.sync_api import Browser, Route
from playwright.sync_api import Page as BrowserPage

from tests.browser.host import wait_until
from tests.browser.servers import MAKE_PATCHES, Shown, patches, serve

MAKE = f"count, settings = 3, {{}}\n{MAKE_PATCHES}"

MARIMO = f"""
import marimo
app = marimo.App()

@app.cell
def _():
    import marimo as mo
    count, settings = 3, {{}}
{"".join(f"    {line}" for line in MAKE_PATCHES.strip().splitlines(True))}
    view = mo.ui.anywidget(seg)
    view
    return mo, seg, view

@app.cell
def _(mo, view):
    value = view.value
    names = [segment["name"] for segment in value["_segments"]]
    clicks, threshold = len(value["clicks"]), value["threshold"]
    mo.md(f"told: {{clicks}} clicks, {{int(view.masks.sum())}} cells, "
          f"{{len(view.segments)}} segments {{names}}, threshold {{threshold}}")
    return

if __name__ == "__main__":
    app.run()
"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[BrowserPage]:
    """Open a tab that reaches nothing but this machine."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})

    def route(request: Route) -> None:
        url = request.request.url
        if url.startswith(("http://127.0.0.1", "ws://127.0.0.1")):
            request.continue_()
        elif "unpkg.com/anywidget" in url:  # Panel's way to a widget's package
            package = Path(anywidget.__file__).parent / "nbextension" / "index.js"
            request.fulfill(
                body=package.read_text(),
                content_type="text/javascript",
                headers={"Access-Control-Allow-Origin": "*"},
            )
        else:
            request.abort()

    context.route("**/*", route)
    yield context.new_page()
    context.close()


def use(shown: Shown) -> None:
    """Click, take back, slide; after each the stage is as numpy has it."""
    assert shown.iou() == 1
    shown.both_click(60, 40)
    assert shown.iou() == 1
    assert shown.equal.mask.any()
    shown.both_click(150, 100)
    shown.both_click(20, 100, positive=False)
    assert shown.iou() == 1
    shown.root.locator("button[name=undo]").click()
    shown.equal.undo()
    assert shown.iou() == 1
    shown.slider("threshold").fill("0.3")
    shown.equal.threshold = 0.3
    assert shown.iou() == 1
    shown.thumb(1).click()
    shown.equal.active_image = 1
    assert shown.iou() == 1


def configure(folder: Path, theme: str, tab: BrowserPage) -> None:
    """Give marimo a theme, and the system the other one."""
    (folder / "pyproject.toml").write_text(
        f'[tool.marimo.display]\ntheme = "{theme}"\n'
        "[tool.marimo.runtime]\nauto_instantiate = true\n"
    )
    tab.emulate_media(color_scheme="dark" if theme == "light" else "light")


def check_theme(shown: Shown, theme: str) -> None:
    """Check that the widget has marimo's theme, not the system's."""
    scheme = shown.root.evaluate("root => getComputedStyle(root).colorScheme")
    assert scheme == theme
    color = shown.root.evaluate("root => getComputedStyle(root).color")
    assert (sum(map(int, color[4:-1].split(", "))) > 384) == (theme == "dark")


def test_marimo_runs_cells_again_for_every_click(
    tab: BrowserPage, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(MARIMO)
    configure(tmp_path, "light", tab)
    flags = ("--headless", "--no-token", "--host", "127.0.0.1", "--port", "{port}")
    with serve(tmp_path, "marimo", "run", "app.py", *flags, ready="/health") as url:
        tab.goto(url, wait_until="commit")
        shown = Shown(tab, patches())
        told = tab.locator("text=/told: /")

        def agrees() -> bool:
            seg = shown.equal
            names = [segment.name for segment in seg.segments.values()]
            return told.inner_text() == (
                f"told: {len(seg.clicks)} clicks, {int(seg.masks.sum())} cells, "
                f"{len(seg.segments)} segments {names}, threshold {seg.threshold}"
            )

        use(shown)
        check_theme(shown, "light")
        wait_until(agrees, "the cell that reads the widget")
        shown.both_click(60, 40)
        wait_until(agrees, "the click in the other cell")
        for name in ("undo", "redo", "commit"):
            shown.root.locator(f"button[name={name}]").click()
            getattr(shown.equal, name)()
            wait_until(agrees, f"{name} in the other cell")


def test_marimo_s_editor_gives_its_theme_and_enough_height(
    tab: BrowserPage, tmp_path: Path
) -> None:
    text = MARIMO.replace("marimo.App()", 'marimo.App(width="full")')
    (tmp_path / "app.py").write_text(text)
    configure(tmp_path, "dark", tab)
    flags = ("--headless", "--no-token", "--host", "127.0.0.1", "--port", "{port}")
    with serve(tmp_path, "marimo", "edit", "app.py", *flags, ready="/health") as url:
        tab.goto(url, wait_until="commit")
        shown = Shown(tab, patches())
        shown.settle()
        check_theme(shown, "dark")
        scrolls = shown.root.evaluate(
            """(root) => {
                let node = root.getRootNode().host;
                for (; node; node = node.parentElement) {
                    const { overflowY } = getComputedStyle(node);
                    if (["auto", "scroll"].includes(overflowY))
                        return node.scrollHeight - node.clientHeight;
                }
                return 0;
            }"""
        )
        assert scrolls <= 0


def test_voila(tab: BrowserPage, tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell(f"{MAKE}\nseg")]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
    nbformat.write(notebook, tmp_path / "notebook.ipynb")
    flags = ("--no-browser", "--Voila.ip=127.0.0.1", "--port={port}")
    with serve(tmp_path, "voila", "notebook.ipynb", *flags) as url:
        tab.goto(url, wait_until="commit")
        use(Shown(tab, patches()))


def test_panel(tab: BrowserPage, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        f"import panel as pn\npn.extension('ipywidgets')\n{MAKE}\n"
        "pn.Column(seg).servable()\n"
    )
    flags = (
        *("--port", "{port}", "--address", "127.0.0.1"),
        *("--allow-websocket-origin", "127.0.0.1:{port}"),
    )
    with serve(tmp_path, "panel", "serve", "app.py", *flags) as url:
        tab.goto(f"{url}/app", wait_until="commit")
        use(Shown(tab, patches()))
