"""Leading eigenvectors of a sparse operator, by filtered subspace iteration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up, chunks, deal_all

# Vectors beyond the wanted ones: their eigenvalues bound the filter.
_SPARE = 8
_SPARE_SHARE = 0.25
# Degrees of the filters: lower in the first round, when the spectrum is hardly known.
DEGREES = (8, 16)
_MAX_ROUNDS = 40
# Residuals below this are only float32 rounding.
_ROUNDING = 3e-6
# Rows that a core gets at a time.
_ROWS = 4096


def leading_by_chebyshev(
    apply: Callable[[Tensor], Tensor],
    like: Tensor,
    k: int,
    rng: np.random.Generator,
    found: Callable[[int], object],
    *,
    tolerance: float,
    degrees: tuple[int, int] = DEGREES,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the k largest eigenvalues of a symmetric operator, and their eigenvectors.

    A block of vectors is filtered by a Chebyshev polynomial of the operator, small
    between -1 and the smallest eigenvalue that the block holds and growing beyond;
    orthonormalised; and turned to its Ritz vectors, until these are accurate [1]_. Only
    the block is held in memory, and multiple eigenvalues are found, too.

    Parameters
    ----------
    apply : callable
        Vectors (N, b) -> their products with the operator, with eigenvalues from -1
        to 1.
    like : Tensor, shape (N, ...)
        Has the type and the device of the vectors.
    k : int
        At most N.
    rng : numpy.random.Generator
    found : callable
        Called after each round with the number of accurate eigenvectors.
    tolerance : float
        Accepted residual, divided by 1 minus the eigenvalue.
    degrees : (int, int)
        Of the filter in the first round, and in all others.

    Returns
    -------
    values : Tensor of float64, shape (k + s,), on the CPU
        Descending; the last s belong to the spare vectors, and are less accurate.
    vectors : Tensor, shape (N, k)
        Orthonormal.
    residuals : Tensor of float64, shape (k,)

    References
    ----------
    .. [1] Y. Zhou, Y. Saad, M. Tiago and J. Chelikowsky, "Self-consistent-field
       calculations using Chebyshev-filtered subspace iteration", J. Comput. Phys.
       219(1), 2006.
    """
    count = len(like)
    size = min(k + _SPARE + int(_SPARE_SHARE * k), count)
    drawn = rng.standard_normal((count, size), dtype=np.float32)
    block = torch.from_numpy(drawn).to(like)
    lowest = 0.0
    for number in range(_MAX_ROUNDS):
        degree = degrees[min(number, 1)]
        block = _orthonormalise(_filter(apply, block, degree, lowest))
        image = apply(block)
        small = _inner(block, image)
        values, turn = torch.linalg.eigh((small + small.T) / 2)
        values, turn = values.flip(0), turn.flip(1)
        block = _times(block, turn)
        image = _times(image, turn[:, :k])
        image -= block[:, :k] * values[:k].to(block)
        residuals = torch.linalg.vector_norm(image, dim=0).cpu().double()
        accepted = (tolerance * (1 - values[:k])).clamp(min=_ROUNDING)
        accurate = residuals <= accepted
        found(int(accurate.sum()))
        if bool(accurate.all()) or size == count:
            break
        lowest = min(max(float(values[-1]), -0.9), 0.99999)
    return values, block[:, :k].contiguous(), residuals


def _filter(
    apply: Callable[[Tensor], Tensor], block: Tensor, degree: int, lowest: float
) -> Tensor:
    """Apply the Chebyshev polynomial of [-1, lowest], scaled to 1 at 1."""
    middle, half = (lowest - 1) / 2, (lowest + 1) / 2
    ratio = first = half / (1 - middle)
    before, now = block, (apply(block) - middle * block).mul_(first / half)
    for _ in range(degree - 1):
        following = 1 / (2 / first - ratio)
        image = apply(now).sub_(now, alpha=middle).mul_(2 * following / half)
        before, now = now, image.sub_(before, alpha=ratio * following)
        ratio = following
    return now


def _orthonormalise(block: Tensor) -> Tensor:
    """Orthonormalise the columns of a block, twice because of rounding."""
    for _ in range(2):
        block = block / torch.linalg.vector_norm(block, dim=0)
        values, turn = torch.linalg.eigh(_inner(block, block))
        values = values.clamp(min=1e-12)
        block = _times(block, turn * values.rsqrt())
    return block


def _inner(a: Tensor, b: Tensor) -> Tensor:
    """Return the products of all columns, float64, on the CPU."""
    parts = chunks(len(a), _ROWS)
    return add_up(lambda at: (a[at].T @ b[at]).double(), parts, a.device).cpu()


def _times(block: Tensor, turn: Tensor) -> Tensor:
    """Multiply a block by a small matrix."""
    turn = turn.to(block)
    product = block.new_empty(len(block), turn.shape[1])

    def multiply(at: slice) -> None:
        torch.mm(block[at], turn, out=product[at])

    deal_all(multiply, chunks(len(block), _ROWS), block.device)
    return product
