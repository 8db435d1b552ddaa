"""Files that other tools read: each is read back with the library that owns it."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import hypothesis.strategies as st
import numpy as np
import pandas
import polars
import pytest
import skimage.io
import skimage.measure
import supervision
import tifffile
import zarr
from hypothesis import given, settings
from matplotlib import pyplot
from matplotlib.figure import Figure
from numpy.typing import NDArray
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from ome_zarr.utils import find_multiscales
from PIL import ExifTags, Image
from pycocotools.coco import COCO

from ncut_widget import NcutSegmenter
from ncut_widget.results.formats import FORMATS
from ncut_widget.results.names import LENGTH, safe_name, unique_names
from ncut_widget.segments.palette import as_rgb, shade

SIZES = [(48, 64), (33, 20), (16, 40)]
FILES = ["a.png", "手.png", "a.jpg"]
STEMS = ["a", "手", "a-2"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def seg(eigvecs: NDArray, tmp_path: Path) -> NcutSegmenter:
    """Segment files, in two folders, of which two have the same name but the suffix."""
    rng = np.random.default_rng(0)
    paths = []
    for number, (size, name) in enumerate(zip(SIZES, FILES, strict=True)):
        path = tmp_path / f"in{number}" / name
        path.parent.mkdir()
        Image.fromarray(rng.integers(0, 256, (*size, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    seg = NcutSegmenter(eigvecs, paths, eigvals=np.linspace(1, 0.3, 6), threshold=0.4)
    seg.add_click(12, 9, image=0)
    seg.commit("hand")
    seg.add_click(50, 40, image=0)
    seg.commit("../cup: a/b")
    assert (seg.segments["hand"].masks & seg.segments["../cup: a/b"].masks).any()
    return seg


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


# Round trips ------------------------------------------------------------------------


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
    labelled = seg._labelled(None, None, progress=False)
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


# Tables -----------------------------------------------------------------------------


def test_a_row_for_every_thing(seg: NcutSegmenter) -> None:
    frame = seg.to_dataframe(properties=("area", "bbox", "centroid", "eccentricity"))
    assert isinstance(frame, pandas.DataFrame)
    expected = []
    for image in range(3):
        for number, name in enumerate(seg.segments, 1):
            measured = pandas.DataFrame(
                skimage.measure.regionprops_table(
                    skimage.measure.label(
                        seg.segments[name].full_masks()[image], connectivity=2
                    ),
                    properties=("label", "area", "bbox", "centroid", "eccentricity"),
                )
            )
            expected.append(
                measured.assign(
                    image=image, file=FILES[image], segment=name, segment_number=number
                )
            )
    theirs = pandas.concat(expected, ignore_index=True)
    pandas.testing.assert_frame_equal(
        frame[list(theirs)], theirs, check_dtype=False, check_like=True
    )
    assert ((frame["similarity"] > 0.35) & (frame["similarity"] <= 1.5)).all()
    assert (frame["margin"].dropna() > 0).mean() > 0.9


def test_similarity_and_margin_are_of_the_thing_and_its_surroundings() -> None:
    eigvecs = np.zeros((1, 8, 8, 2), dtype=np.float32)
    eigvecs[..., 0] = 1
    eigvecs[0, 2:5, 2:5] = [0, 1]
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    seg.commit("square")
    (row,) = seg.to_dataframe().to_dict("records")
    assert row["area"] == 9
    assert row["similarity"] == pytest.approx(1)
    assert row["margin"] == pytest.approx(1)
    assert row["file"] == "image 0"


def test_polars_reads_the_table_with_and_without_pandas(seg: NcutSegmenter) -> None:
    table = polars.DataFrame(seg.to_table())
    assert table.equals(polars.from_pandas(seg.to_dataframe()))
    assert table.filter(polars.col("segment") == "hand").height > 0


def test_things_of_a_table_are_parted_as_asked(seg: NcutSegmenter) -> None:
    whole = seg.to_dataframe(instances="whole")
    assert (whole["label"] == 1).all()
    for name, segment in seg.segments.items():
        segment.instances = "whole"
        mine = whole[whole["segment"] == name]
        full = [int(mask.sum()) for mask in segment.full_masks()]
        assert mine["area"].tolist() == [area for area in full if area]
    pandas.testing.assert_frame_equal(seg.to_dataframe(), whole)
    one = seg.to_dataframe(images=[1], segments=["hand"])
    assert set(zip(one["image"], one["segment"], strict=True)) <= {(1, "hand")}


def test_pandas_is_needed_only_when_asked_for(
    seg: NcutSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    assert len(seg.to_table()["area"]) > 0
    with pytest.raises(ImportError, match=r"pip install 'ncut-widget\[tables\]'"):
        seg.to_dataframe()


# Paths ------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_nothing_is_overwritten_unless_told(
    seg: NcutSegmenter, tmp_path: Path, format: str
) -> None:
    target = tmp_path / f"out{FORMATS[format].suffix}"
    if FORMATS[format].suffix:
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        seg.export(target, format)
    mine = target if FORMATS[format].suffix else target / "mine"
    assert mine.read_text() == "mine"
    seg.export(target, format, overwrite=True)
    seg.export(target, format, overwrite=True)
    if not FORMATS[format].suffix:
        assert mine.read_text() == "mine"
        assert len(list(target.iterdir())) > 1
    assert not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize("format", FORMATS)
def test_what_fails_leaves_nothing(
    seg: NcutSegmenter, tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("no space left on device")

    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(OSError, match="no space left"):
        seg.export(tmp_path / f"out{FORMATS[format].suffix}", format)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (("x.txt",), ValueError, "format must be one of labels, tiff, binary"),
        (("x", "jpeg"), ValueError, "format must be one of labels, tiff, binary"),
        (("in0/a.png", "labels"), FileExistsError, "is a file: give a folder"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_sentence(
    seg: NcutSegmenter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple,
    error: type[Exception],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=sentence):
        seg.export(*arguments)
    with pytest.raises(ValueError, match=r"an image index must be .* got 3"):
        seg.export("y", "labels", images=[3])
    with pytest.raises(KeyError, match="there is no segment 'arm'"):
        seg.export("y", "labels", segments=["arm"])


def test_without_segments_there_is_nothing_to_export(
    eigvecs: NDArray, tmp_path: Path
) -> None:
    seg = NcutSegmenter(eigvecs, clicks=[[0, 3, 3, 1]])
    for act in (seg.to_table, lambda: seg.export(tmp_path / "x.json")):
        with pytest.raises(ValueError, match=r"seg.commit\('name'\)"):
            act()
    seg.commit("a")
    with pytest.raises(ValueError, match="there are no images, only eigenvectors"):
        seg.export(tmp_path / "x", "overlay")
    seg.export(tmp_path / "x", "labels")
    assert (tmp_path / "x" / "image 2.png").exists()


def test_photographs_turned_by_exif_come_out_as_they_are_shown(
    tmp_path: Path, folder: Path
) -> None:
    pixels = np.zeros((20, 40, 3), dtype=np.uint8)
    pixels[:, :10] = 255
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown turned by a quarter, clockwise
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    shown = np.rot90(pixels, -1)[..., 0] > 0
    eigvecs = np.zeros((1, 40, 20, 2), dtype=np.float32)
    eigvecs[0, shown, 0] = eigvecs[0, ~shown, 1] = 1
    seg = NcutSegmenter(eigvecs, tmp_path / "turned.png")
    seg.add_click(5, 5)
    seg.commit("white")
    seg.export(folder, "labels")
    np.testing.assert_array_equal(read_png(folder / "turned.png"), shown)
    seg.export(tmp_path / "over", "overlay")
    drawn = skimage.io.imread(tmp_path / "over" / "turned.png")
    np.testing.assert_array_equal((drawn > 0).any(axis=-1), shown)
    assert seg.to_dataframe()["bbox-3"].tolist() == [20]


NAMES = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        "../x",
        "..",
        "/etc/passwd",
        "C:\\x",
        "con",
        "NUL.png",
        "a/../../b",
        "手",
        "e\u0301",
    ]
)


@settings(max_examples=1000)
@given(st.lists(NAMES, max_size=8))
def test_names_of_files_escape_no_folder_and_no_two_are_one(names: list[str]) -> None:
    unique = unique_names(names)
    assert len({name.casefold() for name in unique}) == len(names)
    for name in unique:
        assert name.isprintable()
        assert not set(name) & set('<>:"/\\|?*')
        assert name not in (".", "..")
        assert not name.startswith(".")
        assert name == name.rstrip(". ")
        assert 0 < len(name.encode()) <= LENGTH + 4
        assert Path("/a", name).resolve().parent == Path("/a")


def test_a_name_that_is_safe_stays() -> None:
    for name in ("hand", "手 links", "Größe 3", "scan.v2", "I_0001"):
        assert safe_name(name) == name


SEGMENT_NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)  # files: a busy disk takes its time
@given(
    names=st.lists(
        SEGMENT_NAMES | st.sampled_from(["../x", "..", "a/b", "A/B"]),
        min_size=1,
        max_size=4,
        unique_by=partial(unicodedata.normalize, "NFC"),
    ),
    stems=st.lists(
        st.sampled_from(["x", "手", "é", "..x", "x.y", "X", "a b", "x;rm"]),
        min_size=2,
        max_size=2,
    ),
)
def test_whatever_the_names_nothing_is_lost_and_nothing_outside_written(
    names: list[str], stems: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = tmp_path_factory.mktemp("names")
    paths = []
    for number, stem in enumerate(stems):
        path = root / f"in{number}" / f"{stem}.png"
        path.parent.mkdir()
        Image.new("RGB", (8, 8)).save(path)
        paths.append(path)
    rng = np.random.default_rng(0)
    seg = NcutSegmenter(rng.standard_normal((2, 8, 8, 3)), paths, threshold=0.4)
    for number, name in enumerate(names):
        seg.add_click(number, number)
        seg.commit(name)
    names = [*seg.segments]  # in one form of Unicode
    before = {path for path in root.rglob("*") if path.is_file()}
    out = root / "out"
    for format, per_image in (("labels", 1), ("tiff", 1), ("binary", len(names))):
        seg.export(out / format, format)
        written = [p for p in (out / format).rglob("*") if p.suffix != ".json"]
        assert len([p for p in written if p.is_file()]) == 2 * per_image
    path = seg.export(out / "x.npz")
    with np.load(path) as file:
        assert file["names"].tolist() == names
    content = json.loads(seg.export(out / "x.json").read_text(encoding="utf-8"))
    assert [each["name"] for each in content["categories"]] == names
    after = {path for path in root.rglob("*") if path.is_file()}
    assert all(out in path.parents for path in after - before)


# Figures ----------------------------------------------------------------------------


def test_figures_show_images_masks_clicks_and_names(seg: NcutSegmenter) -> None:
    seg.add_click(3, 3)
    figure = seg.plot(rows=("images", "masks", "heatmaps"))
    images = [axis for axis in figure.axes if axis.get_images()]
    assert len(images) == 3 * 3
    titles = [axis.get_title() for axis in images[:3]]
    assert titles == FILES
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == [*seg.segments, "not committed"]
    marks = [line for axis in images for line in axis.lines]
    assert len(marks) == 2 * (1 + 3)  # on image 0: one click, then all three
    drawn = images[3].get_images()[0].get_array()
    assert drawn.shape == (*SIZES[0], 3)


def test_a_figure_shows_itself_once_and_is_none_of_pyplots(
    seg: NcutSegmenter,
) -> None:
    before = pyplot.get_fignums()
    figure = seg.plot()
    assert isinstance(figure, Figure)
    assert pyplot.get_fignums() == before
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_figures_of_chosen_images(seg: NcutSegmenter) -> None:
    assert len(seg.plot(images=[2], rows="masks").axes) == 1
    figure = seg.plot_eigvecs(images=[0, 2], num_eig=4)
    assert len(figure.axes) == 8
    assert "λ = 1.000" in figure.axes[0].get_title()
    assert len(seg.plot_eigvecs(num_eig=50).axes) == 3 * 6
    with pytest.raises(ValueError, match="rows must be one of images, masks, heatm"):
        seg.plot(rows=("image",))


def test_a_figure_needs_no_images_and_no_segments(eigvecs: NDArray) -> None:
    seg = NcutSegmenter(eigvecs)
    figure = seg.plot(rows=("images", "masks", "heatmaps"))
    assert figure.legends == []


EXTRAS: list[tuple[str, str, Callable[[NcutSegmenter, Path], object]]] = [
    ("ome_zarr.writer", "ome-zarr", lambda seg, at: seg.export(at / "x.zarr")),
    ("supervision", "supervision", lambda seg, at: seg.to_supervision()),
    ("matplotlib", "plot", lambda seg, at: seg.plot()),
]


@pytest.mark.parametrize(("module", "extra", "act"), EXTRAS)
def test_a_missing_library_is_named_with_its_extra(
    seg: NcutSegmenter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    extra: str,
    act: Callable[[NcutSegmenter, Path], object],
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'ncut-widget\[{extra}\]'"):
        act(seg, tmp_path)
    assert not (tmp_path / "x.json").exists()
