"""COCO files, as what trains on them reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import supervision
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as rle
from scipy.ndimage import gaussian_filter, label
from supervision.detection.utils.converters import polygon_to_mask

from ncut_widget import NcutSegmenter
from ncut_widget.results.formats.coco import run_lengths
from ncut_widget.results.formats.coco_polygons import polygons
from ncut_widget.results.outlines import outline

FORMS = ["coco", "coco-polygons"]

RING = np.zeros((16, 16), dtype=bool)
RING[2:12, 2:13] = True
RING[4:7, 5:9] = False
RING[8:10, 4:6] = False
PARTS = np.zeros((16, 16), dtype=bool)
PARTS[1:4, 1:5] = PARTS[10:14, 8:9] = PARTS[4:6, 5:7] = True  # two touch at a corner


def filled(segmentation: Any, size: tuple[int, int]) -> NDArray:
    """Fill as pycocotools does: run lengths, or the union of polygons."""
    made = rle.frPyObjects(segmentation, *size)
    return rle.decode(rle.merge(made) if isinstance(made, list) else made) > 0


def exported(mask: NDArray, folder: Path, form: str) -> dict[str, Any]:
    """Export one thing, at twice the size of its grid, and read the file."""
    eigvecs = np.ones((1, *mask.shape, 2), dtype=np.float32)
    eigvecs[0, mask, 1] = -1
    size = 2 * mask.shape[0], 2 * mask.shape[1]
    (folder / "images").mkdir()
    path = folder / "images" / "手.png"
    Image.new("RGB", size[::-1]).save(path)
    seg = NcutSegmenter(eigvecs, [path], denoise=False)
    y, x = np.argwhere(mask)[0]
    seg.add_click(2 * x + 1, 2 * y + 1)
    seg.commit("手").instances = "whole"
    file = seg.export(folder / "c.json", form)
    whole = seg.segments["手"].full_masks()[0]
    return {"mask": whole, "path": file, **json.loads(file.read_bytes())}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("mask", [RING, PARTS, RING | PARTS])
def test_one_thing_with_holes_and_parts_is_one_annotation(
    mask: NDArray, form: str, tmp_path: Path
) -> None:
    told = exported(mask, tmp_path, form)
    (annotation,) = told["annotations"]
    assert annotation["iscrowd"] == 0
    assert annotation["area"] == told["mask"].sum()
    np.testing.assert_array_equal(
        filled(annotation["segmentation"], told["mask"].shape), told["mask"]
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_file_is_ascii(form: str, tmp_path: Path) -> None:
    told = exported(PARTS, tmp_path, form)
    assert told["path"].read_bytes().isascii()
    assert told["categories"][0]["name"] == "手"
    assert told["images"][0]["file_name"] == "手.png"


def test_run_lengths_are_lists_of_numbers(tmp_path: Path) -> None:
    told = exported(PARTS, tmp_path, "coco")
    (annotation,) = told["annotations"]
    counts = annotation["segmentation"]["counts"]
    assert all(type(each) is int for each in counts)
    assert sum(counts) == told["mask"].size
    assert annotation["segmentation"]["size"] == [32, 32]


def test_supervision_loads_the_file(tmp_path: Path) -> None:
    # Before 0.30 it took run lengths of what is no crowd for polygons, or for nothing.
    version = tuple(map(int, supervision.__version__.split(".")[:2]))
    told = exported(RING, tmp_path, FORMS[version < (0, 30)])
    data = supervision.DetectionDataset.from_coco(
        str(tmp_path / "images"), str(told["path"]), force_masks=True
    )
    (_, _, found) = next(iter(data))
    np.testing.assert_array_equal(found.mask[0], told["mask"])
    assert data.classes == ["手"]


def test_loaders_of_polygons_find_polygons_of_numbers(tmp_path: Path) -> None:
    told = exported(RING | PARTS, tmp_path, "coco-polygons")
    (annotation,) = told["annotations"]
    height, width = told["mask"].shape
    for polygon in annotation["segmentation"]:
        points = np.reshape(polygon, (-1, 2))  # ultralytics' rule
        assert len(points) >= 4
        assert ((points >= 0) & (points <= [width, height])).all()


def masks_of(seed: int) -> NDArray:
    """Make a mask of blobs, holes, dots and diagonals."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 50, 2)
    field = gaussian_filter(rng.standard_normal(size), rng.choice([0.01, 1, 3]))
    return field > 0.02 * rng.normal()


@pytest.mark.parametrize("seed", range(40))
def test_polygons_are_filled_as_the_mask_they_are_of(seed: int) -> None:
    mask = masks_of(seed)
    drawn = np.zeros_like(mask)
    paths = outline(mask)
    if paths:
        np.testing.assert_array_equal(filled(paths, mask.shape), mask)
    for path in paths:
        # As OpenCV fills: corners rounded down, the edge among what is filled.
        corners = np.floor(np.reshape(path, (-1, 2))).astype(int)
        drawn |= polygon_to_mask(corners, mask.shape[::-1]).astype(bool)
    np.testing.assert_array_equal(drawn, mask)


@pytest.mark.parametrize("describe", [run_lengths, polygons])
@pytest.mark.parametrize("seed", range(5))
def test_every_thing_of_an_image_is_described(describe: Any, seed: int) -> None:
    numbers, count = label(masks_of(seed), np.ones((3, 3)))
    described = list(describe(numbers))
    assert len(described) == count
    for thing, segmentation in enumerate(described, 1):
        np.testing.assert_array_equal(
            filled(segmentation, numbers.shape), numbers == thing
        )


def test_a_slit_leads_into_a_hole() -> None:
    mask = np.ones((3, 4), dtype=bool)
    mask[1, 2] = False
    (path,) = outline(mask)
    points = np.reshape(path, (-1, 2)).tolist()
    at = points.index([0.25, 1.5])
    assert points[at : at + 2] == [[0.25, 1.5], [1.75, 1.5]]
    assert points[at + 6 : at + 8] == [[1.75, 1.5], [0.25, 1.5]]
