"""Small files of a cache, many a second: written in one step for readers, no more.

Unlike `whole_file` it does not wait until the disk has the file, nor look at what else
is in the folder: what a power cut damages, the cache makes again.
"""

from __future__ import annotations

import os
import re
import time
import uuid
from contextlib import suppress
from pathlib import Path

from ncut_widget.core.writing.locks import lock

ABANDONED = 3600.0
"""Seconds after which a file is no longer being written, whatever its lock says."""


def write_quickly(path: Path, data: bytes) -> None:
    """Write a file beside its place, and move it there; others may do the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.stem}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            lock(file)
            file.write(data)
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sweep(folder: Path, name: re.Pattern[str]) -> None:
    """Delete what writers left behind that were killed.

    Parameters
    ----------
    folder : Path
    name : re.Pattern
        What matches the whole names of files that are being written, and of no others.
    """
    with suppress(OSError), os.scandir(folder) as entries:
        parts = [Path(entry) for entry in entries if name.fullmatch(entry.name)]
        for part in parts:
            with suppress(OSError):
                if _is_abandoned(part):
                    part.unlink()


def _is_abandoned(part: Path) -> bool:
    if time.time() - part.stat().st_mtime > ABANDONED:
        return True
    with part.open("rb") as file:
        return lock(file)
