"""COCO's JSON with polygons as masks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from scipy.ndimage import find_objects

from ncut_widget.core.arrays import Labels
from ncut_widget.results.formats.base import Format
from ncut_widget.results.formats.coco import write_annotations
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.outlines import outline


def write(labelled: Labelled, path: Path) -> None:
    """Write as ``coco``, but with polygons, for loaders that read only these.

    pycocotools fills them to the same pixels; see `outline`.
    """
    write_annotations(labelled, path, polygons)


def polygons(numbers: Labels) -> Iterator[list[list[float]]]:
    """Outline every numbered thing."""
    for thing, box in enumerate(find_objects(numbers), 1):
        yield outline(numbers[box] == thing, (box[1].start, box[0].start))


FORMAT = Format("coco-polygons", write, ".json", is_default=False, place=5)
