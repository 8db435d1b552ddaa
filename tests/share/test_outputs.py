"""What a notebook keeps of the widget: pictures, no bars; and what the kernel keeps."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from PIL import Image, ImageDraw

from ncut_widget import NcutSegmenter
from ncut_widget.share.output_picture import KEY, mark_png

VIEW = "application/vnd.jupyter.widget-view+json"
PNG = "image/png"

MAKE = """
import json, weakref
import numpy as np
from IPython.display import display
from ncut_widget import NcutSegmenter
eigvecs = np.ones((1, 16, 16, 2), np.float32)
eigvecs[:, 4:9, 4:9, 1] = -1
made = []
def make():
    seg = NcutSegmenter(eigvecs, np.zeros((1, 64, 64, 3), np.uint8))
    made.append((weakref.ref(seg), weakref.ref(seg._session)))
    return seg
def alive():
    return [int(ref() is not None) for pair in made for ref in pair]
"""


class Notebook:
    """Cells that run in one kernel, which is told which cell each is."""

    def __init__(self) -> None:
        self.notebook = nbformat.v4.new_notebook()
        self.client = NotebookClient(self.notebook, timeout=120)

    def run(self, code: str, cell: str = "other") -> list[Any]:
        """Run code as that cell, and give its outputs as they are saved."""
        self.client.kc.session.metadata = {"cellId": cell}
        self.notebook.cells.append(nbformat.v4.new_code_cell(code))
        at = len(self.notebook.cells) - 1
        self.client.execute_cell(self.notebook.cells[at], at)
        return self.notebook.cells[at].outputs

    def value(self, expression: str) -> Any:
        """Give a value of the kernel."""
        (printed,) = self.run(f"print(json.dumps({expression}))")
        return json.loads(printed["text"])


@pytest.fixture(scope="module")
def notebook() -> Any:
    """Give a notebook whose kernel can make segmenters."""
    notebook = Notebook()
    with notebook.client.setup_kernel():
        notebook.run(MAKE)
        yield notebook


def masked(output: Any) -> int:
    """Count the pixels of an output's picture that are not black."""
    data = base64.b64decode(output["data"][PNG])
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA")).astype(int)
    return int((picture[..., :3].sum(2) > 30).sum())


# The picture ------------------------------------------------------------------------


def test_the_picture_is_how_the_widget_was_left(notebook: Notebook) -> None:
    view, picture = notebook.run("seg = make()\nseg")
    assert VIEW in view["data"]
    assert PNG not in view["data"]  # nobody sees it twice
    assert masked(picture) == 0
    notebook.run("seg.add_click(26, 26)\nseg.commit('one', color='red')")
    one = masked(picture)
    assert one > 200
    (again_view, again), other = notebook.run("seg"), notebook.run("seg.clear()")
    assert VIEW in again_view["data"]
    assert masked(again) == masked(picture) == one
    assert other == []
    # What fails leaves the picture of what was done.
    with pytest.raises(Exception, match="no such"):
        notebook.run(
            "seg.add_click(50, 50)\nseg.add_click(26, 26)\nraise KeyError('no such')"
        )
    assert masked(again) == masked(picture) > one
    notebook.run("del seg.segments['one']\nseg.clear()")
    assert masked(again) == masked(picture) == 0


def test_every_segmenter_of_a_cell_has_its_picture(notebook: Notebook) -> None:
    outputs = notebook.run(
        "a, b = make(), make()\nb.add_click(26, 26)\ndisplay(a)\nprint('between')\nb"
    )
    pictures = [out for out in outputs if PNG in out.get("data", {})]
    assert sorted(map(bool, map(masked, pictures))) == [False, True]
    assert sum(VIEW in out.get("data", {}) for out in outputs) == 2


def test_a_notebook_s_html_shows_the_picture_without_a_network(
    notebook: Notebook,
) -> None:
    notebook.run("seg = make()\nseg.add_click(26, 26)\nseg")
    cell = notebook.notebook.cells[-1]
    notebook.client.set_widgets_metadata()
    page = nbformat.v4.new_notebook(cells=[cell], metadata=notebook.notebook.metadata)
    body, _ = HTMLExporter().from_notebook_node(page)
    png = cell.outputs[-1]["data"][PNG]
    assert f"data:image/png;base64,{png}" in body.replace("\n", "")


@pytest.mark.parametrize("mark", ["0123456789abcdef" * 2])
def test_the_page_finds_the_picture_by_its_mark(mark: str) -> None:
    picture = Image.new("RGB", (37, 20), "white").quantize(4)
    ImageDraw.Draw(picture).line((0, 0, 30, 15), 1)
    file = io.BytesIO()
    picture.save(file, "PNG")
    marked = mark_png(file.getvalue(), mark)
    found = Image.open(io.BytesIO(marked))
    assert found.convert("RGB").tobytes() == picture.convert("RGB").tobytes()
    assert found.text == {KEY[:-1].decode(): mark}  # type: ignore[attr-defined]
    sought = base64.b64encode(mark[:30].encode()).decode()
    assert sought in base64.b64encode(marked).decode()


def test_without_a_cell_the_picture_is_beside_the_widget(eigvecs: Any) -> None:
    seg = NcutSegmenter(eigvecs)
    data, _ = seg._repr_mimebundle_()
    assert {VIEW, PNG} <= data.keys()


# Bars -------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_a_bar_leaves_nothing_in_the_notebook(notebook: Notebook, fails: bool) -> None:
    cell = f"""
        from ncut_widget.core.progress import bar, go_through
        try:
            with bar(3, "Outer", "step", after=0) as outer:
                for _ in range(3):
                    for _ in go_through("ab", "Inner", "step"):
                        pass
                    outer.update()
                    outer.refresh()
                    if {fails}:
                        raise ValueError
        except ValueError:
            pass
    """
    outputs = notebook.run("if True:\n" + cell)
    assert outputs, "the bar was not shown"
    for output in outputs:
        assert set(output["data"].values()) == {""}
    assert VIEW not in str(outputs)
    body, _ = HTMLExporter().from_notebook_node(
        nbformat.v4.new_notebook(cells=[notebook.notebook.cells[-1]])
    )
    assert "Outer:" not in body


# Cells that run again ---------------------------------------------------------------


@pytest.fixture
def fresh(notebook: Notebook) -> Notebook:
    """Give the notebook, without what was made before."""
    notebook.run("made.clear()\nseg = a = b = None")
    return notebook


def test_a_widget_that_a_cell_wrote_over_is_freed(fresh: Notebook) -> None:
    for _ in range(3):
        fresh.run("seg = make()\nseg.add_click(26, 26)\nseg", "one")
    assert fresh.value("alive()") == [0, 0, 0, 0, 1, 1]
    assert fresh.value("int(seg.masks.sum())") == 25
    # It, too, once its cell shows something else.
    fresh.run("seg = 1", "one")
    assert fresh.value("alive()") == [0] * 6


@pytest.mark.parametrize(
    "use",
    [
        "kept = seg",
        "kept = [seg]",
        "import ipywidgets\nkept = ipywidgets.HBox([seg])\ndisplay(kept)",
        "kept = seg.segments",
    ],
)
def test_a_widget_that_somebody_has_lives_on(fresh: Notebook, use: str) -> None:
    fresh.run("seg = make()\nseg.add_click(26, 26)\nseg", "one")
    fresh.run(use)
    fresh.run("seg = make()\nseg", "one")
    assert fresh.value("alive()") == [1, 1, 1, 1]
    assert fresh.value("int(made[0][0]().masks.sum())") == 25
    # It can be shown again, and is used as before.
    view, picture = fresh.run("made[0][0]()", "two")
    assert VIEW in view["data"]
    fresh.run("made[0][0]().clear()\nkept = None")
    assert masked(picture) == 0
    assert fresh.value("alive()") == [1, 1, 1, 1]


def test_a_widget_that_another_cell_shows_lives_on(fresh: Notebook) -> None:
    fresh.run("seg = make()\nseg.add_click(26, 26)\nseg", "one")
    fresh.run("seg", "two")
    fresh.run("seg = make()\nseg", "one")
    assert fresh.value("alive()") == [1, 1, 1, 1]
    # A callback shows nothing of a cell's; a cell that fails has run again, too.
    with pytest.raises(Exception, match="division"):
        fresh.run("seg = 1 / 0", "two")
    assert fresh.value("alive()") == [0, 0, 1, 1]


def test_a_cell_that_runs_a_cell_is_one(fresh: Notebook) -> None:
    nested = "get_ipython().run_cell('make()')\n"
    outputs = fresh.run(nested + "get_ipython().run_cell('1')\nmake()", "one")
    assert fresh.value("alive()") == [1] * 4
    assert sum(PNG in out.get("data", {}) for out in outputs) == 2
    fresh.run("2", "one")
    assert fresh.value("alive()") == [0] * 4


def test_a_widget_that_was_closed_is_freed_too(fresh: Notebook) -> None:
    fresh.run("seg = make()\nseg", "one")
    fresh.run("seg.add_click(26, 26)\nseg.close()")
    fresh.run("seg = None", "one")
    assert fresh.value("alive()") == [0, 0]


def test_a_widget_that_a_page_shows_elsewhere_lives_on(fresh: Notebook) -> None:
    """As in a box, or in an output of ipywidgets'."""
    told = "made[0][0]()._receive(None, {{**views, 'count': {}}}, [])"
    fresh.run("views = {'type': 'views', 'id': 'views', 'keeps': False}\nmake()", "one")
    fresh.run(told.format(1))
    fresh.run("make()", "one")
    assert fresh.value("alive()") == [1, 1, 1, 1]
    fresh.run(told.format(2))
    fresh.run(told.format(1))
    assert fresh.value("alive()") == [1, 1, 1, 1]
    fresh.run(told.format(0))
    fresh.run("import gc\ngc.collect()")
    assert fresh.value("alive()") == [0, 0, 1, 1]
