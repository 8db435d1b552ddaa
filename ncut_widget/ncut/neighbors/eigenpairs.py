"""The leading eigenpairs of a graph of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.ncut.neighbors.chebyshev import DEGREES, leading_by_chebyshev
from ncut_widget.ncut.neighbors.graph import NeighborGraph

# Accepted residuals, divided by 1 minus the eigenvalue.
_TOLERANCE = 0.02
# Up to this many rows, or for more than this share of the eigenvectors, a dense solver
# is used.
_SMALL = 512
_MANY = 0.2


class Eigenpairs(NamedTuple):
    """The leading eigenpairs of a graph of N rows.

    Attributes
    ----------
    values : Tensor of float64, shape (K,), on the CPU
        Descending, from -1 to 1.
    vectors : Tensor of float32, shape (N, K)
        Orthonormal; where the eigenvalue is not above 0, zero.
    error : float
        As `Solution.error`.
    """

    values: Tensor
    vectors: Tensor
    error: float


def leading_eigenpairs(
    graph: NeighborGraph,
    k: int,
    rng: np.random.Generator,
    found: Callable[[int], object] = lambda count: None,
    degrees: tuple[int, int] = DEGREES,
) -> Eigenpairs:
    """Return the k largest eigenvalues of a graph, and their eigenvectors.

    Parameters
    ----------
    graph : NeighborGraph
        Of N rows.
    k : int
        At most N.
    rng : numpy.random.Generator
    found : callable
        Called with the number of accurate eigenvectors, as it grows.
    degrees : (int, int)
        As for `leading_by_chebyshev`.
    """
    values, vectors, error = _solve(graph, k, rng, found, degrees)
    null = values <= 0
    vectors[:, null.to(vectors.device)] = 0
    return Eigenpairs(values, vectors, error)


def _solve(
    graph: NeighborGraph,
    k: int,
    rng: np.random.Generator,
    found: Callable[[int], object],
    degrees: tuple[int, int],
) -> tuple[Tensor, Tensor, float]:
    roots = graph.root_degrees
    count = len(roots)
    if count <= _SMALL or k > _MANY * count:
        values, vectors = torch.linalg.eigh(
            (graph @ torch.eye(count, device=roots.device)).cpu().double()
        )
        return values.flip(0)[:k], vectors.flip(1)[:, :k].to(roots), 0.0
    trivial = torch.nn.functional.normalize(roots, dim=0)

    def beside_trivial(vectors: Tensor) -> Tensor:
        product = graph @ vectors
        return product.sub_(trivial @ (trivial.T @ vectors))

    values, vectors, residuals = leading_by_chebyshev(
        beside_trivial,
        roots,
        k - 1,
        rng,
        lambda count: found(1 + count),
        tolerance=_TOLERANCE,
        degrees=degrees,
    )
    # Gaps to the last spare eigenvalue, as adjacent eigenvalues may coincide.
    gaps = (values[: k - 1] - values[-1]).clamp(min=1e-7)
    error = float((residuals / gaps).amax(0, True).sum()) if k > 1 else 0.0
    values = torch.cat([values.new_ones(1), values[: k - 1]])
    return values, torch.cat([trivial, vectors], 1), min(error, 1.0)
