"""The ways that clicks of a session's file are meant, and those of this batch.

Files of before there were two ways do not name theirs: it is the one whose eigenvectors
the file describes. Where a batch has one way alone, it does not matter what it is
called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ncut_widget.backbone.registry import way_of as backbone_way
from ncut_widget.sessions.content import WRONG
from ncut_widget.sessions.fingerprint import eigvecs_told, way_of
from ncut_widget.sessions.state import State
from ncut_widget.settings import WAYS


def ways_used(state: State, known: Sequence[str]) -> list[str]:
    """List the ways that a session's masks are made by."""
    used = {state.recipe.settings.by}
    used |= {segment.settings.by for segment in state.shelf.segments}
    if state.shelf.editing is not None:
        used.add(state.shelf.editing.settings.by)
    return [by for by in known if by in used]


def ways_to_compare(content: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    """List the ways whose eigenvectors a file's are compared with."""
    try:
        told = eigvecs_told(content["fingerprint"])
        parts = [content, *content["segments"], content.get("open") or content]
        used = [*told, *(part["settings"].get("by") for part in parts)]
    except WRONG:
        return [known[0]]
    named = [by for by in known if by in used]
    return [*known] if None in told or not named else named


def name_ways(
    content: dict[str, Any],
    known: Sequence[str],
    ways: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a file's content in which all settings have a way of this batch.

    Parameters
    ----------
    content : dict
    known : sequence of str
        The ways of this batch.
    ways : mapping, optional
        Their eigenvectors, as a fingerprint has them.
    """
    if len(known) == 1 or not ways:
        missing = known[0]
    else:
        try:
            (eigvecs,) = eigvecs_told(content["fingerprint"]).values()
            missing = way_of(eigvecs, dict(ways), _way_of_backbone(content))
        except WRONG:
            missing = known[0]

    def named(part: Any) -> Any:
        try:
            settings = part["settings"]
            by = settings.get("by", missing)
            if len(known) == 1 and by in WAYS:
                by = known[0]
            return {**part, "settings": {**settings, "by": by}}
        except WRONG:  # what is wrong is told where it is read
            return part

    made: dict[str, Any] = named(content)
    if isinstance(content.get("segments"), list):
        made["segments"] = [*map(named, content["segments"])]
    if content.get("open") is not None:
        made["open"] = named(content["open"])
    return made


def _way_of_backbone(content: Mapping[str, Any]) -> str | None:
    """Return the way of a file's one backbone; None if that is not known.

    On other images its eigenvectors are like none of those here.
    """
    with suppress(*WRONG):
        name = content["backbone"]["model"]
        return backbone_way(name) if isinstance(name, str) else None
    return None
