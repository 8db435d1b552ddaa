"""The widgets that live in the pages: pages without a kernel, of photographs.

They are what `NcutSegmenter.save_html` writes, from scikit-image's photographs and the
built-in backbone: nothing is downloaded.
"""

from __future__ import annotations

from pathlib import Path

from skimage import data

from ncut_widget import NcutSegmenter

PAINT = [
    [0, 430, 175, 1],
    [0, 640, 300, 1],
    [0, 610, 225, 0],
    [1, 548, 217, 0],
]
FLOOR = [[0, 300, 470, 1], [0, 80, 440, 1], [0, 690, 480, 1]]
DOOR = [[0, 240, 60, 1], [0, 530, 40, 0]]


def make(folder: Path) -> None:
    """Write the pages into a folder."""
    folder.mkdir(parents=True)
    views = list(data.stereo_motorcycle()[:2])
    seg = NcutSegmenter.from_images(views, by="appearance", progress=False)
    seg.add_click(430, 175)
    _save(seg, folder / "click.html", "Click a thing")
    for name, clicks in {"floor": FLOOR, "door": DOOR}.items():
        seg.clicks = clicks
        seg.commit(name)
    seg.segments["floor"].instances = "whole"
    seg.clicks = PAINT
    _save(seg, folder / "segments.html", "Segments")


def _save(seg: NcutSegmenter, path: Path, title: str) -> None:
    page = seg.save_html(path, title=title, progress=False)
    # What the guide says of these pages.
    assert page.iou > 0.99, f"{path.name} is not as the kernel has it: {page.iou}"
