"""The legend of an export's folder: how it was made, and which files it wrote."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

LEGEND = "segments.json"
"""File of the legend; a Zarr group, which may hold no such file, has an attribute."""

GROUP = "zarr.json"

KEY = "ncut_widget"
"""Key of the group's attribute, and of the mark in each image's file."""

EARLIER = "earlier"
"""Key of the entries of earlier exports and their segments."""


def read_legend(folder: Path) -> dict[str, Any]:
    """Read the legend of an earlier export to a folder; empty without one."""
    for name in (LEGEND, GROUP):
        with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
            content = json.loads((folder / name).read_text(encoding="utf-8"))
            found = content["attributes"].get(KEY, {}) if name == GROUP else content
            if isinstance(found.get("files"), dict) and "software" in found:
                files = found["files"]
                if files.pop(name, None) in (None, _digest_content(content)):
                    files[name] = None
                legend: dict[str, Any] = found
                return legend
    return {}


def find_told(folder: Path, mark: Mapping[str, Any]) -> dict[str, Any]:
    """Find the legend's entry of the export that wrote an image's file.

    Parameters
    ----------
    folder : Path
        Folder of the file; the legend is there, or one folder up.
    mark : mapping
        The mark in the file: the export's ``id``, the image's name, and its index in
        the batch.
    """
    known = dict(mark)
    id = known.pop("id")
    legends = map(read_legend, (folder, folder.parent))
    told = next((legend for legend in legends if legend), {})
    for part in (told, *told.get(EARLIER, ())):
        for image in part.get("images", ()):
            if part.get("id") == id and known.items() <= image.items():
                kept = {k: v for k, v in part.items() if k not in ("files", "images")}
                return {**kept, "image": image}
    return {"id": id, "image": known}


def own_files(folder: Path) -> Mapping[str, str | int | None]:
    """Return the files that an export wrote to a folder, each with its fingerprint.

    The fingerprint is a digest; the size in bytes where an earlier version wrote the
    file; None for the legend, which was verified when it was read.
    """
    files: dict[str, str | int | None] = read_legend(folder).get("files", {})
    return files


def is_own(folder: Path, name: str, own: Mapping[str, str | int | None]) -> bool:
    """Whether a file is as an export wrote it: a changed file is the user's."""
    path = folder / name
    try:
        found = os.lstat(path)
        if name not in own or not stat.S_ISREG(found.st_mode):
            return False
        told = own[name]
        if isinstance(told, str):
            return told == _digest(path.read_bytes())
        return told in (None, found.st_size)
    except OSError:
        return False


def write_legend(folder: Path, told: Mapping[str, Any]) -> None:
    """Write the legend of a folder: how it was made, and which files it has."""
    group = folder / GROUP
    is_group = group.exists()
    files = {
        path.relative_to(folder).as_posix(): _digest(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != group
    }
    content: dict[str, Any] = {**told, "files": files}
    if is_group:
        legend, content = content, json.loads(group.read_text(encoding="utf-8"))
        content.setdefault("attributes", {})[KEY] = legend
    name = GROUP if is_group else LEGEND
    files[name] = _digest_content(content)
    text = json.dumps(content, indent=1, ensure_ascii=False)
    # File names may be invalid Unicode, which is escaped as JSON would escape it.
    (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")


def _digest(data: bytes) -> str:
    """Digest the content: a mask that was corrected may still have the same size."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_content(content: Mapping[str, Any]) -> str:
    """Digest the content of a legend's file, without this digest itself."""
    return _digest(json.dumps(content, sort_keys=True).encode())
