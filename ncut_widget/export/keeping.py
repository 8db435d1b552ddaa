"""Sessions that are kept in files: on request, or after every change."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from typing import Any

from ncut_widget.checks import check_flag
from ncut_widget.export.analysis import Analysis
from ncut_widget.export.fingerprint import fingerprint
from ncut_widget.export.session_file import (
    check_fingerprint,
    describe_session,
    read_session,
    restore_session,
    write_session,
)
from ncut_widget.paths import as_path

PathLike = str | os.PathLike[str]


class Keeping(Analysis):
    """A segmenter whose session can be saved and loaded."""

    def __init__(self, **traits: Any) -> None:
        self._fingerprint: dict[str, Any] | None = None
        self._autosave: Path | None = None
        self._saving = Lock()
        self._saved = -1
        super().__init__(**traits)

    def save_session(self, path: PathLike, *, overwrite: bool = True) -> Path:
        """Write clicks, settings and segments to a JSON file, whole or not at all.

        With it go the versions, how the eigenvectors were made, and a fingerprint of
        images and eigenvectors; the images themselves do not.

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
            If there is such a file, and it is not to be overwritten.
        """
        target = as_path(path)
        overwrite = check_flag("overwrite", overwrite)
        write_session(self._described(), target, overwrite=overwrite)
        return target

    def load_session(self, path: PathLike, *, strict: bool = True) -> None:
        """Bring clicks, settings and segments back from a file; can be undone.

        With the same images and eigenvectors the masks are the same.

        Parameters
        ----------
        path : str or Path
            What `save_session` or ``autosave`` wrote.
        strict : bool
            False: also load what was saved for other images or eigenvectors, and warn
            of the differences.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no session, or saved for another batch: it says what differs.
            Nothing has changed then.
        """
        path = as_path(path)
        content = read_session(path)
        strict = check_flag("strict", strict)
        check_fingerprint(content, self._known(), str(path), strict=strict)
        self._apply(restore_session, self._session, content, str(path))  # type: ignore[attr-defined]

    @property
    def autosave(self) -> Path | None:
        """The file that is written after every change; None for none."""
        return self._autosave

    @autosave.setter
    def autosave(self, path: PathLike | None) -> None:
        """Load the session that is in a file, if there is one, and keep it up to date.

        Raises
        ------
        ValueError
            If the file is no session, or one of another batch.
        """
        self._autosave = None
        if path is None:
            return
        # Absolute: a notebook may change its folder.
        target = as_path(path, "autosave").absolute()
        if target.exists():
            self.load_session(target)
        self._autosave = target
        self._save_changes()

    def _save_changes(self) -> None:
        """Write what has changed since it was last written; without the lock."""
        path = self._autosave
        if path is None:
            return
        with self._saving:
            content = self._described()
            if content["revision"] == self._saved:
                return
            write_session(content, path, overwrite=True)
            self._saved = content["revision"]

    def _described(self) -> dict[str, Any]:
        made = {**self._made(), "fingerprint": self._known()}
        return describe_session(self._session.state, made)

    def _known(self) -> dict[str, Any]:
        """Fingerprint of what never changes, made once."""
        if self._fingerprint is None:
            images = self._pictures.images
            self._fingerprint = fingerprint(self._session.masker, images)
        return self._fingerprint
