"""Files that other tools read: each is read back with the library that owns it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import skimage.io
import skimage.measure
import supervision
import tifffile
import zarr
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from ome_zarr.utils import find_multiscales
from PIL import Image
from pycocotools.coco import COCO

from ncut_widget import NcutSegmenter
from ncut_widget.results import formats
from ncut_widget.results.formats import FORMATS
from ncut_widget.segments.palette import as_rgb, shade
from tests.support.round_trip import (
    FILES,
    SIZES,
    STEMS,
    came_about,
    legend,
    read_all,
    read_png,
)


def test_labels_are_read_by_pillow_and_shown_in_colours(
    seg: NcutSegmenter, folder: Path
) -> None:
    assert seg.export(folder, "labels") == folder
    told = legend(folder)
    came_about(told)
    assert [(s["label"], s["name"]) for s in told["segments"]] == [
        (1, "hand"),
        (2, "../cup: a/b"),
    ]
    palette = [(0, 0, 0), *(as_rgb(s.color) for s in seg.segments.values())]
    for image, labels in enumerate(seg.full_label_maps()):
        path = folder / f"{STEMS[image]}.png"
        np.testing.assert_array_equal(read_png(path), labels)
        shown = skimage.io.imread(path)
        np.testing.assert_array_equal(shown, np.array(palette, np.uint8)[labels])
        with Image.open(path) as picture:
            mark = json.loads(picture.text["ncut_widget"])  # type: ignore[attr-defined]
        assert mark == {"id": told["id"], "file": FILES[image], "index": image}
    assert len(list(folder.iterdir())) == 4


def test_labels_beyond_255_have_16_bits(tmp_path: Path) -> None:
    eigvecs = np.ones((1, 8, 8, 2), dtype=np.float32)
    eigvecs[:, 2:5, 2:5, 1] = -1
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    seg.commit("first")
    labelled = seg._results._labelled(None, None, progress=False)
    for number, mode in ((255, "P"), (256, "I;16")):
        FORMATS["labels"].write(replace(labelled, numbers=(number,)), tmp_path)
        with Image.open(tmp_path / "image 0.png") as picture:
            assert picture.mode == mode
            expected = number * seg.label_map[0]
            np.testing.assert_array_equal(np.asarray(picture), expected)


def test_tiff_is_read_by_tifffile_and_scikit_image(
    seg: NcutSegmenter, folder: Path
) -> None:
    seg.export(folder, "tiff")
    came_about(legend(folder))
    for image, labels in enumerate(seg.full_label_maps()):
        path = folder / f"{STEMS[image]}.tif"
        with tifffile.TiffFile(path) as file:
            np.testing.assert_array_equal(file.asarray(), labels)
            assert file.asarray().dtype == np.uint16
            mark = json.loads(file.pages[0].description)
        assert mark["id"] == legend(folder)["id"]
        np.testing.assert_array_equal(skimage.io.imread(path), labels)


def test_binary_masks_are_whole(seg: NcutSegmenter, folder: Path) -> None:
    seg.export(folder, "binary")
    came_about(legend(folder))
    folders = [each["written"] for each in legend(folder)["segments"]]
    assert folders == ["hand", "_cup_ a_b"]
    for image, masks in enumerate(read_all(seg)):
        for name, mask in zip(folders, masks, strict=True):
            path = folder / name / f"{STEMS[image]}.png"
            np.testing.assert_array_equal(skimage.io.imread(path) > 0, mask)


def test_overlays_show_the_segments_in_their_colours(
    seg: NcutSegmenter, folder: Path
) -> None:
    seg.export(folder, "overlay", images=[1])
    path = folder / f"{STEMS[1]}.png"
    assert sorted(folder.iterdir()) == sorted([path, folder / "segments.json"])
    drawn = skimage.io.imread(path).astype(int)
    picture = skimage.io.imread(seg._pictures.images.paths[1]).astype(int)  # type: ignore[union-attr]
    labels = seg.full_label_maps()[1]
    np.testing.assert_array_equal(drawn[labels == 0], picture[labels == 0])
    for number, (name, segment) in enumerate(seg.segments.items(), 1):
        instances = seg.instances(name)[1]
        for instance in range(1, instances.max() + 1):
            there = (labels == number) & (instances == instance)
            expected = (picture[there] + shade(segment.color, instance)) / 2
            assert np.abs(drawn[there] - expected).max(initial=0) <= 0.5
    came_about(legend(folder), [1])


@pytest.mark.parametrize("form", ["coco", "coco-polygons"])
def test_coco_is_read_by_pycocotools(
    seg: NcutSegmenter, folder: Path, form: str
) -> None:
    path = seg.export(folder / "coco.json", form)
    coco = COCO(str(path))
    came_about(coco.dataset["info"]["ncut_widget"])
    assert [each["file_name"] for each in coco.loadImgs([0, 1, 2])] == FILES
    names = [each["name"] for each in coco.loadCats(coco.getCatIds())]
    assert names == list(seg.segments)
    for image, masks in enumerate(read_all(seg)):
        for category, (name, mask) in enumerate(
            zip(seg.segments, masks, strict=True), 1
        ):
            ids = coco.getAnnIds(imgIds=[image], catIds=[category])
            annotations = coco.loadAnns(ids)
            parts = np.array([coco.annToMask(each) for each in annotations])
            parts = parts.reshape(-1, *mask.shape)
            np.testing.assert_array_equal(parts.sum(axis=0), mask)
            instances = seg.instances(name)[image]
            assert len(annotations) == instances.max()
            regions = skimage.measure.regionprops(instances)
            for part, annotation, region in zip(
                parts, annotations, regions, strict=True
            ):
                np.testing.assert_array_equal(part, instances == region.label)
                top, left, bottom, right = region.bbox
                assert annotation["bbox"] == [left, top, right - left, bottom - top]
                assert annotation["area"] == region.area
                assert annotation["iscrowd"] == 0


def test_npz_is_read_by_numpy(seg: NcutSegmenter, folder: Path) -> None:
    path = seg.export(folder / "masks.npz", images=[0, 2])
    with np.load(path, allow_pickle=False) as file:
        assert file["names"].tolist() == list(seg.segments)
        assert file["colors"].tolist() == [s.color for s in seg.segments.values()]
        assert file["images"].tolist() == [0, 2]
        assert file["files"].tolist() == [FILES[0], FILES[2]]
        came_about(json.loads(str(file["provenance"])), [0, 2])
        for image in (0, 2):
            masks = file[f"masks_{image}"]
            assert masks.dtype == bool
            np.testing.assert_array_equal(masks, read_all(seg)[image])
            labels = file[f"labels_{image}"]
            np.testing.assert_array_equal(labels, seg.full_label_maps()[image])
        assert "masks_1" not in file


def check_ome_zarr(path: Path, seg: NcutSegmenter, image: int) -> None:
    """Read an image and its labels with the format's own reader."""
    location = parse_url(path)
    assert location is not None
    nodes = {node.zarr.basename(): node for node in Reader(location)()}
    picture = nodes[path.name]
    np.testing.assert_array_equal(
        np.moveaxis(np.asarray(picture.data[0]), 0, -1),
        seg._pictures.images[image],  # type: ignore[index]
    )
    assert picture.metadata["channel_names"] == ["red", "green", "blue"]
    assert picture.metadata["contrast_limits"] == [[0, 255]] * 3
    black, red = [0, 0, 0], [1, 0, 0]
    assert picture.metadata["colormap"][0] == [black, red]
    node = nodes["segments"]
    labels = seg.full_label_maps()[image]
    np.testing.assert_array_equal(np.asarray(node.data[0]), labels)
    colors = node.metadata["color"]
    assert [tuple(round(255 * c) for c in colors[n][:3]) for n in (1, 2)] == [
        as_rgb(segment.color) for segment in seg.segments.values()
    ]
    assert node.metadata["properties"][2]["name"] == "../cup: a/b"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_ome_zarr_is_read_by_its_own_reader(seg: NcutSegmenter, folder: Path) -> None:
    seg.export(folder, "ome-zarr")
    came_about(legend(folder))
    for image in range(3):
        check_ome_zarr(folder / f"{STEMS[image]}.zarr", seg, image)


@pytest.mark.filterwarnings("ignore")
def test_ome_zarr_is_as_the_format_has_it(seg: NcutSegmenter, tmp_path: Path) -> None:
    models = pytest.importorskip("ome_zarr_models.v05")
    many = seg.export(tmp_path / "many.zarr", progress=False)
    models.BioFormats2Raw.from_zarr(zarr.open_group(many, mode="r"))
    for image in range(3):
        group = zarr.open_group(many / str(image), mode="r")
        models.Image.from_zarr(group)
        assert models.Labels.from_zarr(group["labels"]).label_paths == ["segments"]
        models.ImageLabel.from_zarr(group["labels/segments"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_ome_zarr_is_an_image_or_has_them_as_bioformats2raw(
    seg: NcutSegmenter, tmp_path: Path
) -> None:
    one = seg.export(tmp_path / "one.zarr", images=[1])
    check_ome_zarr(one, seg, 1)
    came_about(zarr.open_group(one, mode="r").attrs["ncut_widget"], [1])  # type: ignore[arg-type]
    many = seg.export(tmp_path / "many.zarr")
    root = zarr.open_group(many, mode="r")
    came_about(root.attrs["ncut_widget"])  # type: ignore[arg-type]
    assert root.attrs["ome"]["bioformats2raw.layout"] == 3  # type: ignore[index, call-overload]
    assert root["OME"].attrs["ome"]["series"] == ["0", "1", "2"]  # type: ignore[index, call-overload]
    named = [name for _, name, _ in find_multiscales(many)]
    assert named == STEMS
    xml = ElementTree.parse(many / "OME" / "METADATA.ome.xml").getroot()
    sizes = [
        (int(each.attrib["SizeY"]), int(each.attrib["SizeX"]))
        for each in xml.iterfind("{*}Image/{*}Pixels[@Type='uint8'][@SizeC='3']")
    ]
    assert sizes == SIZES  # an Image without Pixels is no OME-XML
    assert len(xml.findall("{*}Image/{*}Pixels/{*}MetadataOnly")) == 3
    for image in range(3):
        check_ome_zarr(many / str(image), seg, image)
    seg.export(many, images=[2], overwrite=True)
    check_ome_zarr(many, seg, 2)
    assert not (many / "0").exists()


def test_supervision_gets_detections(seg: NcutSegmenter) -> None:
    seg.active_image = 2
    found = seg.to_supervision()
    assert isinstance(found, supervision.Detections)
    table = seg.to_table(images=[2])
    assert found.data["class_name"].tolist() == table["segment"].tolist()
    for number, (name, masks) in enumerate(
        zip(seg.segments, read_all(seg)[2], strict=True)
    ):
        mine = found[found.class_id == number]
        np.testing.assert_array_equal(mine.mask.any(axis=0), masks)
        assert set(mine.data["class_name"]) == {name}
    np.testing.assert_array_equal(found.area, table["area"])
    box = found.xyxy[0].astype(int)
    assert found.mask[0][box[1] : box[3], box[0] : box[2]].sum() == found.area[0]


def test_supervision_gets_nothing_where_nothing_is(seg: NcutSegmenter) -> None:
    seg.segments["hand"].instances = "whole"
    seg.reopen("hand")
    seg.threshold = 1
    seg.denoise_area_th = 200
    seg.commit()
    del seg.segments["../cup: a/b"]
    assert not seg.label_map[2].any()
    assert len(seg.to_supervision(2)) == 0
    assert len(seg.to_dataframe(images=[2])) == 0


def test_formats_have_their_order() -> None:
    told = "labels, tiff, binary, overlay, coco-polygons, coco, npz, ome-zarr"
    assert ", ".join(name for name in FORMATS if name in told.split(", ")) == told


def test_a_format_is_found_by_its_module(
    seg: NcutSegmenter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "names.py").write_text(
        "from ncut_widget.results.formats.base import Format\n"
        "def write(labelled, path):\n"
        "    path.write_text(' '.join(each.name for each in labelled.segments))\n"
        "FORMAT = Format('names', write, '.names')\n"
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    found = formats.find_formats()
    assert list(found) == [*FORMATS, "names"]
    monkeypatch.setitem(FORMATS, "names", found["names"])
    assert seg.export(tmp_path / "out.names").read_text() == "hand ../cup: a/b"
    del sys.modules[f"{formats.__name__}.names"]
