"""What each picture that is exported tells of itself: of which export it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ncut_widget.core.writing.legend import KEY, find_told

_DESCRIPTION = 270
"""TIFF's tag for it."""


def save_png(picture: Image.Image, path: Path, mark: str) -> None:
    """Save a picture as PNG that tells its mark; see `Labelled.mark`."""
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
