"""The contract of methods: what makes fields of prompts.

A method says how many fields it needs for the prompts (`Method.seeds`) and makes one of
its seeds (`Method.field`). A field is one number a cell; a mask is where it is above a
cut. Whoever uses fields asks for no more than this contract.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats, as_array
from ncut_widget.core.checks import check_array, check_finite
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.cut import cut, heatmap
from ncut_widget.masks.statistics import SimilarityStatistics
from ncut_widget.prompts import Group, Recipe, Seed
from ncut_widget.settings import Settings


class Seeds(NamedTuple):
    """What one field is made of; equal seeds make equal fields.

    Attributes
    ----------
    method : str
        Name of the method.
    positives, negatives : tuple of Group
        What prompts label: a group is one prompt's.
    parameters : tuple of (str, value)
        The settings that the field depends on.
    """

    method: str
    positives: tuple[Group, ...]
    negatives: tuple[Group, ...]
    parameters: tuple[tuple[str, Any], ...]

    def parameter(self, name: str) -> Any:
        """Return one of the parameters by its name."""
        return dict(self.parameters)[name]


class Sides(NamedTuple):
    """The fields that masks are made of: alike to the first, and not to the second."""

    positives: list[Seeds]
    negatives: list[Seeds]


class Spectrum(NamedTuple):
    """What methods compute with.

    Attributes
    ----------
    store : Store
    moments : Moments
        Of that store.
    eigvals : ndarray of float, shape (K,), or None
    """

    store: Store
    moments: Moments
    eigvals: Floats | Doubles | None

    @classmethod
    def of(cls, store: Store, eigvals: Any) -> Spectrum:
        """Check eigenvalues, one for each eigenvector of a store, or None."""
        if eigvals is None:
            return cls(store, Moments(store), None)
        num_eig = store.shape[3]
        checked = as_array(check_array("eigvals", eigvals))
        if checked.shape != (num_eig,):
            raise ValueError(
                f"eigvals must be one for each of the {num_eig} eigenvectors, shape "
                f"({num_eig},): got shape {checked.shape}"
            )
        return cls(store, Moments(store), check_finite("eigvals", checked))

    def check_eigvals(self, method: str) -> Floats | Doubles:
        """Return the eigenvalues; raise ValueError if there are none for a method."""
        if self.eigvals is None:
            raise ValueError(
                f"method {method!r} needs the eigenvalues of eigvecs, got none: give "
                "eigvals, shape (K,)"
            )
        return self.eigvals


class Field(ABC):
    """One number a cell: how well it fits the prompts. Maps are made as asked for."""

    @property
    @abstractmethod
    def statistics(self) -> SimilarityStatistics | None:
        """What cut and heatmap follow from; None where the field is its own heatmap."""

    @property
    @abstractmethod
    def constant(self) -> bool:
        """Whether it tells no cell from another."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """Memory that is taken by the maps which were asked for, and by the rest."""

    @property
    def values(self) -> Floats:
        """Maps of all images: float32, shape (B, H, W); not to be changed."""
        return self.maps(slice(None))

    @abstractmethod
    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""

    @abstractmethod
    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return what a cell must be above to belong to the mask."""

    @abstractmethod
    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values, about 0 to 1."""

    @abstractmethod
    def extend(self, eigvecs: Tensor) -> Floats:
        """Give the map of an image of no batch.

        Parameters
        ----------
        eigvecs : torch.Tensor of float, shape (H, W, K)
            Its eigenvectors, extended from those of the batch.

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
        """Whether it tells no cell from another."""
        return self._statistics.constant

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the similarity above which a cell belongs to the mask."""
        return cut(self._statistics, threshold, gamma)

    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values."""
        return heatmap(values, gamma, self._statistics)


class Method(ABC):
    """A way from prompts to fields, for one batch.

    Attributes
    ----------
    name : str
        As the setting ``method`` has it.
    parameters : tuple of str
        The settings that its fields depend on.
    together : bool
        Whether all prompts make one field; else each one makes one.
    costly : bool
        Whether a field takes a product with the whole batch.
    standardised : bool
        Whether its fields are cut by their statistics over the whole batch.
    finds_threshold : bool
        Whether `best_threshold` says where to cut.
    twin : str or None
        The file in ``js/src/maths`` that computes its fields, too; without one the
        page asks the kernel for them, and a page without a kernel does not offer it.

    Parameters
    ----------
    spectrum : Spectrum
    """

    name: ClassVar[str]
    parameters: ClassVar[tuple[str, ...]]
    together: ClassVar[bool]
    costly: ClassVar[bool] = False
    standardised: ClassVar[bool] = True
    finds_threshold: ClassVar[bool] = False
    twin: ClassVar[str | None] = None

    def __init__(self, spectrum: Spectrum) -> None:
        self.spectrum = spectrum

    def check(self) -> None:  # noqa: B027 - most take nothing
        """Raise ValueError if the batch lacks something that it takes."""

    def seeds(self, recipe: Recipe) -> Sides:
        """Say which fields masks are made of."""
        groups = positives, negatives = self.groups(recipe)
        settings = recipe.settings
        if not self.together:
            each = ([self.of((g,), (), settings) for g in side] for side in groups)
            return Sides(*each)
        if not positives:
            return Sides([], [])
        return Sides([self.of(tuple(positives), tuple(negatives), settings)], [])

    def groups(self, recipe: Recipe) -> tuple[list[Group], list[Group]]:
        """Return the groups of positive and of negative prompts that count."""
        return recipe.labelled(1), recipe.labelled(0)

    def of(
        self,
        positives: tuple[Group, ...],
        negatives: tuple[Group, ...],
        settings: Settings,
    ) -> Seeds:
        """Name the field of some groups, with what it takes of the settings."""
        given = tuple((name, getattr(settings, name)) for name in self.parameters)
        return Seeds(self.name, positives, negatives, given)

    @abstractmethod
    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Make a field.

        Parameters
        ----------
        seeds : Seeds
            Of this method.
        known : callable
            Gives the field of other seeds, if it is at hand.
        """

    def kept(self, recipe: Recipe) -> list[Cell]:
        """Return the cells whose parts of the masks are kept, however small."""
        return []

    def best_threshold(self, field: Field) -> float | None:
        """Find where a field's cut is cleanest; None where nothing tells."""
        return None

    @abstractmethod
    def says_nothing(self, seeds: Seeds) -> str:
        """Say in one sentence why a constant field finds nothing."""


def read_cells(store: Store, cells: Sequence[Cell], num_eig: int) -> Tensor:
    """Read the leading eigenvectors of some cells, (n, num_eig), on the device."""
    image, row, col = np.array(cells).T
    return store.at(image, row * store.grid[1] + col, num_eig)


def cells_of(groups: Sequence[Group]) -> list[Cell]:
    """Return the cells of some groups, each once."""
    return list(dict.fromkeys(seed.cell for group in groups for seed in group))


def seeds_of(groups: Sequence[Group]) -> list[Seed]:
    """Return the seeds of some groups, each cell once, as it is labelled first."""
    seeds: dict[Cell, Seed] = {}
    for group in groups:
        for seed in group:
            seeds.setdefault(seed.cell, seed)
    return [*seeds.values()]
