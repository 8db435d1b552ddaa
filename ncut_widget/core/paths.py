"""Paths as users write them, read in the same way wherever one is given."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from ncut_widget.core.checks import shown

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/|data:")

LONGEST = 4096
"""Characters of the longest path that any system accepts."""

UPLOAD = "give a file or a folder of this machine, and copy it there afterwards"


def as_path(value: Any, name: str = "path", advice: str = UPLOAD) -> Path:
    """Read a path; ``~`` is the home folder, as in a shell.

    Parameters
    ----------
    value : str or os.PathLike
    name : str
        Name of the argument, for the message.
    advice : str
        What to give in place of an address, for the message.

    Returns
    -------
    Path
        As it was given, relative or absolute; links in it are not followed.

    Raises
    ------
    TypeError, ValueError
        If it is no path of this machine.

    Examples
    --------
    >>> as_path("~/cells.json") == Path.home() / "cells.json"
    True
    """
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise TypeError(f"{name} must be a path, got {type(value).__name__}")
    text = os.fsdecode(value)
    if len(text) > LONGEST:
        raise ValueError(
            f"{name} is text of {len(text)} characters, {shown(text)}, which is no "
            "path: for a file in base64 give base64.b64decode(text.split(',')[-1])"
        )
    if not text or "\0" in text:
        raise ValueError(f"{name} must be a path, got {shown(text)}")
    if ADDRESS.match(text):
        raise ValueError(f"{name} is an address, {shown(text)}: {advice}")
    expanded = os.path.expanduser(text)
    if Path(expanded).parts[:1] == ("~",):
        raise ValueError(
            f"{name} begins with ~, and this user has no home folder: give "
            f"another path than {shown(text)}"
        )
    return Path(expanded)


def real_path(path: Path) -> Path:
    """Resolve a path: absolute, all links followed.

    A rename has to replace the resolved path. Onto a link, it would replace the link
    and leave the file that the link points to unchanged.

    Raises
    ------
    OSError
        If links lead in a circle.
    """
    real = Path(os.path.realpath(path))
    if real.is_symlink():
        raise OSError(f"{str(path)!r} is a link that leads to itself: remove it")
    return real
