"""Sums over eigenvectors to the same bits wherever a pixel lies.

A mask is one comparison, so equal eigenvectors must be equally similar to the last bit:
else what is exactly alike falls on both sides of a cut. A BLAS adds up a matrix' last
columns in another order than the others. Here each pixel's products are added one after
the other, every sum rounded, on any device, at any place, in any company.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Floats

ORDINARY = (2.0**-20, 2.0**20)
"""Largest values of eigenvectors that are taken as they are: squares of much larger or
smaller ones are beyond float32. Those of `NCUT` have length 1 over the batch."""

_TINY = 1e-12  # as torch.nn.functional.normalize: a zero vector stays zero

LONGEST_ROW = 2**12
"""Of `row_cosines`: beyond 8192 values `numpy.einsum` may add up a row in parts."""


def weighted_sum(rows: Tensor, weights: Tensor) -> Tensor:
    """Sum over the eigenvectors of every pixel.

    Parameters
    ----------
    rows : torch.Tensor of float32, shape (..., K, P)
    weights : torch.Tensor of float32, shape (K,) or that of ``rows``

    Returns
    -------
    torch.Tensor of float32, shape (..., P)

    Examples
    --------
    >>> rows = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> weighted_sum(rows, torch.tensor([1.0, 10.0])).tolist()
    [31.0, 42.0]
    """
    each = weights.ndim > 1
    if rows.device.type == "cpu":
        *leading, num_eig, pixels = rows.shape
        count = math.prod(leading)
        images = rows.reshape(count, num_eig, pixels).numpy()
        factors = (weights.reshape(images.shape) if each else weights).numpy()
        total = np.empty((count, pixels), dtype=np.float32)
        for image, out in enumerate(total):
            add_products(images[image], factors[image] if each else factors, out)
        return torch.from_numpy(total.reshape(*leading, pixels))
    # Products and sums in steps of their own: nothing rounds both at once.
    sums = rows[..., 0, :] * (weights[..., 0, :] if each else weights[0])
    for k in range(1, rows.shape[-2]):
        sums += rows[..., k, :] * (weights[..., k, :] if each else weights[k])
    return sums


def add_products(rows: Floats, weights: Floats, out: Floats) -> None:
    """Write the same of one image, shapes (K, P) and (K,) or (K, P), to ``out``.

    Notes
    -----
    `numpy.einsum` adds row after row, at 1.6 times the time of a BLAS; only a single
    column it adds up in one go, in another order.
    """
    if rows.shape[1] == 1:
        pair = np.empty(2, dtype=out.dtype)
        both = weights if weights.ndim == 1 else weights.repeat(2, axis=1)
        add_products(rows.repeat(2, axis=1), both, pair)
        out[:] = pair[:1]
        return
    subscripts = "kp,k->p" if weights.ndim == 1 else "kp,kp->p"
    np.einsum(subscripts, np.ascontiguousarray(rows), weights, out=out)


def exponent_of(values: Tensor) -> int:
    """Power of two of the largest value; 0 where that is `ORDINARY`, or not finite.

    Divided by it, which is exact, eigenvectors of any size have lengths in float32.
    """
    low, high = (float(value) for value in torch.aminmax(values))
    largest = max(-low, high)
    ordinary = largest == 0 or ORDINARY[0] <= largest <= ORDINARY[1]
    return 0 if ordinary else math.frexp(largest)[1]


def times_power(values: Tensor, exponent: int) -> Tensor:
    """Multiply by two to a power, which itself may be beyond all floats.

    Examples
    --------
    >>> times_power(torch.tensor([1e-320], dtype=torch.float64), 1064) > 0.9
    tensor([True])
    """
    half = exponent // 2
    return values * 2.0**half * 2.0 ** (exponent - half)


def row_cosines(vectors: Floats, unit: Floats, out: Floats) -> None:
    """Write the cosine of every vector with a unit vector to ``out``.

    Parameters
    ----------
    vectors : ndarray of float32, shape (N, K)
        K at most `LONGEST_ROW`.
    unit : ndarray of float32, shape (K,)
    out : ndarray of float32, shape (N,)
        0 for a zero vector.

    Notes
    -----
    Vectors that lie one after the other in memory need no transposed copy, which takes
    four times as long as the sums: `numpy.einsum` adds up one row after the other, each
    by the same operations. The order within a row is not that of `weighted_sum`.
    """
    rows = np.ascontiguousarray(vectors)
    np.einsum("pk,k->p", rows, unit, out=out)
    lengths = np.einsum("pk,pk->p", rows, rows)
    out /= np.maximum(np.sqrt(lengths, out=lengths), _TINY, out=lengths)


def row_norms(rows: Tensor) -> Tensor:
    """Lengths of pixels' eigenvectors, never quite zero: (..., K, P) -> (..., P)."""
    squares = weighted_sum(rows, rows)
    if squares.device.type != "cpu":
        return squares.sqrt_().clamp_min_(_TINY)
    lengths = squares.numpy()  # whose operations take one thread
    np.maximum(np.sqrt(lengths, out=lengths), _TINY, out=lengths)
    return squares


def unit_vector(vector: Tensor) -> Tensor:
    """Bring one eigenvector, shape (K,), to length 1; a zero one stays zero."""
    return vector / row_norms(vector[:, None])
