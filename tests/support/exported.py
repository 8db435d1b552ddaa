"""Exports that tests make, and what they look at in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.core.writing.legend import write_legend
from ncut_widget.core.writing.whole import whole_folder

FOLDERS = ("labels", "tiff", "binary", "overlay", "ome-zarr")


def two_images() -> NcutSegmenter:
    """Two images with a segment each: a square on the one, one on the other."""
    eigvecs = np.ones((2, 16, 16, 3), np.float32)
    eigvecs[0, 4:9, 4:9, 1] = eigvecs[1, 9:14, 9:14, 2] = -1
    seg = NcutSegmenter(eigvecs, np.zeros((2, 32, 32, 3), np.uint8))
    seg.add_click(12, 12, image=0)
    seg.commit("dog")
    seg.add_click(22, 22, image=1)
    seg.commit("cat")
    return seg


def tree(folder: Path) -> dict[str, bytes]:
    """Give names and contents of all files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def legend(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "segments.json").read_text(encoding="utf-8"))


def values(path: Path) -> set[int]:
    with Image.open(path) as picture:
        return set(np.unique(np.asarray(picture)).tolist())


OLD = {"a.png": b"old", "b/c.png": b"old"}

NEW = {"a.png": b"new", "d/e.png": b"new"}


def write(out: Path, *, old: bool, overwrite: bool = True) -> None:
    """Write a folder as an export does."""
    with whole_folder(out, overwrite=overwrite) as folder:
        for name, content in (OLD if old else NEW).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        write_legend(folder, {"software": {}})


def squares(*names: str) -> NcutSegmenter:
    """Two images with a square in each corner, a segment each."""
    eigvecs = np.ones((2, 16, 16, 3), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = eigvecs[:, 9:14, 9:14, 2] = -1
    seg = NcutSegmenter(eigvecs)
    for name, at in zip(names, (3, 11), strict=True):
        seg.add_click(at, at)
        seg.commit(name)
    return seg


def check_binary(out: Path, masks: dict[str, list[Any]]) -> None:
    """Check that each folder has what the legend tells of it, of all images."""
    told = legend(out)
    for part in (told, *told["earlier"]):
        for segment in part["segments"]:
            if segment.get("earlier"):  # of other images alone
                continue
            for image in part["images"]:
                path = out / segment["written"] / f"{image['written']}.png"
                mask = masks[segment["name"]][image["index"]]
                with Image.open(path) as picture:
                    np.testing.assert_array_equal(np.asarray(picture), mask)
