"""The diffusion method: how well every cell fits all prompts together.

All prompts make one field, by a regression in the coordinates of `DiffusionMap`; its
mask is the cells above the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from ncut_widget.core.arrays import Floats
from ncut_widget.core.cache import Bounded
from ncut_widget.methods.base import (
    Field,
    LevelField,
    Method,
    Seeds,
    cells_of,
)
from ncut_widget.methods.diffusion_map import DiffusionMap, diffusion_weights
from ncut_widget.methods.regression import Fit, fit_groups
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.methods.sweep import best_threshold

GRANULARITIES = 4
"""Diffusion maps that are kept, for undo and for a slider that moves back."""

CELL_BYTES = 250
"""Bytes of a labelled cell and its array of coordinates, without the values."""


class DiffusionMethod(Method):
    """Cells are compared with all prompts together, by weighted eigenvectors."""

    name = "diffusion"
    title = "Diffusion"
    parameters = ("by", "granularity")
    together = True
    last_counts = True
    keeps_prompted = True
    standardised = False
    finds_threshold = True
    twin = "diffusion"

    def __init__(
        self, spectrum: Spectrum, sizes: Sequence[tuple[int, int]] | None = None
    ) -> None:
        super().__init__(spectrum, sizes)
        self._maps: Bounded[DiffusionMap] = Bounded(GRANULARITIES)

    def check(self) -> None:
        """Raise ValueError if there are no eigenvalues."""
        self.spectrum.check_eigvals(self.name)

    def map(self, granularity: float) -> DiffusionMap:
        """Return the diffusion map of a granularity."""
        eigvals = self.spectrum.check_eigvals(self.name)
        return self._maps.get(
            granularity,
            lambda: DiffusionMap(
                self.spectrum.store, diffusion_weights(eigvals, granularity)
            ),
        )

    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Fit all groups; reuse the field without the last positive one if cached."""
        earlier = known(seeds._replace(positives=seeds.positives[:-1]))
        return DiffusionField(
            self.map(seeds.parameter("granularity")),
            self.spectrum.store.shape[:3],
            seeds,
            earlier if isinstance(earlier, DiffusionField) else None,
        )

    def best_threshold(self, field: Field) -> float | None:
        """Find the threshold of the smallest normalized cut; see `normalized_cuts`."""
        eigvals = self.spectrum.check_eigvals(self.name)
        return best_threshold(field.values, self.spectrum.store, eigvals)


class DiffusionField(LevelField):
    """How well every cell fits the groups of positive and negative seeds.

    Parameters
    ----------
    map : DiffusionMap
    shape : (int, int, int)
        ``(B, H, W)``.
    seeds : Seeds
        At least one positive group.
    earlier : DiffusionField, optional
        The field of the same seeds without the last positive group, if it is cached:
        its maps are not made again.

    Notes
    -----
    The maximum over the regressions (`fit_groups`) of the first positive group, the
    first two and so on, each with all negative groups: a further positive prompt can
    only add to a mask. A labelled cell is at least 1, or at most 0, by its label.
    """

    def __init__(
        self,
        map: DiffusionMap,
        shape: tuple[int, int, int],
        seeds: Seeds,
        earlier: DiffusionField | None = None,
    ) -> None:
        self._map = map
        self._grid = shape[1:]
        self._positives, self._negatives = seeds.positives, seeds.negatives
        cells = cells_of((*self._positives, *self._negatives))
        coordinates = map.coordinates(cells)
        self._coordinates = dict(zip(cells, coordinates, strict=True))
        self._fits: dict[int, Fit] = {}
        self._known = np.zeros(shape[0], dtype=bool)
        self._values = np.empty(shape, dtype=np.float32)
        self._begun = self._known.copy()
        if earlier is not None:
            # Unwritten parts of an array take no memory: copy only the maps made.
            self._begun = earlier._known.copy()
            self._values[self._begun] = earlier._values[self._begun]

    @property
    def nbytes(self) -> int:
        """Bytes of memory: of the maps made so far, and of the rest."""
        maps: int = int((self._known | self._begun).sum()) * self._values[0].nbytes
        # Every cell with its coordinates, here and in each fit.
        count = len(self._coordinates) + sum(len(f.cells) for f in self._fits.values())
        each: int = next(iter(self._coordinates.values())).nbytes + CELL_BYTES
        return maps + self._known.nbytes + count * each

    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the maps of some images: float32, (..., H, W); do not write to them."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        for image in np.flatnonzero(missing & ~self._known).tolist():
            self._values[image] = self._make(image)
            self._known[image] = True
        return self._values[images]

    def extend(self, eigvecs: Tensor, shared: Floats | None = None) -> Floats:
        """Give the map of an image that is not in the batch: (H, W, K) -> (H, W)."""
        fits = map(self._fit, range(1, len(self._positives) + 1))
        maps = [self._map.extend(eigvecs, fit.vector) + fit.offset for fit in fits]
        closest: Floats = np.max(maps, axis=0)
        return closest

    def _fit(self, count: int) -> Fit:
        """Fit the first so many positive groups, and all negative ones."""
        if count not in self._fits:
            self._fits[count] = fit_groups(
                self._positives[:count],
                self._negatives,
                self._coordinates.__getitem__,
                self._grid,
            )
        return self._fits[count]

    def _make(self, image: int) -> Floats:
        count = len(self._positives)
        field = self._of(self._fit(count), image)
        if self._begun[image]:
            np.maximum(field, self._values[image], out=field)
        else:
            for fewer in range(1, count):
                np.maximum(field, self._of(self._fit(fewer), image), out=field)
        for at, row, col in cells_of(self._positives):
            if at == image:
                field[row, col] = max(field[row, col], 1)
        for at, row, col in cells_of(self._negatives):
            if at == image:
                field[row, col] = min(field[row, col], 0)
        return field

    def _of(self, fit: Fit, image: int) -> Floats:
        """Return how well an image's cells fit, corrected near its labelled cells."""
        field = self._map.map(image, fit.vector) + fit.offset
        for cell, coordinates, amount in zip(
            fit.cells, fit.coordinates, fit.local, strict=True
        ):
            if cell.image != image or amount == 0:
                continue
            near = self._map.surroundings(cell, coordinates)
            field += np.float32(amount) * near
        return field
