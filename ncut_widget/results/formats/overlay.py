"""Each image with the segments painted over it, PNG."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.marks import save_png
from ncut_widget.results.painting import paint_segments


def write(labelled: Labelled, folder: Path) -> None:
    """Write each image with the segments in their colours, PNG."""
    stems = labelled.stems
    for image in labelled.go_through("Writing overlays"):
        picture = paint_segments(labelled.image(image), labelled.segments, image)
        path = folder / f"{stems[image]}.png"
        save_png(Image.fromarray(picture), path, labelled.mark(image))


FORMAT = Format("overlay", write, each=".png", place=4)
