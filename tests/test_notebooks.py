"""The notebooks run from top to bottom, and are committed without outputs."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the notebooks from the checkpoints of whoever runs the tests."""
    monkeypatch.setenv("NCUT_WIDGET_CACHE", str(tmp_path))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_has_no_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in code] == [[]] * len(code)
    assert {cell.execution_count for cell in code} == {None}
    assert "widgets" not in notebook.metadata


def run(path: Path, before: str = "", after: str = "") -> list[Any]:
    """Run a notebook between cells of the test's own; give its outputs."""
    notebook = nbformat.read(path, as_version=4)
    if before:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(before))
    if after:
        notebook.cells.append(nbformat.v4.new_code_cell(after))
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=240, resources=resources).execute()
    return [out for cell in notebook.cells for out in cell.get("outputs", [])]


def printed(outputs: list[Any], stream: str = "stdout") -> str:
    return "".join(out["text"] for out in outputs if out.get("name") == stream)


# A sharp graph of four photographs is half a minute's work, a whole t-SNE a quarter.
QUICK = """
from functools import partial
import ncut_widget
from ncut_widget.backbone import TextureBackbone
TextureBackbone.affinity_focal_gamma = 0.5
ncut_widget.rgb_from_tsne_3d = partial(ncut_widget.rgb_from_tsne_3d, num_sample=200)
"""


# What the notebooks say of their pictures: how much of a rectangle is in a mask.
INSIDE = """
def inside(mask, x, y, width, height):
    return mask[y : y + height, x : x + width].mean()
def check_paint(masks):
    assert inside(masks[0], 365, 195, 65, 25) > 0.9  # the tank
    assert inside(masks[0], 550, 275, 70, 25) > 0.7  # the front fender
    assert inside(masks[1], 510, 270, 70, 40) > 0.5
    assert inside(masks[0], 555, 185, 55, 65) < 0.05  # the box on the shelf
    assert inside(masks[1], 505, 185, 85, 63) < 0.05
"""
CLAIMS = {
    "quickstart": """
check_paint(seg.image_masks())
for mask in seg.segments["motorcycle"].full_masks():
    assert inside(mask, 365, 195, 50, 25) > 0.9  # the tank
    assert inside(mask, 180, 350, 40, 40) > 0.9  # both wheels
    assert inside(mask, 570, 350, 40, 40) > 0.9
    assert inside(mask, 200, 172, 70, 20) > 0.5  # the seat
    assert inside(mask, 0, 0, 741, 150) < 0.05  # what stands behind
assert inside(seg.segments["motorcycle"].full_masks()[0], 565, 190, 40, 50) < 0.1
assert seg.presence.tolist() == [1, 1]
assert max(abs(np.subtract(share, otsu))) < 7
for view, mask in zip(views, glands.image_masks(), strict=True):
    brown = rgb2hed(view)[..., 2] > cut
    assert (mask & brown).sum() / (mask | brown).sum() > 0.75
assert max(otsu) - min(otsu) > 40
""",
    "analysis": """
check_paint(seg.segments["paint"].full_masks())
door = seg.segments["door"].full_masks()[1]
assert inside(door, 180, 50, 100, 70) > 0.8
for floor in seg.segments["floor"].full_masks():
    assert inside(floor, 0, 440, 450, 60) > 0.9
    assert inside(floor, 0, 0, 741, 280) < 0.05
assert inside(door, 340, 60, 50, 25) < 0.05  # a white tub
""",
}


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize(
    "before",
    [
        pytest.param(QUICK, id="quick"),
        pytest.param("", id="", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs(path: Path, before: str) -> None:
    outputs = run(path, before, INSIDE + CLAIMS.get(path.stem, ""))
    assert any("image/png" in out.get("data", {}) for out in outputs)
    shown = "application/vnd.jupyter.widget-view+json"
    assert any(shown in out.get("data", {}) for out in outputs)
    assert "warn" not in printed(outputs, "stderr").lower()
    if path.stem == "analysis":
        assert "the same masks: True" in printed(outputs)
    if path.stem == "tutorial_sam":
        assert "No SAM checkpoint on this computer" in printed(outputs)


@pytest.mark.soak
@pytest.mark.usefixtures("cache")
def test_the_tutorial_uses_a_sam_where_there_is_one() -> None:
    """With SAM's classes, random and small, in place of the published weights."""
    root = Path(__file__).parents[1]
    install = f"""
        import sys
        sys.path.insert(0, {str(root)!r})
        from tests.support import torchvision_import
        from tests.support import random_sam
        random_sam.install(random_sam.SMALL)
    """
    path = next(path for path in NOTEBOOKS if path.stem == "tutorial_sam")
    outputs = run(path, textwrap.dedent(install))
    assert "Segment Anything, sam_vit_b_01ec64.pth" in printed(outputs)
    assert "(4, 64, 64, 32)" in str(outputs)
