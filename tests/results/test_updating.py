"""Exports of some images over an earlier one: the others stay, and stay true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ncut_widget import NcutSegmenter
from ncut_widget.results.marks import read_provenance
from tests.support.exported import (
    FOLDERS,
    check_binary,
    legend,
    squares,
    tree,
    two_images,
    values,
)


@pytest.fixture
def seg() -> NcutSegmenter:
    return two_images()


@pytest.mark.parametrize("format", ["labels", "tiff"])
def test_label_maps_of_other_images_stay_with_their_meaning(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    out = seg.export(tmp_path / "out", format)
    suffix = ".png" if format == "labels" else ".tif"
    before = (out / f"image 1{suffix}").read_bytes()
    del seg.segments["dog"]
    seg.add_click(12, 12, image=0)
    seg.commit("wolf")
    with pytest.warns(UserWarning, match="2 = cat, 3 = wolf; export all images to"):
        seg.export(out, format, images=[0], overwrite=True)
    told = legend(out)
    meaning = {each["label"]: each["name"] for each in told["segments"]}
    assert meaning == {1: "dog", 2: "cat", 3: "wolf"}
    assert values(out / f"image 0{suffix}") == {0, 3}
    assert (out / f"image 1{suffix}").read_bytes() == before
    assert [each["index"] for each in told["images"]] == [0]
    (earlier,) = told["earlier"]
    assert [each["index"] for each in earlier["images"]] == [1]
    assert [each["name"] for each in earlier["segments"]] == ["dog", "cat"]
    seg.export(out, format, overwrite=True)
    told = legend(out)
    assert [each["name"] for each in told["segments"]] == ["cat", "wolf"]
    assert values(out / f"image 0{suffix}") == {0, 2}
    assert told["earlier"] == []


@pytest.mark.parametrize("format", FOLDERS[:-1])
def test_images_one_by_one_are_as_all_at_once(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    for image in (1, 0):
        seg.export(tmp_path / "one", format, images=[image], overwrite=True)
    seg.export(tmp_path / "all", format)
    assert tree(tmp_path / "one") == tree(tmp_path / "all")


@pytest.mark.parametrize("names", [("cell: a", "cell_ a"), ("Cell", "cell")])
def test_folders_of_segments_are_the_same_whichever_are_exported(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    seg = squares(*names)
    masks = {name: list(each.full_masks()) for name, each in seg.segments.items()}
    out = seg.export(tmp_path / "out", "binary")
    folder = legend(out)["segments"][1]["written"]
    seg.export(out, "binary", images=[0], segments=[names[1]], overwrite=True)
    check_binary(out, masks)
    assert legend(out)["segments"][0]["written"] == folder
    new = seg.export(tmp_path / "new", "binary", segments=[names[1]])
    assert {each.name for each in new.iterdir()} == {folder, "segments.json"}


def test_folders_of_segments_are_those_of_masks_that_stay(tmp_path: Path) -> None:
    seg = squares("cell: a", "cell_ a")
    masks = {name: list(each.full_masks()) for name, each in seg.segments.items()}
    out = seg.export(tmp_path / "out", "binary")
    del seg.segments["cell: a"]
    seg.add_click(3, 3)
    seg.commit("CELL_ A-2")
    masks["CELL_ A-2"] = masks["cell: a"]
    with pytest.warns(UserWarning, match="keep the numbers"):
        seg.export(out, "binary", images=[0], overwrite=True)
    check_binary(out, masks)
    told = legend(out)
    written = {each["name"]: each["written"] for each in told["segments"]}
    assert written == {
        "cell: a": "cell_ a",
        "cell_ a": "cell_ a-2",
        "CELL_ A-2": "CELL_ A-2-2",
    }


def test_files_of_images_that_are_no_more_in_the_batch_go(tmp_path: Path) -> None:
    eigvecs = np.ones((2, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        Image.new("RGB", (8, 8)).save(path)
    for some in (paths[:2], paths[1:]):
        seg = NcutSegmenter(eigvecs, some, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        seg.export(tmp_path / "out", "labels", images=[0], overwrite=True)
    assert set(tree(tmp_path / "out")) == {"b.png", "segments.json"}


def test_files_of_another_batch_go(tmp_path: Path) -> None:
    eigvecs = np.ones((2, 8, 8, 2), np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    for batch in range(2):
        paths = [tmp_path / str(batch) / f"{name}.png" for name in "ab"]
        paths[0].parent.mkdir()
        for grey, path in enumerate(paths):  # b.png is the same in both
            Image.new("L", (8, 8), 9 * grey or batch).save(path)
        seg = NcutSegmenter(eigvecs, paths, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        seg.export(tmp_path / "out", "labels", images=[1 - batch], overwrite=True)
        seg.export(tmp_path / "other", "labels", images=[batch], overwrite=True)
    assert set(tree(tmp_path / "out")) == {"a.png", "b.png", "segments.json"}
    assert set(tree(tmp_path / "other")) == {"b.png", "segments.json"}


@pytest.mark.parametrize("pictured", [True, False])
def test_files_of_other_images_are_told_of_as_their_export_made_them(
    tmp_path: Path, pictured: bool
) -> None:
    made = []
    for batch in range(2):
        eigvecs = np.ones((2, 8, 8, 2), np.float32)
        eigvecs[:, 2:5, 2 : 5 + batch, 1] = -1
        images = np.zeros((2, 8, 8, 3), np.uint8) if pictured else None
        seg = NcutSegmenter(eigvecs, images, clicks=[[0, 3, 3, 1]])
        seg.commit("x")
        out = seg.export(tmp_path, "labels", images=[batch], overwrite=True)
        made.append(legend(out)["id"])
    told = [read_provenance(out / f"image {image}.png") for image in range(2)]
    assert [each["id"] for each in told] == made
    assert len(set(made)) == 2
    assert told[0]["eigvecs"] != told[1]["eigvecs"]
