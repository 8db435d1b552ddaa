"""All that masks depend on: prompts, and settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from ncut_widget.masks.coordinates import Cell
from ncut_widget.prompts.base import Group, Prompt, Seed
from ncut_widget.settings import Settings

OWN_THRESHOLD = "own_threshold"
"""Key in files: the threshold that was set, if an automatic one replaced it."""


class Recipe(NamedTuple):
    """All that the masks of one batch are made from.

    Attributes
    ----------
    prompts : tuple of Prompt
    seeds : tuple of Group
        The cells that each prompt labels.
    settings : Settings
        The settings that masks are made with.
    own : float or None
        The threshold that was set, if an automatic one replaced it in `settings`.
    """

    prompts: tuple[Prompt, ...]
    seeds: tuple[Group, ...]
    settings: Settings
    own: float | None = None

    @property
    def positive(self) -> bool:
        """Whether any prompt is positive; without one masks are empty."""
        return any(prompt.label == 1 for prompt in self.prompts)

    @property
    def given(self) -> Settings:
        """The settings as they were set, without an automatic threshold."""
        if self.own is None:
            return self.settings
        return self._with(self.own)

    def found(self, threshold: float) -> Recipe:
        """Return the same recipe with an automatic threshold."""
        return self._replace(settings=self._with(threshold), own=self.given.threshold)

    def _with(self, threshold: float) -> Settings:
        changed = {"threshold": threshold}
        return replace(self.settings, **changed)

    def described(self) -> dict[str, Any]:
        """Return the settings that masks are made with, as files hold them."""
        told = dict(vars(self.settings))
        return told if self.own is None else {**told, OWN_THRESHOLD: self.own}

    def labelled(self, label: int) -> list[Group]:
        """Return the seeds of the prompts of a label, each group once."""
        pairs = zip(self.prompts, self.seeds, strict=True)
        return list(dict.fromkeys(g for prompt, g in pairs if prompt.label == label))

    def last_labelled(self, label: int) -> list[Group]:
        """Return the seeds of a label that no later prompt labels otherwise.

        A cell has the label of its last prompt; cells keep the order of their first.
        """
        last: dict[Cell, tuple[int, int, Seed]] = {}
        for number, group in enumerate(self.seeds):
            for seed in group:
                last[seed.cell] = number, self.prompts[number].label, seed
        groups: dict[int, list[Seed]] = {}
        for number, said, seed in last.values():
            if said == label:
                groups.setdefault(number, []).append(seed)
        return [*map(tuple, groups.values())]
