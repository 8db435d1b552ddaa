"""Estimate the distance to the exact eigenvectors from a sample of rows."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.parallel import deal
from ncut_widget.ncut.affinity import Affinity
from ncut_widget.ncut.rows import Rows
from ncut_widget.ncut.solution import Solution

_SAMPLED_ROWS = 1024
_TINY = 1e-30
# A larger sum of eigenvalues beyond the known ones is more than rounding.
_MISSED = 1e-4


def sine_of_error(
    rows: Rows,
    affinity: Affinity,
    solution: Solution,
    k: int,
    rng: np.random.Generator,
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
    spectrum : Tensor of float64, optional
        As many eigenvalues as the solution has, whose distances are used. Eigenvalues
        of a part of the rows may lie close together where those of all do not.

    Returns
    -------
    float
        From 0 to 1; near 1 it says only that the error is large.

    Notes
    -----
    The residuals ``M v - lambda v`` are known on sampled rows of the exact affinity.
    First-order perturbation theory (Stewart & Sun 1990, V.2) divides their part along
    each further eigenvector by the distance of the eigenvalues. The rest lies along
    eigenvectors with eigenvalues between 0 and the last of these. Their average is
    known, as the rest's Rayleigh quotient, and the angle is largest if every eigenvalue
    is at one of the two ends. Sums over all rows, and their squares, are estimated from
    the sampled rows without bias: in the squares, `_own_weight` corrects the products
    of rows with themselves.
    """
    drawn, chance = _draw(solution, rng)
    place = torch.from_numpy(drawn).to(affinity.device)
    sampled = affinity.place(rows.read(drawn))
    degrees = sampled.new_zeros(len(drawn), 1)
    products = sampled.new_zeros(len(drawn), solution.eigvecs.shape[1])
    among = sampled.new_zeros(len(drawn), len(drawn))

    def multiply(at: slice) -> tuple[Tensor, Tensor]:
        part = affinity.between(sampled, affinity.place(rows.read(at)))
        own = ((place >= at.start) & (place < at.stop)).nonzero()[:, 0]
        part[own, place[own] - at.start] = 1
        among[:, own] = part[:, place[own] - at.start]
        vectors = (solution.eigvecs[at] * solution.scale[at]).to(part)
        return part.sum(1, keepdim=True), part @ vectors

    for degree, product in deal(multiply, rows.chunks(), affinity.device):
        degrees += degree
        products += product
    eigvecs = solution.eigvecs[torch.from_numpy(drawn).to(solution.eigvecs.device)]
    eigvecs = eigvecs.cpu().double()
    eigvals = solution.eigvals
    if spectrum is None:
        spectrum = eigvals
    spectrum = torch.where(spectrum > 0, spectrum, eigvals)
    scale = degrees.rsqrt()
    residuals = (products * scale).cpu().double() - eigvecs * eigvals
    inside = _along_further(eigvecs[:, k:], residuals[:, :k], spectrum, chance)
    along = eigvecs.T @ (residuals / chance[:, None])
    rest = (residuals - eigvecs @ along)[:, :k]
    # The matrix beyond the eigenvectors, among the sampled rows.
    beyond = (among * scale * scale.T).cpu().double() - eigvecs * eigvals @ eigvecs.T
    missed = float((beyond.diagonal() / chance).sum())
    if missed > _MISSED and bool((eigvals[:k] <= 0).any()):
        return 1.0
    return min(math.hypot(inside, _beyond_them(rest, beyond, spectrum, chance)), 1.0)


def _along_further(
    further: Tensor, residuals: Tensor, spectrum: Tensor, chance: Tensor
) -> float:
    """Estimate the sine of the angle towards the further eigenvectors (n, s)."""
    k = residuals.shape[1]
    apart = (spectrum[:k] - spectrum[k:, None]).clamp(min=_TINY)
    each = further[:, :, None] * residuals[:, None] / apart
    total = (each / chance[:, None, None]).sum(0)
    own = each * _own_weight(chance)[:, None, None]
    square = total.T @ total + torch.einsum("nsi,nsj->ij", own, each)
    return math.sqrt(max(float(torch.linalg.eigvalsh(square)[-1]), 0))


def _beyond_them(
    rest: Tensor, beyond: Tensor, spectrum: Tensor, chance: Tensor
) -> float:
    """Bound the sine of the angle away from all known eigenvectors."""
    k = rest.shape[1]
    last = float(spectrum[-1]) if len(spectrum) > k else 0.0
    near = (spectrum[:k] - last).clamp(min=_TINY).reciprocal()
    far = spectrum[:k].clamp(min=_TINY).reciprocal()
    x = rest * near
    y = x / chance[:, None]
    own = x * (beyond.diagonal() * _own_weight(chance))[:, None]
    product = float((y * (beyond @ y)).sum() + (x * own).sum())
    quotient = product / max(float((x * y).sum()), _TINY)
    at_last = min(max(quotient / last, 0), 1) if last > 0 else 0.0
    spread = (at_last * near.square() + (1 - at_last) * far.square()).sqrt()
    weighted = rest * spread * chance.rsqrt()[:, None]
    return float(torch.linalg.matrix_norm(weighted, 2))


def _draw(
    solution: Solution, rng: np.random.Generator
) -> tuple[NDArray[np.int64], Tensor]:
    """Draw rows independently; return them and their probabilities.

    Half of the probability is uniform, half inverse to the degree: a single far row may
    carry most of an error.
    """
    far = solution.scale[:, 0].cpu().double().numpy() ** 2
    chance = _SAMPLED_ROWS / len(far) * (0.5 + 0.5 * far / far.mean())
    chance = np.minimum(chance, 1)
    drawn = np.flatnonzero(rng.random(len(far)) < chance)
    return drawn, torch.from_numpy(chance[drawn])


def _own_weight(chance: Tensor) -> Tensor:
    """Return the correction for a row's product with itself in a square of sums.

    ``sum(a / chance)**2`` weights it by ``chance**-2``; ``chance**-1`` has no bias.
    """
    return chance.reciprocal() - chance.reciprocal().square()
