"""How far approximate eigenvectors are from the exact ones, from a sample of rows."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
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
    drawn, chance = _draw(solution, rng)
    place = torch.from_numpy(drawn).to(affinity.device)
    sampled = affinity.place(rows.read(drawn))
    degrees = sampled.new_zeros(len(drawn), 1)
    products = sampled.new_zeros(len(drawn), solution.eigvecs.shape[1])
    among = sampled.new_zeros(len(drawn), len(drawn))
    for at in chunks(rows.count, chunk_size):
        part = affinity.between(sampled, affinity.place(rows.read(at)))
        own = ((place >= at.start) & (place < at.stop)).nonzero()[:, 0]
        part[own, place[own] - at.start] = 1
        among[:, own] = part[:, place[own] - at.start]
        degrees += part.sum(1, keepdim=True)
        products += part @ (solution.eigvecs[at] * solution.scale[at]).to(part)
    eigvecs = solution.eigvecs[torch.from_numpy(drawn).to(solution.eigvecs.device)]
    eigvecs = eigvecs.cpu().double()
    eigvals = solution.eigvals
    if spectrum is None:
        spectrum = eigvals
    spectrum = torch.where(spectrum > 0, spectrum, eigvals)
    scale = degrees.rsqrt()
    residuals = (products * scale).cpu().double() - eigvecs * eigvals
    # What a row adds to the angles' sines and to their squares: products of two rows
    # estimate the squares, those of a row with itself are the sample's own noise.
    apart = spectrum[:k] - spectrum[k:, None]
    each = eigvecs[:, k:, None] * residuals[:, None, :k] / apart.clamp(min=_TINY)
    own = each.reshape(-1, k)
    own_weight = _own_weight(chance).repeat_interleave(each.shape[1])[:, None]
    total = (each / chance[:, None, None]).sum(0)
    product = total.T @ total + own.T @ (own * own_weight)
    inside = float(torch.linalg.eigvalsh(product)[-1])
    along = eigvecs.T @ (residuals / chance[:, None])
    rest = (residuals - eigvecs @ along)[:, :k] * chance.rsqrt()[:, None]
    last = float(spectrum[-1]) if len(spectrum) > k else 0.0
    near = (spectrum[:k] - last).clamp(min=_TINY).reciprocal()
    far = spectrum[:k].clamp(min=_TINY).reciprocal()
    # The matrix beyond the eigenvectors, among the sampled rows.
    beyond = (among * scale * scale.T).cpu().double() - eigvecs * eigvals @ eigvecs.T
    x = rest * near
    size = x.square().sum(1)
    y = x * chance.rsqrt()[:, None]
    quotient = float((y * (beyond @ y)).sum())
    quotient += float((beyond.diagonal() * _own_weight(chance) * chance) @ size)
    quotient /= max(float(size.sum()), _TINY)
    at_last = min(max(quotient / last, 0), 1) if last > 0 else 0.0
    spread = (at_last * near.square() + (1 - at_last) * far.square()).sqrt()
    outside = float(torch.linalg.matrix_norm(rest * spread, 2))
    return math.sqrt(max(inside, 0) + outside**2)


def _draw(
    solution: Solution, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Tensor]:
    """Draw rows, each by itself, and return how likely that was for each.

    Half of them evenly, half with probability inverse to the degree: a single far row
    may carry most of an error.
    """
    far = solution.scale[:, 0].cpu().double().numpy() ** 2
    chance = _SAMPLED_ROWS / len(far) * (0.5 + 0.5 * far / far.mean())
    chance = np.minimum(chance, 1)
    drawn = np.flatnonzero(rng.random(len(far)) < chance)
    return drawn, torch.from_numpy(chance[drawn])


def _own_weight(chance: Tensor) -> Tensor:
    """Return by how much a row's product with itself is off in a square of sums.

    In ``sum(a / chance)**2`` it counts ``chance**-2``, where ``chance**-1`` would do.
    """
    return chance.reciprocal() - chance.reciprocal().square()
