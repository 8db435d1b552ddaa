"""The affinity of two rows of features: the graph that NCUT cuts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up
from ncut_widget.ncut.rows import MAX_MAGNITUDE, SMALL_NORM, Part, Rows, small_norms

Distance: TypeAlias = Literal["cosine", "euclidean", "rbf"]

# Smaller affinities are set to 0: beside a degree of at least 1 they are negligible,
# and products with subnormal float32 numbers take twenty times as long. This limit
# times a degree's root or a vector's entry is still far above subnormal numbers.
_FAINTEST = 1e-20
# Squared distances from matrix products have errors of up to this many roundings of the
# squared norms. Where the error may exceed _BLUR, small distances are computed axis by
# axis, so that a row has distance 0 from itself.
_ROUNDINGS = 16
_BLUR = 1e-4


@dataclass(frozen=True)
class Affinity:
    """The affinity of two rows, by the distance between their placed rows.

    Rows are first *placed*: for the cosine brought to unit length, with one coordinate
    more that is 1 for rows of zeros (so these are equal, and orthogonal to all other
    rows), as ``exp(-(1 - cos(x, y)) / g) = exp(-|x - y|**2 / (2 g))`` for unit x and y;
    then centred, so that rounding does not hide distances, and divided by the length
    that makes the affinity ``exp(-d**2)`` or ``exp(-d)``. A placed row is its
    coordinates, its squared norm and 1, so that one product of matrices gives squared
    distances.

    With a basis, a placed row has its coordinates in the span and the norm of the whole
    row: distances to points in the span, such as landmarks, stay the same.
    """

    distance: Distance
    centre: Tensor  # (C',) float64, on the CPU
    length: float
    device: torch.device
    dtype: torch.dtype
    basis: Tensor | None = None  # (C', r), orthonormal columns

    @classmethod
    def of(
        cls,
        rows: Rows,
        pool: Rows,
        distance: Distance,
        gamma: float,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> Affinity:
        """Return the affinity of the features; `pool` is a sample of the rows."""
        gamma = float(gamma)
        free = cls(distance, torch.zeros(1), 1.0, device, dtype)
        # Any point near the rows can be the centre: the mean of a sample is.
        sums = add_up(
            lambda at: free._spread(pool.read(at)).sum(0).cpu().double(),
            pool.chunks(),
            device,
        )
        centre = sums / pool.count
        length = gamma
        if distance == "cosine":
            length = math.sqrt(2 * gamma)
        elif distance == "rbf":
            variance = _total_variance(rows, centre)
            length = math.sqrt(2 * gamma * variance) if variance > 0 else 1.0
        return replace(free, centre=centre, length=length)

    def along(self, basis: Tensor | None) -> Affinity:
        """Return the same affinity, with another basis (C', r) or none."""
        return replace(self, basis=basis)

    def place(self, part: Part) -> Tensor:
        """Return features as rows (n, r + 2) to compute affinities with."""
        if self.distance == "cosine" and self.basis is not None:
            return self._place_unit_rows(part)
        x = self._spread(part)
        length = max(self.length, torch.finfo(x.dtype).tiny)
        x = (x - self.centre.to(x)).div_(length).to(self.device, self.dtype)
        limit = MAX_MAGNITUDE / math.sqrt(x.shape[1])  # no norm may overflow
        x.clamp_(-limit, limit)
        square = x.square().sum(1)
        return placed_rows(x if self.basis is None else x @ self.basis, square)

    def as_features(self, placed: Tensor) -> Tensor:
        """Undo `place`; where `distance` is the cosine, the norm of a row is lost."""
        x = placed[:, :-2]
        if self.basis is not None:
            x = x @ self.basis.T.to(x)
        x = x * self.length + self.centre.to(x)
        return x[:, :-1] if self.distance == "cosine" else x

    def between(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the affinities (n, m) of placed rows x (n, r + 2) and y (m, r + 2)."""
        coordinates, square, one = torch.split(y, [y.shape[1] - 2, 1, 1], 1)
        opposite = x @ torch.cat([2 * coordinates, -one, -square], 1).T
        rounding = _ROUNDINGS * torch.finfo(x.dtype).eps
        most = rounding * float(x[:, -2].max() + square.max())
        blurred = most > _BLUR and self.basis is None
        if blurred and float(opposite.max()) > -most:
            blur = rounding * (x[:, -2:-1] + square.T)
            near = (opposite > -blur).logical_and_(blur > _BLUR)
            rows, columns = (near.any(axis).nonzero()[:, 0] for axis in (1, 0))
            if len(rows):
                exact = _squared_distances(x[rows], y[columns])
                opposite[rows[:, None], columns] = exact.neg_()
        return self._of_opposite(opposite)

    def within(self, x: Tensor) -> Tensor:
        """Return the affinities (n, n) of placed float64 rows, by exact distances."""
        # Matrix products would give equal rows a distance of 1e-8.
        return self._of_opposite(_squared_distances(x, x).neg_()).fill_diagonal_(1)

    def _spread(self, part: Part) -> Tensor:
        """Return features, or for the cosine unit rows, before they are centred."""
        if self.distance != "cosine":
            return part.values
        x, norm, zero = self._with_norms(part)
        unit = x.new_empty(len(x), x.shape[1] + 1)
        torch.div(x, norm, out=unit[:, :-1])
        unit[:, -1:] = zero
        return unit

    def _place_unit_rows(self, part: Part) -> Tensor:
        """Place rows along a basis without a copy of all coordinates."""
        assert self.basis is not None
        x, norm, zero = self._with_norms(part)
        centre = self.centre.to(self.basis)
        axes = torch.cat([self.basis, centre[:, None]], 1)
        products = (x @ axes[:-1]).div_(norm).addcmul_(zero, axes[-1:])
        products -= centre @ axes
        # |u - c|**2 = 1 - 2 c.(u - c) - |c|**2 for a unit row u
        square = (products[:, -1] * -2).add_(1 - centre @ centre).clamp_(min=0)
        coordinates = products[:, :-1] / self.length
        return placed_rows(coordinates, square / self.length**2)

    def _with_norms(self, part: Part) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows, their norms, infinite for zeros, and which are zeros."""
        x, norm = part
        small, zero = norm < SMALL_NORM, norm == 0
        if bool(small.any()):
            # Scaled before the rounding to float32, in which such numbers may be 0.
            x = torch.where(small & ~zero, x / norm.masked_fill(zero, 1), x)
            norm = norm.masked_fill(small, 1)
        x, norm = (each.to(self.device, self.dtype) for each in (x, norm))
        zero = zero.to(self.device)
        return x, norm.masked_fill(zero, math.inf), zero.to(x)

    def _of_opposite(self, squared: Tensor) -> Tensor:
        """Compute affinities from negative squared distances, in place."""
        # exp is slow for results out of range, so arguments end just below _FAINTEST
        far = math.log(_FAINTEST) - 1
        if self.distance == "euclidean":
            squared.clamp_(-far * far, 0).neg_().sqrt_().neg_()
        else:
            squared.clamp_(far, 0)
        return torch.threshold_(squared.exp_(), _FAINTEST, 0)


def placed_rows(coordinates: Tensor, square: Tensor | None = None) -> Tensor:
    """Return coordinates (n, r) and squared norms, their own by default, as placed."""
    placed = coordinates.new_empty(len(coordinates), coordinates.shape[1] + 2)
    placed[:, :-2] = coordinates
    placed[:, -2] = coordinates.square().sum(1) if square is None else square
    placed[:, -1] = 1
    return placed


def _squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """Return squared distances of placed rows (n, r + 2) and (m, r + 2), exact at 0."""
    exactly = "donot_use_mm_for_euclid_dist"
    return torch.cdist(x[:, :-2], y[:, :-2], compute_mode=exactly).square_()


def _total_variance(rows: Rows, centre: Tensor) -> float:
    """Return the sum of the columns' variances; 0 where it is only rounding."""

    def sums(at: slice) -> Tensor:
        part = rows.read(at).values
        part = part - centre.to(part)
        norms = torch.linalg.vector_norm(part, dim=1, keepdim=True)
        small = norms[:, 0] < SMALL_NORM
        if bool(small.any()):
            norms[small] = small_norms(part[small])
        norms = norms.cpu().double()
        return torch.cat([part.sum(0).cpu().double(), norms.square().sum()[None]])

    total = add_up(sums, rows.chunks(), rows.device)
    spread = float(total[-1] - total[:-1].square().sum() / rows.count)
    size = rows.count * float(centre.square().sum())
    return spread / (rows.count - 1) if spread > 1e-28 * size else 0.0
