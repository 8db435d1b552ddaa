"""The Nystrom factor of an affinity, and the small matrices it leads to."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from ncut_widget.affinity import Affinity, Rows, chunks

# Eigenvalues of the landmarks' affinity below this share of the largest are left out.
# The landmarks' own affinity is float64, but it is divided into a float32 one, whose
# rounding (6e-8) would be blown up by 1 / sqrt(eigenvalue).
_PSEUDO_INVERSE_FLOOR = 1e-7
# Eigenvalues of the normalised affinity below this are rounding, not structure.
_NULL_EIGENVALUE = 1e-12
# By this much the trivial eigenvalue is raised above equals: more than rounding (1e-7).
_LEAD = 1e-4
# Degrees raised to 1 may leave the trivial vector no eigenvector: this far from one, it
# is not raised.
_TRIVIAL_RESIDUAL = 0.1
# Of the directions left, the factor keeps those whose eigenvalue is above this share of
# the K-th, and at least _MIN_RANK. On features of photographs at K = 30 that loses less
# than 0.001 of the smallest principal cosine; a smooth affinity keeps 260 to 350 of
# 1024 directions, for half the time, a sharp one (small gamma) nearly all.
_TAIL = 0.02
_MIN_RANK = 256


class Factor:
    """``C = K(X, L) R`` with R the root of the pseudo-inverse, a chunk at a time."""

    def __init__(
        self,
        rows: Rows,
        affinity: Affinity,
        landmarks: Tensor,
        root: Tensor,
        chunk_size: int,
        bar: tqdm[Any],
        kept: bool,
    ) -> None:
        self._rows = rows
        self._affinity = affinity
        self._landmarks = landmarks
        self._root = root.to(landmarks)
        self._chunk_size = chunk_size
        self._bar = bar
        self._kept: dict[int, Tensor] | None = {} if kept else None

    def chunks(self) -> Iterator[tuple[slice, Tensor]]:
        """Yield the rows' slice and their part of C, computed or kept."""
        for at in chunks(self._rows.count, self._chunk_size, self._bar):
            c = None if self._kept is None else self._kept.get(at.start)
            if c is None:
                x = self._affinity.place(self._rows.read(at))
                c = self._affinity.between(x, self._landmarks) @ self._root
                if self._kept is not None:
                    self._kept[at.start] = c
            yield at, c


def inverse_root_degree(rows: Tensor, to_degree: Tensor) -> Tensor:
    """Return ``d**-0.5`` (n, 1) of rows (n, r) whose product with `to_degree` is d.

    The factorisation may give a far row a degree near 0, or below. A true one is at
    least the affinity of the row with itself.
    """
    return (rows @ to_degree.to(rows)).clamp_(min=1).rsqrt_()[:, None]


def leading_eigenpairs(
    matrix: Tensor, trivial: Tensor, k: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return k leading eigenvalues, their vectors (n, k), and inverse eigenvalues.

    The eigenvector along `trivial` is first also where its eigenvalue, 1, is repeated,
    as it is in a graph that falls apart. An eigenvalue that is 0 up to rounding, or
    that the matrix is too small to have, is 0, and so is its inverse; so are all of
    a graph whose affinities are 0 in float32 (`trivial` 0).
    """
    trivial = torch.nn.functional.normalize(trivial, dim=0)
    residual = torch.linalg.vector_norm(matrix @ trivial - trivial)
    lead = _LEAD if residual < _TRIVIAL_RESIDUAL else 0
    values, vectors = torch.linalg.eigh(matrix + lead * torch.outer(trivial, trivial))
    values = values - lead * (trivial @ vectors).square()
    values, vectors = values.flip(0)[:k], vectors.flip(1)[:, :k]
    missing = k - len(values)
    values = torch.nn.functional.pad(values, (0, missing))
    vectors = torch.nn.functional.pad(vectors, (0, missing))
    sound = values > _NULL_EIGENVALUE
    inverse = torch.where(sound, values, math.inf).reciprocal()
    values = torch.where(sound, values, 0).clamp(max=1).cummin(0).values
    return values, vectors, inverse


def pseudo_inverse_root(matrix: Tensor, num_eig: int) -> Tensor:
    """Return R (m, r) with ``R R.T`` the pseudo-inverse of a PSD matrix.

    What hardly matters to `num_eig` leading eigenvectors is left out.
    """
    values, vectors = torch.linalg.eigh(matrix)
    values, vectors = values.flip(0), vectors.flip(1)
    matters = values > _TAIL * values[num_eig - 1]
    matters[:_MIN_RANK] = True
    matters &= values > _PSEUDO_INVERSE_FLOOR * values[0]
    return vectors[:, matters] * values[matters].rsqrt()
