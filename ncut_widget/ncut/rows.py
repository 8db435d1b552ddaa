"""Features as rows, read in parts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import issparse
from torch import Tensor

from ncut_widget.core.arrays import as_array
from ncut_widget.core.parallel import chunks

Features: TypeAlias = ArrayLike | Tensor

# Rows handled at a time: they fit into a CPU's caches, or keep a GPU busy.
CHUNK_ROWS = 2048
CHUNK_ROWS_ON_ACCELERATOR = 65_536
# Above this, a sum of squares over the columns may overflow float32.
MAX_MAGNITUDE = 1e18
# Below this, squares lose digits in float32, or become 0.
SMALL_NORM = 1e-12


class Part(NamedTuple):
    """Some rows of features, (n, C), and their norms, (n, 1)."""

    values: Tensor
    norms: Tensor


class Rows:
    """Features of any shape, kind and type as N rows of C columns, read in parts.

    Parameters
    ----------
    features : array_like or torch.Tensor, shape (..., C)
    chunk_size : int
        Rows that `chunks` gives at a time.

    Raises
    ------
    TypeError, ValueError
        If they are not real numbers, or empty. Infinite values are noticed only when
        they are read.
    """

    def __init__(self, features: Features, chunk_size: int = CHUNK_ROWS) -> None:
        if issparse(features):
            raise TypeError(
                "features must be a dense array or tensor, got a sparse one: "
                "try toarray()"
            )
        given = (
            features if isinstance(features, Tensor) else as_array(features, "features")
        )
        if isinstance(given, np.ndarray) and given.dtype == object:
            given = given.astype(np.float64)
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
                f"them empty, got {tuple(given.shape)}. Reshape your data, a single "
                "row to (1, C)"
            )
        self.shape = tuple(given.shape[:-1])
        self.count = math.prod(self.shape)
        self.chunk_size = chunk_size
        self.columns = int(given.shape[-1])
        self._torch = isinstance(given, Tensor)
        self.device = given.device if isinstance(given, Tensor) else torch.device("cpu")
        self._flat = given.reshape(self.count, self.columns)
        # For rows that `take` has copied: their numbers, and the number of all rows.
        self._taken: NDArray[np.int64] | None = None
        self.total = self.count

    def chunks(self) -> Iterator[slice]:
        """Cut all rows into slices to be handled at a time."""
        return chunks(self.count, self.chunk_size)

    def read(self, rows: slice | NDArray[np.int64]) -> Part:
        """Return rows, in float64 if float32 would round them, else float32.

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
        # Norms bound the entries, in a ninth of the time of a maximum. False for NaN.
        norms = torch.linalg.vector_norm(part, dim=1, keepdim=True)
        small = norms[:, 0] < SMALL_NORM
        if bool(small.any()):
            norms[small] = small_norms(part[small])
        sound = norms[:, 0] <= MAX_MAGNITUDE
        if not bool(sound.all()):
            sound = torch.linalg.vector_norm(part, math.inf, dim=1) <= MAX_MAGNITUDE
        if not bool(sound.all()):
            k = int(sound.logical_not().nonzero()[0, 0])
            row = int(self._numbers()[rows][k])
            raise ValueError(
                "features must be finite (no NaN or inf) and at most 1e18 in "
                "magnitude, got "
                f"{_odd_value(part[k])} in row {row} of {self.total}"
            )
        return Part(part, norms)

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Return some of the rows, as rows of their own, copied."""
        at = torch.from_numpy(rows).to(self.device) if self._torch else rows
        part = Rows(self._flat[at], self.chunk_size)
        part._taken, part.total = self._numbers()[rows], self.total
        return part

    def _numbers(self) -> NDArray[np.int64]:
        return np.arange(self.count) if self._taken is None else self._taken

    def new_output(self, columns: int) -> Tensor:
        """Allocate a result (N, columns) on the device of the features."""
        return torch.empty(self.count, columns, dtype=torch.float32, device=self.device)

    def as_given(self, result: Tensor) -> Any:
        """Return a result as numpy if the features were, else on their device."""
        return result.to(self.device) if self._torch else result.cpu().numpy()


def small_norms(rows: Tensor) -> Tensor:
    """Return the norms (n, 1) of rows (n, C) whose squares may underflow."""
    peaks = rows.abs().amax(1, keepdim=True)
    shares = rows / peaks.masked_fill(peaks == 0, 1)
    lengths: Tensor = torch.linalg.vector_norm(shares, dim=1, keepdim=True)
    return peaks * lengths


def _odd_value(row: Tensor) -> float:
    finite = row.isfinite()
    return float(row[~finite][0] if not bool(finite.all()) else row[row.abs().argmax()])
