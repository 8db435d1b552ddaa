"""Names of images, by the files that they come from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image


def origin_of(item: Any) -> Path | None:
    """Find the path that a path, a PIL image or an open file comes from, if any.

    The path is for names only, as the pixels may have been changed since. Pages after
    the first of a file have their number behind the name.
    """
    if isinstance(item, (str, os.PathLike)):
        return Path(os.path.abspath(os.path.expanduser(os.fsdecode(item))))
    page = item.tell() if isinstance(item, Image.Image) else 0
    for holder in (item, getattr(item, "fp", None)):
        for attribute in ("filename", "name"):
            name = getattr(holder, attribute, None)
            # The name of a file descriptor is a number, that of some streams is empty.
            if isinstance(name, (str, bytes, os.PathLike)) and os.fspath(name):
                path = os.path.abspath(os.fsdecode(name))
                return Path(f"{path}#{page}" if page else path)
    return None


def distinct_names(origins: Sequence[Path | None]) -> list[str]:
    r"""Name images by their files, so that two files never have one name.

    Parameters
    ----------
    origins : sequence of Path or None
        Absolute.

    Returns
    -------
    list of str
        The files' names or, if two names are equal, the paths of all files below the
        folder that they share. Images without a file are ``image 0`` and so on, or
        ``image 0-2`` if a file has that name. Bytes that are not UTF-8 are escaped, as
        ``\udce9``: few formats hold them.

    Examples
    --------
    >>> distinct_names([Path("/data/cat/1.png"), None, Path("/data/cat/2.png")])
    ['1.png', 'image 1', '2.png']
    >>> distinct_names([Path("/data/cat/1.png"), None, Path("/data/dog/1.png")])
    ['cat/1.png', 'image 1', 'dog/1.png']
    """
    files = {origin for origin in origins if origin is not None}
    are_alike = len({file.name for file in files}) < len(files)
    shared = _shared_folder(files) if are_alike else ""

    def name(file: Path) -> str:
        return escaped(file.as_posix().removeprefix(shared) if are_alike else file.name)

    taken = set(map(name, files))

    def numbered(index: int) -> str:
        free = (f"image {index}-{n}" if n > 1 else f"image {index}" for n in count(1))
        return next(each for each in free if each not in taken)

    return [
        numbered(index) if origin is None else name(origin)
        for index, origin in enumerate(origins)
    ]


def escaped(text: str) -> str:
    r"""Escape the bytes of a file's name that are not UTF-8.

    Examples
    --------
    >>> print(escaped(os.fsdecode(b"caf\xe9.png")))
    caf\udce9.png
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _shared_folder(files: set[Path]) -> str:
    """Find the innermost folder that all files are in, with a slash at its end."""
    try:
        shared = Path(os.path.commonpath([file.parent for file in files])).as_posix()
    except ValueError:  # on several drives
        return ""
    return shared if shared.endswith("/") else f"{shared}/"
