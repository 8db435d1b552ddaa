"""Image by image: each image has a grid of its own, on which its prompts lie.

Their order counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from torch import Tensor

from ncut_widget.core.arrays import Floats
from ncut_widget.masks.coordinates import FINE_SIDE, centre_cell
from ncut_widget.masks.resample import area_mean, enlarge
from ncut_widget.methods.base import Field, Method, Seeds, Spectrum, cells_of
from ncut_widget.methods.diffusion import DiffusionMethod
from ncut_widget.prompts import Group, last_groups

MAP_BYTES = 4 * FINE_SIDE**2
"""Bytes of a map, at most."""


class RandomWalkerMethod(Method):
    """Each image is told from its own cells, on a fine grid."""

    name = "random_walker"
    title = "Image by image"
    parameters = ("by", "granularity")
    together = True
    last_counts = True
    ordered = True
    side = FINE_SIDE
    keeps_prompted = True
    standardised = False
    stand_in = "diffusion"

    def __init__(
        self, spectrum: Spectrum, sizes: Sequence[tuple[int, int]] | None = None
    ) -> None:
        super().__init__(spectrum, sizes)
        self._diffusion = DiffusionMethod(spectrum)

    def check(self) -> None:
        """Raise ValueError if there are no eigenvalues."""
        self.spectrum.check_eigvals(self.name)

    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Make the field of all prompts; its maps are made when first read."""
        return RandomWalkerField(self, seeds, known)

    def diffusion(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Return the diffusion field of the same prompts, on the latent grid."""
        groups = last_groups(
            (label, self._latent(group)) for label, group in seeds.in_order()
        )
        positives, negatives = (
            tuple(group for label, group in groups if label == side) for side in (1, 0)
        )
        if not positives:  # each lies in one cell with a later negative one
            positives = tuple(map(self._latent, seeds.positives))
            negatives = ()
        latent = Seeds(self._diffusion.name, positives, negatives, seeds.parameters)
        return self._diffusion.field(latent, known)

    def _latent(self, group: Group) -> Group:
        """Move seeds to the latent grid; those in one cell become one, the last."""
        grid = self.spectrum.store.grid
        moved = {
            cell: seed._replace(cell=cell)
            for seed in group
            for cell in [centre_cell(seed.cell, self.grid(seed.cell.image), grid)]
        }
        return tuple(moved.values())


class RandomWalkerField(Field):
    """How well the fine cells of each image fit all prompts.

    Parameters
    ----------
    method : RandomWalkerMethod
    seeds : Seeds
        At least one positive group.
    known : callable
        As of `Method.field`.
    """

    statistics = None
    constant = False

    def __init__(
        self,
        method: RandomWalkerMethod,
        seeds: Seeds,
        known: Callable[[Seeds], Field | None],
    ) -> None:
        self._method = method
        self._seeds = seeds
        self._diffusion = method.diffusion(seeds, known)
        self._maps: dict[int, Floats] = {}

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the value above which a cell belongs to the mask."""
        del gamma
        return np.float32(threshold)

    def heat(self, values: Floats, gamma: float) -> Floats:
        """Return the heatmap of some of the values, 0 to 1."""
        del gamma
        return np.clip(values, 0, 1)

    @property
    def nbytes(self) -> int:
        """Bytes of memory: of the maps made so far, and of the rest."""
        return self._diffusion.nbytes + len(self._maps) * MAP_BYTES

    def grid(self, image: int) -> tuple[int, int]:
        """Return the ``(h, w)`` of `map`."""
        return self._method.grid(image)

    def map(self, image: int) -> Floats:
        """Give the map of an image on its own grid; do not write to it."""
        if image not in self._maps:
            self._maps[image] = self._make(image)
        return self._maps[image]

    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the means of the maps on the latent grid: float32, (..., H, W)."""
        grid = self._method.spectrum.store.grid
        numbers = np.arange(self._method.spectrum.store.shape[0])[images]
        means = [area_mean(self.map(int(n)), grid) for n in np.atleast_1d(numbers)]
        return np.reshape(means, (*np.shape(numbers), *grid))

    def extend(self, eigvecs: Tensor) -> Floats:
        """Give the map of an image that is not in the batch: (H, W, K) -> (H, W)."""
        return self._diffusion.extend(eigvecs)

    def _make(self, image: int) -> Floats:
        coarse = self._diffusion.map(image)
        values = enlarge(coarse, self.grid(image)).astype(np.float32)
        for label, groups in ((1, self._seeds.positives), (0, self._seeds.negatives)):
            for at, row, col in cells_of(groups):
                if at == image:
                    limit = max if label else min
                    values[row, col] = limit(values[row, col], label)
        return values
