"""The state of a session at one moment; immutable: a change makes a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from ncut_widget.prompts import Recipe
from ncut_widget.segments.record import ByName, SegmentState, spelled
from ncut_widget.settings import Settings


class Editing(NamedTuple):
    """A segment that is open again.

    Attributes
    ----------
    id : int
        Id of the segment.
    settings : Settings
        The settings before it was opened, which come back afterwards.
    """

    id: int
    settings: Settings


class Shelf(NamedTuple):
    """The segments, and which of them is open again.

    Attributes
    ----------
    segments : tuple of SegmentState
        Later ones lie over earlier ones.
    editing : Editing or None
    """

    segments: tuple[SegmentState, ...] = ()
    editing: Editing | None = None

    @property
    def by_name(self) -> ByName:
        """The segments by name, in their order."""
        return ByName({segment.name: segment for segment in self.segments})

    def place(self, id: int) -> int | None:
        """Return the index of a segment, or None."""
        places = (at for at, each in enumerate(self.segments) if each.id == id)
        return next(places, None)

    def find(self, segment: str | int) -> SegmentState:
        """Return a segment by name or id; raise KeyError if there is none."""
        wanted = spelled(segment)
        for each in self.segments:
            if wanted in (each.id, each.name):
                return each
        raise KeyError(segment)

    def without(self, gone: SegmentState) -> Shelf:
        """Return the shelf without a segment; if that was open, none is open."""
        left = tuple(each for each in self.segments if each is not gone)
        opened = self.editing is not None and self.editing.id == gone.id
        return Shelf(left, None if opened else self.editing)

    def changed(
        self, old: SegmentState, fields: dict[str, Any], place: int | None = None
    ) -> Shelf:
        """Return the shelf with some fields of a segment changed, and its place.

        Raises
        ------
        ValueError
            If another segment has its new name.
        """
        name = fields.get("name", old.name)
        if name != old.name and name in self.by_name:
            raise ValueError(f"there is a segment of the name {name!r} already")
        if all(getattr(old, name) == value for name, value in fields.items()):
            new = old
        else:
            new = replace(old, **fields)
        segments = [new if each is old else each for each in self.segments]
        if place is not None:
            place += len(segments) if place < 0 else 0
            segments.remove(new)
            segments.insert(max(place, 0), new)
        return self._replace(segments=tuple(segments))


class State(NamedTuple):
    """All that a change can change; replaced at once, so that none is half-made.

    Attributes
    ----------
    recipe : Recipe
    shelf : Shelf
    place : int
        Place in the history.
    revision : int
        Grows by one with every change.
    """

    recipe: Recipe
    shelf: Shelf
    place: int
    revision: int
