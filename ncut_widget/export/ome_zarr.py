"""OME-Zarr: images with their labels."""

from __future__ import annotations

from pathlib import Path

from ncut_widget.export.labelled import Labelled, as_uint16
from ncut_widget.export.needs import needs
from ncut_widget.segments.palette import as_rgb

NAME = "segments"
"""Of the labels, beside each image."""


def write_ome_zarr(labelled: Labelled, folder: Path) -> None:
    """Write each image as ``<name>.zarr``, its label map beside it, with colours.

    Without images there are only the labels' groups.
    """
    with needs("ome-zarr"):
        import zarr
        from ome_zarr.writer import write_image, write_labels

    stems = labelled.stems
    colors = [
        {"label-value": number, "rgba": [*as_rgb(segment.color), 255]}
        for number, segment in enumerate(labelled.segments, 1)
    ]
    properties = [
        {"label-value": number, "name": segment.name}
        for number, segment in enumerate(labelled.segments, 1)
    ]
    for image in labelled.go_through("Writing OME-Zarr"):
        group = zarr.open_group(folder / f"{stems[image]}.zarr", mode="w")
        if labelled.images is not None:
            picture = labelled.image(image).transpose(2, 0, 1)
            write_image(picture, group, axes="cyx", name=stems[image])
        write_labels(
            as_uint16(labelled.label_map(image)),
            group,
            name=NAME,
            axes="yx",
            label_metadata={"colors": colors, "properties": properties},
        )
        group.attrs["ncut_widget"] = labelled.provenance(image)
