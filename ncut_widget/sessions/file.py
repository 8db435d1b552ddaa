"""A session as a file: clicks, settings, segments, and the batch they belong to."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ncut_widget.core.checks import shown, shown_path
from ncut_widget.core.writing.whole import whole_file
from ncut_widget.prompts import Prompt, Recipe
from ncut_widget.prompts.recipe import OWN_THRESHOLD
from ncut_widget.segments.provenance import describe_segment
from ncut_widget.segments.record import SegmentState
from ncut_widget.sessions.content import WRONG, Content, Reader
from ncut_widget.sessions.fingerprint import differences, find_images
from ncut_widget.sessions.session import Session
from ncut_widget.sessions.state import Editing, State
from ncut_widget.settings import MASK, Setting, Settings

FORMAT = "ncut_widget session"
VERSION = 1

MOST_BYTES = 256_000_000
"""Most bytes of a session's file; that of a million clicks has 40 million."""


def describe_session(state: State, made: dict[str, Any]) -> dict[str, Any]:
    """Return the content of a session's file.

    Parameters
    ----------
    state : State
    made : dict
        More entries: how eigenvectors were made, and their fingerprint.
    """
    recipe, shelf = state.recipe, state.shelf
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
        "clicks": [prompt.tell() for prompt in recipe.prompts],
        "settings": recipe.described(),
        "segments": [describe_segment(segment) for segment in shelf.segments],
        "open": opened,
        **made,
    }


def write_session(content: dict[str, Any], path: Path, *, overwrite: bool) -> bytes:
    """Write a session's file, whole or not at all, and return its bytes."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)
    # Bytes of a file's name that are not text are escaped, as JSON escapes them.
    data = text.encode("utf-8", "backslashreplace")
    with whole_file(path, overwrite=overwrite) as file:
        file.write_bytes(data)
    return data


def read_session(path: Any) -> tuple[dict[str, Any], bytes]:
    """Read a session's file: its content and its bytes.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    TypeError, ValueError
        In one sentence, if it is not a session's file.
    """
    try:
        file = Path(path)
        told = file.stat()
        if not stat.S_ISREG(told.st_mode):
            raise ValueError("it is a folder, or no ordinary file")
        if told.st_size > MOST_BYTES:
            most = MOST_BYTES // 10**6
            raise ValueError(
                f"it has {told.st_size // 10**6} MB, a session has at most {most}"
            )
        data = file.read_bytes()
        content = json.loads(data)
    except FileNotFoundError:
        raise FileNotFoundError(
            f"there is no session file {shown_path(path)}: give one that save_session "
            "or autosave wrote"
        ) from None
    except TypeError:
        raise TypeError(f"path must be the path of a file, got {shown(path)}") from None
    except RecursionError:
        raise ValueError(_no_session(path, "its JSON is nested too deeply")) from None
    except (OSError, MemoryError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ValueError(_no_session(path, reason)) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(_no_session(path, "another program wrote it"))
    if content.get("version") != VERSION:
        raise ValueError(
            f"{shown_path(path)} is a session file of version "
            f"{shown(content.get('version'))}, this release reads {VERSION}: it needs "
            "a newer ncut_widget"
        )
    return content, data


def _no_session(path: Any, reason: str) -> str:
    return (
        f"{shown_path(path)} is no session file of ncut_widget, {reason}: give one "
        "that save_session or autosave wrote, or a new name"
    )


def find_differences(content: dict[str, Any], now: dict[str, Any]) -> str:
    """Say in one sentence how a file's batch differs from this one; empty if not."""
    try:
        found = differences(content["fingerprint"], now)
    except WRONG as error:
        reason = f"{type(error).__name__}: {error}"
        found = [f"it does not say what it was made on ({reason})"]
    more = f"; and {len(found) - 5} more differences" if len(found) > 5 else ""
    return (
        f"it was saved for another batch: {'; '.join(found[:5])}{more}" if found else ""
    )


def read_content(
    content: dict[str, Any],
    check: Callable[[str, Any], Any],
    table: Mapping[str, Setting],
    path: str,
    places: Sequence[int | None] | None = None,
) -> Content:
    """Read a file's clicks, settings and segments; see `Reader`.

    Raises
    ------
    ValueError
        In one sentence, if a part is not allowed, and nothing may be left out.
    """
    try:
        return Reader(check, table, places).read(content)
    except ValueError as error:
        raise ValueError(
            f"{shown_path(path)} cannot be loaded: {error}. load_session(path, "
            "strict=False) loads the rest"
        ) from error


def find_places(content: dict[str, Any], now: dict[str, Any]) -> list[int | None]:
    """Find where a file's images are in this batch; see `find_images`."""
    try:
        return find_images(content["fingerprint"]["images"], now["images"])
    except WRONG:
        return [*range(len(now["images"]))]


def restore_session(session: Session, content: Content, *, begin: bool = False) -> None:
    """Set clicks, settings and segments as a file has them; see `Session.restore`."""
    defaults = {name: session.table[name].default for name in MASK}

    def recipe(prompts: tuple[Prompt, ...], told: dict[str, Any]) -> Recipe:
        settings = {**defaults, **told}
        own = settings.pop(OWN_THRESHOLD, None)
        return session.recipe_of(prompts, Settings(**settings), own)

    segments = [
        SegmentState(
            told["name"],
            told["color"],
            recipe(told["prompts"], told["settings"]),
            id=session.new_id(),
            masker=session.masker,
            visible=told["visible"],
            instances=told["instances"],
        )
        for told in content.segments
    ]
    editing = None
    if content.opened is not None:
        name, before = content.opened
        opened = next(each for each in segments if each.name == name)
        editing = Editing(opened.id, recipe((), before).given)
    now = recipe(content.prompts, content.settings)
    session.restore(segments, now, editing, begin=begin)
