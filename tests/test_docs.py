"""The code of README and pages runs as printed, page by page, from top to bottom."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image
from skimage import data

from ncut_widget.backbone import load_dinov2, load_dinov3, registry
from ncut_widget.backbone.models import sam
from ncut_widget.backbone.models.timm import load_timm
from tests.backbone.test_layers import SMALL_VIT
from tests.support import random_sam

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "docs" / "published.md"
"""Run by tests/test_tutorial.py."""
GUIDE = ROOT / "docs" / "guide" / "index.md"
"""Its code comes first on the other pages of the guide."""


def blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)


PAGES = [
    page
    for page in sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    if page != PUBLISHED and blocks(page)
]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("reader") / "photos"
    folder.mkdir()
    for name, view in zip(("left", "right"), data.stereo_motorcycle(), strict=False):
        Image.fromarray(view).save(folder / f"{name}.jpg")
    return sorted(folder.iterdir())


@pytest.fixture
def reader(
    photos: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InteractiveShell]:
    """Make what a reader has: photographs in a folder, and a notebook's shell.

    Networks have random weights: nothing is downloaded.
    """
    monkeypatch.setenv("NCUT_WIDGET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sam, "CHECKPOINTS", dict(sam.CHECKPOINTS))
    monkeypatch.setattr(sam, "ENCODERS", dict(sam.ENCODERS))
    random_sam.install(random_sam.SMALL)
    small: dict[str, Any] = {"pretrained": False, **SMALL_VIT, "depth": 12}
    made = {"dinov2": load_dinov2, "dinov3": load_dinov3, "timm/": load_timm}
    for name, factory in made.items():
        monkeypatch.setitem(registry._FACTORIES, name, partial(factory, **small))
    here = tmp_path / "here"
    shutil.copytree(photos[0].parent, here / "photos")
    monkeypatch.chdir(here)
    InteractiveShell.clear_instance()
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_code_of_a_page_runs(page: Path, reader: InteractiveShell) -> None:
    code = blocks(page)
    if page.parent == GUIDE.parent and page != GUIDE:
        code = blocks(GUIDE) + code
    for block in code:
        with capture_output(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.run_cell(block).raise_error()
