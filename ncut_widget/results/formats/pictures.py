"""Label maps, masks and overlays as image files, one for each image."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ncut_widget.core.writing.legend import KEY, find_told
from ncut_widget.images import RGBImage
from ncut_widget.results.labelled import Labelled, as_uint16
from ncut_widget.segments.palette import as_rgb, shade
from ncut_widget.segments.record import SegmentState

OPACITY = 0.5

MASK = "#1e90ff"
"""Colour of the clicks' mask, as in ``js/src/styles/variables.css``."""

_DESCRIPTION = 270
"""TIFF's tag for it."""


def write_labels(labelled: Labelled, folder: Path) -> None:
    """Write a label map of each image, PNG: 8 bits with the segments' colours, or 16.

    Of 16 bits PNG knows no palette: beyond 255 labels viewers show nearly black.
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
        _save(picture, folder / f"{stems[image]}.png", labelled.mark(image))


def write_tiff(labelled: Labelled, folder: Path) -> None:
    """Write a label map of each image, TIFF of 16 bits."""
    import tifffile  # an eighth of a second, which an import of ours need not take

    stems = labelled.stems
    for image in labelled.go_through("Writing label maps"):
        tifffile.imwrite(
            folder / f"{stems[image]}.tif",
            as_uint16(labelled.label_map(image)),
            description=labelled.mark(image),
            compression="zlib",
            metadata=None,
        )


def write_binary(labelled: Labelled, folder: Path) -> None:
    """Write each segment's whole mask of each image, PNG of 1 bit, 255 = thing."""
    stems = labelled.stems
    for name in labelled.folders:
        (folder / name).mkdir()
    for image in labelled.go_through("Writing masks"):
        for name, segment in zip(labelled.folders, labelled.segments, strict=True):
            mask = Image.fromarray(segment.full_mask(image))
            path = folder / name / f"{stems[image]}.png"
            _save(mask, path, labelled.mark(image))


def write_overlay(labelled: Labelled, folder: Path) -> None:
    """Write each image with the segments in their colours, PNG."""
    stems = labelled.stems
    for image in labelled.go_through("Writing overlays"):
        picture = paint_segments(labelled.image(image), labelled.segments, image)
        path = folder / f"{stems[image]}.png"
        _save(Image.fromarray(picture), path, labelled.mark(image))


def paint_segments(
    picture: RGBImage,
    segments: tuple[SegmentState, ...],
    image: int,
    opacity: float = OPACITY,
) -> RGBImage:
    """Lay segments over an image, in the shades of their colours, as the page does."""
    colors = np.zeros_like(picture)
    painted = np.zeros(picture.shape[:2], dtype=bool)
    for segment in segments:
        instances = segment.full_instances().at(image, picture.shape[:2])
        shades = [shade(segment.color, n) for n in range(1, int(instances.max()) + 1)]
        inside = instances > 0
        colors[inside] = np.array([(0, 0, 0), *shades], np.uint8)[instances[inside]]
        painted |= inside
    laid = picture.copy()
    below, above = picture[painted].astype(np.float32), colors[painted]
    laid[painted] = np.rint(below + opacity * (above - below)).astype(np.uint8)
    return laid


def tint(picture: RGBImage, mask: NDArray) -> RGBImage:
    """Lay the mask of clicks over an image, as the page does."""
    tinted = picture.copy()
    tinted[mask] = np.rint((picture[mask] + np.array(as_rgb(MASK))) / 2)
    return tinted


def _save(picture: Image.Image, path: Path, mark: str) -> None:
    info = PngInfo()
    info.add_itxt(KEY, mark)
    # Three times as fast as the default, and hardly larger.
    picture.save(path, pnginfo=info, compress_level=2)


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Read how a label map, a mask or an overlay came about.

    Returns
    -------
    dict
        What its folder's ``segments.json`` tells of the export that wrote it, and
        ``image``, what that tells of the file's image. Of a file that was moved away
        from it only ``id`` and the image's ``file`` and ``index`` are known.

    Raises
    ------
    ValueError
        If no export of ours wrote the file.
    """
    with Image.open(path) as picture:
        picture.load()
        mark = picture.info.get(KEY) or picture.getexif().get(_DESCRIPTION, "")
    try:
        return find_told(Path(path).absolute().parent, json.loads(mark))
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"{str(path)!r} does not tell how it came about") from error
