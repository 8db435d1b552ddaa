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

    Returns
    -------
    float
        From 0; where it is near 1 or above, it tells nothing but that.

    Notes
    -----
    The residuals ``M v - lambda v`` are known on sampled rows of the exact affinity.
    First-order perturbation theory (Stewart & Sun 1990, V.2) divides their part along
    the further eigenvectors by the distance of the eigenvalues, and the rest by the
    distance to the last of those. The first part is estimated from each half of the
    sample; in the product of both the sample's own noise cancels.
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
    residuals = (products * degrees.rsqrt()).cpu().double() - eigvecs * eigvals
    share = rows.count / len(drawn)

    def along(part: slice, factor: float) -> Tensor:
        return factor * share * eigvecs[part].T @ residuals[part]

    half = len(drawn) // 2
    apart = eigvals[:k] - eigvals[k:, None]
    first, second = (
        along(part, 2)[k:, :k] / apart.clamp(min=_TINY)
        for part in (slice(half), slice(half, 2 * half))
    )
    product = first.T @ second
    inside = float(torch.linalg.eigvalsh((product + product.T) / 2)[-1])
    rest = (residuals - eigvecs @ along(slice(None), 1))[:, :k]
    last = eigvals[-1] if len(eigvals) > k else 0
    outside = torch.linalg.matrix_norm(rest / (eigvals[:k] - last).clamp(min=_TINY), 2)
    return math.sqrt(max(inside, 0) + share * float(outside) ** 2)
