"""Cosines of eigenvectors with one of them, equal to the bit for equal eigenvectors."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import ArrayLike

from ncut_widget.core.arrays import Floats, as_tensor
from ncut_widget.core.checks import check_array
from ncut_widget.core.parallel import chunks, deal_all
from ncut_widget.core.products import (
    LONGEST_ROW,
    exponent_of,
    row_cosines,
    row_norms,
    times_power,
    unit_vector,
    weighted_sum,
)

# Eigenvectors that are computed together: on a CPU they stay in a core's cache.
_CPU_ROWS, _ROWS = 2**12, 2**20

# Eigenvectors that a core takes at a time: enough to outweigh the handover.
_PART = 2**14


def cosine_similarity(all_eigvecs: ArrayLike, prompt_eigvec: ArrayLike) -> Floats:
    """Cosine of one eigenvector with every eigenvector.

    Parameters
    ----------
    all_eigvecs : torch.Tensor or array_like, shape (..., K)
        Eigenvectors, of any length and floating dtype, on any device.
    prompt_eigvec : torch.Tensor or array_like, shape (K,)
        The clicked eigenvector.

    Returns
    -------
    ndarray of float32, shape (...)
        Cosines in [-1, 1] up to rounding; equal eigenvectors have equal cosines. 0
        where an eigenvector is zero.

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> cosine_similarity([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [1.0, 0.0]).tolist()
    [1.0, 0.0, -1.0]
    """
    eigvecs = as_tensor(check_array("all_eigvecs", all_eigvecs))
    prompt = as_tensor(check_array("prompt_eigvec", prompt_eigvec))
    if eigvecs.ndim < 1 or prompt.ndim != 1 or eigvecs.shape[-1] != prompt.shape[0]:
        raise ValueError(
            "prompt_eigvec must be one eigenvector of all_eigvecs, shape (K,): got "
            f"{tuple(prompt.shape)} for all_eigvecs of shape {tuple(eigvecs.shape)}"
        )
    with torch.no_grad():
        exponent = exponent_of(prompt) if len(prompt) else 0
        if exponent:
            eigvecs = times_power(eigvecs, -exponent)
            prompt = times_power(prompt, -exponent)
        eigvecs, prompt = eigvecs.float(), prompt.float()
        unit = unit_vector(prompt.to(eigvecs.device))
        if eigvecs.device.type != "cpu" or len(prompt) > LONGEST_ROW:
            return cosines(eigvecs, unit)
        flat = eigvecs.reshape(-1, len(prompt)).numpy()
        similarity = np.empty(len(flat), dtype=np.float32)

        def write(part: slice) -> None:
            row_cosines(flat[part], unit.numpy(), out=similarity[part])

        deal_all(write, chunks(len(flat), _PART), eigvecs.device)
        return similarity.reshape(eigvecs.shape[:-1])


def cosines(eigvecs: torch.Tensor, unit: torch.Tensor) -> Floats:
    """Give the cosines of float32 tensors, the second of length 1, on one device.

    They equal the fields of `SimilarityField` to the bit.
    """
    *shape, num_eig = eigvecs.shape
    flat = eigvecs.reshape(math.prod(shape), num_eig)
    size = _CPU_ROWS if flat.device.type == "cpu" else _ROWS
    similarity = np.empty(len(flat), dtype=np.float32)
    for first in range(0, len(flat), size):
        at = slice(first, first + size)
        rows = flat[at].T.contiguous()
        similarity[at] = (weighted_sum(rows, unit) / row_norms(rows)).cpu().numpy()
    return similarity.reshape(shape)
