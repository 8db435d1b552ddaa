"""How well every cell fits all clicks together, in diffusion coordinates.

Each eigenvector counts by the diffusion it stands for, not by its number: at time t by
``lambda**(t / 2)``, the trivial one next to not at all [1]_. In these coordinates all
clicks make one map (`regression`), so that a mask is one comparison with the threshold.
``js/src/maths/diffusion.js`` computes the same for previews.

References
----------
.. [1] R. Coifman and S. Lafon, "Diffusion maps", Applied and Computational Harmonic
   Analysis 21(1), 2006.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.products import add_products, row_norms, weighted_sum
from ncut_widget.masks.coordinates import Cell
from ncut_widget.methods.regression import Fit, falloff, fit_clicks

TRIVIAL = 0.3
"""Weight of the trivial eigenvector, beside 1 of the next: what takes most of a batch
differs in little else from one part of itself to the other.
"""

CELL_BYTES = 250
"""Of a clicked cell and its array of coordinates, without their values."""

_STEPS = 60
_LONGEST = 1e9
_FAINTEST = 1e-30


class DiffusionSet(NamedTuple):
    """Clicks that one map is made of.

    Attributes
    ----------
    positives, negatives : tuple of Cell
        At least one positive.
    granularity : float, 1 to K - 1
        Eigenvectors in effect; see `diffusion_weights`.
    """

    positives: tuple[Cell, ...]
    negatives: tuple[Cell, ...]
    granularity: float


def diffusion_weights(eigvals: NDArray, granularity: float) -> NDArray:
    """Weights of the eigenvectors, ``lambda**(t / 2)``, at the time that is wanted.

    Parameters
    ----------
    eigvals : ndarray of float, shape (K,)
        Descending; the first is the trivial one's.
    granularity : float, 1 to K - 1
        How many eigenvectors stay in effect: ``(sum w)**2 / sum w**2`` for
        ``w = lambda**t`` (the participation ratio). So a value means the same for any
        spectrum: few for whole things, many for parts of them.

    Returns
    -------
    ndarray of float64, shape (K,)
        `TRIVIAL` for the trivial one, 1 for the next, and all 0 where no other is above
        0.
    """
    some = np.asarray(eigvals, dtype=np.float64)[1:]
    if not len(some) or some[0] <= 0:
        return np.zeros(len(eigvals))
    # By the largest of them: at long times all would vanish.
    logs = np.log(np.clip(some / some[0], _FAINTEST, None))

    def weights(time: float) -> NDArray:
        return np.exp(np.maximum(time * logs, -700.0))

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


def _participation(weights: NDArray) -> float:
    return float(weights.sum() ** 2 / np.square(weights).sum())


class Diffusion:
    """The diffusion coordinates of a batch, made as far as asked for.

    Parameters
    ----------
    rows : torch.Tensor of float32, shape (B, K, P)
        Eigenvectors.
    weights : ndarray of float64, shape (K,)
    """

    def __init__(self, rows: Tensor, weights: NDArray) -> None:
        self._rows = rows
        self._weights = weights.astype(np.float32)
        self._norms: dict[int, Tensor] = {}

    @property
    def nbytes(self) -> int:
        """Memory that the lengths take, which were asked for."""
        return 4 * self._rows.shape[2] * len(self._norms)

    def coordinates(self, image: int, place: int) -> NDArray:
        """Return those of a cell: float64, shape (K,), of length 1 or 0."""
        with torch.inference_mode():
            vector = self._rows[image, :, place].cpu().numpy() * self._weights
        wide = vector.astype(np.float64)
        return wide / max(float(np.sqrt(np.square(wide).sum())), 1e-12)

    def map(self, image: int, vector: NDArray) -> NDArray:
        """Return the products of a vector (K,) with the cells of an image, (P,)."""
        with torch.inference_mode():
            if image not in self._norms:
                self._norms[image] = self._lengths(self._rows[image])
            return self._products(self._rows[image], vector, self._norms[image])

    def surroundings(
        self, cell: Cell, coordinates: NDArray, grid: tuple[int, int]
    ) -> NDArray:
        """Return how near and how like a cell those of its image are: 0 to 1, (H, W).

        Parameters
        ----------
        cell : Cell
        coordinates : ndarray of float64, shape (K,)
            Its own.
        grid : (int, int)
        """
        near = np.maximum(self.map(cell.image, coordinates), 0).reshape(grid)
        near *= falloff(cell.row, grid[0])[:, None]
        near *= falloff(cell.col, grid[1])
        return near

    def extend(self, rows: Tensor, vector: NDArray) -> NDArray:
        """Return the same for the eigenvectors (K, P) of an image of no batch."""
        with torch.inference_mode():
            return self._products(rows, vector, self._lengths(rows))

    def _lengths(self, rows: Tensor) -> Tensor:
        weights = torch.from_numpy(self._weights).to(rows.device)
        return row_norms(rows * weights[:, None])

    def _products(self, rows: Tensor, vector: NDArray, norms: Tensor) -> NDArray:
        weighted = (vector * self._weights).astype(np.float32)
        if rows.device.type == "cpu":
            out = np.empty(rows.shape[1], dtype=np.float32)
            add_products(rows.numpy(), weighted, out)
            return np.divide(out, norms.numpy(), out=out)
        products = weighted_sum(rows, torch.from_numpy(weighted).to(rows.device))
        return (products / norms).cpu().numpy()


class DiffusionSimilarity:
    """How well every cell fits a set of clicks.

    Parameters
    ----------
    diffusion : Diffusion
    grid : (int, int)
    batch : int
    clicks : DiffusionSet
    earlier : DiffusionSimilarity, optional
        That of the same clicks but for the last positive one, if it is at hand: its
        maps need not be made again.

    Notes
    -----
    The largest of the regressions (`fit_clicks`) of the first positive click, the first
    two and so on, each with all negative ones: so a positive click only adds to a mask.
    The cells that were clicked get what the clicks say, whatever else.
    """

    def __init__(
        self,
        diffusion: Diffusion,
        grid: tuple[int, int],
        batch: int,
        clicks: DiffusionSet,
        earlier: DiffusionSimilarity | None = None,
    ) -> None:
        self._diffusion = diffusion
        self._grid = grid
        self._clicks = clicks
        self._coordinates = {
            cell: diffusion.coordinates(cell.image, cell.row * grid[1] + cell.col)
            for cell in (*clicks.positives, *clicks.negatives)
        }
        self._fits: dict[int, Fit] = {}
        self._known = np.zeros(batch, dtype=bool)
        self._values = np.empty((batch, *grid), dtype=np.float32)
        self._begun = self._known.copy()
        if earlier is not None:
            # Memory that is never written to is never taken.
            self._begun = earlier._known.copy()
            self._values[self._begun] = earlier._values[self._begun]

    statistics = None
    """It needs none: the map is its own heatmap."""

    constant = False

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return what a cell must be above to belong to the mask."""
        del gamma
        return np.float32(threshold)

    def heat(self, values: NDArray, gamma: float) -> NDArray:
        """Return the heatmap of some of the values, 0 to 1."""
        del gamma
        return np.clip(values, 0, 1)

    @property
    def nbytes(self) -> int:
        """Memory that is taken by the maps which were asked for, and by the rest."""
        maps = int((self._known | self._begun).sum()) * self._values[0].nbytes
        # Every cell with its coordinates, here and in each fit.
        count = len(self._coordinates) + sum(len(f.cells) for f in self._fits.values())
        each = next(iter(self._coordinates.values())).nbytes + CELL_BYTES
        return maps + self._known.nbytes + count * each

    @property
    def values(self) -> NDArray:
        """Maps of all images: float32, shape (B, H, W); not to be changed."""
        return self.maps(slice(None))

    def maps(self, images: int | slice | Sequence[int]) -> NDArray:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        for image in np.flatnonzero(missing & ~self._known).tolist():
            self._values[image] = self._make(image)
            self._known[image] = True
        return self._values[images]

    def extend(self, eigvecs: Tensor) -> NDArray:
        """Give the map of an image of no batch: eigvecs (H, W, k) -> (H, W)."""
        rows = eigvecs.detach().float().flatten(0, 1).T.contiguous()
        fits = map(self._fit, range(1, len(self._clicks.positives) + 1))
        maps = [self._diffusion.extend(rows, fit.vector) + fit.offset for fit in fits]
        return np.max(maps, axis=0).reshape(eigvecs.shape[:2])

    def _fit(self, count: int) -> Fit:
        """Fit the first so many positive clicks, and all negative ones."""
        if count not in self._fits:
            cells = [*self._clicks.positives[:count], *self._clicks.negatives]
            coordinates = np.stack([self._coordinates[cell] for cell in cells])
            positive = np.arange(len(cells)) < count
            self._fits[count] = fit_clicks(cells, coordinates, positive, self._grid)
        return self._fits[count]

    def _make(self, image: int) -> NDArray:
        count = len(self._clicks.positives)
        field = self._field(self._fit(count), image)
        if self._begun[image]:
            np.maximum(field, self._values[image], out=field)
        else:
            for fewer in range(1, count):
                np.maximum(field, self._field(self._fit(fewer), image), out=field)
        for at, row, col in self._clicks.positives:
            if at == image:
                field[row, col] = max(field[row, col], 1)
        for at, row, col in self._clicks.negatives:
            if at == image:
                field[row, col] = min(field[row, col], 0)
        return field

    def _field(self, fit: Fit, image: int) -> NDArray:
        """Return how well the cells of an image fit, about its clicks made right."""
        field = self._diffusion.map(image, fit.vector) + fit.offset
        field = field.reshape(self._grid)
        for cell, coordinates, amount in zip(
            fit.cells, fit.coordinates, fit.local, strict=True
        ):
            if cell.image != image or amount == 0:
                continue
            near = self._diffusion.surroundings(cell, coordinates, self._grid)
            field += np.float32(amount) * near
        return field
