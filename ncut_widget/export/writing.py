"""Writing files whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a path to write to, which becomes ``path`` once the block ends well.

    Raises
    ------
    FileExistsError
        If there is such a file, and it is not to be overwritten.
    """
    check_free([path], overwrite=overwrite)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path) as folder:
        written = folder / path.name
        yield written
        with written.open("r+b") as file:
            os.fsync(file.fileno())  # a name must not outlive a power cut without it
        _move(written, path, overwrite=overwrite)


@contextmanager
def whole_folder(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder to write to, whose files go to ``path`` once the block ends well.

    What else there is in ``path`` stays.

    Raises
    ------
    FileExistsError
        If there is a file of the same name, and it is not to be overwritten.
    """
    if path.is_file():
        raise FileExistsError(f"{str(path)!r} is a file: give a folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path) as folder:
        written = folder / path.name
        written.mkdir()
        yield written
        if not path.exists():
            written.rename(path)
            return
        files = [each.relative_to(written) for each in written.rglob("*")]
        files = [each for each in files if (written / each).is_file()]
        check_free([path / each for each in files], overwrite=overwrite)
        for each in files:
            (path / each).parent.mkdir(parents=True, exist_ok=True)
            _move(written / each, path / each, overwrite=overwrite)


def check_free(paths: list[Path], *, overwrite: bool) -> None:
    """Raise FileExistsError where a file is not to be overwritten."""
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise FileExistsError(
            f"{str(there[0])!r}{more} is there already: give another path, or "
            "overwrite=True"
        )


def _move(written: Path, path: Path, *, overwrite: bool) -> None:
    """Move a file to its place in one step; not over one that has come meanwhile."""
    if overwrite:
        os.replace(written, path)
        return
    try:
        os.link(written, path)  # unlike a rename, not over another file
    except FileExistsError:
        check_free([path], overwrite=False)
    except OSError:  # no links on this file system
        os.replace(written, path)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give a folder on the same file system, and remove it."""
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:60]}-", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
