"""The eigenvectors of the whole affinity graph, with no approximation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.parallel import add_up, chunks, deal
from ncut_widget.ncut.affinity import Affinity
from ncut_widget.ncut.full.lanczos import BlockKrylov
from ncut_widget.ncut.full.nystrom import leading_eigenpairs
from ncut_widget.ncut.landmarks import Landmarks
from ncut_widget.ncut.rows import Rows
from ncut_widget.ncut.solution import Extension, Solution

# `make bench-accuracy` and `make bench-solver` measure what these numbers do, above all
# for sharp graphs.
# Up to so many rows LAPACK takes less than a second. It finds all eigenvectors;
# products with blocks are faster only for a small share of them.
_LAPACK_ROWS = 1024
_FEW = 8
# Rows of a strip of the affinity, which is computed and multiplied in one go.
_STRIP = 256
# Sums over strips are divided into lanes for the cores, as many on any machine.
_LANES = 8
# Affinities are left out if their sum in a row of the normalised affinity is below
# this: no eigenvalue changes by more, and rounding in float32 is as large.
_NOTHING = 1e-7
# Steps of the power iteration towards the direction in which rows are longest.
_AXIS_STEPS = 3
# Eigenvalues below this, or below this share of the second, are only rounding of
# float32 affinities.
_NULL_EIGENVALUE = 2e-8
_NULL_SHARE = 1e-6


class WholeGraph:
    """``D**-0.5 @ A @ D**-0.5`` of placed rows; of the symmetric A one half is held.

    A is stored in strips of rows that lie near each other. In a sharp affinity, most
    other rows have no affinity to any row of a strip: the strip leaves them out.

    Parameters
    ----------
    affinity : Affinity
    x : Tensor, shape (N, C + 2)
        Placed rows.
    done : callable
        Called with each number of rows that is finished.
    """

    def __init__(
        self, affinity: Affinity, x: Tensor, done: Callable[[int], object]
    ) -> None:
        self._order = torch.cat(near_together(x[:, :-2], _STRIP))
        x = x[self._order]
        least = _NOTHING / len(x)
        degrees = torch.zeros(len(x), dtype=torch.float64, device="cpu").to(x.device)

        def form(at: slice) -> tuple[_Strip, Tensor, Tensor, Tensor]:
            values = affinity.between(x[at], x[at.start :])
            values.fill_diagonal_(1)
            down, across = (values.sum(axis).double() for axis in (1, 0))
            most = values.amax(0)
            near = (most > least).nonzero()[:, 0]
            strip = _Strip(at, near + at.start, values[:, near])
            return strip, most[near], down, across

        formed = []
        for strip, most, down, across in deal(form, chunks(len(x), _STRIP), x.device):
            at = strip.at
            degrees[at] += down
            degrees[at.stop :] += across[at.stop - at.start :]
            formed.append((strip, most))
            done(at.stop - at.start)
        self._scale = degrees.rsqrt().float()
        self._lanes: list[list[_Strip]] = [[] for _ in range(_LANES)]
        for number, (strip, most) in enumerate(formed):
            most = most * self._scale[strip.near] * self._scale[strip.at].max()
            # Strips get shorter: dealt to and fro, each lane gets long and short ones.
            lane = number % (2 * _LANES)
            lane = min(lane, 2 * _LANES - 1 - lane)
            self._lanes[lane].append(strip.only(most > least))
        self.scale = torch.empty_like(self._scale)[:, None]
        self.scale[self._order, 0] = self._scale

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """Multiply vectors (N, b)."""
        # As rows, since a BLAS multiplies few long rows in half the time of many short.
        scaled = vectors[self._order].T.contiguous().mul_(self._scale)

        def multiply(lane: list[_Strip]) -> Tensor:
            product = torch.zeros_like(scaled)
            for at, near, values in lane:
                product[:, at] += scaled[:, near] @ values.T
                # Affinities within the strip are stored in both directions.
                own = int((near < at.stop).sum())
                product.index_add_(1, near[own:], scaled[:, at] @ values[:, own:])
            return product

        total = add_up(multiply, self._lanes, scaled.device).mul_(self._scale)
        product = torch.empty_like(vectors)
        product[self._order] = total.T
        return product


class _Strip(NamedTuple):
    """A strip: rows, later rows that are near some of them, and the affinities."""

    at: slice
    near: Tensor
    values: Tensor

    def only(self, wanted: Tensor) -> _Strip:
        """Return the strip with only the wanted ones of the near rows."""
        if bool(wanted.all()):
            return self
        return _Strip(self.at, self.near[wanted], self.values[:, wanted])


def near_together(x: Tensor, size: int) -> list[Tensor]:
    """Cut rows (N, r) into parts of near rows, of `size` but for the last one.

    Each part is halved along about its longest direction until it is small enough.
    """

    def halve(rows: Tensor) -> list[Tensor]:
        strips = math.ceil(len(rows) / size)
        if strips < 2:
            return [rows]
        part = x[rows]
        part = part - part.mean(0)
        axis = part[part.square().sum(1).argmax()]
        for _ in range(_AXIS_STEPS):
            axis = part.T @ (part @ torch.nn.functional.normalize(axis, dim=0))
        order = rows[torch.argsort(part @ axis, stable=True)]
        at = strips // 2 * size
        return [*halve(order[:at]), *halve(order[at:])]

    return halve(torch.arange(len(x), device=x.device))


def solve_by_lapack(rows: Rows, affinity: Affinity, k: int) -> Solution:
    """Return the k leading eigenpairs of a graph, all in float64 on the CPU."""
    x = affinity.place(rows.read(slice(None)))
    matrix = affinity.within(x)
    scale = matrix.sum(1).rsqrt()
    matrix *= scale[:, None] * scale
    eigvals, vectors, inverse = leading_eigenpairs(matrix, scale.reciprocal(), k)
    return _solution(rows, affinity, x, scale[:, None], eigvals, vectors, inverse)


def solve_by_products(
    rows: Rows,
    affinity: Affinity,
    k: int,
    rng: np.random.Generator,
    done: Callable[[int], object],
    found: Callable[[int], object],
) -> Solution:
    """Return the k leading eigenpairs of a graph by products with its matrix.

    Parameters
    ----------
    rows : Rows
    affinity : Affinity
        Of float32.
    k : int
    rng : numpy.random.Generator
    done, found : callable
        Called with numbers of rows whose affinities are computed, and with the number
        of accurate eigenvectors.
    """
    x = affinity.place(rows.read(slice(None)))
    graph = WholeGraph(affinity, x, done)
    trivial = torch.nn.functional.normalize(graph.scale.reciprocal(), dim=0)

    def beside_trivial(vectors: Tensor) -> Tensor:
        return vectors - trivial @ (trivial.T @ vectors)

    values, vectors, error = BlockKrylov(
        lambda v: beside_trivial(graph @ v),
        beside_trivial,
        x,
        k - 1,
        rng,
        lambda others: found(1 + others),
    ).solve()
    null = max(_NULL_EIGENVALUE, _NULL_SHARE * float(values.amax(0, True).sum()))
    values = torch.cat([values.new_ones(1), values.clamp(max=1)])
    sound = values > null
    inverse = torch.where(sound, values, torch.inf).reciprocal()
    values = torch.where(sound, values, 0)
    vectors = torch.cat([trivial, vectors], 1)
    return _solution(rows, affinity, x, graph.scale, values, vectors, inverse, error)


def few_enough(k: int, count: int) -> bool:
    """Whether `solve_by_products` is faster than `solve_by_lapack`."""
    return count > _LAPACK_ROWS and k * _FEW <= count


def _solution(
    rows: Rows,
    affinity: Affinity,
    x: Tensor,
    scale: Tensor,
    eigvals: Tensor,
    vectors: Tensor,
    inverse: Tensor,
    error: float = 0.0,
) -> Solution:
    """Make the solution; `inverse` holds inverse eigenvalues, 0 for no structure."""
    kept = (inverse > 0).to(vectors)
    eigvecs = rows.new_output(vectors.shape[1])
    eigvecs.copy_(vectors * kept)
    projection = (scale * vectors).cpu().double() * inverse
    degree = torch.ones(rows.count, dtype=torch.float64, device="cpu")
    trivial = torch.zeros_like(eigvals)
    extension = Extension(Landmarks(affinity, x), degree, projection, trivial)
    return Solution(eigvals, eigvecs, scale.to(eigvecs), extension, error)
