"""OME-Zarr [1]_: images with their labels.

References
----------
.. [1] "OME-Zarr", ngff.openmicroscopy.org, version 0.5.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ncut_widget.core.extras import needs
from ncut_widget.core.writing.legend import GROUP, KEY
from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled, as_uint16
from ncut_widget.segments.palette import as_rgb

NAME = "segments"
"""Name of the labels, beside each image."""

CHANNELS = {"red": "FF0000", "green": "00FF00", "blue": "0000FF"}

VERSION = "0.5"

SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"


def write(labelled: Labelled, folder: Path) -> None:
    """Write each image as ``<name>.zarr``, its label map beside it, with colours."""
    stems = labelled.stems
    for image in labelled.go_through("Writing OME-Zarr"):
        _write_image(labelled, image, folder / f"{stems[image]}.zarr")


def write_group(labelled: Labelled, folder: Path) -> None:
    """Write one image as a group, or several in the layout of bioformats2raw.

    That layout has the images as ``0``, ``1`` and so on, with their names in
    ``OME/METADATA.ome.xml``. Readers of single images, as `ome_zarr.reader`, open each
    of these.
    """
    if len(labelled.chosen) == 1:
        _write_image(labelled, labelled.chosen[0], folder)
        return
    with needs("ome-zarr"):
        import zarr

    numbers = [str(number) for number in range(len(labelled.chosen))]
    root = zarr.open_group(folder, mode="w")
    root.attrs["ome"] = {"version": VERSION, "bioformats2raw.layout": 3}
    series = root.create_group("OME")
    series.attrs["ome"] = {"version": VERSION, "series": numbers}
    _write_xml(labelled, folder / "OME" / "METADATA.ome.xml")
    for number, image in zip(
        numbers, labelled.go_through("Writing OME-Zarr"), strict=True
    ):
        _write_image(labelled, image, folder / number)


def _write_image(labelled: Labelled, image: int, path: Path) -> None:
    """Write an image and its labels; without pixels only the group of the labels."""
    with needs("ome-zarr"):
        import zarr
        from ome_zarr.writer import write_image, write_labels

    group = zarr.open_group(path, mode="w")
    group.attrs[KEY] = json.loads(labelled.mark(image))
    pixels = labelled.pixels(image)
    if pixels is not None:
        write_image(
            pixels.transpose(2, 0, 1), group, axes="cyx", name=labelled.stems[image]
        )
        ome: Any = group.attrs["ome"]
        group.attrs["ome"] = {**ome, "omero": _omero()}
    numbered = list(labelled.numbered)
    write_labels(
        as_uint16(labelled.label_map(image)),
        group,
        name=NAME,
        axes="yx",
        label_metadata={
            "colors": [
                {"label-value": number, "rgba": [*as_rgb(segment.color), 255]}
                for number, segment in numbered
            ],
            "properties": [
                {"label-value": number, "name": segment.name}
                for number, segment in numbered
            ],
        },
    )
    labels: Any = group["labels"]  # the format's writer gives this group no version
    labels.attrs["ome"] = {"version": VERSION, **labels.attrs["ome"]}


def _omero() -> dict[str, Any]:
    """Declare channels red, green and blue: else viewers stack grey images."""
    window = {"min": 0, "max": 255, "start": 0, "end": 255}
    return {
        "channels": [
            {"label": name, "color": color, "active": True, "window": window}
            for name, color in CHANNELS.items()
        ],
        "rdefs": {"model": "color"},
    }


def _write_xml(labelled: Labelled, path: Path) -> None:
    """Write the images' names as OME-XML, which also requires their sizes."""
    root = ElementTree.Element("OME", xmlns=SCHEMA)
    for number, image in enumerate(labelled.chosen):
        height, width = labelled.sizes[image]
        sizes = {"X": width, "Y": height, "Z": 1, "C": len(CHANNELS), "T": 1}
        pixels = ElementTree.SubElement(
            ElementTree.SubElement(
                root, "Image", ID=f"Image:{number}", Name=labelled.stems[image]
            ),
            "Pixels",
            {f"Size{axis}": str(size) for axis, size in sizes.items()},
            ID=f"Pixels:{number}",
            DimensionOrder="XYZCT",
            Type="uint8",
        )
        for channel, name in enumerate(CHANNELS):
            ElementTree.SubElement(
                pixels,
                "Channel",
                ID=f"Channel:{number}:{channel}",
                Name=name,
                SamplesPerPixel="1",
            )
        ElementTree.SubElement(pixels, "MetadataOnly")
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


FORMAT = Format(
    "ome-zarr",
    write,
    each=".zarr",
    each_is_folder=True,
    alone=Format("ome-zarr", write_group, legend=GROUP),
    place=8,
)
