"""Leading eigenvectors of a sparse operator, by filtered subspace iteration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up, chunks, deal_all

# Vectors beside those wanted, whose eigenvalues the filter may start from.
_SPARE = 8
_SPARE_SHARE = 0.25
# Degrees of the filters: short at first, when the spectrum is hardly known.
_DEGREES = (8,)
_DEGREE = 16
_MAX_ROUNDS = 40
# Residuals that are nothing but float32's rounding.
_ROUNDING = 3e-6
# Rows that are dealt out to a core at a time.
_ROWS = 4096


def leading_by_chebyshev(
    apply: Callable[[Tensor], Tensor],
    like: Tensor,
    k: int,
    rng: np.random.Generator,
    found: Callable[[int], object],
    *,
    tolerance: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the k largest eigenvalues of a symmetric operator, and their eigenvectors.

    A block of vectors is filtered by a Chebyshev polynomial of the operator, small
    between -1 and the smallest eigenvalue that the block holds and growing beyond;
    orthonormalised; and turned to its Ritz vectors, until these are accurate [1]_. The
    block is all that is held, and a multiple eigenvalue is no matter.

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
        Told how many eigenvectors are accurate, after each round.
    tolerance : float
        Residuals that are accepted, by what an eigenvalue lacks to 1.

    Returns
    -------
    values : Tensor of float64, shape (k + s,), on the CPU
        Descending; the last s are of the spare vectors, and less accurate.
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
        degree = _DEGREES[number] if number < len(_DEGREES) else _DEGREE
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
    """Apply the Chebyshev polynomial of [-1, lowest], over its value at 1."""
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
    """Return orthonormal vectors that span the same; twice, against rounding."""
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
    """Turn the columns of a block."""
    turn = turn.to(block)
    product = block.new_empty(len(block), turn.shape[1])

    def multiply(at: slice) -> None:
        torch.mm(block[at], turn, out=product[at])

    deal_all(multiply, chunks(len(block), _ROWS), block.device)
    return product
