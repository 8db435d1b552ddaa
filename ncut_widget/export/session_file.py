"""A session as a file: clicks, settings and segments, and what they were made on."""

from __future__ import annotations

import json
import os
import warnings
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ncut_widget.checks import shown
from ncut_widget.export.fingerprint import differences
from ncut_widget.export.labelled import describe_segment
from ncut_widget.export.writing import whole_file
from ncut_widget.prompts import Prompts
from ncut_widget.segments.record import SegmentState, check_field, check_name
from ncut_widget.session import Session
from ncut_widget.settings import MASK, Settings
from ncut_widget.state import Editing, State

FORMAT = "ncut_widget session"
VERSION = 1


def describe_session(state: State, made: dict[str, Any]) -> dict[str, Any]:
    """Tell all of a session that a file holds.

    Parameters
    ----------
    state : State
    made : dict
        What else is told: how eigenvectors were made, and their fingerprint.
    """
    prompts, shelf = state.prompts, state.shelf
    opened = None
    if shelf.editing is not None:
        place = shelf.place(shelf.editing.id)
        if place is not None:
            name = shelf.segments[place].name
            opened = {"name": name, "settings": dict(vars(shelf.editing.settings))}
    return {
        "format": FORMAT,
        "version": VERSION,
        "saved": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "revision": state.revision,
        "clicks": [list(click) for click in prompts.clicks],
        "settings": dict(vars(prompts.settings)),
        "segments": [describe_segment(segment) for segment in shelf.segments],
        "open": opened,
        **made,
    }


def write_session(content: dict[str, Any], path: Path, *, overwrite: bool) -> None:
    """Write a session's file, whole or not at all."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    with whole_file(path, overwrite=overwrite) as file:
        file.write_text(text, encoding="utf-8")


def read_session(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a session's file.

    Raises
    ------
    FileNotFoundError
        If there is none.
    ValueError
        If it is none.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{str(path)!r} is no session file: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"{str(path)!r} is no session file of ncut_widget")
    if content.get("version") != VERSION:
        raise ValueError(
            f"{str(path)!r} is a session file of version "
            f"{shown(content.get('version'))}, this release reads {VERSION}"
        )
    return content


def check_fingerprint(
    content: dict[str, Any], now: dict[str, Any], path: str, *, strict: bool
) -> None:
    """Raise ValueError, or warn, where a file is not of this batch."""
    try:
        found = differences(content["fingerprint"], now)
    except (KeyError, TypeError, ValueError) as error:
        found = [f"it says not what it was made on ({error!r})"]
    if not found:
        return
    more = f"; and {len(found) - 5} more differences" if len(found) > 5 else ""
    sentence = f"{path!r} was saved for another batch: {'; '.join(found[:5])}{more}"
    if strict:
        raise ValueError(f"{sentence}. strict=False loads it all the same")
    warnings.warn(sentence, stacklevel=4)


def restore_session(session: Session, content: dict[str, Any], path: str) -> None:
    """Set clicks, settings and segments as a file has them; can be undone.

    Raises
    ------
    ValueError
        If something in it cannot be so; nothing has changed then.
    """
    try:
        prompts = _prompts(session, content)
        segments = [_segment(session, each) for each in content["segments"]]
        names = [segment.name for segment in segments]
        if len(set(names)) < len(names):
            raise ValueError("two segments have the same name")
        editing = None
        if content["open"] is not None:
            opened = segments[names.index(content["open"]["name"])]
            editing = Editing(
                opened.id, _settings(session, content["open"]["settings"])
            )
    except KeyError as error:
        raise ValueError(f"{path!r} lacks {error.args[0]!r}") from error
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path!r} cannot be loaded: {error}") from error
    session.restore(segments, prompts, editing)


def _segment(session: Session, told: dict[str, Any]) -> SegmentState:
    return SegmentState(
        check_name(told["name"], ()),
        check_field("color", told["color"]),
        _prompts(session, told),
        id=session.new_id(),
        masker=session.masker,
        visible=check_field("visible", told["visible"]),
        instances=check_field("instances", told["instances"]),
    )


def _prompts(session: Session, told: dict[str, Any]) -> Prompts:
    settings = _settings(session, told["settings"])
    return session.prompts_of(session.check("clicks", told["clicks"]), settings)


def _settings(session: Session, told: dict[str, Any]) -> Settings:
    known = {name: session.check(name, told[name]) for name in MASK if name in told}
    return Settings(**{**vars(session.settings), **known})
