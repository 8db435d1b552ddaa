"""What a session holds at one moment, and what its masks are made of then."""

from __future__ import annotations

from typing import NamedTuple

from ncut_widget.masks.coordinates import Cell, Click
from ncut_widget.masks.similarity import ClickSet, Source
from ncut_widget.settings import Settings


class State(NamedTuple):
    """All that a change can change, replaced at once: never half of it.

    Attributes
    ----------
    clicks : tuple of Click
    cells : tuple of Cell
        Those that were clicked, one for each click.
    settings : Settings
    place : int
        In the history.
    revision : int
        Grows by one with every change.
    """

    clicks: tuple[Click, ...]
    cells: tuple[Cell, ...]
    settings: Settings
    place: int
    revision: int

    def clicked(self, label: int | None = None) -> list[Cell]:
        """Return the cells of the clicks, each once, of one label or of both."""
        pairs = zip(self.clicks, self.cells, strict=True)
        return list(
            dict.fromkeys(cell for click, cell in pairs if label in (None, click.label))
        )

    def sources(self) -> tuple[list[Source], list[Source]]:
        """Name what masks are made of: alike to the first, and not to the second."""
        positives, negatives = self.clicked(label=1), self.clicked(label=0)
        if self.settings.method == "similarity":
            return [*positives], [*negatives]
        if not positives:
            return [], []
        weights = self.settings.click_weight, self.settings.bg_weight
        return [ClickSet(tuple(positives), tuple(negatives), *weights)], []
