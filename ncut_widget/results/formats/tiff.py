"""A label map of each image, TIFF."""

from __future__ import annotations

from pathlib import Path

from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled, as_uint16


def write(labelled: Labelled, folder: Path) -> None:
    """Write a label map of each image, TIFF of 16 bits."""
    import tifffile  # here, as it takes an eighth of a second

    stems = labelled.stems
    for image in labelled.go_through("Writing label maps"):
        tifffile.imwrite(
            folder / f"{stems[image]}.tif",
            as_uint16(labelled.label_map(image)),
            description=labelled.mark(image),
            compression="zlib",
            metadata=None,
        )


FORMAT = Format("tiff", write, each=".tif", place=2)
