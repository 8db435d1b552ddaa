"""The eigenvectors of the whole affinity graph, with no approximation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ncut_widget.affinity import Affinity, Rows, chunks
from ncut_widget.krylov import BlockKrylov
from ncut_widget.landmarks import Landmarks
from ncut_widget.nystrom import leading_eigenpairs
from ncut_widget.solution import Extension, Solution

# Up to so many rows LAPACK takes less than a second; it finds any share of the
# eigenvectors, where products with blocks pay for few of them.
_LAPACK_ROWS = 1024
_FEW = 8
# Rows of the affinity that are computed and multiplied at once: few, as the product
# with a transposed slab needs it in the cache.
_SLAB = 256
# Eigenvalues below this, or this share of the second, are rounding of float32
# affinities, not structure.
_NULL_EIGENVALUE = 2e-8
_NULL_SHARE = 1e-6


class WholeGraph:
    """``D**-0.5 @ A @ D**-0.5`` of placed rows; of the symmetric A one half is held.

    Parameters
    ----------
    affinity : Affinity
    x : Tensor, shape (N, C + 2)
        Placed rows.
    done : callable
        Told of every number of rows that is finished.
    """

    def __init__(
        self, affinity: Affinity, x: Tensor, done: Callable[[int], object]
    ) -> None:
        self._slabs: list[tuple[slice, Tensor]] = []
        degrees = torch.zeros(len(x), dtype=torch.float64, device="cpu").to(x.device)
        for at in chunks(len(x), _SLAB):
            slab = affinity.between(x[at], x[at.start :])
            slab.fill_diagonal_(1)
            self._slabs.append((at, slab))
            degrees[at] += slab.sum(1)
            degrees[at.stop :] += slab[:, at.stop - at.start :].sum(0)
            done(at.stop - at.start)
        self.scale = degrees.rsqrt().float()[:, None]

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """Multiply vectors (N, b)."""
        scaled = vectors * self.scale
        product = torch.zeros_like(scaled)
        for at, slab in self._slabs:
            product[at].addmm_(slab, scaled[at.start :])
            below = slab[:, at.stop - at.start :]
            product[at.stop :].addmm_(below.T, scaled[at])
        return product.mul_(self.scale)


def solve_by_lapack(rows: Rows, affinity: Affinity, k: int) -> Solution:
    """Return the k leading eigenpairs of a graph, all in float64 on the CPU."""
    x = affinity.place(rows.read(slice(None)))
    matrix = affinity.within(x)
    scale = matrix.sum(1).rsqrt()
    matrix *= scale[:, None] * scale
    eigvals, vectors, inverse = leading_eigenpairs(matrix, scale.reciprocal(), k)
    return _solution(rows, affinity, x, scale[:, None], eigvals, vectors, inverse)


def solve_by_products(
    rows: Rows,
    affinity: Affinity,
    k: int,
    rng: np.random.Generator,
    done: Callable[[int], object],
    found: Callable[[int], object],
) -> Solution:
    """Return the k leading eigenpairs of a graph by products with its matrix.

    Parameters
    ----------
    rows : Rows
    affinity : Affinity
        Of float32.
    k : int
    rng : numpy.random.Generator
    done, found : callable
        Told of rows whose affinities are there, and how many eigenvectors.
    """
    x = affinity.place(rows.read(slice(None)))
    graph = WholeGraph(affinity, x, done)
    trivial = torch.nn.functional.normalize(graph.scale.reciprocal(), dim=0)

    def beside_trivial(vectors: Tensor) -> Tensor:
        return vectors - trivial @ (trivial.T @ vectors)

    values, vectors, error = BlockKrylov(
        lambda v: beside_trivial(graph @ v),
        beside_trivial,
        x,
        k - 1,
        rng,
        lambda others: found(1 + others),
    ).solve()
    null = max(_NULL_EIGENVALUE, _NULL_SHARE * float(values.amax(0, True).sum()))
    values = torch.cat([values.new_ones(1), values.clamp(max=1)])
    sound = values > null
    inverse = torch.where(sound, values, torch.inf).reciprocal()
    values = torch.where(sound, values, 0)
    vectors = torch.cat([trivial, vectors], 1)
    return _solution(rows, affinity, x, graph.scale, values, vectors, inverse, error)


def few_enough(k: int, count: int) -> bool:
    """Whether `solve_by_products` pays, and not `solve_by_lapack`."""
    return count > _LAPACK_ROWS and k * _FEW <= count


def _solution(
    rows: Rows,
    affinity: Affinity,
    x: Tensor,
    scale: Tensor,
    eigvals: Tensor,
    vectors: Tensor,
    inverse: Tensor,
    error: float = 0.0,
) -> Solution:
    """Put together what was found; `inverse` are the eigenvalues', 0 for none."""
    kept = (inverse > 0).to(vectors)
    eigvecs = rows.new_output(vectors.shape[1])
    eigvecs.copy_(vectors * kept)
    projection = (scale * vectors).cpu().double() * inverse
    degree = torch.ones(rows.count, dtype=torch.float64, device="cpu")
    extension = Extension(Landmarks(affinity, x), degree, projection)
    return Solution(eigvals, eigvecs, scale.to(eigvecs), extension, error)
