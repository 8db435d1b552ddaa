"""Write files and folders whole or not at all: beside the target, then renamed."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ncut_widget.core.paths import real_path
from ncut_widget.core.writing.carrying import carry, keep_permissions, settle
from ncut_widget.core.writing.locks import alone
from ncut_widget.core.writing.parts import ASIDE, PART, part_folder


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a path to write to, which becomes ``path`` if the block raises nothing.

    A link stays a link: the file that it points to is replaced. Permissions are kept.

    Raises
    ------
    FileExistsError
        If the file exists and ``overwrite`` is False, or ``path`` is no file.
    """
    target = real_path(path)
    check_free([target], overwrite=overwrite)
    if target.exists() and not target.is_file():
        raise FileExistsError(
            f"{str(path)!r} exists and is not a file: give another path"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _naming(path), part_folder(target) as part:
        written = part / target.name
        yield written
        if target.exists():
            keep_permissions(target, written)
        with written.open("r+b") as file:
            os.fsync(file.fileno())  # a name must not outlive a power cut without it
        _move(written, target, overwrite=overwrite)


@contextmanager
def whole_folder(
    path: Path,
    *,
    overwrite: bool,
    finish: Callable[[Path], None] = lambda folder: None,
) -> Iterator[Path]:
    """Give a folder to write to, which becomes ``path`` if the block raises nothing.

    In the same step the files of an earlier export in ``path`` are removed; all other
    files stay.

    Parameters
    ----------
    path : Path
    overwrite : bool
    finish : callable
        Called with the folder at the end, when no other writer changes ``path``.

    Raises
    ------
    FileExistsError
        If ``path`` is not empty and ``overwrite`` is False, or a file that no export
        wrote has the name of a new one.
    PermissionError
        If ``path`` exists in a folder that cannot be written.
    """
    target = real_path(path)
    if target.exists() and not target.is_dir():
        raise FileExistsError(f"{str(path)!r} is a file: give a folder")
    if os.path.ismount(target):
        raise OSError(f"a disk is mounted at {str(path)!r}: give a folder in it")
    if not overwrite:
        _check_empty(target)
    if target.exists() and not os.access(target.parent, os.W_OK):
        within = "a folder in it" if os.access(target, os.W_OK) else "another one"
        raise PermissionError(
            f"{str(path)!r} cannot be replaced as a whole, as its own folder, "
            f"{str(target.parent)!r}, is not yours to write: give {within}"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with _naming(path), part_folder(target) as part:
        written = part / target.name
        written.mkdir()
        yield written
        with alone(target.parent), _outside(target):
            finish(written)
            if target.exists():
                carry(target, written)
            if overwrite and not _is_empty(target):
                aside = part / ASIDE / target.name
                _swap(written, target, aside)
                settle(aside, target)
            else:
                _put(written, target)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the user's path in errors, not the temporary path beside it."""
    try:
        yield
    except OSError as error:
        for name in ("filename", "filename2"):
            if PART in str(getattr(error, name, "")):
                setattr(error, name, str(path))
        raise


def check_free(paths: list[Path], *, overwrite: bool) -> None:
    """Raise FileExistsError where a file is not to be overwritten."""
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise FileExistsError(
            f"{str(there[0])!r}{more} exists already: give another path, or "
            "overwrite=True"
        )


def _check_empty(folder: Path) -> None:
    if not _is_empty(folder):
        raise FileExistsError(
            f"the folder {str(folder)!r} is not empty: give another, or overwrite=True"
        )


def _is_empty(folder: Path) -> bool:
    return not folder.exists() or not any(folder.iterdir())


def _move(written: Path, path: Path, *, overwrite: bool) -> None:
    """Rename a file to its target; without ``overwrite`` not over a new file there."""
    if overwrite:
        os.replace(written, path)
        return
    try:
        os.link(written, path)  # unlike a rename, not over another file
    except FileExistsError:
        check_free([path], overwrite=False)
    except OSError:  # no links on this file system
        os.replace(written, path)


def _put(written: Path, target: Path) -> None:
    """Move a folder to a target that is missing or empty."""
    with suppress(OSError):
        target.rmdir()  # Windows does not rename onto an existing folder
    try:
        written.rename(target)
    except OSError:
        _check_empty(target)  # another writer was faster
        raise


def _swap(written: Path, target: Path, aside: Path) -> None:
    """Replace the target by a new folder, and move the old one aside."""
    aside.parent.mkdir()
    written.rename(aside)
    if _exchange(aside, target):
        return
    aside.rename(written)
    try:
        # A folder of a container's image cannot be renamed, so this copies it; see
        # https://docs.kernel.org/filesystems/overlayfs.html#renaming-directories
        shutil.move(target, aside)
        written.rename(target)
    except BaseException:
        if not target.exists():
            aside.rename(target)
        raise


AT_FDCWD, RENAME_EXCHANGE = -100, 2

UNKNOWN = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV)
"""Errors of systems that cannot exchange names, or not these two."""


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names at once, where the system can: Linux's ``renameat2``."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    names = os.fsencode(one), os.fsencode(other)
    if not renameat2(AT_FDCWD, names[0], AT_FDCWD, names[1], RENAME_EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))


@contextmanager
def _outside(folder: Path) -> Iterator[None]:
    """Leave a folder while it is replaced, if the process is in it, and come back."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        here = Path()
    if folder not in (here, *here.parents):
        yield
        return
    os.chdir(folder.parent)
    try:
        yield
    finally:
        os.chdir(here if here.is_dir() else folder)
