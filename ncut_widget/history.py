"""The changes of clicks and segments, to be undone and redone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ncut_widget.masks.coordinates import Click
from ncut_widget.settings import Settings
from ncut_widget.state import Shelf

HISTORY_BYTES = 16 * 2**20
"""Changes that are kept: about 40 000 clicks; the oldest are forgotten first."""

CLICK_BYTES = 150
"""Of a click in memory, rounded up."""

CHANGE_BYTES = 250
"""Of a change without its clicks."""


class Turn(NamedTuple):
    """What a change of the segments goes from, or leads to.

    Attributes
    ----------
    shelf : Shelf
    settings : Settings or None
        Those that go with the clicks of a segment; None where clicks stay.
    """

    shelf: Shelf
    settings: Settings | None = None


class Change(NamedTuple):
    """From one list of clicks to the next, and from one shelf of segments.

    Attributes
    ----------
    keep : int
        Leading clicks that both lists have.
    removed, added : tuple of Click
        What follows them before, and after.
    before, after : Turn or None
        None where clicks alone have changed.
    """

    keep: int
    removed: tuple[Click, ...]
    added: tuple[Click, ...]
    before: Turn | None = None
    after: Turn | None = None

    @classmethod
    def between(cls, old: Sequence[Click], new: Sequence[Click]) -> Change:
        """Compare two lists of clicks."""
        pairs = enumerate(zip(old, new, strict=False))
        shorter = min(len(old), len(new))
        keep = next((i for i, (a, b) in pairs if a != b), shorter)
        return cls(keep, tuple(old[keep:]), tuple(new[keep:]))

    def undo(self) -> Change:
        """Return the change back."""
        return Change(self.keep, self.added, self.removed, self.after, self.before)

    @property
    def nbytes(self) -> int:
        """Memory that it takes, about."""
        clicks = CLICK_BYTES * (len(self.removed) + len(self.added))
        turns = (turn for turn in (self.before, self.after) if turn is not None)
        pointers = 8 * sum(len(turn.shelf.segments) for turn in turns)
        return CHANGE_BYTES + clicks + pointers


class History:
    """Changes by *place*: how many changes came before, since the beginning.

    It is the session that knows at which place it is. So an interrupt between noting
    a change and making it leaves nothing but something to redo.
    """

    def __init__(self) -> None:
        self._changes: dict[int, Change] = {}
        self._bytes = 0

    def note(self, place: int, change: Change) -> None:
        """Note the change that leads on from a place; those beyond it are forgotten."""
        while self._changes and (last := next(reversed(self._changes))) >= place:
            self._forget(last)
        self._changes[place] = change
        self._bytes += change.nbytes
        while self._bytes > HISTORY_BYTES and len(self._changes) > 1:
            self._forget(next(iter(self._changes)))

    def before(self, place: int) -> Change | None:
        """Return the change that led to a place, or None if it isn't known any more."""
        return self._changes.get(place - 1)

    def after(self, place: int) -> Change | None:
        """Return the change that leads on from a place, if there is one."""
        return self._changes.get(place)

    def _forget(self, place: int) -> None:
        self._bytes -= self._changes.pop(place).nbytes
