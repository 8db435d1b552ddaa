"""Solutions: the eigenpairs of a graph, and their extension to other rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import torch
from torch import Tensor

from ncut_widget.core.parallel import chunks
from ncut_widget.ncut.landmarks import Landmarks
from ncut_widget.ncut.rows import CHUNK_ROWS, Part, Rows

# A column is symmetric when its third moment is below this share of the absolute one.
_SYMMETRIC = 1e-3


class Extends(Protocol):
    """Eigenvectors as a function of features, computed from some points.

    Attributes
    ----------
    device : torch.device
    size : int
        Points, m.
    """

    @property
    def device(self) -> torch.device:
        """Where the points are."""

    @property
    def size(self) -> int:
        """How many points there are."""

    def __call__(self, part: Part) -> Tensor:
        """Return the eigenvectors (n, K) of rows of features."""

    def points(self) -> Tensor:
        """Return the points as features (m, C)."""

    def turn(self, signs: Tensor) -> None:
        """Turn the eigenvectors by signs (K,), in place."""


@dataclass(frozen=True)
class Extension:
    """Eigenvectors as a function of features, by affinities to landmarks.

    Attributes
    ----------
    landmarks : Landmarks
        All N rows, where the whole affinity was solved.
    degree : Tensor of float64, shape (m,)
        ``d = affinities to the landmarks @ degree``.
    projection : Tensor of float64, shape (m, K)
        ``eigenvectors * d**0.5 = affinities @ projection + d * trivial``.
    trivial : Tensor of float64, shape (K,)
        See `projection`.
    """

    landmarks: Landmarks
    degree: Tensor
    projection: Tensor
    trivial: Tensor

    def __call__(self, part: Part) -> Tensor:
        """Return the eigenvectors (n, K) of rows of features."""
        k = self.landmarks.affinities(part)
        scale = inverse_root_degree(k, self.degree)
        own = scale.reciprocal() * self.trivial.to(k)
        return (k @ self.projection.to(k)) * scale + own

    @property
    def device(self) -> torch.device:
        """Where the landmarks are."""
        return self.landmarks.points.device

    @property
    def size(self) -> int:
        """How many landmarks there are."""
        return len(self.landmarks.points)

    def points(self) -> Tensor:
        """Return the landmarks as features (m, C)."""
        return self.landmarks.as_features()

    def turn(self, signs: Tensor) -> None:
        """Turn the eigenvectors by signs (K,), in place."""
        self.projection.mul_(signs)
        self.trivial.mul_(signs)

    def first(self, k: int) -> Extension:
        """Return the extension of the k leading eigenvectors."""
        projection, trivial = self.projection[:, :k], self.trivial[:k]
        return replace(self, projection=projection, trivial=trivial)


@dataclass(frozen=True)
class Solution:
    """The leading eigenpairs of a graph.

    Attributes
    ----------
    eigvals : Tensor of float64, shape (K,), on the CPU
        Descending, 0 where there is no structure left; the eigenvector is zero there.
    eigvecs : Tensor of float32, shape (N, K)
        Where the features are.
    scale : Tensor of float32, shape (N, 1)
        ``d**-0.5``, on the same device.
    extension : Extends
    error : float
        Estimate of the sine of the largest angle between the space of the eigenvectors
        and that of the exact ones.
    spectrum : Tensor of float64, optional
        `eigvals` and the eigenvalues after them.
    """

    eigvals: Tensor
    eigvecs: Tensor
    scale: Tensor
    extension: Extends
    error: float = 0.0
    spectrum: Tensor | None = None

    def first(self, k: int) -> Solution:
        """Return the k leading eigenpairs."""
        assert isinstance(self.extension, Extension)
        return replace(
            self,
            eigvals=self.eigvals[:k],
            eigvecs=self.eigvecs[:, :k].contiguous(),
            extension=self.extension.first(k),
        )

    def turn(self, rows: Rows) -> Solution:
        """Give every eigenvector of the rows its defined sign, in place."""
        signs = signs_of(self.eigvecs, rows.chunk_size)
        self.eigvecs.mul_(signs.to(self.eigvecs))
        self.extension.turn(signs)
        return self


def inverse_root_degree(rows: Tensor, to_degree: Tensor) -> Tensor:
    """Return ``d**-0.5`` (n, 1) of rows (n, r) whose product with `to_degree` is d.

    The factorisation may give a far row a degree near or below 0. The true degree is at
    least 1, the affinity of the row with itself.
    """
    return (rows @ to_degree.to(rows)).clamp_(min=1).rsqrt_()[:, None]


def signs_of(eigvecs: Tensor, chunk_size: int = CHUNK_ROWS) -> Tensor:
    """Return the signs (K,), 1 or -1, of the columns, as `NCUT` defines them."""
    moments = torch.zeros(2, eigvecs.shape[1], dtype=torch.float64, device="cpu")
    for at in chunks(len(eigvecs), chunk_size):
        cubes = eigvecs[at] ** 3
        moments += torch.stack([cubes.sum(0), cubes.abs_().sum(0)]).cpu()
    moment, absolute = moments
    signs = torch.where(moment < 0, -1.0, 1.0).double()
    for j in (moment.abs() < _SYMMETRIC * absolute).nonzero()[:, 0].tolist():
        column = eigvecs[:, j]
        sizeable = column.abs() >= 0.5 * column.abs().max()
        first = column[int(sizeable.byte().argmax())]
        signs[j] = -1.0 if first < 0 else 1.0
    return signs
