"""Keep a user's own files in an export's folder when a new export replaces it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ncut_widget.core.writing.legend import is_own, own_files


def carry(old: Path, new: Path) -> None:
    """Link a user's own files of one folder into another folder.

    Links leave no moment without the files, and need no second copy.

    Raises
    ------
    FileExistsError
        If the new folder has something else in the place of such a file.
    """
    own = own_files(old)
    keep_permissions(old, new)
    for name in leaves(old):
        if is_own(old, name, own):
            if (new / name).exists():
                keep_permissions(old / name, new / name)
            continue
        if os.path.lexists(new / name):
            raise not_ours(old / name)
        try:
            make_like(old / name, new / name)
        except (FileExistsError, NotADirectoryError):
            raise not_ours(old / name) from None


def settle(old: Path, place: Path) -> None:
    """Move files that only the swapped-out folder has back to its former place.

    After a run that was killed between two renames, that is the whole folder; else the
    files that were written to it just before the swap.
    """
    if not place.exists():
        old.rename(place)
        return
    own, now = own_files(old), own_files(place)
    for name in leaves(old):
        there = place / name
        if is_own(old, name, own) or name in now or _is_same(old / name, there):
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        os.replace(old / name, there)


def leaves(folder: Path) -> Iterator[str]:
    """List the relative paths of files and empty folders in a folder, with slashes.

    Raises
    ------
    OSError
        If a disk is mounted in the folder: a rename cannot move it.
    """
    for root, folders, files in os.walk(folder):
        at = Path(root)
        for name in list(folders):
            if os.path.ismount(at / name):
                raise OSError(
                    f"a disk is mounted at {str(at / name)!r}: give another folder"
                )
            is_link = (at / name).is_symlink()
            if is_link:
                folders.remove(name)
            if is_link or not os.listdir(at / name):
                files.append(name)
        for name in files:
            yield (at / name).relative_to(folder).as_posix()


def check_own(folder: Path, names: Iterable[str]) -> None:
    """Raise FileExistsError if a user's own file has one of these names."""
    own = own_files(folder)
    for name in names:
        if os.path.lexists(folder / name) and not is_own(folder, name, own):
            raise not_ours(folder / name)


def not_ours(path: Path) -> FileExistsError:
    """Return the error for a user's own file that would be lost."""
    return FileExistsError(
        f"{str(path)!r} is there already, and is not as an earlier export wrote it: "
        "move it away, or give another folder"
    )


def keep_permissions(old: Path, new: Path) -> None:
    """Copy owner, group and mode of a file or a folder to its replacement."""
    found = old.stat()
    for owner, group in ((-1, found.st_gid), (found.st_uid, -1)):
        with suppress(OSError, AttributeError):  # not all may; Windows has no owners
            os.chown(new, owner, group)
    with suppress(OSError):
        new.chmod(stat.S_IMODE(found.st_mode))


def make_like(old: Path, new: Path) -> None:
    """Link a file, or copy it where there are no links; make an empty folder."""
    _make_folder_like(old.parent, new.parent)
    if old.is_symlink():
        new.symlink_to(os.readlink(old))
        return
    if old.is_dir():
        _make_folder_like(old, new)
        return
    try:
        os.link(old, new)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(old, new)


def _make_folder_like(old: Path, new: Path) -> None:
    if not new.is_dir():
        _make_folder_like(old.parent, new.parent)
        new.mkdir()
        keep_permissions(old, new)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, or one file is the other's copy."""
    if one.is_symlink() or one.is_dir() or not other.exists():
        return os.path.lexists(other)
    this, that = one.stat(), other.stat()
    same = (this.st_size, this.st_mtime_ns) == (that.st_size, that.st_mtime_ns)
    return same or os.path.samestat(this, that)
