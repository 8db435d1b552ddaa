"""Edits of the clicks that pages number, so that one sent again is not made again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ncut_widget.core.cache import Bounded

Edit = tuple[str, Any]
"""An operation, and what goes with it."""

PAGES_KEPT = 64
"""Pages whose edits are known: every reload is a new one."""


class _Made(NamedTuple):
    """The number of a page's last edit that was made or refused, and why refused."""

    number: int
    refused: str | None


class Edits:
    """Which edits of which page have been made."""

    def __init__(self) -> None:
        self._made: Bounded[_Made] = Bounded(PAGES_KEPT)

    def make(
        self,
        page: str | None,
        first: int,
        edits: list[Edit],
        make: Callable[[Edit], object],
    ) -> str | None:
        """Make the edits that have not been made, in order, up to one that is refused.

        Parameters
        ----------
        page : str, optional
            Without one, all of them are made.
        first : int
            Number of the first edit, from 1 on.
        edits : list of Edit
        make : callable
            Makes one, or raises TypeError or ValueError.

        Returns
        -------
        str or None
            Why one was refused; for edits that came before, what was said then.
        """
        known = self._made.peek(page) if page else None
        made = known or _Made(first - 1, None)
        last = first - 1 + len(edits)
        if last <= made.number:
            return made.refused
        for number, edit in enumerate(edits, first):
            if number <= made.number:
                continue
            try:
                make(edit)
            except (TypeError, ValueError) as error:
                self._note(page, _Made(last, str(error)))
                return str(error)
            self._note(page, _Made(number, None))
        return None

    def _note(self, page: str | None, made: _Made) -> None:
        if page is not None:
            self._made.put(page, made)
