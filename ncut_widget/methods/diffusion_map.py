"""Diffusion coordinates: each eigenvector weighted by ``eigenvalue ** (t / 2)``.

The trivial eigenvector has a small weight of its own [1]_. For previews
``js/src/maths/diffusion.js`` computes the same.

References
----------
.. [1] R. Coifman and S. Lafon, "Diffusion maps", Applied and Computational Harmonic
   Analysis 21(1), 2006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.core.products import add_products, row_norms, weighted_sum
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods.base import read_cells
from ncut_widget.methods.regression import falloff

TRIVIAL = 0.3
"""Weight of the trivial eigenvector; that of the next is 1. Large regions vary mainly
in the trivial eigenvector."""

_STEPS = 60
_LONGEST = 1e9
_FAINTEST = 1e-30


def diffusion_weights(eigvals: Floats | Doubles, granularity: float) -> Doubles:
    """Weights of the eigenvectors, ``lambda**(t / 2)``, for a granularity.

    Parameters
    ----------
    eigvals : ndarray of float, shape (K,)
        Descending; the first is the trivial one's.
    granularity : float, 1 to K - 1
        How many eigenvectors stay in effect: ``(sum w)**2 / sum w**2`` for
        ``w = lambda**t`` (the participation ratio), which means the same for any
        spectrum: few for whole things, many for parts of them.

    Returns
    -------
    ndarray of float64, shape (K,)
        `TRIVIAL` for the trivial one, 1 for the next; all 0 if no other eigenvalue is
        above 0.
    """
    some = np.asarray(eigvals, dtype=np.float64)[1:]
    if not len(some) or some[0] <= 0:
        return np.zeros(len(eigvals))
    # Relative to the largest: at long times all weights would underflow to 0.
    logs = np.log(np.clip(some / some[0], _FAINTEST, None))

    def weights(time: float) -> Doubles:
        decayed: Doubles = np.exp(np.maximum(time * logs, -700.0))
        return decayed

    low, high = 0.0, 1.0
    while high < _LONGEST and _participation(weights(high)) > granularity:
        low, high = high, 2 * high
    for _ in range(_STEPS):
        time = (low + high) / 2
        if _participation(weights(time)) > granularity:
            low = time
        else:
            high = time
    return np.concatenate([[TRIVIAL], np.sqrt(weights(low))])


def _participation(weights: Doubles) -> float:
    return float(weights.sum() ** 2 / np.square(weights).sum())


class DiffusionMap:
    """The diffusion coordinates of a batch, each computed when first read.

    Parameters
    ----------
    store : Store
    weights : ndarray of float64, shape (K,)
    """

    def __init__(self, store: Store, weights: Doubles) -> None:
        self._store = store
        self._weights = weights.astype(np.float32)
        self._norms: dict[int, Tensor] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of memory of the lengths computed so far."""
        return 4 * self._store.cells * len(self._norms)

    def coordinates(self, cells: Sequence[Cell]) -> Doubles:
        """Return the coordinates of some cells: float64, (n, K), of length 1 or 0."""
        with torch.inference_mode():
            rows = read_cells(self._store, cells, len(self._weights))
            wide = (rows.cpu().numpy() * self._weights).astype(np.float64)
        lengths = [float(np.sqrt(np.square(each).sum())) for each in wide]
        return wide / np.maximum(lengths, 1e-12)[:, None]

    def map(self, image: int, vector: Doubles) -> Floats:
        """Return the products of a vector (K,) with the cells of an image, (H, W)."""
        with torch.inference_mode():
            rows = self._store.read(slice(image, image + 1))[0]
            if image not in self._norms:
                self._norms[image] = self._lengths(rows)
            products = self._products(rows, vector, self._norms[image])
        return products.reshape(self._store.grid)

    def surroundings(self, cell: Cell, coordinates: Doubles) -> Floats:
        """Return how near and similar to a cell those of its image are: 0 to 1, (H, W).

        Parameters
        ----------
        cell : Cell
        coordinates : ndarray of float64, shape (K,)
            The coordinates of the cell.
        """
        grid = self._store.grid
        near = np.maximum(self.map(cell.image, coordinates), 0)
        near *= falloff(cell.row, grid[0])[:, None]
        near *= falloff(cell.col, grid[1])
        return near

    def extend(self, eigvecs: Tensor, vector: Doubles) -> Floats:
        """Do as `map` for the eigenvectors (H, W, K) of an image not in the batch."""
        rows = eigvecs.detach().float().flatten(0, 1).T.contiguous()
        with torch.inference_mode():
            products = self._products(rows, vector, self._lengths(rows))
        return products.reshape(eigvecs.shape[:2])

    def _lengths(self, rows: Tensor) -> Tensor:
        weights = torch.from_numpy(self._weights).to(rows.device)
        return row_norms(rows * weights[:, None])

    def _products(self, rows: Tensor, vector: Doubles, norms: Tensor) -> Floats:
        weighted = (vector * self._weights).astype(np.float32)
        if rows.device.type == "cpu":
            out = np.empty(rows.shape[1], dtype=np.float32)
            add_products(rows.numpy(), weighted, out)
            out /= norms.numpy()
            return out
        products = weighted_sum(rows, torch.from_numpy(weighted).to(rows.device))
        return (products / norms).cpu().numpy()
