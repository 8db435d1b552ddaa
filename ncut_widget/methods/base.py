"""The contract of methods, which make fields of a recipe.

A method says which fields a recipe needs (`Method.seeds`), and makes a field of its
seeds (`Method.field`). A field is one number a cell; its mask is the cells above a cut.
All other code uses methods and fields through this contract alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, ClassVar, NamedTuple

import numpy as np
from torch import Tensor

from ncut_widget.core.arrays import Floats
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.coordinates import Cell, fine_grid
from ncut_widget.masks.cut import cut, heatmap
from ncut_widget.masks.statistics import SimilarityStatistics
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.prompts import Group, Recipe, Seed
from ncut_widget.settings import Settings

PRESENT = 0.5
"""Presence below which an image lacks the thing: its mask is empty."""

FEW = 8
"""Groups that are searched for one after the other: hashing thousands takes longer."""


class Seeds(NamedTuple):
    """What a method makes one field of; equal seeds make equal fields.

    Attributes
    ----------
    method : str
        Name of the method.
    positives, negatives : tuple of Group
        The labelled cells; a group is those of one prompt.
    parameters : tuple of (str, value)
        The settings that the field depends on.
    order : str
        For an ordered method the sign of each group, ``"+"`` or ``"-"``, in the order
        of the prompts.
    """

    method: str
    positives: tuple[Group, ...]
    negatives: tuple[Group, ...]
    parameters: tuple[tuple[str, Any], ...]
    order: str = ""

    def parameter(self, name: str) -> Any:
        """Return one of the parameters by its name."""
        return dict(self.parameters)[name]

    def in_order(self) -> Iterator[tuple[int, Group]]:
        """Yield the groups of an ordered method, each with its label, 1 or 0."""
        sides = {"-": iter(self.negatives), "+": iter(self.positives)}
        for sign in self.order:
            yield int(sign == "+"), next(sides[sign])


class Sides(NamedTuple):
    """The fields of a mask: cells like the positives and unlike the negatives."""

    positives: list[Seeds]
    negatives: list[Seeds]


class Field(ABC):
    """One number a cell: how well it fits the seeds. A map is made when first read."""

    @property
    @abstractmethod
    def statistics(self) -> SimilarityStatistics | None:
        """Statistics behind cut and heatmap; None if the field is its own heatmap."""

    @property
    @abstractmethod
    def constant(self) -> bool:
        """Whether all cells have the same value."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Bytes of memory: of the maps made so far, and of the rest."""

    @property
    def values(self) -> Floats:
        """Maps of all images: float32, shape (B, H, W); do not write to it."""
        return self.maps(slice(None))

    @abstractmethod
    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the maps of some images: float32, (..., H, W); do not write to them."""

    def map(self, image: int) -> Floats:
        """Give the map of an image on its own `grid`; do not write to it.

        Masks at the image's size, outlines and areas are made of it. By default it is
        that on the latent grid. Else `maps` are its means, see `area_mean`.
        """
        return self.maps(image)

    def grid(self, image: int) -> tuple[int, int]:
        """Return the ``(h, w)`` of `map`."""
        height, width = self.map(image).shape
        return height, width

    def presence(self, image: int) -> float:
        """Say how surely an image has the thing, 0 to 1; 1 where nobody looked.

        Below `PRESENT` its mask is empty.
        """
        del image
        return 1.0

    @abstractmethod
    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the value above which a cell belongs to the mask."""

    @abstractmethod
    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values, about 0 to 1."""

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Compute what `extend` needs of the batch: then any thread may call it."""

    @abstractmethod
    def extend(self, eigvecs: Tensor, shared: Floats | None = None) -> Floats:
        """Give the map of an image that is not in the batch.

        Parameters
        ----------
        eigvecs : torch.Tensor of float, shape (H, W, K)
            Its eigenvectors, extended from those of the batch.
        shared : ndarray of float, shape (h, w, s), optional
            Its coordinates, as those of the batch in `Details.shared`.

        Returns
        -------
        ndarray of float32, shape (H, W)
        """


class StandardisedField(Field):
    """A field that is cut and shown by its statistics over the whole batch."""

    _statistics: SimilarityStatistics

    @property
    def statistics(self) -> SimilarityStatistics:
        """Mean, spread and quantiles over the whole batch."""
        return self._statistics

    @property
    def constant(self) -> bool:
        """Whether all cells have the same value."""
        return self._statistics.constant

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the similarity above which a cell belongs to the mask."""
        return cut(self._statistics, threshold, gamma)

    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values."""
        return heatmap(values, gamma, self._statistics)


class LevelField(Field):
    """A field that is its own heatmap: its threshold is the cut."""

    statistics = None
    constant = False

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the value above which a cell belongs to the mask."""
        del gamma
        return np.float32(threshold)

    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values, 0 to 1."""
        del gamma
        return np.clip(values, 0, 1)


class Method(ABC):
    """A way to make fields of recipes, for one batch.

    Attributes
    ----------
    name : str
        The value of the setting ``method``.
    title : str
        Its name on the page.
    parameters : tuple of str
        The settings that its fields depend on.
    together : bool
        Whether all prompts together make one field; else each makes its own.
    last_counts : bool
        Whether a cell counts as the last prompt says; else as all that label it say.
    ordered : bool
        Whether a field depends on the order of positive and negative prompts; only
        where they are together, and the last counts.
    side : int or None
        Cells along the longer side of each image's own grid, see `fine_grid`: seeds and
        maps are on it. None: they are on the latent grid.
    keeps_prompted : bool
        Whether parts of a mask that hold a positive cell are kept, however small.
    costly : bool
        Whether a field needs a product with all eigenvectors of the batch.
    standardised : bool
        Whether its fields are cut by their statistics over the whole batch.
    finds_threshold : bool
        Whether `best_threshold` can find a threshold.
    stand_in : str or None
        Another method, whose twin makes previews on the latent grid of what this one
        without a twin would make; its parameters must be the same.
    twin : str or None
        The file in ``js/src/maths`` that computes the same fields. Without it the page
        asks the kernel for fields, and a page without a kernel lacks the method.

    Parameters
    ----------
    spectrum : Spectrum
    sizes : sequence of (int, int), optional
        ``(h, w)`` of every image, in pixels; the latent grid by default.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    together: ClassVar[bool]
    last_counts: ClassVar[bool] = False
    ordered: ClassVar[bool] = False
    side: ClassVar[int | None] = None
    keeps_prompted: ClassVar[bool] = False
    costly: ClassVar[bool] = False
    standardised: ClassVar[bool] = True
    finds_threshold: ClassVar[bool] = False
    stand_in: ClassVar[str | None] = None
    twin: ClassVar[str | None] = None

    def __init__(
        self, spectrum: Spectrum, sizes: Sequence[tuple[int, int]] | None = None
    ) -> None:
        self.spectrum = spectrum
        store = spectrum.store
        self.sizes = [store.grid] * store.shape[0] if sizes is None else sizes

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return what the page must know of the method."""
        return {
            "title": cls.title,
            "parameters": list(cls.parameters),
            "together": cls.together,
            "last_counts": cls.last_counts,
            "ordered": cls.ordered,
            "side": cls.side,
            "keeps_prompted": cls.keeps_prompted,
            "standardised": cls.standardised,
            "finds_threshold": cls.finds_threshold,
            "stand_in": cls.stand_in,
            "twin": cls.twin,
        }

    def check(self) -> None:  # noqa: B027 - most need nothing
        """Raise ValueError if the batch lacks something that the method needs."""

    def prepare(self, image: int) -> None:  # noqa: B027 - most need nothing
        """Compute what the first prompt on an image needs; on any thread."""

    def grid(self, image: int) -> tuple[int, int]:
        """Return the grid on which an image's seeds and map lie."""
        if self.side is None:
            return self.spectrum.store.grid
        return fine_grid(self.sizes[image], self.side)

    def placed(self, recipe: Recipe) -> Recipe:
        """Return a recipe with its seeds on the method's own grids."""
        if self.side is None:
            return recipe
        seeds = (
            prompt.seeds(self.sizes[prompt.image], self.grid(prompt.image))
            for prompt in recipe.prompts
        )
        return recipe._replace(seeds=tuple(seeds))

    def seeds(self, recipe: Recipe) -> Sides:
        """Return the seeds of the fields that a recipe's masks are made of."""
        settings = recipe.settings
        if self.ordered:
            labelled = self.placed(recipe).last_groups()
            if not any(label for label, _ in labelled):
                return Sides([], [])
            return Sides([self.ordered_seeds(labelled, self._given(settings))], [])
        groups = positives, negatives = self.groups(recipe)
        if not self.together:
            each = ([self.of((g,), (), settings) for g in side] for side in groups)
            return Sides(*each)
        if not positives:
            return Sides([], [])
        return Sides([self.of(tuple(positives), tuple(negatives), settings)], [])

    def new_seeds(self, recipe: Recipe, before: Recipe) -> list[Seeds]:
        """Return the seeds of fields that an earlier recipe did not need.

        Of thousands of prompts only those that were added are looked at.
        """
        same = before.settings.method == self.name
        same = same and self._given(recipe.settings) == self._given(before.settings)
        if self.together or not same:
            known = set(chain(*self.seeds(before))) if same else set()
            seeds = dict.fromkeys(chain(*self.seeds(recipe)))
            return [each for each in seeds if each not in known]
        pairs = enumerate(zip(recipe.seeds, before.seeds, strict=False))
        shorter = min(len(recipe.seeds), len(before.seeds))
        keep = next((at for at, (now, then) in pairs if now is not then), shorter)
        added = dict.fromkeys(recipe.seeds[keep:])
        earlier = before.seeds if len(added) < FEW else set(before.seeds)
        groups = [group for group in added if group not in earlier]
        return [self.of((group,), (), recipe.settings) for group in groups]

    def groups(self, recipe: Recipe) -> tuple[list[Group], list[Group]]:
        """Return the groups of the positive and of the negative prompts in use."""
        recipe = self.placed(recipe)
        labelled = recipe.last_labelled if self.last_counts else recipe.labelled
        return labelled(1), labelled(0)

    def of(
        self,
        positives: tuple[Group, ...],
        negatives: tuple[Group, ...],
        settings: Settings,
    ) -> Seeds:
        """Return the seeds of a field: groups, and the settings that it depends on.

        For an ordered method the positives come first.
        """
        order = "+" * len(positives) + "-" * len(negatives) if self.ordered else ""
        return Seeds(self.name, positives, negatives, self._given(settings), order)

    def ordered_seeds(
        self,
        labelled: Sequence[tuple[int, Group]],
        parameters: tuple[tuple[str, Any], ...],
    ) -> Seeds:
        """Return the seeds of an ordered method's field, of groups with labels."""
        positives, negatives = (
            tuple(group for label, group in labelled if label == side)
            for side in (1, 0)
        )
        order = "".join("+" if label else "-" for label, _ in labelled)
        return Seeds(self.name, positives, negatives, parameters, order)

    def _given(self, settings: Settings) -> tuple[tuple[str, Any], ...]:
        return tuple((name, getattr(settings, name)) for name in self.parameters)

    @abstractmethod
    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Make a field.

        Parameters
        ----------
        seeds : Seeds
            Of this method.
        known : callable
            Seeds -> their field if it is in the cache, else None.
        """

    def kept(self, recipe: Recipe) -> list[Cell]:
        """Return the cells whose parts of the masks are kept, however small."""
        return cells_of(self.groups(recipe)[0]) if self.keeps_prompted else []

    def best_threshold(self, field: Field) -> float | None:
        """Find the threshold of the cleanest cut; None if there is none."""
        return None

    def says_nothing(self, seeds: Seeds) -> str:
        """Say in one sentence why a constant field finds nothing."""
        return "every cell fits the clicks equally: the mask is empty"


def read_cells(store: Store, cells: Sequence[Cell], num_eig: int) -> Tensor:
    """Read the leading eigenvectors of some cells, (n, num_eig), on the device."""
    image, row, col = np.array(cells).T
    return store.at(image, row * store.grid[1] + col, num_eig)


def cells_of(groups: Sequence[Group]) -> list[Cell]:
    """Return the cells of some groups, each once."""
    return list(dict.fromkeys(seed.cell for group in groups for seed in group))


def seeds_of(groups: Sequence[Group]) -> list[Seed]:
    """Return the seeds of some groups, each cell once: its first seed."""
    seeds: dict[Cell, Seed] = {}
    for group in groups:
        for seed in group:
            seeds.setdefault(seed.cell, seed)
    return [*seeds.values()]
