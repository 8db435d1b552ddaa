"""Sessions that are kept in files: on request, or after every change."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from ncut_widget.core.checks import check_flag, shown_path
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing.whole import check_free
from ncut_widget.sessions.autosave import Autosave, Found, check_place, find_session
from ncut_widget.sessions.file import (
    describe_session,
    find_differences,
    find_places,
    read_content,
    read_session,
    restore_session,
    write_session,
)
from ncut_widget.sessions.origin import Origin
from ncut_widget.sessions.segment import Apply
from ncut_widget.sessions.session import Session
from ncut_widget.sessions.state import State
from ncut_widget.sessions.ways import name_ways, ways_to_compare, ways_used

PathLike = str | os.PathLike[str]

NAMED = 5
"""Most left-out parts that a warning names."""


class Keeper:
    """Saves and loads a segmenter's session.

    Parameters
    ----------
    session : Session
    origin : Origin
    apply : callable
        Calls a function that changes the session, and tells of the changes after it.
    trouble : callable
        Shows a title and a text on the page.
    """

    def __init__(
        self,
        session: Session,
        origin: Origin,
        apply: Apply,
        trouble: Callable[[str, str], object],
    ) -> None:
        self._session = session
        self._origin = origin
        self._apply = apply
        self._trouble = trouble
        self._writer = uuid4().hex
        self._begun: Any = []
        self._autosave: Autosave | None = None
        self._last_autosave: Autosave | None = None
        self._saving = Lock()
        self._saved: State | None = None
        self._loaded: list[int] = []

    def begin(self) -> None:
        """Note the clicks that the session begins with."""
        self._begun = [prompt.tell() for prompt in self._session.prompts]

    def save_session(self, path: PathLike, *, overwrite: bool = True) -> Path:
        """Write clicks, settings and segments to a JSON file, whole or not at all.

        The file also has the versions, how the eigenvectors were made, and a
        fingerprint of images and eigenvectors, but not the images. ``autosave``'s file
        is written as after a change: what somebody else wrote to it is copied to
        another file in the folder.

        Parameters
        ----------
        path : str or Path
        overwrite : bool
            Replace a file that is there already.

        Returns
        -------
        Path

        Raises
        ------
        FileExistsError
            If the file exists, and ``overwrite`` is False.
        """
        target = as_path(path)
        overwrite = check_flag("overwrite", overwrite)
        if self._autosave is None or not self._autosave.is_at(target):
            with self._saving:
                write_session(self._described(), target, overwrite=overwrite)
        else:
            check_free([target], overwrite=overwrite)
            self._saved = None
            self.save_changes()
        return target

    def load_session(self, path: PathLike, *, strict: bool = True) -> None:
        """Bring clicks, settings and segments back from a file; can be undone.

        With the same images and eigenvectors the masks are the same. If this replaces
        the session in ``autosave``'s file, that is copied to another file in the
        folder; so is the loaded session, if undo replaces it.

        Parameters
        ----------
        path : str or Path
            A file that `save_session` or ``autosave`` wrote.
        strict : bool
            False: also load a file that was saved for other images or eigenvectors, and
            warn of the differences. Parts that do not fit are left out, and named:
            clicks outside of all images, unknown settings and methods. Images are found
            by their content; a number beyond a setting's range becomes its end.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TypeError, ValueError
            If it is no session, or saved for another batch; the message says what
            differs. Nothing has changed then.
        """
        path = as_path(path)
        content, _ = read_session(path)
        strict = check_flag("strict", strict)
        now = self._now(content)
        differs = find_differences(content, now)
        if differs and strict:
            raise ValueError(
                f"{shown_path(path)} cannot be loaded: {differs}. strict=False loads "
                "it all the same, as far as it fits"
            )
        places = None if strict else find_places(content, now)
        session = self._session
        content = name_ways(content, self._origin.ways, now["ways"])
        read = read_content(content, session.check, session.table, str(path), places)
        if differs:
            warnings.warn(f"{str(path)!r} is loaded, but {differs}", stacklevel=3)
        if read.left_out:
            named = "; ".join(read.left_out[:NAMED])
            more = len(read.left_out) - NAMED
            others = f"; and {more} more" if more > 0 else ""
            warnings.warn(
                f"parts of {str(path)!r} do not fit here and are left out: {named}"
                f"{others}",
                stacklevel=3,
            )

        def restore() -> None:
            restore_session(session, read)
            place = session.state.place
            # Places in the history at which one session replaces another.
            self._loaded = [place, place - 1] if self._autosave else [place - 1]

        self._apply(restore)

    @property
    def path(self) -> Path | None:
        """The file that is written after every change; None for none."""
        return None if self._autosave is None else self._autosave.path

    def keep_at(self, path: PathLike | None) -> None:
        """Keep a file up to date, from now on.

        A session in the file is loaded, so that a cell that runs again continues it;
        this cannot be undone. What somebody else writes to the file later is copied to
        another file in the folder, with a warning.

        Raises
        ------
        TypeError, ValueError
            If no file can be written there, or the file is no session, or one of
            another batch; or if file and segmenter each have work that the other lacks.
            Nothing has changed then.
        """
        if path is None:
            self._autosave = None
            return
        target = check_place(path)
        before, self._autosave = self._autosave, None
        last = self._last_autosave
        kept = last.data if last and last.is_at(target) else None
        try:
            found = find_session(
                target, self._now, self._origin.ways, self._described(), kept
            )
            saved = self._load_found(found, target) if found and found.loads else None
        except BaseException:
            self._autosave = before
            raise
        self._autosave = self._last_autosave = Autosave(target, found)
        self._saved = saved
        if found and found.others:
            warnings.warn(
                f"{str(target)!r} was written by several at a time: the work of others "
                f"is kept in the same folder, in {', '.join(map(repr, found.others))}",
                stacklevel=3,
            )
        self.save_changes()

    def _load_found(self, found: Found, path: Path) -> State:
        """Load the session of an autosave's file, and return the new state."""
        session = self._session
        read = read_content(found.content, session.check, session.table, str(path))

        def restore() -> State:
            restore_session(session, read, begin=True)
            return session.state

        self._begun = found.content.get("begun", [])
        state: State = self._apply(restore)
        return state

    def save_changes(self) -> None:
        """Write the session if it has changed since the last write."""
        keep = self._autosave
        if keep is None:
            return
        with self._saving:
            state = self._session.state
            if state is self._saved:
                return
            replaces = bool(self._loaded) and state.place <= self._loaded[0]
            aside = keep.write(self._described(), replaces=replaces)
            if replaces:
                del self._loaded[0]
            self._saved = state
        if aside is None:
            return
        if aside.ours:
            sentence = (
                f"{str(keep.path)!r} holds another session now. What it held is in "
                f"{aside.path.name!r}"
            )
        else:
            sentence = (
                f"{str(keep.path)!r} was written by another segmenter, or program, "
                "while this one kept its session there. What it had written is in "
                f"{aside.path.name!r} now; this session is in {keep.path.name!r}. Give "
                "each a file of its own: seg.autosave = 'another.json'"
            )
            self._trouble("autosave by another", sentence)
        warnings.warn(sentence, stacklevel=2)

    def _now(self, content: dict[str, Any]) -> dict[str, Any]:
        """Return the fingerprint of this batch to compare a file with."""
        origin = self._origin
        return origin.fingerprint(ways_to_compare(content, origin.ways))

    def _described(self) -> dict[str, Any]:
        state = self._session.state
        used = ways_used(state, self._origin.ways)
        made = {
            "writer": self._writer,
            "begun": self._begun,
            **self._origin.made(),
            "fingerprint": self._origin.fingerprint(used),
        }
        return describe_session(state, made)
