"""How far approximate eigenvectors are from the exact ones, from a sample of rows."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ncut_widget.affinity import Affinity, Rows, chunks
from ncut_widget.solution import Solution

_SAMPLED_ROWS = 1024
_TINY = 1e-30


def sine_of_error(
    rows: Rows,
    affinity: Affinity,
    solution: Solution,
    k: int,
    rng: np.random.Generator,
    chunk_size: int,
    spectrum: Tensor | None = None,
) -> float:
    """Estimate the sine of the largest angle to the exact k eigenvectors' space.

    Parameters
    ----------
    rows : Rows
    affinity : Affinity
        The exact one, without a basis.
    solution : Solution
        With more eigenpairs than k.
    k : int
    rng : numpy.random.Generator
    chunk_size : int
    spectrum : Tensor of float64, optional
        As many eigenvalues as the solution has, to take distances from. Those of a part
        of the rows may chance to lie close together where those of all do not.

    Returns
    -------
    float
        From 0; where it is near 1 or above, it tells nothing but that.

    Notes
    -----
    The residuals ``M v - lambda v`` are known on sampled rows of the exact affinity.
    First-order perturbation theory (Stewart & Sun 1990, V.2) divides their part along
    the further eigenvectors by the distance of the eigenvalues, and the rest by the
    distance to the last of those. Squares of the first part are estimated from products
    of different rows of the sample, so that the sample's own noise stays out.
    """
    drawn = rng.choice(rows.count, min(_SAMPLED_ROWS, rows.count), replace=False)
    place = torch.from_numpy(drawn).to(affinity.device)
    sampled = affinity.place(rows.read(drawn))
    degrees = sampled.new_zeros(len(drawn), 1)
    products = sampled.new_zeros(len(drawn), solution.eigvecs.shape[1])
    for at in chunks(rows.count, chunk_size):
        part = affinity.between(sampled, affinity.place(rows.read(at)))
        own = ((place >= at.start) & (place < at.stop)).nonzero()[:, 0]
        part[own, place[own] - at.start] = 1
        degrees += part.sum(1, keepdim=True)
        products += part @ (solution.eigvecs[at] * solution.scale[at]).to(part)
    eigvecs = solution.eigvecs[torch.from_numpy(drawn).to(solution.eigvecs.device)]
    eigvecs = eigvecs.cpu().double()
    eigvals = solution.eigvals
    spectrum = eigvals if spectrum is None else spectrum
    residuals = (products * degrees.rsqrt()).cpu().double() - eigvecs * eigvals
    share = rows.count / len(drawn)
    # What a row adds to the angles' sines and to their squares: products of two rows
    # estimate the squares, those of a row with itself are the sample's own noise.
    apart = spectrum[:k] - spectrum[k:, None]
    each = eigvecs[:, k:, None] * residuals[:, None, :k] / apart.clamp(min=_TINY)
    total, own = each.sum(0), each.reshape(-1, k)
    product = share**2 * (total.T @ total - own.T @ own)
    product *= len(drawn) / max(len(drawn) - 1, 1)
    inside = float(torch.linalg.eigvalsh(product)[-1])
    rest = (residuals - share * eigvecs @ (eigvecs.T @ residuals))[:, :k]
    last = spectrum[-1] if len(spectrum) > k else 0
    outside = torch.linalg.matrix_norm(rest / (spectrum[:k] - last).clamp(min=_TINY), 2)
    return math.sqrt(max(inside, 0) + share * float(outside) ** 2)
