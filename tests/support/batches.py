"""Batches of all kinds, with segments, made at random: the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from ncut_widget import NcutSegmenter

STEMS = (
    "001",
    "手",
    "é",
    "e\u0301",
    "a b",
    "Фото",
    "صورة",
    "x.y",
    "con",
    "A",
    "a",
    "#1",
)
FOLDERS = ("cat", "dog", "cat/1", "手", ".", "x y")
SUFFIXES = (".png", ".png", ".jpg", ".tif", ".webp", ".bmp")
NAMES = ("hand", "Hand", "手", "é", "../x", "a/b", "A/B", "con", "zone 1", "<i>", "$x$")
TURNS = (1, 1, 1, 2, 3, 4, 5, 6, 7, 8)
COLORS = (None, None, None, "tomato", "#123456", (0, 0.5, 1))


@dataclass
class Batch:
    """A segmenter with segments, and what it was made of.

    Attributes
    ----------
    seg : NcutSegmenter
    given : dict
        What makes another one.
    pictures : list of ndarray of uint8, shape (h, w, 3)
        The images as they are shown, read by Pillow alone; empty where there are none.
    broken : set of int
        Images that cannot be read.
    upright : set of int
        Those that are files, and shown as they are stored.
    """

    seg: NcutSegmenter
    given: dict[str, Any]
    pictures: list[NDArray]
    broken: set[int]
    upright: set[int]

    @property
    def readable(self) -> list[int]:
        """Images that can be read."""
        return [i for i in range(len(self.seg.masks)) if i not in self.broken]

    def masks(self, image: int) -> dict[str, NDArray]:
        """Whole masks of an image by the segments' names."""
        segments = self.seg.segments.items()
        return {name: segment.full_masks()[image] for name, segment in segments}


def random_batch(chance: random.Random, root: Path) -> Batch:
    """Make one."""
    count = chance.choice((1, 1, 2, 3, 4))
    rng = np.random.default_rng(chance.randrange(2**32))
    grid = chance.randint(3, 10), chance.randint(3, 10)
    given: dict[str, Any] = {"eigvecs": _eigvecs(chance, rng, (count, *grid))}
    if chance.random() < 0.7:
        given["eigvals"] = np.linspace(1, 0.2, given["eigvecs"].shape[-1])
    kind = chance.choice(("none", "arrays", "files", "files", "files"))
    pictures: list[NDArray] = []
    broken: set[int] = set()
    upright: set[int] = set()
    if kind != "none":
        pictures = [_picture(chance, rng, grid) for _ in range(count)]
        given["images"] = pictures
    if kind == "files":
        paths = _paths(chance, root, count)
        turns = [_turn(chance, path) for path in paths]
        upright = {image for image, turn in enumerate(turns) if turn == 1}
        pictures = [_write(*each) for each in zip(paths, pictures, turns, strict=True)]
        given["images"] = [*map(str, paths)]
        if count > 1 and chance.random() < 0.2:
            broken = {chance.randrange(count)}
            paths[min(broken)].write_bytes(b"no image")
            given["eigvecs"][min(broken)] = 0
            given["errors"] = "skip"
    seg = NcutSegmenter(**given)
    batch = Batch(seg, given, pictures, broken, upright)
    for name in chance.sample(NAMES, chance.randint(1, 5)):
        _add_segment(chance, batch, name)
    return batch


def _eigvecs(
    chance: random.Random, rng: np.random.Generator, shape: tuple[int, ...]
) -> NDArray:
    """Make smooth ones: things of all sizes, some of them with holes."""
    from scipy.ndimage import gaussian_filter

    noise = rng.standard_normal((*shape, chance.randint(2, 6)))
    wide = chance.choice((0, 0.7, 1.2))
    eigvecs = gaussian_filter(noise, (0, wide, wide, 0)).astype(np.float32)
    eigvecs[..., 0] = 0.3
    return eigvecs


def _picture(
    chance: random.Random, rng: np.random.Generator, grid: tuple[int, int]
) -> NDArray:
    sizes = (grid, (1, 1), (1, 40), (33, 2))
    size = (chance.randint(2, 70), chance.randint(2, 70))
    size = chance.choice(sizes) if chance.random() < 0.2 else size
    picture = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    return picture if chance.random() < 0.7 else picture[..., :1].repeat(3, axis=-1)


def _paths(chance: random.Random, root: Path, count: int) -> list[Path]:
    """Name files, the same in several folders and in forms of one letter."""
    paths: list[Path] = []
    few = chance.sample(STEMS, chance.randint(1, 4))
    while len(paths) < count:
        name = chance.choice(few) + chance.choice(SUFFIXES)
        path = root / chance.choice(FOLDERS) / name
        if path not in paths:
            paths.append(path)
    return paths


def _turn(chance: random.Random, path: Path) -> int:
    """Choose an EXIF orientation, if there can be one."""
    return 1 if path.suffix == ".bmp" else chance.choice(TURNS)


def _write(path: Path, picture: NDArray, turn: int) -> NDArray:
    """Write a file, turned perhaps; return what Pillow reads of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = turn
    more = {} if path.suffix == ".bmp" else {"exif": exif}
    Image.fromarray(picture).save(path, **more)
    with Image.open(path) as file:
        return np.asarray(ImageOps.exif_transpose(file).convert("RGB"))


def _add_segment(chance: random.Random, batch: Batch, name: str) -> None:
    """Commit one: of few clicks or many, large or empty, shown or hidden."""
    seg = batch.seg
    seg.method = chance.choice(
        ("similarity", "diffusion") if seg.eigvals is not None else ("similarity",)
    )
    seg.threshold = chance.choice((0.05, 0.3, 0.5, 0.5, 0.8, 1.0))
    seg.denoise_area_th = chance.choice((0, 3, 3, seg.eigvecs[0, ..., 0].size))
    for number in range(chance.randint(1, 4)):
        image = chance.choice(batch.readable)
        height, width = seg._session.sizes[image]
        x, y = chance.random() * width, chance.random() * height
        seg.add_click(x, y, image, positive=number == 0 or chance.random() < 0.6)
    segment = seg.commit(name, chance.choice(COLORS))
    segment.visible = chance.random() < 0.8
    segment.instances = chance.choice(("connected", "connected", "watershed", "whole"))
