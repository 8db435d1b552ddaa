"""A label map of each image, PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled, as_uint16
from ncut_widget.results.marks import save_png


def write(labelled: Labelled, folder: Path) -> None:
    """Write a label map of each image, PNG: 8 bits with the segments' colours, or 16.

    PNG of 16 bits has no palette: above 255 labels viewers show it nearly black.
    """
    stems = labelled.stems
    palette = labelled.palette
    for image in labelled.go_through("Writing label maps"):
        labels = as_uint16(labelled.label_map(image))
        if len(palette) > 256:
            picture = Image.fromarray(labels)
        else:
            picture = Image.fromarray(labels.astype(np.uint8))
            picture.putpalette(palette.tobytes())
        save_png(picture, folder / f"{stems[image]}.png", labelled.mark(image))


FORMAT = Format("labels", write, each=".png", place=1)
