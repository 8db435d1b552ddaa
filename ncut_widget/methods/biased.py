"""The method of the biased cut: a normalized cut that is biased by the seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Floats
from ncut_widget.masks.statistics import similarity_statistics
from ncut_widget.methods.base import (
    Field,
    Method,
    Seeds,
    StandardisedField,
    seeds_of,
)
from ncut_widget.methods.biased_cut import Graph
from ncut_widget.methods.diffusion_map import DiffusionMap, diffusion_weights
from ncut_widget.methods.regression import local_corrections
from ncut_widget.methods.spectrum import Spectrum

LIKE = 5.5
"""Granularity of the diffusion map that finds the cells like a negative seed."""


class BiasedMethod(Method):
    """Two-way normalized cut of all cells that keeps to all prompts."""

    name = "biased_ncut"
    title = "Biased cut"
    parameters = ("by", "num_eig", "click_weight", "bg_weight")
    together = True
    costly = True

    def __init__(
        self, spectrum: Spectrum, sizes: Sequence[tuple[int, int]] | None = None
    ) -> None:
        super().__init__(spectrum, sizes)
        self._graph: Graph | None = None
        self._like: DiffusionMap | None = None

    def check(self) -> None:
        """Raise ValueError without eigenvalues, or if eigenvectors differ in length."""
        self.graph()

    def graph(self) -> Graph:
        """Return the graph of the batch, made once."""
        if self._graph is None:
            eigvals = self.spectrum.check_eigvals(self.name)
            with torch.inference_mode():
                self._graph = Graph(self.spectrum.store, eigvals)
        return self._graph

    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Cut the graph."""
        if self._like is None:
            store, eigvals = self.spectrum.store, self.spectrum.check_eigvals(self.name)
            granularity = min(LIKE, max(store.shape[3] - 1, 1))
            self._like = DiffusionMap(store, diffusion_weights(eigvals, granularity))
        return BiasedField(self.graph(), self.spectrum.store.grid, seeds, self._like)

    def says_nothing(self, seeds: Seeds) -> str:
        """Name the settings with which all cells are alike."""
        return (
            "the biased cut finds all pixels alike with click_weight = "
            f"{seeds.parameter('click_weight')} and num_eig = "
            f"{seeds.parameter('num_eig')}: its mask is empty"
        )


class BiasedField(StandardisedField):
    """Cosine of every cell with the positive seeds, by the biased eigenvectors.

    Parameters
    ----------
    graph : Graph
    grid : (int, int)
        ``(H, W)``.
    seeds : Seeds
    like : DiffusionMap
        Of the same batch; it tells which cells near a negative seed are like it.

    Notes
    -----
    A negative prompt may change the cut so little that its cells stay in the mask.
    Therefore its cells get the lowest similarity of the batch. The cells near and like
    them are lowered less, and least near positive seeds (`local_corrections`).
    """

    def __init__(
        self, graph: Graph, grid: tuple[int, int], seeds: Seeds, like: DiffusionMap
    ) -> None:
        with torch.inference_mode():
            self._cut, similarity = graph.bias(
                seeds_of(seeds.positives),
                seeds_of(seeds.negatives),
                seeds.parameter("num_eig"),
                seeds.parameter("click_weight"),
                seeds.parameter("bg_weight"),
            )
        self._values = similarity.cpu().numpy().reshape(-1, *grid)
        self._statistics = similarity_statistics(self._values)
        if seeds.parameter("bg_weight") > 0 and not self.constant:
            self._take_away(seeds, grid, like)

    def _take_away(
        self, seeds: Seeds, grid: tuple[int, int], like: DiffusionMap
    ) -> None:
        """Lower the similarity near the negative prompts."""
        positives = seeds_of(seeds.positives)
        held = {seed.cell for seed in positives}
        negatives = [s for s in seeds_of(seeds.negatives) if s.cell not in held]
        if not negatives:
            return
        cells = [seed.cell for seed in (*positives, *negatives)]
        coordinates = like.coordinates(cells)
        cosines = np.einsum("ik,jk->ij", coordinates, coordinates)
        lowest = self._values.min()
        lacking = np.zeros(len(cells))
        for place, seed in enumerate(negatives, len(positives)):
            lacking[place] = lowest - self._values[seed.cell]
        weights = np.array([seed.weight for seed in (*positives, *negatives)])
        amounts = local_corrections(cells, cosines, lacking, grid, weights)
        for cell, own, amount in zip(cells, coordinates, amounts, strict=True):
            near = like.surroundings(cell, own)
            self._values[cell.image] += np.float32(amount) * near
        np.clip(self._values, lowest, 1, out=self._values)
        for seed in negatives:
            self._values[seed.cell] = lowest

    @property
    def nbytes(self) -> int:
        """Bytes of memory of all maps."""
        return self._values.nbytes

    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the maps of some images: float32, (..., H, W); do not write to them."""
        return self._values[images]

    def extend(self, eigvecs: Tensor, shared: Floats | None = None) -> Floats:
        """Give the map of an image that is not in the batch: (H, W, K) -> (H, W)."""
        with torch.inference_mode():
            rows = eigvecs.to(self._cut.mix).flatten(0, 1).T
            return self._cut.similarity(rows).cpu().numpy().reshape(eigvecs.shape[:2])
