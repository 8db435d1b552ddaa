"""Each segment's mask of each image, PNG, in a folder of the segment's name."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.marks import save_png


def write(labelled: Labelled, folder: Path) -> None:
    """Write each segment's whole mask of each image, PNG of 1 bit, 255 = thing."""
    stems = labelled.stems
    for name in labelled.folders:
        (folder / name).mkdir()
    for image in labelled.go_through("Writing masks"):
        for name, segment in zip(labelled.folders, labelled.segments, strict=True):
            mask = Image.fromarray(segment.full_mask(image))
            path = folder / name / f"{stems[image]}.png"
            save_png(mask, path, labelled.mark(image))


FORMAT = Format("binary", write, each=".png", by_segment=True, place=3)
