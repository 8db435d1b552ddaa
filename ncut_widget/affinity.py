"""Features as rows, and the affinity of two rows: the graph that NCUT cuts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor
from tqdm.auto import tqdm

Distance: TypeAlias = Literal["cosine", "euclidean", "rbf"]
Features: TypeAlias = ArrayLike | Tensor

# Above this a float32 square overflows once it is summed over the columns; a row whose
# norm is below its inverse has no direction left in float32.
MAX_MAGNITUDE = 1e18


class Rows:
    """Features of any shape, kind and type as N rows of C columns, read in parts."""

    def __init__(self, features: Features) -> None:
        given = features if isinstance(features, Tensor) else np.asarray(features)
        if isinstance(given, Tensor):
            real = not given.is_complex() and given.layout is torch.strided
        else:
            real = given.dtype.kind in "biuf"
        if not real:
            kind = given.layout if isinstance(given, Tensor) else "array"
            raise TypeError(
                "features must be a dense array or tensor of real numbers, got "
                f"{kind} of {given.dtype}"
            )
        if given.ndim < 2 or 0 in given.shape:
            raise ValueError(
                "features must have shape (..., C) with at least two axes, none of "
                f"them empty, got {tuple(given.shape)}"
            )
        self.shape = tuple(given.shape[:-1])
        self.count = math.prod(self.shape)
        self.columns = int(given.shape[-1])
        self._torch = isinstance(given, Tensor)
        self.device = given.device if isinstance(given, Tensor) else torch.device("cpu")
        self._flat = given.reshape(self.count, self.columns)

    def read(self, rows: slice | NDArray[np.int64]) -> Tensor:
        """Return the rows (n, C), in float64 if float32 would round them, else float32.

        Raises ValueError if one isn't finite or is too large to be squared.
        """
        flat = self._flat
        if isinstance(flat, Tensor):
            at = rows if isinstance(rows, slice) else torch.from_numpy(rows)
            wide = flat.dtype in (torch.float64, torch.int64, torch.int32)
            # MPS has no float64
            wide = wide and flat.device.type != "mps"
            part = flat.detach()[at.to(flat.device) if isinstance(at, Tensor) else at]
            part = part.to(torch.float64 if wide else torch.float32)
        else:
            wide = not np.can_cast(flat.dtype, np.float32)
            block = np.require(
                flat[rows], np.float64 if wide else np.float32, ["C", "W"]
            )
            part = torch.from_numpy(block)
        peak = torch.linalg.vector_norm(part, math.inf, dim=1)
        sound = peak <= MAX_MAGNITUDE  # False for NaN
        if not bool(sound.all()):
            k = int(sound.logical_not().nonzero()[0, 0])
            row = int(np.arange(self.count)[rows][k])
            raise ValueError(
                "features must be finite and at most 1e18 in magnitude, got "
                f"{_odd_value(part[k])} in row {row} of {self.count}"
            )
        return part

    def new_output(self, columns: int) -> Tensor:
        """Return room for a result (N, columns), where the features are."""
        return torch.empty(self.count, columns, dtype=torch.float32, device=self.device)

    def as_given(self, result: Tensor) -> Any:
        """Return a result as numpy if the features were, else on their device."""
        return result.to(self.device) if self._torch else result.cpu().numpy()


@dataclass(frozen=True)
class Affinity:
    """The affinity of two rows, and the space in which it is computed.

    Rows are first *placed*: divided by their norm for the cosine (with one column more
    that is 1 for rows of zeros, so that these are alike and at right angles to the
    rest); else centred, lest distances drown in rounding, and divided by the length
    that makes the affinity ``exp(-d)`` or ``exp(-d**2)``.
    """

    distance: Distance
    gamma: float
    centre: Tensor | None  # (C,) float64, on the CPU
    length: float
    device: torch.device
    dtype: torch.dtype

    @classmethod
    def of(
        cls,
        rows: Rows,
        pool: NDArray[np.int64],
        distance: Distance,
        gamma: float,
        *,
        chunk_size: int,
        device: torch.device,
        dtype: torch.dtype,
    ) -> Affinity:
        """Return the affinity that the features want; `pool` are rows to look at."""
        gamma = float(gamma)
        if distance == "cosine":
            return cls("cosine", gamma, None, 1.0, device, dtype)
        # Any centre near the features will do: that of a sample.
        centre = torch.zeros(rows.columns, dtype=torch.float64, device="cpu")
        for at in chunks(len(pool), chunk_size):
            centre += rows.read(pool[at]).sum(0).cpu().double()
        centre /= len(pool)
        length = gamma
        if distance == "rbf":
            variance = _total_variance(rows, centre, chunk_size)
            length = math.sqrt(2 * gamma * variance) if variance > 0 else 1.0
        return cls(distance, gamma, centre, length, device, dtype)

    def place(self, features: Tensor) -> Tensor:
        """Return features (n, C) as rows to compute affinities with."""
        if self.centre is not None:
            centred = (features - self.centre.to(features)) / self.length
            return centred.to(self.device, self.dtype).clamp_(
                -MAX_MAGNITUDE, MAX_MAGNITUDE
            )
        x = features.to(self.device, self.dtype)
        norm = torch.linalg.vector_norm(x, dim=1, keepdim=True)
        zero = norm < 1 / MAX_MAGNITUDE
        placed = x.new_empty(len(x), x.shape[1] + 1)
        torch.div(x, norm.masked_fill(zero, math.inf), out=placed[:, :-1])
        placed[:, -1:] = zero
        return placed

    def as_features(self, placed: Tensor) -> Tensor:
        """Undo `place`, but for the norm of a row where `distance` is the cosine."""
        if self.centre is None:
            return placed[:, :-1]
        return placed * self.length + self.centre

    def between(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the affinities (n, m) of placed rows x (n, C') and y (m, C')."""
        if self.distance == "cosine":
            return _exp_((x @ y.T).sub_(1).div_(self.gamma))
        squared = torch.addmm(y.square().sum(1), x, y.T, alpha=-2)
        squared += x.square().sum(1, keepdim=True)
        return self._of_squared_distance(squared)

    def within(self, x: Tensor) -> Tensor:
        """Return the affinities (n, n) of placed float64 rows, with more care."""
        if self.distance == "cosine":
            matrix = self.between(x, x)
        else:
            # The Gram form would leave equal rows a distance of 1e-8 apart.
            exactly = "donot_use_mm_for_euclid_dist"
            distances = torch.cdist(x, x, compute_mode=exactly)
            matrix = self._of_squared_distance(distances.square_())
        return matrix.fill_diagonal_(1)

    def _of_squared_distance(self, squared: Tensor) -> Tensor:
        squared.clamp_(min=0)
        distances = squared if self.distance == "rbf" else squared.sqrt_()
        return _exp_(distances.neg_())


def chunks(count: int, size: int, bar: tqdm[Any] | None = None) -> Iterator[slice]:
    """Cut `count` rows into slices of `size`, and move a progress bar along."""
    for start in range(0, count, size):
        stop = min(start + size, count)
        yield slice(start, stop)
        if bar is not None:
            bar.update(stop - start)


def _exp_(exponent: Tensor) -> Tensor:
    """Exponentiate in place; rounding above 0 would overflow where gamma is tiny."""
    return exponent.clamp_(max=0).exp_()


def _total_variance(rows: Rows, centre: Tensor, chunk_size: int) -> float:
    """Return the columns' variances, summed; 0 where it is nothing but rounding."""
    square, mean = 0.0, torch.zeros_like(centre)
    for at in chunks(rows.count, chunk_size):
        part = rows.read(at)
        part = part - centre.to(part)
        square += float(torch.linalg.vector_norm(part).double().square())
        mean += part.sum(0).cpu().double()
    spread = square - float(mean.square().sum()) / rows.count
    size = rows.count * float(centre.square().sum())
    return spread / (rows.count - 1) if spread > 1e-28 * size else 0.0


def _odd_value(row: Tensor) -> float:
    finite = row.isfinite()
    return float(row[~finite][0] if not bool(finite.all()) else row[row.abs().argmax()])
