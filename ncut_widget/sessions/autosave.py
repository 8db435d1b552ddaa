"""A session's file that is kept up to date, while others may write it, too."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Callable, Mapping, Sequence
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
from ncut_widget.sessions.ways import name_ways

WAIT = 2.0
"""Most seconds that a write waits for another writer, whose process may be stopped."""

SESSION = ("clicks", "settings", "segments", "open")
"""Entries of a file that are the session; the others describe it."""


class Found(NamedTuple):
    """The session in a file that autosave shall keep up to date.

    Attributes
    ----------
    content : dict
    data : bytes
        The bytes of the file.
    others : list of str
        Files in the same folder that hold the work of other writers.
    loads : bool
        Whether to load it, instead of writing over it.
    """

    content: dict[str, Any]
    data: bytes
    others: list[str]
    loads: bool


def find_session(
    path: Path,
    now: Callable[[dict[str, Any]], dict[str, Any]],
    ways: Sequence[str],
    work: Mapping[str, Any],
    kept: bytes | None = None,
) -> Found | None:
    """Return the session in a file; None if there is no file.

    Parameters
    ----------
    path : Path
    now : callable
        A file's content -> the fingerprint of this batch to compare with.
    ways : sequence of str
        Ways of this batch that clicks can be meant.
    work : mapping
        This segmenter's ``clicks``, ``segments`` and ``writer``, and the rest of
        `SESSION` once there are eigenvectors.
    kept : bytes, optional
        What this segmenter wrote to the file last, if it keeps or kept it up to date.

    Raises
    ------
    ValueError
        If it is no session, or one of another batch; or if file and segmenter each have
        work that the other lacks.
    """
    try:
        content, data = read_session(path)
    except FileNotFoundError:
        return None
    here = now(content)
    differs = find_differences(content, here)
    if differs:
        raise ValueError(
            f"autosave cannot go on in {shown_path(path)}: {differs}. Give another "
            "path, or load what fits with seg.load_session(path, strict=False)"
        )
    content = name_ways(content, ways, here.get("ways"))
    try:
        loads = False if data == kept else _loads(content, work)
    except WRONG as error:
        raise ValueError(f"{shown_path(path)} cannot be loaded: {error!r}") from error
    if loads is None:
        raise ValueError(
            f"autosave would lose work: {shown_path(path)} holds "
            f"{_count(content)}, and this segmenter has {_count(work)}. To go on with "
            "its work call seg.load_session(path) first, or leave out clicks; to "
            "write over it call seg.save_session(path) first; or give another path"
        )
    told = content.get("others")
    names = [each for each in told if isinstance(each, str)] if told else []
    others = [each for each in names if path.with_name(Path(each).name).exists()]
    return Found(content, data, others, loads)


def _loads(content: Mapping[str, Any], work: Mapping[str, Any]) -> bool | None:
    """Whether to load a file (True) or write over it; None if both would lose work."""
    if all(content.get(name) == work.get(name) for name in SESSION):
        return False
    idle = not (work["clicks"] or work["segments"])
    # This segmenter saved the file: what it lacks now it has deleted since.
    goes_on = content.get("writer") == work["writer"] and not idle
    # The segmenter has only the clicks that its cell gives: the cell runs again.
    begun = not work["segments"] and work["clicks"] == content.get("begun")
    if not goes_on and (begun or holds_work(content, work)):
        return True
    return False if holds_work(work, content) else None


def _count(work: Mapping[str, Any]) -> str:
    return f"{len(work['segments'])} segments and {len(work['clicks'])} clicks"


class Aside(NamedTuple):
    """A copy of what a file held.

    Attributes
    ----------
    path : Path
    ours : bool
        Whether this segmenter had written or loaded that.
    """

    path: Path
    ours: bool


class Autosave:
    """A file that a session is written to after every change.

    If another writer has written it since, what they wrote is copied to another file in
    the folder, so that nobody's work is lost.

    Parameters
    ----------
    path : Path
        Absolute.
    found : Found, optional
        What the file held when it was opened.

    Attributes
    ----------
    data : bytes or None
        The bytes that were written or read last.
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
            Whether it is another session, not an edit of the one in the file: then the
            file is copied aside, too.

        Returns
        -------
        Aside or None
            What was copied aside; of each other writer only the first time.
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
        """Copy the file aside, if it holds work that would be lost.

        Each other writer has one copy, which is updated: two that write in turn do not
        fill the folder.
        """
        if not self.path.is_file():
            return
        writer, saved = "", datetime.fromtimestamp(self.path.stat().st_mtime)
        with suppress(*WRONG):  # a file that cannot be read is kept, too
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
    """Return an absolute path, as a notebook may change its folder; check it.

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
    """Name a new file in the folder of another, by a time."""
    names = [f"{path.stem[:100]}-{time}"]
    while (beside := path.with_name(names[-1] + path.suffix)).exists():
        names.append(f"{names[0]}-{len(names) + 1}")
    return beside
