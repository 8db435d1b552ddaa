"""Click-biased normalized cut: the graph, and the clicks' own affinity, in one cut.

The clicks give every pixel a *profile*: how near it is to the positive ones, less how
near to the negative ones. Pixels of like profile are joined, the graph's own affinity
is added with a weight, and the leading two eigenvectors of the sum tell what is with
the clicks and what is not. Nothing N x N is formed: the graph comes by its eigenpairs,
the clicks' affinity by a factor over a grid of profiles, and the eigenproblem is as
small as the two have columns.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SIGMA = 0.5
"""Width of the clicks' affinity ``exp(-(f - f')**2 / (2 SIGMA**2))``."""

REACH = 16.0
"""Profiles beyond this, on either side, count as this.

1 is the profile of an average pixel, so what is 16 times as near is all alike.
"""

STEP = SIGMA / 64
"""Profiles are rounded to this: it changes an affinity by 0.01 at most."""

_TAIL = 6.5  # exp(-_TAIL**2 / 2) = 7e-10: where a Gaussian is cut off, in widths
_DEGREE_FLOOR = 0.01  # of the mean degree
_NULL_EIGENVALUE = 1e-6  # of the largest: float32 rounding, not structure
_TINY = 1e-12
_DEGREES_KEPT = 4
_BLOCK_VALUES = 2**19  # of a block of images on a CPU: it stays in a core's cache
_BLOCKS_SUMMED = 8  # in float32, before they are added in float64


class BiasedCut(NamedTuple):
    """The leading two eigenvectors of a biased cut, as a function of a pixel's row.

    They are known up to a positive factor for each pixel, the root of its degree, which
    no cosine sees: so they extend to pixels that are not in the batch.

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
        """Cosine of pixels with the clicked, by their biased eigenvectors.

        Parameters
        ----------
        rows : torch.Tensor of float32, shape (..., K, pixels)
            The graph's eigenvectors, of the batch or extended from it, K at least k.

        Returns
        -------
        torch.Tensor of float32, shape (..., pixels)
            In [-1, 1] up to rounding.
        """
        leading = rows[..., : len(self.weights), :]
        cells = _cells(self.weights @ leading, self.low, self.table.shape[1])
        return self.cosine(cells, leading)

    def cosine(self, cells: Tensor, leading: Tensor) -> Tensor:
        """Give the same of pixels whose rows of the table are known."""
        first, second = (
            graph.add_(clicks[cells])
            for graph, clicks in zip(
                (self.mix @ leading).unbind(-2), self.table, strict=True
            )
        )
        # Without a second eigenvector this is 1 or -1, to the bit: nothing to tell.
        length = torch.hypot(first, second).clamp_min_(_TINY)
        return (first / length) * self.clicked[0] + (second / length) * self.clicked[1]


class Graph:
    """The normalised affinity of a batch, by its eigenpairs: ``M ~ V diag(l) V.T``.

    Parameters
    ----------
    rows : torch.Tensor of float32, shape (B, K, P)
        Eigenvectors, one row each, over the P pixels of B images; of unit length and
        orthogonal over all ``N = B * P`` pixels, as `NCUT` gives them. Not copied.
    eigvals : array_like of float, shape (K,)
        Those below 0 count as 0.

    Raises
    ------
    ValueError
        If an eigenvector has another length than 1, or is not 0 altogether.
    """

    def __init__(self, rows: Tensor, eigvals: NDArray) -> None:
        self._rows = rows
        self._eigvals = np.maximum(np.asarray(eigvals, dtype=np.float64), 0)
        self._degrees: OrderedDict[int, Tensor] = OrderedDict()
        squares = sum(rows[at].square().sum((0, 2)) for at in self._blocks())
        lengths = torch.as_tensor(squares).sqrt().cpu().numpy()
        wrong = (np.abs(lengths - 1) > 0.05) & (lengths > 0)
        if wrong.any():
            number = int(wrong.argmax())
            raise ValueError(
                "eigvecs must have length 1 over the whole batch for method "
                f"'biased_ncut', as those of NCUT: got {lengths[number]:.3g} for "
                f"eigenvector {number}"
            )

    def bias(
        self,
        positives: Sequence[tuple[int, int]],
        negatives: Sequence[tuple[int, int]],
        num_eig: int,
        click_weight: float = 0.5,
        bg_weight: float = 0.1,
    ) -> tuple[BiasedCut, Tensor]:
        """Cut the graph with a bias towards the clicks.

        Parameters
        ----------
        positives, negatives : sequence of (image, pixel)
            At least one positive.
        num_eig : int, 1 to K
            Leading eigenvectors of the graph that are used, k.
        click_weight : float, 0 to 1
            Weight of the clicks' affinity; the graph has the rest.
        bg_weight : float, at least 0
            How much the negative clicks count in the profile.

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

        with D its degrees. This is ``ncut_click_prompt`` of ncut-pytorch 3 over all
        pixels, where that takes a sample of them.

        A is factorised over a grid of profiles: a Gaussian over an interval is a sum of
        cosines to within 2e-9 (Poisson's formula; see `_waves`). Profiles are rounded
        to `STEP`, which changes an entry of A by 0.01 at most. The factor has two
        columns for each SIGMA that the profiles spread over, and some. So that this is
        bounded, by 147, profiles are held within ``-REACH`` and ``REACH``: a thing of
        less than a sixteenth of the batch may have larger ones, and its pixels then
        count as wholly alike, where a Gaussian of fixed width would take them for
        strangers.

        A truncated M may have row sums near or below 0: degrees below 0.01 of their
        mean count as that.
        """
        weights = self._profile_weights(positives, negatives, num_eig, bg_weight)
        low, cells, size = self._place(weights)
        counts = torch.bincount(cells.flatten(), minlength=size).cpu().numpy()
        factor, click_degrees = _click_factor(counts)

        degrees = self._shifted_degrees(num_eig, click_weight, click_degrees, cells)
        mixture = np.concatenate(
            [
                np.full(factor.shape[1], click_weight),
                (1 - click_weight) * self._eigvals[:num_eig],
            ]
        )
        gram = self._gram(factor, cells, 1 / degrees, num_eig)
        basis = _leading_two(gram, mixture)
        rank = factor.shape[1]
        like = self._rows
        cut = BiasedCut(
            weights,
            low,
            torch.from_numpy((factor @ basis[:rank]).T).to(like),
            torch.from_numpy(basis[rank:].T).to(like),
            (0.0, 0.0),
        )
        cut = cut._replace(clicked=self._clicked(cut, cells, degrees, positives))
        similarity = torch.empty_like(degrees)
        for at in self._blocks():
            similarity[at] = cut.cosine(cells[at], self._rows[at, :num_eig])
        return cut, similarity

    def _blocks(self) -> Iterator[slice]:
        """Images that are worked on at once."""
        batch, num_eig, pixels = self._rows.shape
        step = max(1, _BLOCK_VALUES // (num_eig * pixels))
        if self._rows.device.type != "cpu":
            step = max(step, 64 * _BLOCK_VALUES // (num_eig * pixels))
        return (slice(at, at + step) for at in range(0, batch, step))

    def _profile_weights(
        self,
        positives: Sequence[tuple[int, int]],
        negatives: Sequence[tuple[int, int]],
        num_eig: int,
        bg_weight: float,
    ) -> Tensor:
        def mean(clicks: Sequence[tuple[int, int]]) -> NDArray:
            rows = [self._rows[image, :num_eig, pixel] for image, pixel in clicks]
            return torch.stack(rows).double().mean(0).numpy(force=True)

        direction = mean(positives)
        if negatives:
            direction = direction - bg_weight * mean(negatives)
        count = self._rows.shape[0] * self._rows.shape[2]
        weights = count * self._eigvals[:num_eig] * direction
        return torch.from_numpy(weights).to(self._rows)

    def _place(self, weights: Tensor) -> tuple[float, Tensor, int]:
        """Find the profiles' range, and every pixel's place in steps from its low end.

        Returns
        -------
        low : float
        cells : torch.Tensor of int64, shape (B, P)
        size : int
        """
        profile = weights @ self._rows[:, : len(weights)]
        low, high = (float(end) for end in torch.aminmax(profile))
        low, high = (min(max(end, -REACH), REACH) for end in (low, high))
        size = math.ceil((high - low) / STEP) + 1
        return low, _cells(profile, low, size), size

    def _shifted_degrees(
        self, num_eig: int, click_weight: float, click_degrees: NDArray, cells: Tensor
    ) -> Tensor:
        """Row sums of the mixture, none of them too small: (B, P)."""
        clicks = torch.from_numpy(click_weight * click_degrees).to(self._rows)
        degrees = clicks[cells].add_(self._own(num_eig), alpha=1 - click_weight)
        floor = max(_DEGREE_FLOOR * float(degrees.mean()), _TINY)
        return degrees.clamp_min_(floor)

    def _own(self, num_eig: int) -> Tensor:
        """Row sums of the graph's normalised affinity: (B, P); the same for all clicks.

        Not the degrees of the graph, but what M, which is divided by them, sums to.
        """
        if num_eig not in self._degrees:
            leading = self._rows[:, :num_eig]
            total = sum(leading[at].sum((0, 2)) for at in self._blocks())
            eigvals = torch.from_numpy(self._eigvals[:num_eig]).to(leading)
            self._degrees[num_eig] = (eigvals * total) @ leading
            if len(self._degrees) > _DEGREES_KEPT:
                self._degrees.popitem(last=False)
        self._degrees.move_to_end(num_eig)
        return self._degrees[num_eig]

    def _gram(
        self, factor: NDArray, cells: Tensor, shares: Tensor, num_eig: int
    ) -> NDArray:
        """Products of all columns of factor and eigenvectors, each pixel by its share.

        Parameters
        ----------
        factor : ndarray of float64, shape (G, q)
            Rows of the clicks' factor, by profile.
        cells : torch.Tensor of int64, shape (B, P)
        shares : torch.Tensor of float32, shape (B, P)

        Returns
        -------
        ndarray of float64, shape (q + k, q + k)
        """
        # MPS has no float64.
        device = "cpu" if cells.device.type == "mps" else cells.device
        own = torch.zeros((num_eig, num_eig), dtype=torch.float64, device=device)
        sums = own.new_zeros((num_eig, len(factor)))  # by profile
        part = torch.zeros((num_eig, len(factor)), device=cells.device)
        for number, at in enumerate(self._blocks()):
            leading = self._rows[at, :num_eig]
            scaled = leading * shares[at, None]
            own += torch.bmm(scaled, leading.transpose(1, 2)).to(own).sum(0)
            for image, places in zip(scaled, cells[at], strict=True):
                part.scatter_add_(1, places.expand(num_eig, -1), image)
            if number % _BLOCKS_SUMMED == 0:
                sums += part.to(own)
                part.zero_()
        sums += part.to(own)
        weights = shares.flatten().to(own)
        mass = torch.bincount(cells.flatten().to(device), weights, len(factor))
        inner = factor.T @ (mass.cpu().numpy()[:, None] * factor)
        across = sums.cpu().numpy() @ factor
        return np.block([[inner, across.T], [across, own.cpu().numpy()]])

    def _clicked(
        self,
        cut: BiasedCut,
        cells: Tensor,
        degrees: Tensor,
        positives: Sequence[tuple[int, int]],
    ) -> tuple[float, float]:
        """Direction of the mean of the positive clicks' biased rows."""
        k = len(cut.weights)
        mean = sum(
            (cut.table[:, cells[at]] + cut.mix @ self._rows[at[0], :k, at[1]])
            / degrees[at].sqrt()
            for at in positives
        )
        first, second = torch.as_tensor(mean).tolist()
        length = max(math.hypot(first, second), _TINY)
        return first / length, second / length


def _cells(profile: Tensor, low: float, size: int) -> Tensor:
    """Places of profiles in steps from the lowest, held within the table."""
    return ((profile - low) / STEP).round_().clamp_(0, size - 1).long()


def _click_factor(counts: NDArray) -> tuple[NDArray, NDArray]:
    """Factorise the clicks' normalised affinity over a grid of profiles.

    Parameters
    ----------
    counts : ndarray of int, shape (G,)
        Pixels of each profile.

    Returns
    -------
    factor : ndarray of float64, shape (G, q)
        The affinity of two pixels, divided by the roots of their degrees, is the
        product of their profiles' rows.
    degrees : ndarray of float64, shape (G,)
        Row sums of that, over all pixels.
    """
    waves = _waves(len(counts))
    # Every pixel has affinity 1 with itself: less is where there is none, or rounding.
    own = np.maximum(waves @ (counts @ waves), 1)
    factor = waves / np.sqrt(own)[:, None]
    return factor, factor @ (counts @ factor)


def _waves(size: int) -> NDArray:
    """Columns whose products are the Gaussian of width SIGMA over a grid of profiles.

    Parameters
    ----------
    size : int
        Points of the grid, `STEP` apart.

    Returns
    -------
    ndarray of float64, shape (size, q)

    Notes
    -----
    By Poisson's summation formula cosines of frequencies ``2 pi j / period``, weighted
    by the Gaussian's transform, sum to the Gaussian repeated with that period. With a
    period of _TAIL widths more than the grid, and frequencies up to _TAIL over the
    width, all that is missing or too much is under 2e-9.
    """
    span = (size - 1) * STEP / SIGMA
    period = span + _TAIL
    count = math.floor(_TAIL * period / (2 * math.pi)) + 1
    frequencies = 2 * math.pi / period * np.arange(count)
    weights = 2 * math.sqrt(2 * math.pi) / period * np.exp(-(frequencies**2) / 2)
    weights[0] /= 2
    # Powers of the first wave: a twentieth of the time of so many sines.
    first = np.exp(2j * math.pi / period * np.linspace(0, span, size))
    powers = np.cumprod(np.broadcast_to(first[:, None], (size, count - 1)), axis=1)
    powers *= np.sqrt(weights[1:])
    constant = np.full((size, 1), math.sqrt(weights[0]))
    return np.hstack([constant, powers.real, powers.imag])


def _leading_two(gram: NDArray, mixture: NDArray) -> NDArray:
    """Leading eigenvectors of ``B diag(mixture) B.T`` as mixtures of B's columns.

    Parameters
    ----------
    gram : ndarray of float64, shape (q, q)
        ``B.T B``.
    mixture : ndarray of float64, shape (q,)
        At least 0.

    Returns
    -------
    ndarray of float64, shape (q, 2)
        Zero where there is no such eigenvector.
    """
    roots = np.sqrt(mixture)
    eigvals, eigvecs = np.linalg.eigh(roots[:, None] * gram * roots)
    basis = np.zeros((len(gram), 2))
    for number, value in enumerate(eigvals[:-3:-1]):
        if value > max(_NULL_EIGENVALUE * eigvals[-1], _TINY):
            basis[:, number] = roots * eigvecs[:, -1 - number] / math.sqrt(value)
    return basis
