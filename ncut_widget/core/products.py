"""Sums over eigenvectors that are the same to the bit for equal eigenvectors.

A mask is one comparison: if the similarities of equal eigenvectors differed in the last
bit, they could fall on both sides of a cut. A BLAS adds up the last columns of a matrix
in another order than the others. Here each pixel's products are added one after the
other, and every sum is rounded: the device, the pixel's place and the number of pixels
make no difference.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Floats

ORDINARY = (2.0**-20, 2.0**20)
"""Range of the largest value in which eigenvectors are not scaled: squares of much
larger or smaller values leave float32. `NCUT` gives them length 1 over the batch."""

_TINY = 1e-12  # as torch.nn.functional.normalize: a zero vector stays zero

LONGEST_ROW = 2**12
"""Most values of a row of `row_cosines`: `numpy.einsum` may split more than 8192."""


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
    # Multiply and add in separate steps: a fused operation would round only once.
    sums = rows[..., 0, :] * (weights[..., 0, :] if each else weights[0])
    for k in range(1, rows.shape[-2]):
        sums += rows[..., k, :] * (weights[..., k, :] if each else weights[k])
    return sums


def add_products(rows: Floats, weights: Floats, out: Floats) -> None:
    """Write the `weighted_sum` of an image to ``out``; (K, P) and (K,) or (K, P).

    Notes
    -----
    `numpy.einsum` adds row after row, in 1.6 times the time of a BLAS. It adds up a
    single column in another order: that is computed as two equal columns.
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
    """Return the binary exponent of the largest value; 0 if `ORDINARY` or not finite.

    A division by that power of two is exact, and brings the lengths of eigenvectors of
    any scale into the range of float32.
    """
    low, high = (float(value) for value in torch.aminmax(values))
    largest = max(-low, high)
    ordinary = largest == 0 or ORDINARY[0] <= largest <= ORDINARY[1]
    return 0 if ordinary else math.frexp(largest)[1]


def times_power(values: Tensor, exponent: int) -> Tensor:
    """Multiply by ``2**exponent``, which may itself be out of the range of floats.

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
    """Lengths of pixels' eigenvectors, at least 1e-12: (..., K, P) -> (..., P)."""
    squares = weighted_sum(rows, rows)
    if squares.device.type != "cpu":
        return squares.sqrt_().clamp_min_(_TINY)
    lengths = squares.numpy()  # numpy's operations take one thread
    np.maximum(np.sqrt(lengths, out=lengths), _TINY, out=lengths)
    return squares


def unit_vector(vector: Tensor) -> Tensor:
    """Bring one eigenvector, shape (K,), to length 1; a zero one stays zero."""
    return vector / row_norms(vector[:, None])
