"""The mark in each exported picture: which export wrote it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ncut_widget.core.writing.legend import KEY, find_told

_DESCRIPTION = 270
"""TIFF's tag for the description."""


def save_png(picture: Image.Image, path: Path, mark: str) -> None:
    """Save a picture as PNG with its mark; see `Labelled.mark`."""
    info = PngInfo()
    info.add_itxt(KEY, mark)
    # Three times as fast as the default, and hardly larger.
    picture.save(path, pnginfo=info, compress_level=2)


def read_provenance(path: str | Path) -> dict[str, Any]:
    """Read how a label map, a mask or an overlay was made.

    Returns
    -------
    dict
        The description of its export in the folder's ``segments.json``, and ``image``,
        the description of the file's image. If the file was moved to another folder,
        only ``id`` and the image's ``file`` and ``index``.

    Raises
    ------
    ValueError
        If no export of `NcutSegmenter` wrote the file.
    """
    with Image.open(path) as picture:
        picture.load()
        mark = picture.info.get(KEY) or picture.getexif().get(_DESCRIPTION, "")
    try:
        return find_told(Path(path).absolute().parent, json.loads(mark))
    except (TypeError, ValueError, KeyError) as error:
        raise ValueError(f"{str(path)!r} does not say how it was made") from error
