"""Exports of batches of all kinds, read back by the libraries that own the formats.

What is read is what the segmenter says, pixel by pixel: for any choice of images and
segments, over an earlier export of another choice, and from another folder. A seed is a
batch; to run one of them:

    pytest "tests/results/test_round_trips.py::test_what_is_written_is_read[7]"
"""

from __future__ import annotations

import json
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.io
import skimage.measure
import supervision
import tifffile
import zarr
from numpy.typing import NDArray
from ome_zarr.io import parse_url
from ome_zarr.reader import Reader
from PIL import Image
from pycocotools import mask as rle
from pycocotools.coco import COCO
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2

from ncut_widget import NcutSegmenter
from ncut_widget.results.formats import FORMATS
from ncut_widget.segments.palette import as_rgb, shade
from tests.support.batches import Batch, random_batch
from tests.support.saved import told

SHORT = 16
SEEDS = (
    *range(SHORT),
    *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(SHORT, 11 * SHORT)),
)


@dataclass
class Choice:
    """Images and segments of a batch, as they are asked for.

    Attributes
    ----------
    batch : Batch
    asked : dict
        Keywords of `NcutSegmenter.export`.
    images : list of int
    segments : list of str
        In the segmenter's order.
    """

    batch: Batch
    asked: dict[str, Any] = field(default_factory=dict)

    @property
    def images(self) -> list[int]:
        return list(dict.fromkeys(self.asked.get("images", self.batch.readable)))

    @property
    def segments(self) -> list[str]:
        every = [*self.batch.seg.segments]
        asked = self.asked.get("segments", every)
        return [name for name in every if name in asked]

    @property
    def numbers(self) -> dict[str, int]:
        """Labels by name: those of the segmenter's own label maps."""
        every = enumerate(self.batch.seg.segments, 1)
        return {name: number for number, name in every if name in self.segments}

    def labels(self, image: int, numbers: dict[str, int] | None = None) -> NDArray:
        """Lay the masks over each other."""
        masks = self.batch.masks(image)
        labels = np.zeros(next(iter(masks.values())).shape, int)
        for name in self.segments:
            labels[masks[name]] = (numbers or self.numbers)[name]
        return labels

    def things(self, image: int) -> Iterator[tuple[str, int, NDArray]]:
        """Give name, number and mask of every single thing in an image."""
        for name in self.segments:
            numbers = self.batch.seg.instances(name)[image]
            for thing in range(1, numbers.max(initial=0) + 1):
                yield name, thing, numbers == thing


def random_choice(chance: random.Random, batch: Batch) -> Choice:
    """Ask for all of it, or for some, in any order, some of them twice."""
    asked: dict[str, Any] = {}
    if chance.random() < 0.6:
        count = chance.randint(1, len(batch.readable))
        some = chance.sample(batch.readable, count)
        asked["images"] = some + some[: chance.randrange(2)]
    if chance.random() < 0.6:
        names = [*batch.seg.segments]
        some = chance.sample(names, chance.randint(1, len(names)))
        asked["segments"] = some + some[: chance.randrange(2)]
        if len(some) == 1 and chance.random() < 0.5:
            asked["segments"] = some[0]
    return Choice(batch, asked)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_is_read(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    monkeypatch.chdir(tmp_path)
    batch = random_batch(chance, tmp_path / "in")
    earlier, choice = random_choice(chance, batch), random_choice(chance, batch)
    for format, suffix in written(seed):
        if format == "overlay" and not batch.pictures:
            continue
        path = Path("out", f"{format} of {seed}{suffix}")
        over = earlier if chance.random() < 0.4 else None
        with moved_to(chance.choice((tmp_path, tmp_path / "elsewhere"))):
            if over is not None:
                batch.seg.export(path, format, **over.asked, progress=False)
            how = {**choice.asked, "overwrite": over is not None, "progress": False}
            assert batch.seg.export(path, format, **how) == path
            where = path.absolute()
        READ[format, suffix](where, choice, over)
    measured(choice)
    detected(choice)
    kept(batch, tmp_path / "session.json")


@contextmanager
def moved_to(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield
    assert Path.cwd() == before


# Folders ----------------------------------------------------------------------------


@dataclass
class Written:
    """What a folder's legend tells of an image.

    Attributes
    ----------
    choice : Choice
        That it was written with last.
    stem : str
        Of its files' names.
    folders : dict of str to str
        Folders of the segments, by name, where each has one.
    numbers : dict of str to int
        Labels of all segments that are in the folder.
    """

    choice: Choice
    stem: str
    folders: dict[str, str]
    numbers: dict[str, int]


def written_in(
    folder: Path, choice: Choice, earlier: Choice | None
) -> dict[int, Written]:
    """Read what is in a folder of an export, by image.

    Images of an earlier export that were not written again are still there, and the
    legend is right for them, too.
    """
    legend = json.loads((folder / "segments.json").read_text(encoding="utf-8"))
    numbers = {each["name"]: each["label"] for each in legend["segments"]}
    owners = dict.fromkeys(earlier.images, earlier) if earlier else {}
    owners |= dict.fromkeys(choice.images, choice)
    if set(choice.images) == set(owners):
        assert {name: numbers[name] for name in choice.segments} == choice.numbers
    found = {}
    for part in (legend, *legend.get("earlier", ())):
        folders = {each["name"]: each["written"] for each in part["segments"]}
        for each in part["images"]:
            owner = owners.pop(each["index"])
            written = Written(owner, each["written"], folders, numbers)
            found[each["index"]] = written
    assert not owners
    return found


def read_labels(suffix: str, load: Callable[[Path], NDArray]) -> Callable[..., None]:
    def read(folder: Path, choice: Choice, earlier: Choice | None) -> None:
        found = written_in(folder, choice, earlier)
        for image, each in found.items():
            labels = load(folder / f"{each.stem}{suffix}")
            expected = each.choice.labels(image, each.numbers)
            np.testing.assert_array_equal(labels, expected)
        assert len(list(folder.iterdir())) == len(found) + 1

    return read


def png(path: Path) -> NDArray:
    """Read labels by Pillow, as they are stored, and by what reads them in colours."""
    with Image.open(path) as file:
        labels = np.asarray(file)
        if file.mode == "P":
            colors = np.array(file.getpalette()).reshape(-1, 3)
            np.testing.assert_array_equal(
                skimage.io.imread(path)[..., :3], colors[labels]
            )
        return labels


def read_binary(folder: Path, choice: Choice, earlier: Choice | None) -> None:
    files = 0
    for image, each in written_in(folder, choice, earlier).items():
        masks = choice.batch.masks(image)
        for name in each.choice.segments:
            path = folder / each.folders[name] / f"{each.stem}.png"
            np.testing.assert_array_equal(skimage.io.imread(path) > 0, masks[name])
            files += 1
    assert len(list(folder.rglob("*.png"))) == files


def read_overlay(folder: Path, choice: Choice, earlier: Choice | None) -> None:
    for image, each in written_in(folder, choice, earlier).items():
        expected = choice.batch.pictures[image].astype(float)
        painted = np.zeros(expected.shape)
        inside = np.zeros(expected.shape[:2], dtype=bool)
        for name, thing, mask in each.choice.things(image):
            painted[mask] = shade(choice.batch.seg.segments[name].color, thing)
            inside |= mask
        expected[inside] = (expected[inside] + painted[inside]) / 2
        drawn = skimage.io.imread(folder / f"{each.stem}.png")
        assert np.abs(drawn - expected).max() <= 0.5


def read_zarrs(folder: Path, choice: Choice, earlier: Choice | None) -> None:
    for image, each in written_in(folder, choice, earlier).items():
        read_group(folder / f"{each.stem}.zarr", each.choice, image, each.numbers)


def read_zarr(path: Path, choice: Choice, earlier: Choice | None) -> None:
    """Read one image, or several in the way of bioformats2raw."""
    if len(choice.images) == 1:
        read_group(path, choice, choice.images[0], choice.numbers)
        return
    group = zarr.open_group(path, mode="r")
    assert group.attrs["ome"]["bioformats2raw.layout"] == 3
    for number, image in enumerate(choice.images):
        read_group(path / str(number), choice, image, choice.numbers)
    assert str(len(choice.images)) not in group


def read_group(path: Path, choice: Choice, image: int, numbers: dict[str, int]) -> None:
    levels = {}
    # Without an image the labels stand alone.
    for part in (path, path / "labels" / "segments"):
        location = parse_url(part)
        assert location is not None
        for node in Reader(location)():
            levels[node.zarr.basename()] = [np.asarray(level) for level in node.data]
    labels = choice.labels(image, numbers)
    np.testing.assert_array_equal(levels["segments"][0], labels)
    for level in levels["segments"]:  # the smaller ones have no other labels
        assert {*np.unique(level)} <= {*np.unique(labels)}
    if choice.batch.pictures:
        picture = np.moveaxis(levels[path.name][0], 0, -1)
        np.testing.assert_array_equal(picture, choice.batch.pictures[image])
    label = zarr.open_group(path / "labels" / "segments", mode="r").attrs["ome"]
    told = label["image-label"]["colors"]
    colors = {each["label-value"]: tuple(each["rgba"][:3]) for each in told}
    segments = choice.batch.seg.segments
    for name in choice.segments:
        assert colors[numbers[name]] == as_rgb(segments[name].color)


# Files ------------------------------------------------------------------------------


def read_npz(path: Path, choice: Choice, earlier: Choice | None) -> None:
    with np.load(path, allow_pickle=False) as file:
        assert file["names"].tolist() == choice.segments
        assert file["labels"].tolist() == [*choice.numbers.values()]
        assert sorted(file["images"].tolist()) == sorted(choice.images)
        assert len({*file["files"].tolist()}) == len(choice.images)
        for image in choice.images:
            masks = choice.batch.masks(image)
            for name, mask in zip(choice.segments, file[f"masks_{image}"], strict=True):
                np.testing.assert_array_equal(mask, masks[name])
            np.testing.assert_array_equal(file[f"labels_{image}"], choice.labels(image))


def read_coco(path: Path, choice: Choice, earlier: Choice | None) -> None:
    """Read it as pycocotools does, and then as others."""
    path.read_bytes().decode("ascii")
    coco = COCO(str(path))
    numbers = choice.numbers
    categories = {each["id"]: each["name"] for each in coco.dataset["categories"]}
    assert categories == {numbers[name]: name for name in choice.segments}
    images = {each["id"]: each for each in coco.dataset["images"]}
    assert sorted(images) == sorted(choice.images)
    assert len({each["file_name"] for each in images.values()}) == len(images)
    found = 0
    for image in choice.images:
        size = images[image]["height"], images[image]["width"]
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=[image]))
        things = [*choice.things(image)]
        for annotation, (name, _, mask) in zip(annotations, things, strict=True):
            assert size == mask.shape
            assert categories[annotation["category_id"]] == name
            np.testing.assert_array_equal(coco.annToMask(annotation), mask)
            assert annotation["iscrowd"] == 0
            assert annotation["area"] == mask.sum()
            ys, xs = np.nonzero(mask)
            box = [xs.min(), ys.min(), np.ptp(xs) + 1, np.ptp(ys) + 1]
            assert annotation["bbox"] == box
            as_detr = rle.decode(rle.frPyObjects(annotation["segmentation"], *size))
            whole = as_detr.reshape(*size, -1).any(axis=2)
            np.testing.assert_array_equal(whole, mask)
            found += 1
    assert found == len(coco.anns)
    load_coco(path, choice, {i: images[i]["file_name"] for i in images})


def load_coco(path: Path, choice: Choice, names: dict[int, str]) -> None:
    """Load files and annotations for training, as torchvision and supervision do.

    That is, where all files are in one folder, and none is shown turned: they do not
    turn images.
    """
    batch = choice.batch
    paths = {image: str(batch.given["images"][image]) for image in batch.upright}
    if set(names) - set(paths):
        return
    roots = {paths[image].removesuffix(name) for image, name in names.items()}
    if len(roots) > 1:
        return
    (root,) = roots
    given = CocoDetection(root, str(path))
    dataset = wrap_dataset_for_transforms_v2(given, target_keys=["masks", "labels"])
    for (_, target), image in zip(dataset, given.ids, strict=True):
        things = [mask for _, _, mask in choice.things(image)]
        for mask, thing in zip(target.get("masks", ()), things, strict=True):
            np.testing.assert_array_equal(mask.numpy(), thing)
    loaded = supervision.DetectionDataset.from_coco(root, str(path), force_masks=True)
    by_path = {Path(where): found for where, _, found in loaded}
    for image, name in names.items():
        whole = choice.labels(image) > 0
        found = by_path[Path(root, name)]
        mask = found.mask.any(axis=0) if len(found) else np.zeros_like(whole)
        # Polygons are filled by every library in its own way.
        edge = skimage.measure.perimeter(whole) + 8 if "polygons" in path.stem else 0
        assert (mask != whole).sum() <= edge


READ: dict[tuple[str, str], Callable[..., None]] = {
    ("labels", ""): read_labels(".png", png),
    ("tiff", ""): read_labels(".tif", tifffile.imread),
    ("binary", ""): read_binary,
    ("overlay", ""): read_overlay,
    ("ome-zarr", ""): read_zarrs,
    ("ome-zarr", ".zarr"): read_zarr,
    ("npz", ".npz"): read_npz,
    ("coco", ".json"): read_coco,
    ("coco-polygons", ".json"): read_coco,
}
SLOW = ("ome-zarr",)
"""A third of a second an image: one of its two ways in a batch, and in two batches of
the short run."""


def written(seed: int) -> list[tuple[str, str]]:
    """Choose the formats, and suffixes, that a batch is written in."""
    slow = [each for each in READ if each[0] in SLOW]
    some = [slow[seed % len(slow)]] if seed >= SHORT or seed < 2 else []
    return [each for each in READ if each not in slow or each in some]


def test_every_format_is_read_back() -> None:
    assert {format for format, _ in READ} == set(FORMATS)


# Without files ----------------------------------------------------------------------


def measured(choice: Choice) -> None:
    """Check the table against scikit-image's."""
    table = choice.batch.seg.to_table(("area", "bbox"), **choice.asked, progress=False)
    rows = iter(range(len(table["label"])))
    for image in choice.images:
        for name, thing, mask in choice.things(image):
            row = next(rows)
            (region,) = skimage.measure.regionprops(mask.astype(np.uint8))
            assert table["image"][row] == image
            assert table["segment"][row] == name
            assert table["segment_number"][row] == choice.numbers[name]
            assert table["label"][row] == thing
            assert table["area"][row] == region.area
            assert tuple(table[f"bbox-{n}"][row] for n in range(4)) == region.bbox
    assert next(rows, None) is None


def detected(choice: Choice) -> None:
    """Check what supervision gets, of all segments."""
    whole = Choice(choice.batch)
    for image in choice.images:
        found = choice.batch.seg.to_supervision(image)
        things = [*whole.things(image)]
        assert len(found) == len(things)
        for number, (name, _, mask) in enumerate(things):
            np.testing.assert_array_equal(found.mask[number], mask)
            assert found.class_id[number] == whole.numbers[name] - 1
            assert found.data["class_name"][number] == name


def kept(batch: Batch, path: Path) -> None:
    """Check that the session comes back in a segmenter made anew."""
    batch.seg.save_session(path)
    other = NcutSegmenter(**batch.given)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        other.load_session(path)
    assert told(other) == told(batch.seg)
