"""What a folder of an export tells: how it was made, and which of its files are its."""

from __future__ import annotations

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
            found = json.loads((folder / name).read_text(encoding="utf-8"))
            if name == GROUP:
                found = found["attributes"].get(KEY, {})
            if isinstance(found.get("files"), dict) and "software" in found:
                return {**found, "files": {**found["files"], name: None}}
    return {}


def find_told(folder: Path, id: str, file: str) -> dict[str, Any]:
    """Find what a legend tells of the export that wrote an image's file.

    Parameters
    ----------
    folder : Path
        Of the file; the legend is there, or one folder up.
    id, file : str
        The export's, and what the image is called.
    """
    legends = map(read_legend, (folder, folder.parent))
    told = next((legend for legend in legends if legend), {})
    for part in (told, *told.get(EARLIER, ())):
        for image in part.get("images", ()):
            if (part.get("id"), image["file"]) == (id, file):
                kept = {k: v for k, v in part.items() if k not in ("files", "images")}
                return {**kept, "image": image}
    return {"id": id, "image": {"file": file}}


def own_files(folder: Path) -> Mapping[str, int | None]:
    """Give the files that an export wrote to a folder, and their sizes in bytes."""
    return read_legend(folder).get("files", {})


def is_own(folder: Path, name: str, own: Mapping[str, int | None]) -> bool:
    """Whether a file is as an export wrote it: what was changed is the user's."""
    try:
        found = os.lstat(folder / name)
    except OSError:
        return False
    if name not in own:
        return False
    return stat.S_ISREG(found.st_mode) and own[name] in (None, found.st_size)


def write_legend(folder: Path, told: Mapping[str, Any]) -> None:
    """Write how all in a folder was made, and which files there are."""
    files = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    group = folder / GROUP
    if not group.exists():
        _write(folder / LEGEND, {**told, "files": files})
        return
    files.pop(GROUP)
    content = json.loads(group.read_text(encoding="utf-8"))
    content.setdefault("attributes", {})[KEY] = {**told, "files": files}
    _write(group, content)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False)
    # Names of files may be no Unicode: what JSON escapes, this escapes.
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
