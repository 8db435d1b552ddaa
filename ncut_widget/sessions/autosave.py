"""A session's file that is kept up to date, and that others may write meanwhile."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ncut_widget.core.checks import shown_path
from ncut_widget.core.paths import as_path, real_path
from ncut_widget.core.writing.locks import alone
from ncut_widget.core.writing.whole import whole_file
from ncut_widget.sessions.content import WRONG, holds_work
from ncut_widget.sessions.file import (
    find_differences,
    read_session,
    write_session,
)

WAIT = 2.0
"""Seconds that a write waits for another at the most: its process may be stopped."""

SESSION = ("clicks", "settings", "segments", "open")
"""What is in a file of a session itself."""


class Found(NamedTuple):
    """A session that is in a file which is to be kept up to date.

    Attributes
    ----------
    content : dict
    data : bytes
        The same as it stands in the file.
    others : list of str
        Files beside it that hold the work of others.
    loads : bool
        Whether it is to be loaded, and not written over.
    """

    content: dict[str, Any]
    data: bytes
    others: list[str]
    loads: bool


def find_session(
    path: Path,
    now: dict[str, Any],
    work: Mapping[str, Any],
    kept: bytes | None = None,
) -> Found | None:
    """Look for the session that is in a file; None where there is no file.

    Parameters
    ----------
    path : Path
    now : dict
        Fingerprint of this batch; see `differences`.
    work : mapping
        What this segmenter has: ``clicks``, ``segments``, its ``writer``, and the rest
        of `SESSION` once there are eigenvectors.
    kept : bytes, optional
        What it wrote there last, if it keeps this file up to date, or did so last.

    Raises
    ------
    ValueError
        If it is no session, or one of another batch; or if both have work that the
        other has not.
    """
    try:
        content, data = read_session(path)
    except FileNotFoundError:
        return None
    differs = find_differences(content, now)
    if differs:
        raise ValueError(
            f"autosave cannot go on in {shown_path(path)}: {differs}. Give another "
            "path, or load what fits with seg.load_session(path, strict=False)"
        )
    try:
        loads = False if data == kept else _loads(content, work)
    except WRONG as error:
        raise ValueError(f"{shown_path(path)} cannot be loaded: {error!r}") from error
    if loads is None:
        raise ValueError(
            f"autosave would lose work: {shown_path(path)} holds "
            f"{_count(content)}, and this segmenter has {_count(work)}. To go on with "
            "the file's call seg.load_session(path) first, or leave out clicks; to "
            "write over it call seg.save_session(path) first; or give another path"
        )
    told = content.get("others")
    names = [each for each in told if isinstance(each, str)] if told else []
    others = [each for each in names if path.with_name(Path(each).name).exists()]
    return Found(content, data, others, loads)


def _loads(content: Mapping[str, Any], work: Mapping[str, Any]) -> bool | None:
    """Whether to load a file, or write over it; None if either would lose work."""
    if all(content.get(name) == work.get(name) for name in SESSION):
        return False
    idle = not (work["clicks"] or work["segments"])
    # What this segmenter saved itself it has gone on from, be it by deleting.
    goes_on = content.get("writer") == work["writer"] and not idle
    # The clicks of the cell that began it: it runs again.
    begun = not work["segments"] and work["clicks"] == content.get("begun")
    if not goes_on and (begun or holds_work(content, work)):
        return True
    return False if holds_work(work, content) else None


def _count(work: Mapping[str, Any]) -> str:
    return f"{len(work['segments'])} segments and {len(work['clicks'])} clicks"


class Aside(NamedTuple):
    """A copy of what was in a file.

    Attributes
    ----------
    path : Path
    ours : bool
        Whether it was this segmenter that had written or loaded it.
    """

    path: Path
    ours: bool


class Autosave:
    """A file that a session is written to after every change.

    Whoever else wrote it since is noticed: what they wrote is put beside it, so that
    nobody's work is lost.

    Parameters
    ----------
    path : Path
        Absolute.
    found : Found, optional
        What was in it when it was opened.

    Attributes
    ----------
    data : bytes or None
        What was written or read last.
    """

    def __init__(self, path: Path, found: Found | None = None) -> None:
        self.path = path
        self.data = found and found.data
        self._others = [] if found is None else found.others
        self._beside: dict[str, Path] = {}
        self._untold: Aside | None = None

    def write(self, content: dict[str, Any], *, replaces: bool = False) -> Aside | None:
        """Write a session, whole or not at all.

        Parameters
        ----------
        content : dict
        replaces : bool
            Whether it is no edit of what is in the file, but another session: then
            that is put aside, too.

        Returns
        -------
        Aside or None
            What was put aside; work of somebody else the first time alone.
        """
        folder = real_path(self.path).parent
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder, WAIT):
            ours = self._as_written()
            if replaces or not ours:
                self._put_aside(content, ours)
            content = {**content, "others": self._others}
            self.data = write_session(content, self.path, overwrite=True)
        told, self._untold = self._untold, None
        return told

    def is_at(self, path: Path) -> bool:
        """Whether a path leads to this file."""
        return real_path(path) == real_path(self.path)

    def _as_written(self) -> bool:
        """Whether the file holds what was written or read last, or is gone."""
        if not self.path.is_file():
            return True
        if self.data is None or self.path.stat().st_size != len(self.data):
            return False
        return self.path.read_bytes() == self.data

    def _put_aside(self, content: dict[str, Any], ours: bool) -> None:
        """Copy the file, if there is work in it that would be lost.

        The next time the same other writer is met, the copy is brought up to date: two
        that write in turn do not fill the folder.
        """
        if not self.path.is_file():
            return
        writer, saved = "", datetime.fromtimestamp(self.path.stat().st_mtime)
        with suppress(*WRONG):  # whatever it is, it is kept
            theirs, _ = read_session(self.path)
            if holds_work(content, theirs):
                return
            writer = str(theirs["writer"])
            saved = datetime.fromisoformat(theirs["saved"]).astimezone()
        beside = None if ours else self._beside.get(writer)
        if beside is None or not writer:
            beside = _free_name(self.path, f"{saved:%Y%m%d-%H%M%S}")
            self._untold = Aside(beside, ours)
            self._others += [] if ours else [beside.name]
        with whole_file(beside, overwrite=True) as file:
            shutil.copy2(self.path, file)
        if not ours:
            self._beside[writer] = beside


def check_place(path: Any) -> Path:
    """Return where a session can be kept, absolute: a notebook may change its folder.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if no file can be written there.
    """
    target = as_path(path, "autosave").absolute()
    try:
        with suppress(FileNotFoundError):
            mode = target.stat().st_mode
            if not stat.S_ISREG(mode):
                what = "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
                raise OSError(f"it is {what}")
        folder = next(each for each in target.parents if each.exists())
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise ValueError(
            f"autosave must be a file that can be written, got {shown_path(target)}: "
            f"{getattr(error, 'strerror', None) or error}"
        ) from error
    return target


def _free_name(path: Path, time: str) -> Path:
    """Name a file beside another, by a time; one that is not there yet."""
    names = [f"{path.stem[:100]}-{time}"]
    while (beside := path.with_name(names[-1] + path.suffix)).exists():
        names.append(f"{names[0]}-{len(names) + 1}")
    return beside
