"""All that masks depend on: prompts, and settings."""

from __future__ import annotations

from collections.abc import Iterable
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
        return [group for said, group in self.last_groups() if said == label]

    def last_groups(self) -> list[tuple[int, Group]]:
        """Return the groups of both labels, in order, each with its label."""
        labels = [prompt.label for prompt in self.prompts]
        return last_groups(zip(labels, self.seeds, strict=True))


def last_groups(labelled: Iterable[tuple[int, Group]]) -> list[tuple[int, Group]]:
    """Leave each cell in one group, with the label that it was given last.

    A cell keeps the place in the order at which it was labelled first.

    Examples
    --------
    >>> a, b = Seed(Cell(0, 0, 0)), Seed(Cell(0, 0, 1))
    >>> groups = last_groups([(1, (a,)), (1, (b,)), (0, (a,))])
    >>> [(label, *(seed.cell.col for seed in group)) for label, group in groups]
    [(0, 0), (1, 1)]
    """
    last: dict[Cell, tuple[int, int, Seed]] = {}
    for number, (label, group) in enumerate(labelled):
        for seed in group:
            last[seed.cell] = number, label, seed
    groups: dict[int, tuple[int, list[Seed]]] = {}
    for number, label, seed in last.values():
        groups.setdefault(number, (label, []))[1].append(seed)
    return [(label, tuple(seeds)) for label, seeds in groups.values()]
