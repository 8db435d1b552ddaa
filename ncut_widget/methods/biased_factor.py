"""Linear algebra of the biased cut: a factor of the clicks' affinity, eigenvectors."""

from __future__ import annotations

import math

import torch
from torch import Tensor

SIGMA = 0.5
"""Width of the clicks' affinity ``exp(-(f - f')**2 / (2 SIGMA**2))``."""

STEP = SIGMA / 64
"""Profiles are rounded to this: it changes an affinity by 0.01 at most."""

_TAIL = 6.5  # exp(-_TAIL**2 / 2) = 7e-10: where a Gaussian is cut off, in widths
_NULL_EIGENVALUE = 1e-6  # of the largest: float32 rounding, not structure
_TINY = 1e-12


def click_factor(counts: Tensor) -> tuple[Tensor, Tensor]:
    """Factorise the clicks' normalised affinity over a grid of profiles.

    Parameters
    ----------
    counts : torch.Tensor of float64, shape (G,)
        Pixels of each profile.

    Returns
    -------
    factor : torch.Tensor of float64, shape (G, q)
        The affinity of two pixels, divided by the roots of their degrees, is the
        product of their profiles' rows.
    sums : torch.Tensor of float64, shape (G,)
        Row sums of the normalised affinity, over all pixels.
    """
    waves = make_waves(len(counts))
    # Every pixel has affinity 1 with itself: less means no pixel, or rounding.
    own = (waves @ (counts @ waves)).clamp_min_(1)
    factor = waves / own.sqrt()[:, None]
    return factor, factor @ (counts @ factor)


def make_waves(size: int) -> Tensor:
    """Columns whose products are the Gaussian of width SIGMA over a grid of profiles.

    Parameters
    ----------
    size : int
        Points of the grid, `STEP` apart.

    Returns
    -------
    torch.Tensor of float64, shape (size, q)

    Notes
    -----
    By Poisson's summation formula cosines of frequencies ``2 pi j / period``, weighted
    by the Gaussian's transform, sum to the Gaussian repeated with that period. With a
    period of _TAIL widths more than the grid, and frequencies up to _TAIL over the
    width, the error is below 2e-9.
    """
    span = (size - 1) * STEP / SIGMA
    period = span + _TAIL
    count = math.floor(_TAIL * period / (2 * math.pi)) + 1
    frequencies = 2 * math.pi / period * torch.arange(count, dtype=torch.float64)
    weights = 2 * math.sqrt(2 * math.pi) / period * (-(frequencies**2) / 2).exp()
    weights[0] /= 2
    places = torch.linspace(0, span, size, dtype=torch.float64)
    angles = places[:, None] * frequencies
    roots = weights.sqrt()
    return torch.cat([angles.cos() * roots, angles[:, 1:].sin() * roots[1:]], dim=1)


def leading_two(gram: Tensor, mixture: Tensor) -> Tensor:
    """Leading eigenvectors of ``B diag(mixture) B.T`` as mixtures of B's columns.

    Parameters
    ----------
    gram : torch.Tensor of float64, shape (q, q)
        ``B.T B``.
    mixture : torch.Tensor of float64, shape (q,)
        At least 0.

    Returns
    -------
    torch.Tensor of float64, shape (q, 2)
        Zero where there is no such eigenvector.
    """
    roots = mixture.sqrt()
    eigvals, eigvecs = torch.linalg.eigh(roots[:, None] * gram * roots)
    basis = gram.new_zeros((len(gram), 2))
    largest = float(eigvals[-1])
    for number, value in enumerate(eigvals.flip(0)[:2].tolist()):
        if value > max(_NULL_EIGENVALUE * largest, _TINY):
            basis[:, number] = roots * eigvecs[:, -1 - number] / math.sqrt(value)
    return basis
