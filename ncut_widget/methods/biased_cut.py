"""Click-biased normalized cut: one cut of the graph and of an affinity from the clicks.

The clicks give every pixel a *profile*: its affinity to the positive clicks minus that
to the negative ones. The clicks' affinity joins pixels of similar profiles; the graph's
own affinity is added with a weight. The leading two eigenvectors of the sum separate
the pixels that go with the clicks from the others. No N x N matrix is formed: the graph
is given by its eigenpairs, the clicks' affinity by a factor over a grid of profiles, so
that the eigenproblem has as many rows as these have columns.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.core.cache import Bounded
from ncut_widget.core.parallel import one_thread
from ncut_widget.core.products import weighted_sum
from ncut_widget.eigvecs.store import Store
from ncut_widget.methods.base import read_cells
from ncut_widget.methods.biased_factor import STEP, click_factor, leading_two
from ncut_widget.prompts import Seed

REACH = 16.0
"""Profiles are clipped to this, on either side.

1 is the profile of an average pixel: pixels 16 times as near are all alike.
"""

_DEGREE_FLOOR = 0.01  # of the mean degree
_TINY = 1e-12
_SUMS_KEPT = 4
_BLOCKS_SUMMED = 8  # in float32, before they are added in float64


class BiasedCut(NamedTuple):
    """The leading two eigenvectors of a biased cut, as a function of a pixel's row.

    They are known up to a positive factor for each pixel, the root of its degree. A
    cosine does not depend on it, so that pixels outside of the batch have one, too.

    Attributes
    ----------
    weights : torch.Tensor of float32, shape (k,)
        A pixel's profile is the product of its row with these.
    low : float
        Profile of the table's first row; the others follow in steps of `STEP`.
    table : torch.Tensor of float32, shape (2, G)
        The clicks' part, by profile.
    mix : torch.Tensor of float32, shape (2, k)
        The graph's part is the product of these with the pixel's row.
    clicked : tuple of (float, float)
        Direction of the mean of the positive clicks' rows, of length 1, or 0.
    """

    weights: Tensor
    low: float
    table: Tensor
    mix: Tensor
    clicked: tuple[float, float]

    def similarity(self, rows: Tensor) -> Tensor:
        """Cosine of pixels with the positive clicks, by their biased eigenvectors.

        Parameters
        ----------
        rows : torch.Tensor of float32, shape (..., K, pixels)
            The graph's eigenvectors, of the batch or extended from it, K at least k.

        Returns
        -------
        torch.Tensor of float32, shape (..., pixels)
            In [-1, 1] up to rounding, which is the same for equal rows.
        """
        leading = rows[..., : len(self.weights), :]
        profile = weighted_sum(leading, self.weights)
        cells = _cells(profile, self.low, self.table.shape[1])
        return self.cosine(cells, leading)

    def cosine(self, cells: Tensor, leading: Tensor) -> Tensor:
        """Give the `similarity` of pixels whose rows of the table are known."""
        first, second = (
            weighted_sum(leading, graph).add_(clicks[cells])
            for graph, clicks in zip(self.mix, self.table, strict=True)
        )
        # Without a second eigenvector this is 1 or -1, to the bit: a constant field.
        # `torch.hypot` may round the last pixels of a block in another way.
        length = (first * first + second * second).sqrt_().clamp_min_(_TINY)
        return (first / length) * self.clicked[0] + (second / length) * self.clicked[1]


class Graph:
    """The normalised affinity of a batch, by its eigenpairs: ``M ~ V diag(l) V.T``.

    Parameters
    ----------
    store : Store
        Eigenvectors, of unit length and orthogonal over all ``N = B * P`` cells, as
        `NCUT` gives them, or all of another length.
    eigvals : array_like of float, shape (K,)
        Negative ones are set to 0.

    Raises
    ------
    ValueError
        If the eigenvectors' lengths differ by more than 5 %, zero vectors aside.
    """

    def __init__(self, store: Store, eigvals: Floats | Doubles) -> None:
        self._store = store
        checked = np.asarray(eigvals, dtype=np.float64)
        self._eigvals = torch.from_numpy(np.maximum(checked, 0))
        self._slices = store.slices()
        self._row_sums: Bounded[Tensor] = Bounded(_SUMS_KEPT)
        squares = self._slices.sum(lambda at: store.read(at).square().sum((0, 2)))
        lengths = squares.sqrt().numpy()
        away = (np.abs(lengths - 1) > 0.05) & (lengths > 0)
        if not away.any():
            return
        number = int(away.argmax())
        if (np.abs(lengths / lengths[number] - 1) > 0.05)[lengths > 0].any():
            raise ValueError(
                "eigvecs must have length 1 over the whole batch for method "
                "'biased_ncut', as those of NCUT, or all the same: got "
                f"{lengths[number]:.3g} for eigenvector {number}"
            )
        # Of vectors of another length: divided by its square, they give the same M.
        self._eigvals /= float(lengths[number]) ** 2

    def bias(
        self,
        positives: Sequence[Seed],
        negatives: Sequence[Seed],
        num_eig: int,
        click_weight: float = 0.5,
        bg_weight: float = 0.1,
    ) -> tuple[BiasedCut, Tensor]:
        """Cut the graph with a bias towards the clicks.

        Parameters
        ----------
        positives, negatives : sequence of Seed
            At least one positive; each cell once.
        num_eig : int, 1 to K
            Leading eigenvectors of the graph that are used, k.
        click_weight : float, 0 to 1
            Weight of the clicks' affinity; that of the graph is 1 minus this.
        bg_weight : float, at least 0
            Weight of the negative clicks in the profile.

        Returns
        -------
        cut : BiasedCut
        similarity : torch.Tensor of float32, shape (B, P)
            `BiasedCut.similarity` of the whole batch.

        Notes
        -----
        With ``M = V diag(l) V.T``, of the leading k eigenpairs, the profile of pixel i
        is ``f_i = N (mean_p M[i, p] - bg_weight mean_n M[i, n])`` over positive clicks
        p and negative ones n: near 1 on the average, and N / n_c within a thing of n_c
        pixels. The clicks' affinity is ``A_ij = exp(-(f_i - f_j)**2 / (2 SIGMA**2))``,
        divided by the roots of its degrees. The matrix that is cut is

            D**-0.5 (click_weight A + (1 - click_weight) M) D**-0.5

        with D its degrees. ``ncut_click_prompt`` of ncut-pytorch 3 does the same on a
        sample of the pixels; here all of them are used.

        A is factorised over a grid of profiles: a Gaussian over an interval is a sum of
        cosines to within 2e-9 (Poisson's formula; see `make_waves`). Profiles are
        rounded to `STEP`, which changes an entry of A by 0.01 at most. The factor has
        two columns for each SIGMA that the profiles spread over, and some. To bound
        them, by 147, profiles are clipped to ``-REACH`` and ``REACH``. A thing of less
        than a sixteenth of the batch may have larger ones: its pixels then count as
        fully alike, where a Gaussian of fixed width would make them unlike each other.

        A truncated M may have row sums near or below 0: degrees are raised to at least
        0.01 of their mean.
        """
        with one_thread():
            weights = self._profile_weights(positives, negatives, num_eig, bg_weight)
            low, cells, counts = self._place(weights)
            factor, click_sums = click_factor(counts)
            degrees = self._degrees(num_eig, click_weight, click_sums, cells)
            gram = self._gram(factor, cells, degrees, num_eig)

            rank = factor.shape[1]
            graph_mixture = (1 - click_weight) * self._eigvals[:num_eig]
            click_mixture = graph_mixture.new_full((rank,), click_weight)
            basis = leading_two(gram, torch.cat([click_mixture, graph_mixture]))
            cut = BiasedCut(
                weights,
                low,
                self._there((factor @ basis[:rank]).T.contiguous()),
                self._there(basis[rank:].T.contiguous()),
                (0.0, 0.0),
            )
            clicked = self._clicked(cut, cells, degrees, positives)
            cut = cut._replace(clicked=clicked)
            similarity = torch.empty_like(degrees)

            def compare(at: slice) -> None:
                similarity[at] = cut.cosine(cells[at], self._store.read(at, num_eig))

            self._slices.each(compare)
        return cut, similarity

    def _profile_weights(
        self,
        positives: Sequence[Seed],
        negatives: Sequence[Seed],
        num_eig: int,
        bg_weight: float,
    ) -> Tensor:
        def mean(seeds: Sequence[Seed]) -> Tensor:
            rows = read_cells(self._store, [seed.cell for seed in seeds], num_eig)
            weights = _weights(seeds)
            return (weights[:, None] * rows.cpu().double()).sum(0) / weights.sum()

        direction = mean(positives)
        if negatives:
            direction = direction - bg_weight * mean(negatives)
        count = self._store.shape[0] * self._store.cells
        return self._there(count * self._eigvals[:num_eig] * direction)

    def _there(self, values: Tensor) -> Tensor:
        """Copy values to the eigenvectors' device as float32: it may lack float64."""
        return values.float().to(self._store.device)

    def _place(self, weights: Tensor) -> tuple[float, Tensor, Tensor]:
        """Find every pixel's profile, in steps from the lowest.

        Returns
        -------
        low : float
        cells : torch.Tensor of int64, shape (B, P)
        counts : torch.Tensor of float64, shape (G,)
            Pixels of each profile.
        """
        store = self._store
        profile = torch.empty((store.shape[0], store.cells), device=store.device)

        def place(at: slice) -> None:
            profile[at] = weighted_sum(store.read(at, len(weights)), weights)

        self._slices.each(place)
        low, high = (
            min(max(float(end), -REACH), REACH) for end in torch.aminmax(profile)
        )
        size = math.ceil((high - low) / STEP) + 1
        cells = _cells(profile, low, size)
        counts = torch.bincount(cells.flatten(), minlength=size)
        return low, cells, counts.cpu().double()

    def _degrees(
        self, num_eig: int, click_weight: float, click_sums: Tensor, cells: Tensor
    ) -> Tensor:
        """Row sums of the mixture, with a lower limit: (B, P)."""
        clicks = self._there(click_weight * click_sums)
        degrees = clicks[cells].add_(self._own_sums(num_eig), alpha=1 - click_weight)
        floor = max(_DEGREE_FLOOR * float(degrees.mean()), _TINY)
        return degrees.clamp_min_(floor)

    def _own_sums(self, num_eig: int) -> Tensor:
        """Row sums of the graph's normalised affinity M: (B, P), for any clicks.

        They are not the degrees of the graph: M is already divided by these.
        """
        store = self._store

        def sums() -> Tensor:
            total = self._slices.sum(lambda at: store.read(at, num_eig).sum((0, 2)))
            weights = self._there(self._eigvals[:num_eig] * total)
            made = torch.empty((store.shape[0], store.cells), device=store.device)

            def write(at: slice) -> None:
                made[at] = weights @ store.read(at, num_eig)

            self._slices.each(write)
            return made

        return self._row_sums.get(num_eig, sums)

    def _gram(
        self, factor: Tensor, cells: Tensor, degrees: Tensor, num_eig: int
    ) -> Tensor:
        """Products of all columns of factor and eigenvectors, divided by the degrees.

        Parameters
        ----------
        factor : torch.Tensor of float64, shape (G, q)
            Rows of the clicks' factor, by profile.
        cells : torch.Tensor of int64, shape (B, P)
        degrees : torch.Tensor of float32, shape (B, P)

        Returns
        -------
        torch.Tensor of float64, shape (q + k, q + k)
        """
        size = len(factor)
        # A GPU adds in any order: in float64 the order does not change the similarity.
        kind = torch.float64 if cells.device.type == "cuda" else torch.float32

        def add(blocks: Iterator[slice]) -> tuple[Tensor, Tensor, Tensor]:
            own = factor.new_zeros((num_eig, num_eig))
            sums = factor.new_zeros((num_eig, size))  # of eigenvectors, by profile
            mass = factor.new_zeros(size)  # of pixels
            part = torch.zeros((num_eig, size), dtype=kind, device=cells.device)
            scaled = torch.empty(0, device=cells.device)  # reused by all blocks
            for number, at in enumerate(blocks, 1):
                leading, shares = self._store.read(at, num_eig), 1 / degrees[at]
                torch.mul(leading, shares[:, None], out=scaled.resize_(leading.shape))
                product = torch.bmm(scaled, leading.transpose(1, 2)).sum(0)
                own += product.cpu().double()
                for image, places in zip(scaled.to(kind), cells[at], strict=True):
                    part.scatter_add_(1, places.expand(num_eig, -1), image)
                weights = shares.flatten().to(kind)
                masses = torch.bincount(cells[at].flatten(), weights, size)
                mass += masses.cpu().double()
                if number % _BLOCKS_SUMMED == 0:
                    sums += part.cpu().double()
                    part.zero_()
            return own, sums + part.cpu().double(), mass

        own, sums, mass = (
            torch.stack(parts).sum(0)
            for parts in zip(*self._slices.share(add), strict=True)
        )
        inner = factor.T @ (mass[:, None] * factor)
        across = sums @ factor
        return torch.cat([torch.cat([inner, across.T], 1), torch.cat([across, own], 1)])

    def _clicked(
        self,
        cut: BiasedCut,
        cells: Tensor,
        degrees: Tensor,
        positives: Sequence[Seed],
    ) -> tuple[float, float]:
        """Direction of the weighted mean of the positive seeds' biased rows."""
        rows = read_cells(
            self._store, [seed.cell for seed in positives], len(cut.weights)
        )
        mean: Tensor | float = 0.0
        for row, (cell, weight) in zip(rows, positives, strict=True):
            at = cell.image, cell.row * self._store.grid[1] + cell.col
            own = cut.table[:, cells[at]] + cut.mix @ row
            mean = mean + weight * own / degrees[at].sqrt()
        first, second = torch.as_tensor(mean).tolist()
        length = max(math.hypot(first, second), _TINY)
        return first / length, second / length


def _weights(seeds: Sequence[Seed]) -> Tensor:
    return torch.tensor([seed.weight for seed in seeds], dtype=torch.float64)


def _cells(profile: Tensor, low: float, size: int) -> Tensor:
    """Places of profiles in steps from the lowest, clipped to the table."""
    return ((profile - low) / STEP).round_().clamp_(0, size - 1).long()
