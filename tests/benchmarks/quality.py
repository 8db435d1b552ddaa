"""How good the masks are, on labelled photographs: ablations as rows.

    make bench-quality QUALITY=folder
    make bench-quality QUALITY=folder MORE="--every 2 --distractors 30"
    python -m tests.benchmarks.quality folder --features features32 --protocol mixed

There are two protocols; `labelled` has the folder's format. The first, ``clicks``, is
that of interactive segmentation [1]_: the first click is the innermost pixel of the
thing on one image, each later one the innermost pixel of the larger error there,
positive or negative. After each click the IoU of that image's mask, at its own size,
and the mean IoU of the batch's other images, which nobody clicked; after the last one
how well that image's outlines agree, within 3 pixels. Every labelled image of a batch
is the clicked one in turn, and a thing counts once.

The second, ``mixed``, has images without the thing beside those that have it, and
clicks wherever it is worst; see `mixed`.

References
----------
.. [1] K. Sofiiuk, I. Petrov and A. Konushin, "Reviving iterative training with mask
   guidance for interactive segmentation", ICIP 2022.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import extract_features
from ncut_widget.build.ways import DEFAULT
from ncut_widget.settings import WAYS
from tests.benchmarks import mixed
from tests.benchmarks.labelled import Batch, read
from tests.benchmarks.measures import boundary_f, has_thing, iou, next_click
from tests.benchmarks.players import Cosine, Peer

CLICKS = 5
"""Of each thing."""

SHOWN = (1, 3, 5)
"""After which the table tells the IoU."""

LOSS = 0.05
"""By so much a thing may end below its first click."""

PROTOCOLS = ("clicks", "mixed")

LIMIT = 60.0
"""Seconds that ncut-pytorch has for each thing of a mixed batch."""


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

NEAREST = "plain cosine of the features, nearest click wins"

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

MIXED = (ROWS[0], Row(NEAREST, {}, {}), Row(PEER, {}, {}))
"""What is compared on mixed batches: for the default on its own features."""


class Score(NamedTuple):
    """IoU after each click: of the clicked image, and of the others (NaN: none).

    ``boundary`` is how well the clicked image's outlines agree after the last one.
    """

    clicked: NDArray
    others: NDArray
    boundary: float


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
            if other != image and label is not None and has_thing(label)
        ]
        others.append(np.mean(rest) if rest else np.nan)
    return Score(np.array(clicked), np.array(others), boundary_f(mask, truth))


def at(seg: Any, granularity: float, truth: NDArray, image: int) -> float:
    """Return the IoU at a granularity."""
    seg.granularity = granularity
    return iou(seg.full_masks()[image], truth)


def segmenter(
    row: Row,
    images: list[NDArray],
    values: NDArray | None,
    features: str,
    limit: float | None = None,
) -> Any:
    """Make what is clicked.

    Parameters
    ----------
    row : Row
    images : list of ndarray
    values : ndarray or None
        Their features; None: those of the way `features`.
    features : str
    limit : float, optional
        Seconds that ncut-pytorch has for each thing.
    """
    own = (NEAREST, PEER)
    if values is None and row.name in own:
        values = extract_features(images, DEFAULT[WAYS.index(features)], progress=False)
        values = np.asarray(values, np.float32)
    if values is None:
        options = {"by": features, "progress": False, **row.make}
        return NcutSegmenter.from_images(images, **options)
    if row.name in own:
        made = Cosine(values, images)
        return made if row.name == NEAREST else Peer(values, images, limit)
    if row.name == COSINE:
        return NcutSegmenter(values, images)
    return NcutSegmenter.from_features(values, images, progress=False, **row.make)


def timed(*given: Any) -> tuple[Any, float]:
    """Make a segmenter with its row's settings; return it and the seconds it took."""
    begun = time.perf_counter()
    seg = segmenter(*given)
    seconds = time.perf_counter() - begun
    for name, value in given[0].settings.items():
        setattr(seg, name, value)
    return seg, seconds


def scores(row: Row, batches: list[Batch], features: str) -> tuple[list[Score], float]:
    """Return each thing's score, over the images it is clicked on, and the seconds."""
    found, seconds = [], []
    for batch in batches:
        path = batch.features.get(features)
        values = None if path is None else np.load(path).astype(np.float32)
        seg, took = timed(row, batch.images, values, features)
        seconds.append(took)
        for truths in batch.things.values():
            played = [
                play(seg, truths, image, row.steps)
                for image, truth in enumerate(truths)
                if has_thing(truth)
            ]
            clicked, others, bounds = (
                np.stack(part) for part in zip(*played, strict=True)
            )
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of things on one image
                others = np.nanmean(others, 0)
            found.append(Score(clicked.mean(0), others, float(bounds.mean())))
        seg.close()
    return found, float(np.median(seconds))


def line(name: str, found: list[Score], seconds: float) -> str:
    """Return a row of the table."""
    clicked, others, bounds = (np.stack(part) for part in zip(*found, strict=True))
    at = [click - 1 for click in SHOWN]
    worse = float(np.mean(clicked[:, -1] < clicked[:, 0] - LOSS))
    cells = (
        " ".join(mixed.short(value) for value in np.mean(clicked, 0)[at]),
        " ".join(mixed.short(value) for value in np.nanmean(others, 0)[at]),
        mixed.short(bounds.mean()),
        f"{100 * worse:.0f} %",
        f"{seconds:.2f} s",
    )
    return f"| {name} | " + " | ".join(cells) + " |"


def by_clicks(batches: list[Batch], features: str, rows: str) -> None:
    """Print the table of the first protocol."""
    clicks = " ".join(map(str, SHOWN))
    things = sum(len(batch.things) for batch in batches)
    print(f"\n## {features}: {things} things, {len(batches)} batches\n")
    print(
        f"| | IoU, clicks {clicks} | other images | outline | worse | to the widget |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for row in ROWS:
        own = features in WAYS and row.name in (COSINE, PEER)
        if rows in row.name and not own:
            print(line(row.name, *scores(row, batches, features)), flush=True)


def by_mixed(
    batches: list[Batch], features: str, rows: str, given: argparse.Namespace
) -> None:
    """Print the table of mixed batches."""

    def make(row: Row, batch: mixed.Mixed) -> tuple[Any, float]:
        return timed(row, batch.images, batch.features, features, given.limit)

    print(f"\n## {features}, mixed with {given.distractors} images of other things\n")
    print(mixed.HEAD)
    for row in MIXED:
        if rows in row.name:
            made = mixed.mix(batches, features, given.every, given.distractors)
            found, seconds = mixed.trials(partial(make, row), made)
            print(mixed.line(row.name, found, seconds), flush=True)


def main() -> None:
    """Print tables for each kind of features."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--features", nargs="+", help="names; by default all there are")
    parser.add_argument("--rows", default="", help="only rows with this in their name")
    parser.add_argument("--protocol", nargs="+", choices=PROTOCOLS, default=PROTOCOLS)
    parser.add_argument("--every", type=int, default=1, help="only every n-th batch")
    parser.add_argument(
        "--distractors", type=int, default=8, help="images without the thing"
    )
    parser.add_argument(
        "--limit", type=float, default=LIMIT, help="seconds a thing, for ncut-pytorch"
    )
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    batches = list(read(given.folder))
    for features in given.features or [*WAYS, *sorted(batches[0].features)]:
        if "clicks" in given.protocol:
            by_clicks(batches[:: given.every], features, given.rows)
        if "mixed" in given.protocol:
            by_mixed(batches, features, given.rows, given)


if __name__ == "__main__":
    main()
