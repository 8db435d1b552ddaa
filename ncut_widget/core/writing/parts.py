"""Folders that something is made in, beside its place; those of killed runs go."""

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
"""File in such a folder: locked until its writer is done, or gone."""

ASIDE = "aside"
"""Folder in such a folder: what was swapped out, by its name."""

SETTLED = "settled"
"""What that is called once nothing in it is a user's."""


@contextmanager
def part_folder(target: Path) -> Iterator[Path]:
    """Give a folder beside a place, so on the same file system, and remove it.

    Those beside it whose writers were killed are removed, too; what a user has put into
    a folder that was swapped out comes back first.

    Raises
    ------
    OSError
        If nothing can be made beside the place.
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
                f"{str(target)!r} cannot be written, as nothing can be made in "
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
    """Remove a folder, unless its writer is still at it."""
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
            # Else another writer could settle what is half removed.
            aside.rename(part / SETTLED)
        settled = True
    lock.release()  # before the file is removed, which Windows asks for
    if settled:
        shutil.rmtree(part, ignore_errors=True)
