"""Masks as arrays in one NPZ file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from ncut_widget.results.formats.base import Format
from ncut_widget.results.labelled import Labelled, as_uint16
from ncut_widget.results.labels import lay


def write(labelled: Labelled, path: Path) -> None:
    """Write masks and label maps for `numpy.load`, image by image.

    ``masks_3`` are those of image 3 of the batch: bool, (segments, h, w), each whole;
    ``labels_3`` is its label map, uint16, (h, w). ``names``, ``colors`` and ``labels``
    are those of the segments; ``labels`` are their numbers in the label maps. ``files``
    and ``images`` are the images' names and indices; ``provenance`` is JSON.
    """
    files = labelled.files
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:

        def add(name: str, value: ArrayLike) -> None:
            with file.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(value), allow_pickle=False)

        for image in labelled.go_through("Writing masks"):
            masks = [segment.full_mask(image) for segment in labelled.segments]
            add(f"masks_{image}", masks)
            numbered = zip(labelled.numbers, masks, strict=True)
            labels = lay(numbered, labelled.sizes[image])
            add(f"labels_{image}", as_uint16(labels))
        add("names", [segment.name for segment in labelled.segments])
        add("colors", [segment.color for segment in labelled.segments])
        add("labels", np.array(labelled.numbers, dtype=np.uint16))
        add("images", np.array(labelled.chosen, dtype=np.int64))
        named = [files[image] for image in labelled.chosen]
        add("files", np.array(named, dtype=str))
        add("provenance", json.dumps(labelled.provenance()))


FORMAT = Format("npz", write, ".npz", place=7)
