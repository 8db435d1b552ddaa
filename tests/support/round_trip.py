"""Photographs with two segments that tests export, and how files of them are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ncut_widget import NcutSegmenter

SIZES = [(48, 64), (33, 20), (16, 40)]

FILES = ["a.png", "手.png", "a.jpg"]

STEMS = ["a", "手", "a-2"]


def read_all(seg: NcutSegmenter) -> list[NDArray]:
    """Whole masks of the segments of every image: (segments, h, w)."""
    full = [segment.full_masks() for segment in seg.segments.values()]
    return [np.stack([masks[i] for masks in full]) for i in range(len(SIZES))]


def came_about(told: dict[str, Any], images: list[int] | None = None) -> None:
    """Check what a file or a folder says of how it came about."""
    assert set(told["software"]) == {
        "python",
        "ncut_widget",
        "torch",
        "numpy",
        "scikit-image",
    }
    assert [each["name"] for each in told["segments"]] == ["hand", "../cup: a/b"]
    assert told["segments"][0]["clicks"] == [[0, 12, 9, 1]]
    assert told["segments"][0]["settings"]["threshold"] == 0.4
    assert "backbone" in told
    files = FILES if images is None else [FILES[image] for image in images]
    assert [each["file"] for each in told["images"]] == files


def legend(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "segments.json").read_text(encoding="utf-8"))


def read_png(path: Path) -> NDArray:
    """Read the values of a picture, not the colours of its palette."""
    with Image.open(path) as picture:
        return np.asarray(picture)
