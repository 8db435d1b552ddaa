"""COCO's JSON: an annotation for every single thing, its mask as run lengths."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ncut_widget.core.arrays import Labels
from ncut_widget.masks.runs import to_runs
from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled

Described = Callable[[Labels], Iterator[Any]]
"""Numbered things of an image -> the ``segmentation`` of each, in order."""


def write(labelled: Labelled, path: Path) -> None:
    """Write images, categories and annotations, with run lengths as masks.

    Run lengths hold every pixel, with holes and parts. They are lists of numbers, which
    more loaders read than the compressed text. ``iscrowd`` is 0, as every annotation is
    one thing, and loaders leave out crowds.
    """
    write_annotations(labelled, path, run_lengths)


def write_annotations(labelled: Labelled, path: Path, describe: Described) -> None:
    """Write the file, with ``describe`` for the masks of things."""
    # ASCII, since loaders open the file in the encoding of the machine.
    dumps = partial(json.dumps, ensure_ascii=True)
    with path.open("w", encoding="ascii", newline="\n") as file:
        # One by one: a thousand images can have hundreds of megabytes of them.
        file.write(dumps(_head(labelled))[:-1] + ', "annotations": [')
        for number, annotation in enumerate(_annotations(labelled, describe), 1):
            file.write(",\n" if number > 1 else "\n")
            file.write(dumps({"id": number, **annotation}))
        file.write("]}\n")


def _head(labelled: Labelled) -> dict[str, Any]:
    """Return all but the annotations."""
    told = labelled.provenance()
    return {
        "info": {
            "description": "Segments of ncut_widget",
            "version": told["software"]["ncut_widget"],
            "date_created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "ncut_widget": told,
        },
        "licenses": [],
        "images": [
            {
                "id": image,
                "file_name": labelled.files[image],
                "height": labelled.sizes[image][0],
                "width": labelled.sizes[image][1],
            }
            for image in labelled.chosen
        ],
        "categories": [
            {"id": number, "name": segment.name, "color": segment.color}
            for number, segment in labelled.numbered
        ],
    }


def _annotations(labelled: Labelled, describe: Described) -> Iterator[dict[str, Any]]:
    for image in labelled.go_through("Writing annotations"):
        for category, segment in labelled.numbered:
            numbers = segment.full_instances()[image]
            boxes = find_objects(numbers)
            for thing, (box, segmentation) in enumerate(
                zip(boxes, describe(numbers), strict=True), 1
            ):
                (top, bottom), (left, right) = ((s.start, s.stop) for s in box)
                yield {
                    "image_id": image,
                    "category_id": category,
                    "iscrowd": 0,
                    "area": int((numbers[box] == thing).sum()),
                    "bbox": [left, top, right - left, bottom - top],
                    "segmentation": segmentation,
                }


def run_lengths(numbers: Labels) -> Iterator[dict[str, list[int]]]:
    """Count the pixels of every numbered thing, column by column: off, on, off, ..."""
    starts, stops, things = to_runs(numbers.T).astype(np.int64)
    order = np.argsort(things, kind="stable")
    ends = np.searchsorted(things[order], np.arange(1, numbers.max() + 2))
    for first, last in pairwise(ends):
        mine = order[first:last]
        counts = _counts(starts[mine], stops[mine], numbers.size)
        yield {"size": list(numbers.shape), "counts": counts}


def _counts(
    starts: NDArray[np.int64], stops: NDArray[np.int64], size: int
) -> list[int]:
    """Return lengths of runs of 0 and 1, in turn."""
    apart = np.flatnonzero(starts[1:] != stops[:-1])
    firsts = starts[np.concatenate([[0], apart + 1])]
    lasts = stops[np.concatenate([apart, [len(stops) - 1]])]
    edges = np.concatenate([[0], np.stack([firsts, lasts], axis=1).ravel(), [size]])
    lengths: list[int] = np.diff(edges).tolist()
    return lengths


FORMAT = Format("coco", write, ".json", place=6)
