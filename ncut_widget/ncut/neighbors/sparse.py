"""The leading eigenpairs of a graph of neighbours, and their extension to others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.parallel import deal_all
from ncut_widget.core.progress import bar
from ncut_widget.ncut.affinity import Distance
from ncut_widget.ncut.neighbors.eigenpairs import leading_eigenpairs
from ncut_widget.ncut.neighbors.graph import NeighborGraph
from ncut_widget.ncut.neighbors.nearest import SCALE_NEIGHBOR, Layout, Space, nearest
from ncut_widget.ncut.rows import Part, Rows
from ncut_widget.ncut.solution import Solution

# Most rows that others are interpolated from, and the number of these for each row.
_KEPT = 16_384
_PLACED_BY = 12
_LEAST_SQUARE = 1e-30


@dataclass(frozen=True)
class Interpolation:
    """Eigenvectors as a function of features: a weighted mean over near rows [1]_.

    Weights are ``exp(-d**2 / s**2) / d**2`` with d the distance to one of the 12
    nearest rows, and s that to the 7th: a row of the fit has its own eigenvector.

    Attributes
    ----------
    space : Space
    rows : Rows
        Some of the fit.
    near : Tensor, shape (m, r)
        Their coordinates.
    eigvecs : Tensor of float32, shape (m, K)

    References
    ----------
    .. [1] D. Shepard, "A two-dimensional interpolation function for irregularly-spaced
       data", ACM 1968.
    """

    space: Space
    rows: Rows
    near: Tensor
    eigvecs: Tensor

    def __call__(self, part: Part) -> Tensor:
        """Return the eigenvectors (n, K) of rows of features."""
        values, norms = (each.to(self.device) for each in part)
        which, squares = nearest(self.space(Part(values, norms)), self.near, _PLACED_BY)
        scale = squares[:, :SCALE_NEIGHBOR].amax(1, keepdim=True)
        # For equal rows the weights are large, but their sum must be finite.
        scale = scale.clamp(min=_LEAST_SQUARE)
        least = (1e-12 * scale).clamp(min=_LEAST_SQUARE)
        weights = torch.exp(-squares / scale) / squares.clamp(min=least)
        weights /= weights.sum(1, keepdim=True)
        return torch.einsum("nj,njk->nk", weights, self.eigvecs[which])

    @property
    def device(self) -> torch.device:
        """Where the rows' coordinates are."""
        return self.near.device

    @property
    def size(self) -> int:
        """How many rows there are."""
        return len(self.near)

    def points(self) -> Tensor:
        """Return the rows (m, C)."""
        return self.rows.read(slice(None)).values.float()

    def turn(self, signs: Tensor) -> None:
        """Turn the eigenvectors by signs (K,), in place."""
        self.eigvecs.mul_(signs.to(self.eigvecs))


@dataclass(frozen=True)
class SparseSolver:
    """The parameters of `NCUT` that concern the graph of neighbours."""

    num_eig: int
    distance: Distance
    gamma: float
    n_neighbors: int
    device: torch.device
    progress: bool

    def __call__(
        self, rows: Rows, guide: Tensor | None, rng: np.random.Generator
    ) -> Solution:
        """Return the leading eigenpairs of the graph of all rows."""
        space = Space.of(rows, self.distance, self.device, rng)
        near = self._place(rows, space)
        if guide is not None:
            guide = guide.reshape(rows.count, -1).to(near)
            guide = guide - guide.mean(0)
            guide /= guide.square().sum(1).mean().sqrt().clamp(min=1e-12)
        layout = Layout.of(rows.shape)
        with bar(2 * rows.count, "NCUT, neighbors", "row", self.progress) as done:
            graph = NeighborGraph(
                near, guide, layout, self.n_neighbors, self.gamma, rng, done.update
            )
        with bar(self.num_eig, "NCUT", "eigenvector", self.progress) as solved:
            values, vectors, error = leading_eigenpairs(
                graph,
                self.num_eig,
                rng,
                lambda count: solved.update(count - solved.n),
            )
        eigvecs = rows.new_output(self.num_eig)
        eigvecs.copy_(vectors)
        kept = np.arange(rows.count)
        if rows.count > _KEPT:
            kept = np.sort(rng.choice(rows.count, _KEPT, replace=False))
        at = torch.from_numpy(kept).to(self.device)
        extension = Interpolation(space, rows.take(kept), near[at], vectors[at])
        scale = graph.root_degrees.reciprocal().to(eigvecs)
        return Solution(values.clamp(0, 1), eigvecs, scale, extension, error)

    def _place(self, rows: Rows, space: Space) -> Tensor:
        """Return the coordinates of all rows."""
        near = torch.empty(rows.count, space.size, device=self.device)

        def place(at: slice) -> None:
            near[at] = space(Part(*(x.to(self.device) for x in rows.read(at))))

        deal_all(place, rows.chunks(), rows.device)
        return near
