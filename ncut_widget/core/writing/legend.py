"""What a folder of an export tells: how it was made, and which of its files are its."""

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
"""What tells it; in a Zarr group, which may hold no other files, the attributes do."""

GROUP = "zarr.json"

KEY = "ncut_widget"
"""Of the group's attribute, and of what each file of an image says."""

EARLIER = "earlier"
"""Key of what a legend tells of earlier exports, and of their segments."""


def read_legend(folder: Path) -> dict[str, Any]:
    """Read what an earlier export to a folder told; empty where there was none."""
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
    """Find what a legend tells of the export that wrote an image's file.

    Parameters
    ----------
    folder : Path
        Of the file; the legend is there, or one folder up.
    mark : mapping
        What the file says: ``id``, the export's, and what the image is called, and
        its index in the batch.
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
    """Give the files that an export wrote to a folder, and what tells that they are so.

    That is a digest; their size in bytes where an earlier version wrote them; None of
    the legend, which was looked at when it was read.
    """
    files: dict[str, str | int | None] = read_legend(folder).get("files", {})
    return files


def is_own(folder: Path, name: str, own: Mapping[str, str | int | None]) -> bool:
    """Whether a file is as an export wrote it: what was changed is the user's."""
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
    """Write how all in a folder was made, and which files there are."""
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
    # Names of files may be no Unicode: what JSON escapes, this escapes.
    (folder / name).write_text(text, encoding="utf-8", errors="backslashreplace")


def _digest(data: bytes) -> str:
    """Digest a file: a mask that was corrected may have the size that it had."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _digest_content(content: Mapping[str, Any]) -> str:
    """Digest what a legend's file holds, but for this digest itself."""
    return _digest(json.dumps(content, sort_keys=True).encode())
