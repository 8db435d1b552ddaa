"""How good the masks are, on labelled photographs: ablations as rows.

    make bench-quality QUALITY=folder
    python -m tests.benchmarks.quality folder --features features32

The protocol is that of interactive segmentation [1]_: the first click is the innermost
pixel of the thing on one image, each later one the innermost pixel of the larger error
there, positive or negative. After each click the IoU of that image's mask, at its own
size, and the mean IoU of the batch's other images, which nobody clicked. Every labelled
image of a batch is the clicked one in turn, and a thing counts once.

``folder/manifest.json`` is a list of batches: ``{"name", "images": [png, ...],
"objects": {name: [png or null, ...]}, features: npy}``; masks are 255 = thing, 0 = not,
128 = not counted; features are ``(B, H, W, C)``, under as many names as there are.

References
----------
.. [1] K. Sofiiuk, I. Petrov and A. Konushin, "Reviving iterative training with mask
   guidance for interactive segmentation", ICIP 2022.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_edt

from ncut_widget import NcutSegmenter
from ncut_widget.settings import WAYS

CLICKS = 5
"""Of each thing."""

SHOWN = (1, 3, 5)
"""After which the table tells the IoU."""

LOSS = 0.05
"""By so much a thing may end below its first click."""

THING, OUTSIDE, IGNORED = 255, 0, 128


@dataclass(frozen=True)
class Row:
    """A way to segment: how the widget is made, settings, and what is stepped through.

    After each click the granularity is the best of ``steps``, as with key G.
    """

    name: str
    make: dict[str, Any]
    settings: dict[str, Any]
    steps: tuple[float, ...] = ()


COSINE, PEER = "cosine of the features", "ncut-pytorch 3.2.0's click"

PEER_PYTHON = Path(".bench/ncut-pytorch-3.2.0/bin/python")

ROWS = (
    Row("as it is", {}, {}),
    Row("best of whole, thing and part", {}, {}, (2.0, 5.5, 12.0)),
    Row("threshold found", {}, {"auto_threshold": True}),
    Row("granularity 3", {}, {"granularity": 3.0}),
    Row("granularity 8", {}, {"granularity": 8.0}),
    Row("full graph", {"graph": "full"}, {}),
    Row("full graph, biased cut", {"graph": "full"}, {"method": "biased_ncut"}),
    Row("published", {"graph": "full"}, {"method": "similarity"}),
    Row("published, of neighbours", {}, {"method": "similarity"}),
    Row("15 eigenvectors", {"num_eig": 15}, {}),
    Row("60 eigenvectors", {"num_eig": 60}, {}),
    Row(COSINE, {}, {"method": "similarity"}),
    Row(PEER, {}, {}),
)
"""What is compared: also the features themselves, taken for eigenvectors, and the click
of ncut-pytorch, on the same features, which those of the default are not.
"""


class Batch(NamedTuple):
    """Images, what is on them, and their features by name."""

    name: str
    images: list[NDArray]
    things: dict[str, list[NDArray | None]]
    features: dict[str, Path]


class Score(NamedTuple):
    """IoU after each click: of the clicked image, and of the others (NaN: none)."""

    clicked: NDArray
    others: NDArray


def read(folder: Path) -> Iterator[Batch]:
    """Read the batches of a folder."""
    for entry in json.loads((folder / "manifest.json").read_text()):
        yield Batch(
            entry["name"],
            [np.array(Image.open(folder / p).convert("RGB")) for p in entry["images"]],
            {
                thing: [p and np.array(Image.open(folder / p)) for p in paths]
                for thing, paths in entry["objects"].items()
            },
            {
                name: folder / path
                for name, path in entry.items()
                if str(path).endswith(".npy")
            },
        )


def iou(mask: NDArray, truth: NDArray) -> float:
    """Return the intersection of a mask and the truth over their union."""
    thing, found = truth == THING, mask & (truth != IGNORED)
    union = (thing | found).sum()
    return float((thing & found).sum() / union) if union else 1.0


def next_click(mask: NDArray, truth: NDArray) -> tuple[int, int, bool] | None:
    """Return the innermost pixel of the larger error: x, y, whether it is missed."""
    errors = (truth == THING) & ~mask, (truth == OUTSIDE) & mask
    depths = [distance_transform_edt(np.pad(error, 1))[1:-1, 1:-1] for error in errors]
    missed = depths[0].max() >= depths[1].max()
    depth = depths[0] if missed else depths[1]
    if depth.max() == 0:
        return None
    y, x = np.unravel_index(depth.argmax(), depth.shape)
    return int(x), int(y), bool(missed)


def play(
    seg: Any, truths: list[NDArray | None], image: int, steps: Sequence[float] = ()
) -> Score:
    """Click a thing on one image."""
    seg.clear()
    truth = truths[image]
    assert truth is not None
    mask = np.zeros(truth.shape, bool)
    clicked, others = [], []
    for _ in range(CLICKS):
        click = next_click(mask, truth)
        if click is not None:
            x, y, positive = click
            seg.add_click(x, y, image=image, positive=positive)
        if steps:
            seg.granularity = max(steps, key=lambda step: at(seg, step, truth, image))
        masks = seg.full_masks()
        mask = masks[image]
        clicked.append(iou(mask, truth))
        rest = [
            iou(masks[other], label)
            for other, label in enumerate(truths)
            if other != image and label is not None and (label == THING).any()
        ]
        others.append(np.mean(rest) if rest else np.nan)
    return Score(np.array(clicked), np.array(others))


def at(seg: Any, granularity: float, truth: NDArray, image: int) -> float:
    """Return the IoU at a granularity."""
    seg.granularity = granularity
    return iou(seg.full_masks()[image], truth)


class Peer:
    """ncut-pytorch's click, with the methods of the widget that are used here."""

    def __init__(self, features: NDArray, images: list[NDArray]) -> None:
        self._grid = features.shape[1:3]
        self._images = images
        self._folder = TemporaryDirectory()
        self._process = Popen(
            [PEER_PYTHON, "tests/peers/click.py"],
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            text=True,
        )
        path = f"{self._folder.name}/features.npy"
        np.save(path, features.reshape(-1, features.shape[-1]))
        self._ask({"features": path})
        self.clear()

    def _ask(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        if not self._process.stdout.readline():
            raise RuntimeError("ncut-pytorch 3.2.0 failed")

    def clear(self) -> None:
        """Forget the clicks."""
        self._clicks: dict[str, list[int]] = {"fg": [], "bg": []}

    def add_click(self, x: int, y: int, image: int, positive: bool) -> None:
        """Click a pixel."""
        rows, cols = self._grid
        height, width = self._images[image].shape[:2]
        cell = (image * rows + y * rows // height) * cols + x * cols // width
        self._clicks["fg" if positive else "bg"].append(cell)

    def full_masks(self) -> list[NDArray]:
        """Make the masks, interpolated as ours are."""
        path = f"{self._folder.name}/heatmap.npy"
        self._ask({**self._clicks, "to": path})
        heat = np.load(path).reshape(len(self._images), *self._grid)
        return [
            np.array(
                Image.fromarray(each.astype(np.float32)).resize(
                    image.shape[1::-1], Image.Resampling.BILINEAR
                )
            )
            > 0
            for each, image in zip(heat, self._images, strict=True)
        ]

    def close(self) -> None:
        """End its process."""
        self._process.kill()
        self._process.communicate()
        self._folder.cleanup()


def segmenter(row: Row, batch: Batch, features: str) -> Any:
    """Make the widget of a batch."""
    if features in WAYS:
        options = {"by": features, "progress": False, **row.make}
        return NcutSegmenter.from_images(batch.images, **options)
    values = np.load(batch.features[features]).astype(np.float32)
    if row.name == COSINE:
        return NcutSegmenter(values, batch.images)
    if row.name == PEER:
        return Peer(values, batch.images)
    return NcutSegmenter.from_features(values, batch.images, progress=False, **row.make)


def scores(row: Row, batches: list[Batch], features: str) -> tuple[list[Score], float]:
    """Return each thing's score, over the images it is clicked on, and the seconds."""
    found, seconds = [], []
    for batch in batches:
        begun = time.perf_counter()
        seg = segmenter(row, batch, features)
        seconds.append(time.perf_counter() - begun)
        for name, value in row.settings.items():
            setattr(seg, name, value)
        for truths in batch.things.values():
            played = [
                play(seg, truths, image, row.steps)
                for image, truth in enumerate(truths)
                if truth is not None and (truth == THING).any()
            ]
            clicked, others = (np.stack(part) for part in zip(*played, strict=True))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of things on one image
                found.append(Score(clicked.mean(0), np.nanmean(others, 0)))
        seg.close()
    return found, float(np.median(seconds))


def line(name: str, found: list[Score], seconds: float) -> str:
    """Return a row of the table."""
    clicked, others = (np.stack(part) for part in zip(*found, strict=True))
    at = [click - 1 for click in SHOWN]
    worse = float(np.mean(clicked[:, -1] < clicked[:, 0] - LOSS))
    cells = (
        " ".join(f"{value:.2f}"[1:] for value in np.mean(clicked, 0)[at]),
        " ".join(f"{value:.2f}"[1:] for value in np.nanmean(others, 0)[at]),
        f"{100 * worse:.0f} %",
        f"{seconds:.2f} s",
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print a table for each kind of features."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--features", nargs="+", help="names; by default all there are")
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    batches = list(read(given.folder))
    kinds = given.features or [*WAYS, *sorted(batches[0].features)]
    clicks = " ".join(map(str, SHOWN))
    for features in kinds:
        things = sum(len(batch.things) for batch in batches)
        print(f"\n## {features}: {things} things, {len(batches)} batches\n")
        print(f"| | IoU, clicks {clicks} | other images | worse | to the widget |")
        print("| --- | --- | --- | --- | --- |")
        for row in ROWS:
            if given.rows not in row.name or (
                features in WAYS and row.name in (COSINE, PEER)
            ):
                continue
            print(line(row.name, *scores(row, batches, features)), flush=True)


if __name__ == "__main__":
    main()
