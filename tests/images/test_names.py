"""What images are called in tables and files: told apart, and written in any format."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image, ImageSequence

from ncut_widget import NcutSegmenter
from ncut_widget.images import Images
from ncut_widget.images.names import distinct_names
from ncut_widget.results.marks import read_provenance


def save(path: Path, grey: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (8, 8), grey).save(path, "PNG")
    return path


def segmented(images: list[Any]) -> NcutSegmenter:
    eigvecs = np.ones((len(images), 4, 4, 2), dtype=np.float32)
    eigvecs[:, 1:3, 1:3, 1] = -1
    seg = NcutSegmenter(eigvecs, images)
    seg.denoise = False
    seg.add_click(3, 3)
    seg.commit("thing")
    return seg


def told(seg: NcutSegmenter, folder: Path) -> dict[str, list[str]]:
    """Give what each result says of where its images are from."""
    content = json.loads(seg.export(folder / "c.json").read_text("ascii"))
    seg.export(folder / "labels", "labels")
    legend = json.loads((folder / "labels" / "segments.json").read_text("utf-8"))
    written = [f"{each['written']}.png" for each in legend["images"]]
    own = [read_provenance(folder / "labels" / name) for name in written]
    session = json.loads(seg.save_session(folder / "s.json").read_text("utf-8"))
    with np.load(seg.export(folder / "n.npz")) as file:
        npz = file["files"].tolist()
    return {
        "COCO": [each["file_name"] for each in content["images"]],
        "table": list(dict.fromkeys(seg.to_table()["file"].tolist())),
        "PNG": [each["image"]["file"] for each in own],
        "legend": [each["file"] for each in legend["images"]],
        "NPZ": npz,
        "session": [each["file"] for each in session["fingerprint"]["images"]],
        "figure": [
            axis.get_title()
            for axis in seg.plot(rows="images").axes
            if axis.get_title()
        ],
    }


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    names = ["cat/001.png", "dog/001.png", "dog/002.png"]
    seg = segmented([save(tmp_path / "in" / name) for name in names])
    for where, files in told(seg, tmp_path / "out").items():
        assert files == names, where
    written = sorted(path.stem for path in (tmp_path / "out/labels").glob("*.png"))
    assert written == ["cat_001", "dog_001", "dog_002"]


def test_files_without_a_suffix_keep_their_names(tmp_path: Path) -> None:
    names = ["run.1/scan", "run.1/other", "run.2/scan", "run.2/v1.2.png"]
    seg = segmented([save(tmp_path / "in" / name) for name in names])
    seg.export(tmp_path / "labels", "labels")
    written = sorted(path.name for path in (tmp_path / "labels").glob("*.png"))
    assert written == [
        "run.1_other.png",
        "run.1_scan.png",
        "run.2_scan.png",
        "run.2_v1.2.png",
    ]


def test_names_stay_whichever_images_are_exported(tmp_path: Path) -> None:
    names = ["cat/001.png", "dog/001.png"]
    seg = segmented([save(tmp_path / "in" / name) for name in names])
    seg.export(tmp_path / "labels", "labels", images=[1])
    assert (tmp_path / "labels" / "dog_001.png").exists()
    assert set(seg.to_table(images=[1])["file"].tolist()) == {"dog/001.png"}


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/a/b/1.png", "/a/c/1.png"], ["b/1.png", "c/1.png"]),
        (["/a/b/x/1.png", "/a/c/x/1.png"], ["b/x/1.png", "c/x/1.png"]),
        (["/a/1.png", "/a/b/1.png"], ["1.png", "b/1.png"]),
        (["/1.png", "/a/1.png"], ["1.png", "a/1.png"]),
        (["/a/1.png", "/b/2.png"], ["1.png", "2.png"]),
        (["/a/1.png", "/a/1.png"], ["1.png", "1.png"]),  # one file, twice
        ([None, "/a/1.png"], ["image 0", "1.png"]),
        (["/a/image 1", None], ["image 1", "image 1-2"]),
        (["/a/image 2", "/a/image 2-2", None], ["image 2", "image 2-2", "image 2-3"]),
    ],
)
def test_the_shortest_paths_that_tell_files_apart(
    paths: list[str | None], names: list[str]
) -> None:
    assert distinct_names([path and Path(path) for path in paths]) == names  # type: ignore[misc]


def test_pil_images_and_open_files_know_their_names(tmp_path: Path) -> None:
    one, two = save(tmp_path / "one.png"), save(tmp_path / "two.png")
    named = io.BytesIO(two.read_bytes())
    named.name = "named.png"
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.write(two, "inner/zipped.png")
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 99)]
    frames[0].save(tmp_path / "s.tif", save_all=True, append_images=frames[1:])
    page = Image.open(tmp_path / "s.tif")
    page.seek(1)
    with (
        one.open("rb") as file,
        zipfile.ZipFile(tmp_path / "z.zip") as archive,
        archive.open("inner/zipped.png") as zipped,
        two.open("rb") as within,
    ):
        opened = Image.open(within)
        nameless = io.BytesIO(two.read_bytes())
        images = [file, Image.open(two), named, zipped, page, opened, nameless]
        names = Images([*images, frames[0]]).names
    assert names[:4] == ["one.png", "two.png", "named.png", "zipped.png"]
    assert names[4:] == ["s.tif#1", "two.png", "image 6", "image 7"]


def test_frames_of_an_iterator_have_their_numbers(tmp_path: Path) -> None:
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 99, 200)]
    path = tmp_path / "stack.tif"
    frames[0].save(path, save_all=True, append_images=frames[1:])
    names = ["stack.tif", "stack.tif#1", "stack.tif#2"]
    assert Images(ImageSequence.Iterator(Image.open(path))).names == names
    with path.open("rb") as file:
        images = Images(ImageSequence.Iterator(Image.open(file)))
    assert images.names == names
    assert [int(image[0, 0, 0]) for image in images] == [0, 99, 200]


def test_what_cannot_be_read_keeps_its_name(tmp_path: Path) -> None:
    broken = io.BytesIO(b"no image")
    broken.name = "broken.png"
    good = save(tmp_path / "good.png")
    with pytest.warns(UserWarning, match="3 of 4 images cannot be read"):
        images = Images([good, tmp_path / "gone.png", broken, b"none"], errors="skip")
    assert images.names == ["good.png", "gone.png", "broken.png", "image 3"]


@pytest.mark.skipif(sys.platform != "linux", reason="names are Unicode elsewhere")
def test_names_that_are_not_utf8_are_written_in_every_format(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    save(tmp_path / "plain.png").rename(os.fsdecode(raw))
    seg = segmented([os.fsdecode(raw), save(tmp_path / "b.png")])
    name = "caf\\udce9.png"
    for where, files in told(seg, tmp_path / "out").items():
        assert files == [name, "b.png"], where
    seg.export(tmp_path / "tiff", "tiff")
    descriptions = []
    for path in sorted((tmp_path / "tiff").glob("*.tif")):
        with tifffile.TiffFile(path) as file:
            descriptions.append(json.loads(file.pages[0].description))
    assert name in [each["file"] for each in descriptions]
    seg.export(tmp_path / "zarrs", "ome-zarr")
    folders = (tmp_path / "zarrs").glob("*.zarr")
    groups = [zarr.open_group(path, mode="r") for path in folders]
    files = [group.attrs["ncut_widget"]["file"] for group in groups]  # type: ignore[index, call-overload]
    assert name in files
    seg.export(tmp_path / "binary", "binary")
    seg.export(tmp_path / "overlay", "overlay")
    assert len(list(tmp_path.glob("overlay/*.png"))) == 2
    seg.save_html(tmp_path / "page.html", title=os.fsdecode(b"caf\xe9"))
    seg.load_session(tmp_path / "out" / "s.json")
    seg.to_dataframe()


def test_names_never_split_a_row(tmp_path: Path) -> None:
    seg = segmented([save(tmp_path / "two\nlines.png")])
    assert set(seg.to_table()["file"].tolist()) == {"two\nlines.png"}
    axis = seg.plot(rows="images").axes[0]
    assert axis.get_title() == "two lines.png"
