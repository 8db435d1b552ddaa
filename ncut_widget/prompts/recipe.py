"""What a mask is made of: clicks, and settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from ncut_widget.masks.coordinates import Cell, Click
from ncut_widget.methods.diffusion import DiffusionSet
from ncut_widget.methods.similarity import SETS, Source, parameters
from ncut_widget.settings import Settings

OWN_THRESHOLD = "own_threshold"
"""In files, beside the settings: the threshold that was set, where one was found."""


class Prompts(NamedTuple):
    """All that the masks of one batch depend on.

    Attributes
    ----------
    clicks : tuple of Click
    cells : tuple of Cell
        Those that were clicked, one for each click.
    settings : Settings
        Those that masks are made with.
    own : float or None
        The threshold that was set, where that of `settings` was found instead.
    """

    clicks: tuple[Click, ...]
    cells: tuple[Cell, ...]
    settings: Settings
    own: float | None = None

    @property
    def given(self) -> Settings:
        """The settings as they were set, without what was found."""
        if self.own is None:
            return self.settings
        return self._with(self.own)

    def found(self, threshold: float) -> Prompts:
        """Return the same with a threshold that was found."""
        return self._replace(settings=self._with(threshold), own=self.given.threshold)

    def _with(self, threshold: float) -> Settings:
        changed = {"threshold": threshold}
        return replace(self.settings, **changed)

    def described(self) -> dict[str, Any]:
        """Tell the settings as files have them: those that masks are made with."""
        told = dict(vars(self.settings))
        return told if self.own is None else {**told, OWN_THRESHOLD: self.own}

    def clicked(self, label: int | None = None) -> list[Cell]:
        """Return the cells of the clicks, each once, of one label or of both."""
        pairs = zip(self.clicks, self.cells, strict=True)
        return list(
            dict.fromkeys(cell for click, cell in pairs if label in (None, click.label))
        )

    def last_clicked(self, label: int) -> list[Cell]:
        """Return the cells whose last click has a label."""
        pairs = zip(self.clicks, self.cells, strict=True)
        labels = {cell: click.label for click, cell in pairs}
        return [cell for cell, last in labels.items() if last == label]

    def kept(self) -> list[Cell]:
        """Return the cells whose parts of the masks are kept, however small."""
        by_diffusion = SETS.get(self.settings.method) is DiffusionSet
        return self.last_clicked(1) if by_diffusion else []

    def sources(self) -> tuple[list[Source], list[Source]]:
        """Name what masks are made of: alike to the first, and not to the second."""
        kind = SETS.get(self.settings.method)
        clicked = self.last_clicked if kind is DiffusionSet else self.clicked
        positives, negatives = clicked(1), clicked(0)
        if kind is None:
            return [*positives], [*negatives]
        if not positives:
            return [], []
        given = (getattr(self.settings, name) for name in parameters(kind))
        return [kind(tuple(positives), tuple(negatives), *given)], []
