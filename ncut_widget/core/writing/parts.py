"""Temporary folders beside a target; those of killed runs are removed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from ncut_widget.core.writing.carrying import settle

PART = ".ncut-part"
"""Ends the names of these folders."""

LOCK = "lock"
"""File in a temporary folder, locked until the writer is done or its process ends."""

ASIDE = "aside"
"""Folder in a temporary folder: holds the swapped-out folder, by its name."""

SETTLED = "settled"
"""New name of `ASIDE` once no user's own files are left in it."""


@contextmanager
def part_folder(target: Path) -> Iterator[Path]:
    """Make a folder beside a target, on the same file system; remove it at the end.

    Folders of killed writers are removed, too. Before that, a user's own files in a
    swapped-out folder are moved back.

    Raises
    ------
    OSError
        If nothing can be made beside the target.
    """
    with suppress(OSError), os.scandir(target.parent) as entries:
        left = [entry.path for entry in entries if entry.name.endswith(PART)]
        for each in left:
            with suppress(OSError):
                _sweep(Path(each))
    part, lock = _locked_folder(target)
    try:
        yield part
    finally:
        _remove(part, lock)


def _locked_folder(target: Path) -> tuple[Path, FileLock]:
    prefix = f".{target.name[:60]}-"
    for _ in range(10):
        try:
            part = Path(tempfile.mkdtemp(PART, prefix, target.parent))
        except OSError as error:
            raise type(error)(
                f"{str(target)!r} cannot be written, as no folder can be made in "
                f"{str(target.parent)!r}: {error.strerror}; give another folder"
            ) from error
        lock = FileLock(part / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:  # another writer took it for a leftover, and removes it
            continue
        except (OSError, NotImplementedError):
            if part.exists():  # no locks on this file system
                break
        if (part / LOCK).exists():
            break
    return part, lock


def _sweep(left: Path) -> None:
    """Remove a leftover folder, unless its writer still runs."""
    if not (left / LOCK).exists():
        left.rmdir()  # only an empty one: its writer was killed before it had a lock
        return
    lock = FileLock(left / LOCK)
    with suppress(Timeout, NotImplementedError):
        lock.acquire(timeout=0)
        _remove(left, lock)


def _remove(part: Path, lock: FileLock) -> None:
    settled = False
    with suppress(OSError):  # the next writer tries again
        aside = part / ASIDE
        if aside.exists():
            for each in list(aside.iterdir()):
                settle(each, part.parent / each.name)
            # Else another writer could move files back out of a half-removed folder.
            aside.rename(part / SETTLED)
        settled = True
    lock.release()  # before the removal: Windows does not remove an open file
    if settled:
        shutil.rmtree(part, ignore_errors=True)
