"""The published method: each prompt alone, by the cosine of eigenvectors.

A field's statistics over the whole batch follow from moments and a sample; only the
maps that are asked for are made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Floats, Indices
from ncut_widget.core.parallel import chunks, deal_all
from ncut_widget.core.products import add_products, unit_vector, weighted_sum
from ncut_widget.eigvecs.moments import Leading
from ncut_widget.masks.cosine import cosines
from ncut_widget.masks.statistics import (
    SimilarityStatistics,
    order_statistics,
    significant_std,
)
from ncut_widget.methods.base import (
    Field,
    Method,
    Seeds,
    StandardisedField,
    read_cells,
)
from ncut_widget.methods.spectrum import Spectrum
from ncut_widget.prompts import Group

PART = 2**21
"""Values of eigenvectors that a core reads at a time: about a dozen images."""


class SimilarityMethod(Method):
    """Cells are compared with each prompt alone."""

    name = "similarity"
    title = "Similarity"
    parameters = ("by", "num_eig")
    together = False
    twin = "statistics"

    def field(self, seeds: Seeds, known: Callable[[Seeds], Field | None]) -> Field:
        """Return the cosines with one group's mean eigenvector."""
        (group,) = seeds.positives
        return SimilarityField(self.spectrum, group, seeds.parameter("num_eig"))

    def says_nothing(self, seeds: Seeds) -> str:
        """Name the cell that all cells are equally similar to."""
        cell = tuple(seeds.positives[0][0].cell)
        return (
            f"every eigenvector is equally similar to the one at latent pixel {cell} "
            f"with num_eig = {seeds.parameter('num_eig')}: its mask is empty"
        )


class SimilarityField(StandardisedField):
    """The cosine of one group with every cell's eigenvector; maps when first read.

    Parameters
    ----------
    spectrum : Spectrum
    group : Group
    num_eig : int
        Leading eigenvectors that are compared.

    Attributes
    ----------
    vector : ndarray of float32, shape (num_eig,)
        The unit eigenvector of the cell, or of the weighted mean of several.
    """

    def __init__(self, spectrum: Spectrum, group: Group, num_eig: int) -> None:
        self._store = spectrum.store
        self._moments = spectrum.moments
        self.vector = self._unit(group, num_eig)
        self._statistics = self._measure()
        self._values = np.empty(self._store.shape[:3], dtype=np.float32)
        self._known = np.zeros(len(self._values), dtype=bool)

    @property
    def _lead(self) -> Leading:
        # Not kept here: it takes memory, and `Moments` caches the recent ones.
        return self._moments.lead(len(self.vector))

    def _unit(self, group: Group, num_eig: int) -> Floats:
        with torch.inference_mode():
            rows = read_cells(self._store, [seed.cell for seed in group], num_eig)
            mean = unit_vector(rows[0])
            if len(group) > 1:
                each = torch.stack([*map(unit_vector, rows)])
                weights = each.new_tensor([seed.weight for seed in group])
                mean = unit_vector(weights @ each)
            return mean.cpu().numpy()

    def _measure(self) -> SimilarityStatistics:
        """Take the statistics of the field over the whole batch.

        Mean and standard deviation follow from the moments, exactly: ``mean = p .
        mean(U)`` and ``var = p . cov(U) p``; the order statistics are those of the
        sample.
        """
        lead, count, vector = self._lead, self._moments.count, self.vector
        prefix = lead.prefix()
        # einsum uses no BLAS, whose threads would wait for each other on busy cores.
        mean = float(np.einsum("i,i", vector, prefix.mean))
        variance = float(np.einsum("i,ij,j", vector, prefix.covariance, vector))
        std = math.sqrt(max(variance, 0.0) * count / max(count - 1, 1))
        with torch.inference_mode():
            sample = lead.sample.similarity(self._there())
        low, high = order_statistics(sample)
        return SimilarityStatistics(
            mean, significant_std(mean, std), low, high, sample.size
        )

    @property
    def nbytes(self) -> int:
        """Bytes of memory: of the maps made so far, and of the rest."""
        maps: int = int(self._known.sum()) * self._values[0].nbytes
        return maps + self._known.nbytes + self.vector.nbytes

    def maps(self, images: int | slice | Sequence[int]) -> Floats:
        """Give the maps of some images: float32, (..., H, W); do not write to them."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        missing &= ~self._known
        if missing.any():
            self._write(np.flatnonzero(missing))
            self._known |= missing
        return self._values[images]

    def _write(self, images: Indices) -> None:
        """Compare the group with some images, in ascending order."""
        store, vector = self._store, self.vector
        flat = self._values.reshape(len(self._values), -1)
        num_eig, lead = len(vector), self._lead

        def write(run: slice) -> None:
            rows = store.read(run, num_eig)
            norms = lead.norms_of(run, rows)
            if rows.device.type != "cpu":
                products = weighted_sum(rows, self._there())
                flat[run] = (products / norms).cpu().numpy()
                return
            for out, image, lengths in zip(
                flat[run], rows.numpy(), norms.numpy(), strict=True
            ):
                add_products(image, vector, out=out)
                out /= lengths

        runs = list(store.parts(images))
        if store.device.type == "cpu":
            step = max(1, PART // (num_eig * store.cells))
            runs = [
                slice(run.start + part.start, run.start + part.stop)
                for run in runs
                for part in chunks(run.stop - run.start, step)
            ]
        with torch.inference_mode():
            deal_all(write, runs, store.device)

    def extend(self, eigvecs: Tensor, shared: Floats | None = None) -> Floats:
        """Give the map of an image that is not in the batch: (H, W, K) -> (H, W)."""
        with torch.inference_mode():
            vector = torch.from_numpy(self.vector).to(eigvecs.device)
            return cosines(eigvecs[..., : len(vector)].detach().float(), vector)

    def _there(self) -> Tensor:
        return torch.from_numpy(self.vector).to(self._store.device)
