"""The changes of prompts, settings and segments, to be undone and redone.

The history has all that masks depend on, and the names and looks of segments; it does
not have the view (image, overlay, opacity).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from ncut_widget.prompts import Prompt
from ncut_widget.sessions.state import Shelf
from ncut_widget.settings import Settings

HISTORY_BYTES = 16 * 2**20
"""Bytes of changes that are kept: about 40 000 clicks, or 10 000 steps of a slider. The
oldest are forgotten first."""

LISTS_KEPT = 32
"""Number of lists of prompts that are kept, by their revision."""

CHANGE_BYTES = 250
"""Bytes of a change without its prompts."""

SETTINGS_BYTES = 600
"""Bytes of all settings of one moment."""


class Turn(NamedTuple):
    """The state before or after a change, without prompts; None: that part stays.

    Attributes
    ----------
    shelf : Shelf or None
    settings : Settings or None
        The given settings: an automatic threshold is found again.
    """

    shelf: Shelf | None = None
    settings: Settings | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        pointers = 8 * len(self.shelf.segments) if self.shelf else 0
        return pointers + (SETTINGS_BYTES if self.settings else 0)


class Change(NamedTuple):
    """A change of prompts, of the shelf of segments, or of settings.

    Attributes
    ----------
    keep : int
        Leading prompts that both lists have.
    removed, added : tuple of Prompt
        The prompts after these, before and after the change.
    before, after : Turn or None
        None where prompts alone have changed.
    step : str or None
        Changes of settings with the same step are undone as one, as those of a slider.
    """

    keep: int
    removed: tuple[Prompt, ...]
    added: tuple[Prompt, ...]
    before: Turn | None = None
    after: Turn | None = None
    step: str | None = None

    @classmethod
    def between(cls, old: Sequence[Prompt], new: Sequence[Prompt]) -> Change:
        """Compare two lists of prompts."""
        pairs = enumerate(zip(old, new, strict=False))
        shorter = min(len(old), len(new))
        keep = next((i for i, (a, b) in pairs if a != b), shorter)
        return cls(keep, tuple(old[keep:]), tuple(new[keep:]))

    def undo(self) -> Change:
        """Return the reverse change."""
        return Change(self.keep, self.added, self.removed, self.after, self.before)

    @property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        prompts = sum(each.nbytes for each in (*self.removed, *self.added))
        turns = (turn for turn in (self.before, self.after) if turn is not None)
        return CHANGE_BYTES + prompts + sum(turn.nbytes for turn in turns)

    def then(self, later: Change) -> Change | None:
        """Return both changes as one, if both change settings in the same step."""
        if self.step is None or later.step != self.step:
            return None
        for each in (self, later):
            only = each.after is not None and each.after.shelf is None
            if each.removed or each.added or not only:
                return None
        return self._replace(after=later.after)


class History:
    """Changes by *place*: how many changes came before, since the beginning.

    The session has its place, not the history. An interrupt between noting a change and
    making it thus leaves only a change that can be redone.
    """

    def __init__(self) -> None:
        self._changes: dict[int, Change] = {}
        self._bytes = 0

    def note(self, place: int, change: Change) -> None:
        """Note the change that leads on from a place; those beyond it are forgotten."""
        self.end(place)
        self._changes[place] = change
        self._bytes += change.nbytes
        while self._bytes > HISTORY_BYTES and len(self._changes) > 1:
            self._forget(next(iter(self._changes)))

    def replace(self, place: int, change: Change) -> None:
        """Replace the change that leads on from a place.

        In one assignment: an interrupt between two would leave nothing to undo.
        """
        self._changes[place] = change

    def end(self, place: int) -> None:
        """Forget the changes that lead on from a place."""
        while self._changes and (last := next(reversed(self._changes))) >= place:
            self._forget(last)

    def before(self, place: int) -> Change | None:
        """Return the change that led to a place, or None if it isn't known any more."""
        return self._changes.get(place - 1)

    def after(self, place: int) -> Change | None:
        """Return the change that leads on from a place, if there is one."""
        return self._changes.get(place)

    def _forget(self, place: int) -> None:
        self._bytes -= self._changes.pop(place).nbytes


class RecentLists:
    """The last lists of prompts, by revision: the lists that pages may still have."""

    def __init__(self) -> None:
        self._lists: deque[tuple[int, tuple[Prompt, ...]]] = deque(maxlen=LISTS_KEPT)

    def note(self, revision: int, prompts: tuple[Prompt, ...]) -> None:
        """Note what the list was at a revision."""
        self._lists.append((revision, prompts))

    def at(self, revision: int) -> tuple[Prompt, ...]:
        """Return the list of a revision; an empty one if it is not known any more."""
        return next((prompts for at, prompts in self._lists if at == revision), ())
