"""The eigenvectors of the whole affinity graph, with no approximation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.affinity import Affinity, Rows, chunks
from ncut_widget.blocks import add_up, deal
from ncut_widget.krylov import BlockKrylov
from ncut_widget.landmarks import Landmarks
from ncut_widget.nystrom import leading_eigenpairs
from ncut_widget.solution import Extension, Solution

# Up to so many rows LAPACK takes less than a second; it finds any share of the
# eigenvectors, where products with blocks pay for few of them.
_LAPACK_ROWS = 1024
_FEW = 8
# Rows and columns of a part of the affinity: computed, and multiplied with both ways,
# while it is in a core's cache.
_TILE = 256
# Sums over tiles, dealt out to the cores: as many on any machine.
_LANES = 8
# Tiles without an affinity of this, divided by the rows, are left out: that changes no
# eigenvalue by more.
_NOTHING = 1e-8
# Steps of the power iteration towards the direction in which rows are longest.
_AXIS_STEPS = 3
# Eigenvalues below this, or this share of the second, are rounding of float32
# affinities, not structure.
_NULL_EIGENVALUE = 2e-8
_NULL_SHARE = 1e-6


class WholeGraph:
    """``D**-0.5 @ A @ D**-0.5`` of placed rows; of the symmetric A one half is held.

    In tiles, of rows that lie near each other: of a sharp affinity most tiles hold
    nothing, and are left out.

    Parameters
    ----------
    affinity : Affinity
    x : Tensor, shape (N, C + 2)
        Placed rows.
    done : callable
        Told of every number of rows that is finished.
    """

    def __init__(
        self, affinity: Affinity, x: Tensor, done: Callable[[int], object]
    ) -> None:
        self._order = near_together(x[:, :-2])
        x = x[self._order]
        tiles = list(chunks(len(x), _TILE))
        least = _NOTHING / len(x)

        def form(number: int) -> list[_Tile]:
            row, at = [], tiles[number]
            for to in tiles[number:]:
                values = affinity.between(x[at], x[to])
                if to == at:
                    values.fill_diagonal_(1)
                if float(values.max()) > least:
                    sums = (values.sum(0), values.sum(1))
                    row.append(_Tile(at, to, values, *(each.double() for each in sums)))
            return row

        self._lanes: list[list[_Tile]] = [[] for _ in range(_LANES)]
        degrees = torch.zeros(len(x), dtype=torch.float64, device="cpu").to(x.device)
        for number, row in enumerate(deal(form, range(len(tiles)), x.device)):
            for tile in row:
                degrees[tile.at] += tile.down
                if tile.to != tile.at:
                    degrees[tile.to] += tile.across
            # Rows get shorter: to and fro, every lane has long ones and short.
            lane = number % (2 * _LANES)
            self._lanes[min(lane, 2 * _LANES - 1 - lane)] += row
            done(len(x[tiles[number]]))
        self._scale = degrees.rsqrt().float()[:, None]
        self.scale = torch.empty_like(self._scale)
        self.scale[self._order] = self._scale

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """Multiply vectors (N, b)."""
        scaled = vectors[self._order].mul_(self._scale)

        def multiply(lane: list[_Tile]) -> Tensor:
            product = torch.zeros_like(scaled)
            for at, to, values, _, _ in lane:
                product[at].addmm_(values, scaled[to])
                if to != at:
                    product[to].addmm_(values.T, scaled[at])
            return product

        total = add_up(multiply, self._lanes, scaled.device).mul_(self._scale)
        product = torch.empty_like(total)
        product[self._order] = total
        return product


class _Tile(NamedTuple):
    """Affinities of some rows to some others, and their sums in float64."""

    at: slice
    to: slice
    values: Tensor
    across: Tensor
    down: Tensor


def near_together(x: Tensor) -> Tensor:
    """Return an order (N,) of rows (N, r) in which each tile's lie near each other.

    Halves of halves, along the direction in which each is longest, or nearly.
    """

    def halve(rows: Tensor) -> list[Tensor]:
        tiles = math.ceil(len(rows) / _TILE)
        if tiles < 2:
            return [rows]
        part = x[rows]
        part = part - part.mean(0)
        axis = part[part.square().sum(1).argmax()]
        for _ in range(_AXIS_STEPS):
            axis = part.T @ (part @ torch.nn.functional.normalize(axis, dim=0))
        order = rows[torch.argsort(part @ axis, stable=True)]
        at = tiles // 2 * _TILE
        return [*halve(order[:at]), *halve(order[at:])]

    return torch.cat(halve(torch.arange(len(x), device=x.device)))


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
        Told of rows whose affinities are there, and how many eigenvectors.
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
    """Whether `solve_by_products` pays, and not `solve_by_lapack`."""
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
    """Put together what was found; `inverse` are the eigenvalues', 0 for none."""
    kept = (inverse > 0).to(vectors)
    eigvecs = rows.new_output(vectors.shape[1])
    eigvecs.copy_(vectors * kept)
    projection = (scale * vectors).cpu().double() * inverse
    degree = torch.ones(rows.count, dtype=torch.float64, device="cpu")
    trivial = torch.zeros_like(eigvals)
    extension = Extension(Landmarks(affinity, x), degree, projection, trivial)
    return Solution(eigvals, eigvecs, scale.to(eigvecs), extension, error)
