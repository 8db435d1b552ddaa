"""The fine grid of an image, and random walks on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csc_array, diags_array
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import SuperLU, splu

from ncut_widget.core.arrays import Doubles, Floats, Indices
from ncut_widget.core.cache import Bounded
from ncut_widget.masks.coordinates import FINE_SIDE
from ncut_widget.methods.walker.constants import (
    COLOR_CONTRAST,
    FEATURE_CONTRAST,
    LEAST_WEIGHT,
    PULL,
)

STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""To half of the eight neighbours, as (rows down, columns right)."""

WALKS = 1024
"""Walks from single cells that are kept: one for each click."""

WAYS = 8
"""Distances to groups of cells that are kept."""


class Lattice:
    """Cells of a fine grid, joined to their eight neighbours.

    Parameters
    ----------
    colors : ndarray of float32, shape (h, w, 3), or None
    features : ndarray of float32, shape (h, w, r)
        What differs between neighbours holds a walk back.

    Attributes
    ----------
    grid : (int, int)
    pull : float
        `PULL` for the size of the grid's cells.
    color, feature : ndarray of float64, shape (n,)
        Contrasts along the edges.

    Notes
    -----
    The weight of neighbours at distance l (1, or 2**0.5 on a diagonal) is
    ``(exp(-a C - b F) + e) / l`` with C and F the squared differences of colours and
    features over ``l**2``, divided by their means over the image.
    """

    def __init__(self, colors: Floats | None, features: Floats) -> None:
        self.grid = features.shape[:2]
        self._begin, self._end, self._length = _edges(self.grid)
        self.color = self._contrasts(colors)
        self.feature = self._contrasts(features)
        # A walk is as long on a coarser grid: so many steps there are fewer.
        self.pull = PULL * (FINE_SIDE / max(self.grid)) ** 2
        self._walks: Bounded[Floats] = Bounded(WALKS)
        self._ways: Bounded[Doubles] = Bounded(WAYS)
        self._factor = self._factorise()

    def _contrasts(self, looks: Floats | None) -> Doubles:
        """Return the squared differences of neighbours over their mean."""
        if looks is None or not len(self._begin):
            return np.zeros(len(self._begin))
        flat = looks.reshape(-1, looks.shape[2])
        square = np.square(flat[self._begin] - flat[self._end]).sum(1, dtype=np.float64)
        square /= np.square(self._length)
        contrasts: Doubles = square / (square.mean() or 1)
        return contrasts

    @property
    def nbytes(self) -> int:
        """Bytes of memory that it takes, about."""
        cells = math.prod(self.grid)
        return cells * (FACTOR_BYTES + 4 * len(self._walks) + 8 * len(self._ways))

    def _factorise(self) -> SuperLU:
        """Return the factors of the Laplacian, plus `pull` on its diagonal."""
        cells = math.prod(self.grid)
        exponent = COLOR_CONTRAST * self.color + FEATURE_CONTRAST * self.feature
        weights = (np.exp(-exponent) + LEAST_WEIGHT) / self._length
        one_way = coo_array((weights, (self._begin, self._end)), (cells, cells)).tocsr()
        both = one_way + one_way.T
        system = diags_array(both.sum(1) + self.pull) - both
        return splu(
            # In half the time and memory; solutions differ by 2e-5 at most.
            csc_array(system.astype(np.float32)),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0,
            options={"SymmetricMode": True},
        )

    def walk(self, prior: Floats | Doubles, held: dict[int, float]) -> Doubles:
        """Walk at random from every cell until the prior or a held cell ends the walk.

        Parameters
        ----------
        prior : ndarray of float, shape (h, w)
            0 to 1: the value where a walk ends by itself, which it does at every step
            with odds of `pull` to the weights of the neighbours.
        held : dict of int to float
            Cell, counted row by row -> its value.

        Returns
        -------
        ndarray of float64, shape (h, w)
            The mean value at the end of the walks from each cell.

        Notes
        -----
        The random walker with a prior [1]_: ``(L + m I) x = m p``, with held cells. One
        factor serves all prompts: a held cell adds the walk from it, times what the
        others lack there.

        References
        ----------
        .. [1] L. Grady, "Multilabel random walker image segmentation using prior
           models", CVPR 2005.
        """
        values = self._solve(self.pull * prior.ravel())
        if held:
            cells = list(held)
            walks = np.stack([self._walk_from(cell) for cell in cells])
            lacking = np.array([*held.values()]) - values[cells]
            among = walks[:, cells].astype(np.float64)
            values += np.linalg.solve(among, lacking) @ walks
        return values.reshape(self.grid)

    def _solve(self, right: Doubles) -> Doubles:
        solved: Doubles = self._factor.solve(right.astype(np.float32))
        return solved.astype(np.float64)

    def _walk_from(self, cell: int) -> Floats:
        """Return how often walks from the cells come through one cell."""

        def make() -> Floats:
            unit = np.zeros(math.prod(self.grid), dtype=np.float32)
            unit[cell] = 1
            walks: Floats = self._factor.solve(unit)
            return walks

        return self._walks.get(cell, make)

    def distances(self, cells: Sequence[int]) -> Doubles:
        """Return geodesic distances to the nearest of some cells, (h, w).

        As a share of the diagonal. A step costs its length times
        ``1 + C**0.5 + F**0.5``: differences of colours and features, each of mean
        about 1.
        """

        def make() -> Doubles:
            before = self._ways.peek(tuple(cells[:-1]))
            if before is not None:  # one prompt more
                return np.minimum(before, self.distances(cells[-1:]))
            least: Doubles = dijkstra(
                self._costs, directed=False, indices=list(cells), min_only=True
            )
            return least.reshape(self.grid)

        return self._ways.get(tuple(cells), make)

    @cached_property
    def _costs(self) -> coo_array:
        cells = math.prod(self.grid)
        costs = self._length * (1 + np.sqrt(self.color) + np.sqrt(self.feature))
        costs /= math.hypot(*self.grid)
        return coo_array((costs, (self._begin, self._end)), (cells, cells)).tocsr()


FACTOR_BYTES = 600
"""Bytes of a cell in the factors of a lattice, and in the lattice, about."""


def _edges(grid: tuple[int, int]) -> tuple[Indices, Indices, Doubles]:
    """Return the ends and the lengths of all edges between neighbours."""
    height, width = grid
    cells = np.arange(height * width).reshape(grid)
    begins, ends, lengths = [], [], []
    for down, right in STEPS:
        left, stop = max(0, -right), width - max(0, right)
        begin = cells[: height - down, left:stop].ravel()
        begins.append(begin)
        ends.append(begin + down * width + right)
        lengths.append(np.full(len(begin), math.hypot(down, right)))
    return np.concatenate(begins), np.concatenate(ends), np.concatenate(lengths)
