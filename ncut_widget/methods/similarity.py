"""How similar a batch's eigenvectors are to what was clicked.

One cell by itself, by cosines, or all clicks together, in diffusion coordinates or by a
biased cut. Only the maps that are asked for are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.core.arrays import as_tensor
from ncut_widget.core.checks import check_array
from ncut_widget.core.parallel import chunks, deal_all
from ncut_widget.core.products import (
    LONGEST_ROW,
    exponent_of,
    row_cosines,
    row_norms,
    times_power,
    unit_vector,
    weighted_sum,
)
from ncut_widget.eigvecs.memory import Eigvecs
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.cut import cut, heatmap
from ncut_widget.masks.statistics import SimilarityStatistics, similarity_statistics
from ncut_widget.methods.diffusion import Diffusion, DiffusionSet
from ncut_widget.methods.regression import make_right
from ncut_widget.ncut.biased import BiasedCut, Graph

# Eigenvectors that are looked at together: on a CPU they stay in a core's cache.
_CPU_ROWS, _ROWS = 2**12, 2**20

# Eigenvectors that a core takes at a time: enough to be worth handing over.
_PART = 2**14


class BiasedSet(NamedTuple):
    """Clicks that one similarity is made of, by a biased cut; see `Graph.bias`.

    Attributes
    ----------
    positives, negatives : tuple of Cell
        At least one positive.
    click_weight : float, 0 to 1
    bg_weight : float, at least 0
    """

    positives: tuple[Cell, ...]
    negatives: tuple[Cell, ...]
    click_weight: float
    bg_weight: float


ClickSet = BiasedSet | DiffusionSet

SETS: dict[str, type[ClickSet]] = {"diffusion": DiffusionSet, "biased_ncut": BiasedSet}
"""The methods that take all clicks together, and what one of their maps is made of."""


def method_of(clicks: ClickSet) -> str:
    """Return the method that takes such a set."""
    return next(name for name, kind in SETS.items() if isinstance(clicks, kind))


def parameters(kind: type[ClickSet]) -> tuple[str, ...]:
    """Return the settings in a set, beside the clicks."""
    return kind._fields[2:]


Source = Cell | BiasedSet | DiffusionSet
"""What a similarity is to: one clicked pixel, or all of them."""


class Standardised:
    """A similarity that is cut and shown by its statistics over the whole batch."""

    statistics: SimilarityStatistics

    @property
    def constant(self) -> bool:
        """Whether it tells no cell from another."""
        return self.statistics.constant

    def cut(self, threshold: float, gamma: float) -> np.float32:
        """Return the similarity above which a cell belongs to the mask."""
        return cut(self.statistics, threshold, gamma)

    def heat(self, values: NDArray, gamma: float) -> NDArray:
        """Return the heatmap of some of the values."""
        return heatmap(values, gamma, self.statistics)


class Similarity(Standardised):
    """One cell's cosine with every eigenvector of the batch, as far as asked for.

    Parameters
    ----------
    eigvecs : Eigvecs
    cell : Cell
    num_eig : int
        Leading eigenvectors that are compared.

    Attributes
    ----------
    statistics : SimilarityStatistics
        Over the whole batch.
    """

    def __init__(self, eigvecs: Eigvecs, cell: Cell, num_eig: int) -> None:
        self._eigvecs = eigvecs
        self.vector = eigvecs.vector(cell, num_eig)
        self.statistics = eigvecs.statistics(self.vector)
        self._values = np.empty(eigvecs.shape[:3], dtype=np.float32)
        self._known = np.zeros(len(self._values), dtype=bool)

    @property
    def nbytes(self) -> int:
        """Memory that is taken by the maps which were asked for, and by the rest."""
        maps = int(self._known.sum()) * self._values[0].nbytes
        return maps + self._known.nbytes + self.vector.nbytes

    @property
    def values(self) -> NDArray:
        """Maps of all images: float32, shape (B, H, W); not to be changed."""
        return self.maps(slice(None))

    def maps(self, images: int | slice | Sequence[int]) -> NDArray:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        missing &= ~self._known
        if missing.any():
            self._eigvecs.maps(self.vector, np.flatnonzero(missing), self._values)
            self._known |= missing
        return self._values[images]

    def extend(self, eigvecs: torch.Tensor) -> NDArray:
        """Give the map of an image of no batch: eigvecs (H, W, k) -> (H, W)."""
        with torch.inference_mode():
            vector = torch.from_numpy(self.vector).to(eigvecs.device)
            return cosines(eigvecs.detach().float(), vector)


class BiasedSimilarity(Standardised):
    """Cosine of every pixel with the clicked, by the eigenvectors of a biased cut.

    Parameters
    ----------
    graph : Graph
        Of a batch of images with P pixels of the latent grid each.
    grid : (int, int)
        ``(H, W)``, H * W = P.
    clicks : BiasedSet
    num_eig : int
        Leading eigenvectors of the graph that are used.
    diffusion : Diffusion, optional
        Of the same batch: which cells about a negative click are like it. Without it
        the map is the cut's alone.

    Attributes
    ----------
    statistics : SimilarityStatistics
        Over the whole batch.
    values : ndarray of float32, shape (B, H, W)
        Maps of all images; not to be changed.

    Notes
    -----
    A negative click may change the cut so little that it stays in the mask. So its cell
    gets the lowest similarity there is, and what is near it and like it less, as far as
    no positive click speaks against that (`make_right`).
    """

    def __init__(
        self,
        graph: Graph,
        grid: tuple[int, int],
        clicks: BiasedSet,
        num_eig: int,
        diffusion: Diffusion | None = None,
    ) -> None:
        def places(cells: Sequence[Cell]) -> list[tuple[int, int]]:
            return [(image, row * grid[1] + col) for image, row, col in cells]

        self._cut: BiasedCut
        with torch.inference_mode():
            self._cut, similarity = graph.bias(
                places(clicks.positives),
                places(clicks.negatives),
                num_eig,
                clicks.click_weight,
                clicks.bg_weight,
            )
        self.values = similarity.cpu().numpy().reshape(-1, *grid)
        self.statistics = similarity_statistics(self.values)
        if diffusion and clicks.bg_weight > 0 and not self.constant:
            self._take_away(clicks, grid, diffusion)

    def _take_away(
        self, clicks: BiasedSet, grid: tuple[int, int], diffusion: Diffusion
    ) -> None:
        """Lower the similarity about the negative clicks."""
        negatives = [cell for cell in clicks.negatives if cell not in clicks.positives]
        if not negatives:
            return
        cells = [*clicks.positives, *negatives]
        coordinates = np.stack(
            [diffusion.coordinates(at, row * grid[1] + col) for at, row, col in cells]
        )
        cosines = np.einsum("ik,jk->ij", coordinates, coordinates)
        lowest = self.values.min()
        lacking = np.zeros(len(cells))
        for place, cell in enumerate(negatives, len(clicks.positives)):
            lacking[place] = lowest - self.values[cell]
        amounts = make_right(cells, cosines, lacking, grid)
        for cell, own, amount in zip(cells, coordinates, amounts, strict=True):
            near = diffusion.surroundings(cell, own, grid)
            self.values[cell.image] += np.float32(amount) * near
        np.clip(self.values, lowest, 1, out=self.values)
        for cell in negatives:
            self.values[cell] = lowest

    @property
    def nbytes(self) -> int:
        """Memory that all maps take."""
        return self.values.nbytes

    def maps(self, images: int | slice | Sequence[int]) -> NDArray:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""
        return self.values[images]

    def extend(self, eigvecs: torch.Tensor) -> NDArray:
        """Give the map of an image of no batch: eigvecs (H, W, k) -> (H, W)."""
        with torch.inference_mode():
            rows = eigvecs.to(self._cut.mix).flatten(0, 1).T
            return self._cut.similarity(rows).cpu().numpy().reshape(eigvecs.shape[:2])


def cosine_similarity(all_eigvecs: ArrayLike, prompt_eigvec: ArrayLike) -> NDArray:
    """Cosine of one eigenvector with every eigenvector.

    Parameters
    ----------
    all_eigvecs : torch.Tensor or array_like, shape (..., K)
        Eigenvectors, of any length and floating dtype, on any device.
    prompt_eigvec : torch.Tensor or array_like, shape (K,)
        The clicked eigenvector.

    Returns
    -------
    ndarray of float32, shape (...)
        Cosines in [-1, 1] up to rounding, which is the same for equal eigenvectors; 0
        where an eigenvector is zero.

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> cosine_similarity([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [1.0, 0.0]).tolist()
    [1.0, 0.0, -1.0]
    """
    eigvecs = as_tensor(check_array("all_eigvecs", all_eigvecs))
    prompt = as_tensor(check_array("prompt_eigvec", prompt_eigvec))
    if eigvecs.ndim < 1 or prompt.ndim != 1 or eigvecs.shape[-1] != prompt.shape[0]:
        raise ValueError(
            "prompt_eigvec must be one eigenvector of all_eigvecs, shape (K,): got "
            f"{tuple(prompt.shape)} for all_eigvecs of shape {tuple(eigvecs.shape)}"
        )
    with torch.no_grad():
        exponent = exponent_of(prompt) if len(prompt) else 0
        if exponent:
            eigvecs = times_power(eigvecs, -exponent)
            prompt = times_power(prompt, -exponent)
        eigvecs, prompt = eigvecs.float(), prompt.float()
        unit = unit_vector(prompt.to(eigvecs.device))
        if eigvecs.device.type != "cpu" or len(prompt) > LONGEST_ROW:
            return cosines(eigvecs, unit)
        flat = eigvecs.reshape(-1, len(prompt)).numpy()
        similarity = np.empty(len(flat), dtype=np.float32)

        def write(part: slice) -> None:
            row_cosines(flat[part], unit.numpy(), out=similarity[part])

        deal_all(write, chunks(len(flat), _PART), eigvecs.device)
        return similarity.reshape(eigvecs.shape[:-1])


def cosines(eigvecs: torch.Tensor, unit: torch.Tensor) -> NDArray:
    """Give the cosines of float32 tensors, the second of length 1, on one device.

    Their bits are those of the maps of `Eigvecs`.
    """
    *shape, num_eig = eigvecs.shape
    flat = eigvecs.reshape(math.prod(shape), num_eig)
    size = _CPU_ROWS if flat.device.type == "cpu" else _ROWS
    similarity = np.empty(len(flat), dtype=np.float32)
    for first in range(0, len(flat), size):
        at = slice(first, first + size)
        rows = flat[at].T.contiguous()
        similarity[at] = (weighted_sum(rows, unit) / row_norms(rows)).cpu().numpy()
    return similarity.reshape(shape)
