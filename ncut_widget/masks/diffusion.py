"""How well every cell fits all clicks together, in diffusion coordinates.

Each eigenvector counts by the diffusion it stands for, not by its number: at time t by
``lambda**(t / 2)``, the trivial one left out [1]_. In these coordinates all clicks make
one map, 1 at the weakest positive click and 0 at the strongest negative one, so that a
mask is one comparison with the threshold. ``js/src/maths/diffusion.js`` computes the
same for previews.

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

from ncut_widget.masks.coordinates import Cell
from ncut_widget.products import add_products, row_norms, weighted_sum

# What these do for masks shows in `make bench-quality`.
RIDGE = 1.5
"""Ridge of the regression, where a similarity is at most 1: the larger, the less clicks
near each other turn the map about.
"""

SEPARATION = 0.7
"""A negative click moves the cut of the whole batch up to this share of the weakest
positive click; what is beyond, is made right about the click alone.
"""

REACH = 0.15
"""About a click: a Gaussian of this share of the image's sides."""

LOCAL_RIDGE = 0.05
"""Ridge of what is made right about clicks."""

_STEPS = 60
_LONGEST = 1e9
_FAINTEST = 1e-30
_NOTHING = 1e-9  # what a click lacks by rounding alone


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
        0 for the trivial one, 1 for the next, and all 0 where no other is above 0.
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
    return np.concatenate([[0.0], np.sqrt(weights(low))])


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

    Notes
    -----
    Kernel ridge regression of 1 at positive and 0 at negative clicks, with the cosine
    of diffusion coordinates for the kernel. What comes out is scaled: 1 is the weakest
    positive click, 0 the strongest negative one. Where a negative click is so strong
    that this would leave too little of the rest (`SEPARATION`), it is made right about
    itself, by a second regression whose kernel is the cosine times a Gaussian of the
    distance. The cells that were clicked get what the clicks say, whatever else.
    """

    def __init__(
        self,
        diffusion: Diffusion,
        grid: tuple[int, int],
        batch: int,
        clicks: DiffusionSet,
    ) -> None:
        self._diffusion = diffusion
        self._grid = grid
        self._cells = [*clicks.positives, *clicks.negatives]
        positive = np.arange(len(self._cells)) < len(clicks.positives)
        self._positive = positive
        self._coordinates = np.stack(
            [
                diffusion.coordinates(i, row * grid[1] + col)
                for i, row, col in self._cells
            ]
        )
        cosines = np.einsum("ik,jk->ij", self._coordinates, self._coordinates)
        ridge = cosines + RIDGE * np.eye(len(cosines))
        amounts = np.linalg.solve(ridge, positive.astype(np.float64))
        fits = cosines @ amounts
        top = max(float(fits[positive].min()), 1e-3)
        bottom = max([0.0, *fits[~positive].tolist()])
        bottom = min(bottom, SEPARATION * top)
        self._vector = np.einsum("i,ik->k", amounts, self._coordinates) / (top - bottom)
        self._offset = np.float32(-bottom / (top - bottom))
        fits = (fits - bottom) / (top - bottom)
        lacking = np.where(positive, np.maximum(1 - fits, 0), np.minimum(-fits, 0))
        lacking[np.abs(lacking) < _NOTHING] = 0
        self._local = self._make_right(cosines, lacking)
        self._values = np.empty((batch, *grid), dtype=np.float32)
        self._known = np.zeros(batch, dtype=bool)

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
        maps = int(self._known.sum()) * self._values[0].nbytes
        return maps + self._known.nbytes + self._coordinates.nbytes

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
        fit = self._diffusion.extend(rows, self._vector)
        return (fit + self._offset).reshape(eigvecs.shape[:2])

    def _make(self, image: int) -> NDArray:
        fit = self._diffusion.map(image, self._vector) + self._offset
        fit = fit.reshape(self._grid)
        for number, (at, row, col) in enumerate(self._cells):
            if at != image or self._local[number] == 0:
                continue
            near = self._diffusion.map(image, self._coordinates[number])
            near = np.maximum(near, 0).reshape(self._grid)
            rows, cols = (
                _falloff(place, size)
                for place, size in zip((row, col), self._grid, strict=True)
            )
            near *= rows[:, None]
            near *= cols
            fit += np.float32(self._local[number]) * near
        for (at, row, col), positive in zip(self._cells, self._positive, strict=True):
            if at == image:
                here = fit[row, col]
                fit[row, col] = max(here, 1) if positive else min(here, 0)
        return fit

    def _make_right(self, cosines: NDArray, lacking: NDArray) -> NDArray:
        """Return how much of each click's surroundings is added to its image."""
        if not lacking.any():
            return lacking
        image, *places = np.array(self._cells).T
        near = np.maximum(cosines, 0) * (image[:, None] == image)
        for place, size in zip(places, self._grid, strict=True):
            apart = (place[:, None] - place) / (size * REACH)
            near *= np.exp(-np.square(apart) / 2)
        return np.linalg.solve(near + LOCAL_RIDGE * np.eye(len(near)), lacking)


def _falloff(place: int, size: int) -> NDArray:
    """Return the Gaussian about a row or column, over all of them; float32."""
    apart = (np.arange(size) - place) / (size * REACH)
    return np.exp(-np.square(apart) / 2).astype(np.float32)
