"""The graph of one image alone, and its eigenvectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.sparse import csr_matrix
from torch import Tensor

from ncut_widget.core.arrays import Floats, as_tensor
from ncut_widget.core.parallel import chunks, one_thread
from ncut_widget.ncut.neighbors.eigenpairs import leading_eigenpairs
from ncut_widget.ncut.neighbors.graph import POSITION, SOUGHT, Edges, NeighborGraph
from ncut_widget.ncut.neighbors.nearest import SCALE_NEIGHBOR, Layout, nearest
from ncut_widget.ncut.solution import signs_of

_SEED = 0
# Of cells, one is a neighbour of others in a sparser graph. Masks are as good as with
# all cells.
_EVERY = 4
# Of filters: for a single image two rounds with these are usually enough, in three
# quarters of the time.
_DEGREES = (12, 24)


class OwnGraph(NeighborGraph):
    """The graph of neighbours of one image, on the CPU.

    Parameters
    ----------
    coordinates : Tensor or array_like of float, shape (P, r)
        Of the image's cells, row by row, as `Space` gives them: their root mean square
        length over the batch is 1.
    guide : Tensor or array_like of float, shape (P, g), optional
        Appearance of the cells, of root mean square length 1 over the batch.
    grid : (int, int)
        ``(H, W)``.
    n_neighbors : int
    gamma : float
        As for `NeighborGraph`.

    Attributes
    ----------
    affinity : csr_matrix of float32, shape (P, P)
        Symmetric, with a tiny affinity of each cell with itself.
    """

    affinity: csr_matrix

    def __init__(
        self,
        coordinates: Any,
        guide: Any,
        grid: tuple[int, int],
        n_neighbors: int = 12,
        gamma: float = 1.0,
    ) -> None:
        near = as_tensor(coordinates).cpu().float()
        looks = None if guide is None else as_tensor(guide).cpu().float()
        layout = Layout(len(near), 1, (int(grid[0]), int(grid[1])))
        rng = np.random.default_rng(_SEED)
        with one_thread(), torch.no_grad():
            super().__init__(near, looks, layout, n_neighbors, gamma, rng)

    def _set(self, affinity: csr_matrix) -> None:
        self.affinity = affinity.copy()
        super()._set(affinity)


class NearGraph(NeighborGraph):
    """A sparser graph of one image, made in a third of the time.

    Cells are joined to their 7 nearest of every fourth cell, and on the grid, but not
    to rows anywhere in the image.

    Parameters
    ----------
    near, guide, layout, gamma
        As for `NeighborGraph`, of one image.

    Attributes
    ----------
    affinity : csr_matrix of float32, shape (P, P)
    near_total : float
        Total of the affinities but for those on the grid.
    """

    affinity: csr_matrix
    near_total: float

    def __init__(
        self,
        near: Tensor,
        guide: Tensor | None,
        layout: Layout,
        gamma: float,
    ) -> None:
        rng = np.random.default_rng(_SEED)  # of which nothing is drawn
        super().__init__(near, guide, layout, SCALE_NEIGHBOR, gamma, rng)

    def _affinity(
        self,
        near: Tensor,
        guide: Tensor | None,
        rng: np.random.Generator,
        done: Callable[[int], object],
    ) -> csr_matrix:
        del rng, done
        looks = self._looks(near, guide)
        affinity = self._weigh(self._among_some(looks))
        affinity.setdiag(0)
        self.near_total = float(affinity.sum()) or 1.0
        return self._with_grid(affinity, looks, self.near_total).tocsr()

    def _among_some(self, looks: Tensor) -> list[Edges]:
        """Find each cell's nearest among every fourth cell, in a slanted pattern."""
        assert self._layout.grid is not None
        cells = torch.arange(self._layout.cells, device=looks.device)
        row, col = cells // self._layout.grid[1], cells % self._layout.grid[1]
        some = cells[(col + 2 * row) % _EVERY == 0]
        x = torch.cat([looks, POSITION * self._layout.positions().to(looks)], 1)
        found = []
        for at in chunks(len(x), SOUGHT):
            which, squares = nearest(x[at], x[some], SCALE_NEIGHBOR)
            found.append(Edges(cells[at], some[which], squares))
        return found

    def _set(self, affinity: csr_matrix) -> None:
        self.affinity = affinity


def own_eigenvectors(graph: OwnGraph, num_eig: int) -> tuple[Floats, Floats]:
    """Return the leading eigenvectors of an image's own graph.

    Parameters
    ----------
    graph : OwnGraph
        Of P cells.
    num_eig : int
        K; for a smaller image all P.

    Returns
    -------
    eigvecs : ndarray of float32, shape (P, K)
        Orthogonal, of unit length, with signs as `NCUT` defines them; the first is the
        trivial one. Zero where the eigenvalue is.
    eigvals : ndarray of float32, shape (K,)
        Descending, from 1 to 0.
    """
    rng = np.random.default_rng(_SEED)
    k = min(num_eig, len(graph.root_degrees))
    with one_thread(), torch.no_grad():
        values, vectors, _ = leading_eigenpairs(graph, k, rng, degrees=_DEGREES)
        vectors *= signs_of(vectors).to(vectors)
    return vectors.numpy(), values.clamp(0, 1).float().numpy()
