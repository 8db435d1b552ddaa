"""What a session holds at one moment."""

from __future__ import annotations

from typing import NamedTuple

from ncut_widget.prompts.recipe import Prompts
from ncut_widget.segments.record import SegmentState
from ncut_widget.settings import Settings


class Editing(NamedTuple):
    """A segment that is open again.

    Attributes
    ----------
    id : int
        Of the segment.
    settings : Settings
        Those that were set before, which come back afterwards.
    """

    id: int
    settings: Settings


class Shelf(NamedTuple):
    """The segments, and what else comes and goes with them.

    Attributes
    ----------
    segments : tuple of SegmentState
        Later ones lie over earlier ones.
    editing : Editing or None
    """

    segments: tuple[SegmentState, ...] = ()
    editing: Editing | None = None

    def place(self, id: int) -> int | None:
        """Return where a segment is, or None."""
        places = (at for at, each in enumerate(self.segments) if each.id == id)
        return next(places, None)


class State(NamedTuple):
    """All that a change can change, replaced at once: never half of it.

    Attributes
    ----------
    prompts : Prompts
    shelf : Shelf
    place : int
        In the history.
    revision : int
        Grows by one with every change.
    """

    prompts: Prompts
    shelf: Shelf
    place: int
    revision: int
