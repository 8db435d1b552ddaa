"""Numbered edits of a page: an edit that is sent twice is made once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ncut_widget.core.cache import Bounded

Edit = tuple[str, Any]
"""The name of an operation, and its fields."""

PAGES_KEPT = 64
"""Pages whose edits are remembered; every reload is a new page."""


class _Made(NamedTuple):
    """Number of a page's last edit made or refused, and the reason if refused."""

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
        """Make the edits that have not been made, in order, until one is refused.

        Parameters
        ----------
        page : str, optional
            Name of the page; without it all edits are made.
        first : int
            Number of the first edit, from 1 on.
        edits : list of Edit
        make : callable
            Makes an edit, or raises TypeError or ValueError.

        Returns
        -------
        str or None
            Why an edit was refused; for edits that are sent again, the first answer.
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
