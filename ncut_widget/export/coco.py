"""COCO's JSON: an annotation for every single thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ncut_widget.export.labelled import Labelled
from ncut_widget.export.needs import needs
from ncut_widget.masks.runs import to_runs


def write_coco(labelled: Labelled, path: Path) -> None:
    """Write images, categories and annotations.

    ``segmentation`` is a compressed RLE, which holds every pixel; ``polygons``, beside
    it, are outlines that cut a pixel's corners, in pixels of the image, as COCO's are.
    """
    with needs("coco"):
        from pycocotools import mask as rle

    files = labelled.files
    told = labelled.provenance()
    head = {
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
                "file_name": files[image],
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

    def annotations() -> Iterator[dict[str, Any]]:
        for image in labelled.go_through("Writing annotations"):
            for category, segment in labelled.numbered:
                instances = segment.full_instances()[image]
                for described, counts in _things(instances):
                    plain = {"size": list(instances.shape), "counts": counts}
                    packed = rle.frPyObjects(plain, *instances.shape)
                    text = packed["counts"].decode("ascii")
                    yield {
                        "image_id": image,
                        "category_id": category,
                        "segmentation": {**plain, "counts": text},
                        "iscrowd": 0,
                        **described,
                    }

    with path.open("w", encoding="utf-8") as file:
        # One by one: those of a thousand images are hundreds of megabytes together.
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "annotations": [')
        for number, annotation in enumerate(annotations(), 1):
            file.write(",\n" if number > 1 else "\n")
            file.write(json.dumps({"id": number, **annotation}))
        file.write("]}\n")


def _things(instances: NDArray) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Describe every thing in an image, and give the lengths of its runs."""
    starts, stops, numbers = to_runs(instances.T).astype(np.int64)  # column by column
    order = np.argsort(numbers, kind="stable")
    ends = np.searchsorted(numbers[order], np.arange(1, instances.max() + 2))
    for number, box in enumerate(find_objects(instances), 1):
        (top, bottom), (left, right) = ((side.start, side.stop) for side in box)
        inside = instances[box] == number
        mine = order[ends[number - 1] : ends[number]]
        described = {
            "polygons": outlines(inside, (left, top)),
            "area": int(inside.sum()),
            "bbox": [left, top, right - left, bottom - top],
        }
        yield described, _counts(starts[mine], stops[mine], instances.size)


def _counts(starts: NDArray, stops: NDArray, size: int) -> list[int]:
    """Return lengths of runs of 0 and 1, in turn."""
    apart = np.flatnonzero(starts[1:] != stops[:-1])
    firsts = starts[np.concatenate([[0], apart + 1])]
    lasts = stops[np.concatenate([apart, [len(stops) - 1]])]
    edges = np.concatenate([[0], np.stack([firsts, lasts], axis=1).ravel(), [size]])
    return np.diff(edges).tolist()


def outlines(mask: NDArray, corner: tuple[int, int]) -> list[list[float]]:
    """Outline a mask: ``[x, y, x, y, ...]`` of each polygon, holes not told apart.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
    corner : (int, int)
        x and y of its first pixel in the image.
    """
    from skimage.measure import find_contours  # which asks for much

    polygons = []
    for line in find_contours(np.pad(mask, 1).astype(np.uint8), 0.5):
        places = line[:-1]
        steps = np.diff(places, axis=0, prepend=places[-1:])
        turns = (steps != np.roll(steps, -1, axis=0)).any(axis=1)
        # From centres of the padded mask's pixels to corners of the image's.
        polygon = places[turns][:, ::-1] - 0.5 + corner
        polygons.append(polygon.ravel().tolist())
    return polygons
