"""Write small files of a cache, many a second; readers never see half of one.

Unlike `whole_file`, this does not wait until the file is on the disk, nor check the
folder: a file that a power cut damaged is made again.
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
"""Age in seconds from which an unfinished file is abandoned, even if it is locked."""


def write_quickly(path: Path, data: bytes) -> None:
    """Write a temporary file and rename it; several writers may do so at once."""
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
    """Delete the unfinished files of killed writers.

    Parameters
    ----------
    folder : Path
    name : re.Pattern
        Matches the whole names of unfinished files, and no others.
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
