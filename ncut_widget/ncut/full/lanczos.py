"""Leading eigenvectors of a symmetric operator, by products with blocks of vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up, chunks, deal_all

# Vectors multiplied at once. Small blocks need a smaller basis; with single vectors the
# time to read the operator would dominate.
_BLOCK = 16
_WIDEST = 4 * _BLOCK
# Vectors that a basis may have before it is condensed, and products before giving up.
_BASIS_VECTORS = 1200
_MAX_PRODUCTS = 300
# Rows of the basis that a core gets at a time.
_ROWS = 2048
# Residuals up to this share of the gap behind the last eigenvalue are accepted: the
# share bounds the sine of the angle to the exact space. Where there is nearly no gap,
# the limit is float32 rounding, for an operator of norm 1.
_SHARE_OF_GAP = 0.01
_ROUNDING = 2e-8
# Vectors above this squared length have little rounding once they have length 1.
_SHORT = 0.1
# Products with fresh vectors that must find nothing new before the iteration ends.
_VERIFYING = 4


class BlockKrylov:
    """The k largest eigenvalues of a symmetric operator, and their eigenvectors.

    A block Lanczos iteration with full reorthogonalisation, Rayleigh-Ritz in float64
    and thick restarts [1]_. A Krylov space holds no more copies of a multiple
    eigenvalue than its block has vectors, so fresh vectors are added where it ends, and
    once it has converged.

    Parameters
    ----------
    apply : callable
        Vectors (N, b) -> their products with the operator, whose norm is about 1.
    project : callable
        Vectors (N, b) -> their projection on the space of interest, which `apply`
        maps into itself.
    like : Tensor, shape (N, ...)
        Has the type and the device of the vectors.
    k : int
    rng : numpy.random.Generator
    found : callable
        Called from time to time with the number of accurate eigenvectors.

    References
    ----------
    .. [1] K. Wu and H. Simon, "Thick-restart Lanczos method for large symmetric
       eigenvalue problems", SIAM J. Matrix Anal. Appl. 22(2), 2000.
    """

    def __init__(
        self,
        apply: Callable[[Tensor], Tensor],
        project: Callable[[Tensor], Tensor],
        like: Tensor,
        k: int,
        rng: np.random.Generator,
        found: Callable[[int], object],
    ) -> None:
        self._apply = apply
        self._project = project
        self._k = k
        self._rng = rng
        self._found = found
        self._count = len(like)
        room = min(max(_BASIS_VECTORS, 3 * k), self._count)
        self._limit = room - _WIDEST
        self._basis = like.new_empty(self._count, room)
        self._ritz = torch.zeros(room, room, dtype=torch.float64, device="cpu")
        self._size = 0

    def solve(self) -> tuple[Tensor, Tensor, float]:
        """Return the eigenpairs.

        Returns
        -------
        values : Tensor of float64, shape (k,), on the CPU
            Descending.
        vectors : Tensor, shape (N, k)
            Orthonormal.
        error : float
            The largest residual over the gap behind the k-th eigenvalue, at most 1.
        """
        none = self._basis[:, :0]
        block, check, trace = self._freshen(none), 2 + self._k // _BLOCK, -1.0
        for product in range(1, _MAX_PRODUCTS + 1):
            block, coupling = self._extend(block)
            ended, full = block.shape[1] == 0, self._size > self._limit
            if product < check and not (ended or full):
                continue
            check = product + 1 + product // 5
            pairs = self._rayleigh_ritz(coupling)
            self._found(pairs.accurate)
            converged = pairs.accurate == self._k
            if converged:
                before, trace = trace, float(pairs.values[: self._k].sum())
                if trace <= before + pairs.accepted:
                    break
                check = product + _VERIFYING
            if full:
                self._condense(pairs)
            if ended or converged:
                block = self._freshen(block)
        leading = pairs.small[:, : self._k].to(self._basis)
        vectors = self._basis[:, : len(leading)] @ leading
        return pairs.values[: self._k], vectors, pairs.error

    def _freshen(self, block: Tensor) -> Tensor:
        """Return a block with random vectors beside it."""
        if block.shape[1] + _BLOCK > _WIDEST:
            return block
        drawn = torch.from_numpy(self._rng.standard_normal((self._count, _BLOCK)))
        fresh = self._project(drawn.to(self._basis))
        fresh /= torch.linalg.vector_norm(fresh, dim=0)
        return self._orthonormalise(torch.cat([block, fresh], 1))

    def _extend(self, block: Tensor) -> tuple[Tensor, Tensor]:
        """Add a block to the basis; return the next (N, c), and its coupling (c, b)."""
        old, self._size = self._size, self._size + block.shape[1]
        self._basis[:, old : self._size] = block
        image = self._apply(block)
        inner = self._clear(image)
        self._ritz[: self._size, old : self._size] = inner.cpu().double()
        self._ritz[old : self._size, : self._size] = inner.T.cpu().double()
        following = self._orthonormalise(image)
        return following, (following.T @ image).cpu().double()

    @property
    def _used(self) -> Tensor:
        return self._basis[:, : self._size]

    def _clear(self, vectors: Tensor) -> Tensor:
        """Project the basis out of vectors (N, b), in place; return the products."""
        used, device = self._used, vectors.device
        parts = list(chunks(self._count, _ROWS))
        inner = add_up(lambda at: used[at].T @ vectors[at], parts, device)
        deal_all(lambda at: vectors[at].sub_(used[at] @ inner), parts, device)
        return inner

    def _orthonormalise(self, vectors: Tensor) -> Tensor:
        """Orthonormalise vectors (N, b) against the basis and each other: (N, c).

        Directions that are only rounding are left out.
        """
        # Scaling a short vector to unit length also scales up its rounding. If it is
        # short again in the second pass, it was only rounding.
        least = _ROUNDING**2
        while vectors.shape[1]:
            self._clear(vectors)
            values, turn = torch.linalg.eigh((vectors.T @ vectors).cpu().double())
            sound = values > least
            turn = (turn[:, sound] * values[sound].rsqrt()).to(vectors)
            vectors = self._project(vectors @ turn)
            if not bool((values < _SHORT).any()):
                break
            least = 0.5
        return vectors

    def _rayleigh_ritz(self, coupling: Tensor) -> _Pairs:
        values, small = torch.linalg.eigh(self._ritz[: self._size, : self._size])
        values, small = values.flip(0), small.flip(1)
        last = small[self._size - coupling.shape[1] :, : self._k]
        residuals = torch.linalg.vector_norm(coupling @ last, dim=0)
        enough = self._size > self._k
        gap = float(values[self._k - 1] - values[self._k]) if enough else 0.0
        return _Pairs(values, small, residuals, gap)

    def _condense(self, pairs: _Pairs) -> None:
        """Keep the leading Ritz vectors, and some more, in place of the whole basis."""
        kept = min(self._size, 2 * self._k + 2 * _BLOCK)
        self._basis[:, :kept] = self._used @ pairs.small[:, :kept].to(self._basis)
        self._ritz.zero_()
        self._ritz[:kept, :kept] = torch.diag(pairs.values[:kept])
        self._size = kept


class _Pairs(NamedTuple):
    """Ritz pairs of a basis of n vectors.

    Attributes
    ----------
    values : Tensor of float64, shape (n,)
        Descending.
    small : Tensor of float64, shape (n, n)
        The vectors, in the basis.
    residuals : Tensor of float64, shape (k,)
    gap : float
        Between the k-th value and the next.
    """

    values: Tensor
    small: Tensor
    residuals: Tensor
    gap: float

    @property
    def accepted(self) -> float:
        """The largest residual of an accurate pair."""
        return max(_SHARE_OF_GAP * self.gap, _ROUNDING)

    @property
    def accurate(self) -> int:
        return int((self.residuals <= self.accepted).sum())

    @property
    def error(self) -> float:
        worst = float(self.residuals.max())
        return min(worst / max(self.gap, _ROUNDING), 1.0)
