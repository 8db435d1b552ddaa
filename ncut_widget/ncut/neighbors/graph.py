"""The graph of neighbours: few edges for each row, in its image and in others.

Rows are neighbours where they are among each other's nearest, in feature space within
their own image and, separately, in the other images, which would otherwise fall apart;
where they lie side by side on the grid; and where they look the same, at any distance
in the image. So a graph of N rows has about 50 N edges.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.sparse import coo_matrix, csr_matrix, identity
from torch import Tensor

from ncut_widget.core.parallel import chunks, deal, deal_all
from ncut_widget.ncut.full.exact import near_together
from ncut_widget.ncut.neighbors.nearest import SCALE_NEIGHBOR, Layout, nearest

# `make bench-quality` measures what these numbers do for masks.
# Weights beside features, whose root mean square length is 1: of a guide; and of the
# position in the search for neighbours within an image, and in the others.
_GUIDE = 1.0
POSITION = 0.7
POSITION_IN_OTHERS = 0.25
# Total weights of the edges on the grid, to other images, and to rows anywhere in an
# image, relative to that of the edges to near rows. The last needs a guide: without
# one, rows far away with similar features are often another thing.
_ON_GRID = 2.0
TO_OTHERS = 2.0
_AFAR = 0.2
# Rows anywhere in an image: this many are drawn, and the position only breaks ties.
_DRAWN_AFAR = 128
_TIES = 0.02
# Distance at which rows begin to look different; in a flat drawing they are nearer.
_SAME = 0.03
_FAINTEST = 1e-3
# The least scale of a row, as a share of the median scale.
_LEAST_SCALE = 1e-3
# Affinity of a row with itself: tiny, but the only one of an isolated row.
_SELF = 1e-6
# Neighbours in other images are searched among all rows, up to this many, or a sample.
_CANDIDATES = 16_384
_SAMPLED_CANDIDATES = 8192
# Rows without images are handled in groups of this size, as if these were images.
_GROUP = 8192
# Rows that are searched at a time, and that a core multiplies at a time.
SOUGHT = 512
_MULTIPLIED = 4096

# Torch warns of the first sparse matrix that it is a beta. Done once here: filters of
# warnings are shared, and graphs are made in several threads.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Sparse")
    torch.sparse_csr_tensor([0, 1], [0], [1.0], (1, 1), check_invariants=False)


class Edges(NamedTuple):
    """From some rows (n,) to others near them, with squared distances, both (n, k)."""

    rows: Tensor
    others: Tensor
    squares: Tensor


class NeighborGraph:
    """``D**-0.5 @ A @ D**-0.5`` of rows that are neighbours, sparse.

    Parameters
    ----------
    near : Tensor of float32, shape (N, r)
        Coordinates of the rows; see `Space`.
    guide : Tensor of float32, shape (N, g), optional
        Appearance of rows, of root mean square length 1: used beside the features
        within an image.
    layout : Layout
    n_neighbors : int
    gamma : float
        Divides the exponent of the affinities.
    rng : numpy.random.Generator
    done : callable
        Called with each number of rows whose neighbours are found; all rows count
        twice.

    Attributes
    ----------
    root_degrees : Tensor of float32, shape (N, 1)
        ``d**0.5``.

    Notes
    -----
    The affinity of neighbours i and j is ``exp(-|x_i - x_j|**2 / (g s_i s_j))`` with
    ``s_i`` the distance of i to its 7th neighbour [1]_; two rows share an edge if
    either chose the other. Affinities of neighbours on the grid follow their contrast,
    ``exp(-|x_i - x_j|**2 / m)`` with m the median. Each row also has neighbours among
    rows drawn from all of its image. Those that look the same hold a flat surface
    together, whose rows would else be joined to adjacent rows only. With a guide, the
    other ones have a small weight.

    References
    ----------
    .. [1] L. Zelnik-Manor and P. Perona, "Self-tuning spectral clustering", NIPS 2004.
    """

    def __init__(
        self,
        near: Tensor,
        guide: Tensor | None,
        layout: Layout,
        n_neighbors: int,
        gamma: float,
        rng: np.random.Generator,
        done: Callable[[int], object] = lambda count: None,
    ) -> None:
        self._layout, self._k, self._gamma = layout, n_neighbors, gamma
        self._device = near.device
        self._set(self._affinity(near, guide, rng, done))

    def _affinity(
        self,
        near: Tensor,
        guide: Tensor | None,
        rng: np.random.Generator,
        done: Callable[[int], object],
    ) -> csr_matrix:
        """Return the affinities of all rows."""
        looks = self._looks(near, guide)
        groups = self._groups(near)
        affinity = self._weigh(self._within(looks, groups, done))
        total = affinity.sum()
        afar = self._afar(looks, groups, rng)
        affinity = affinity + self._same(afar)
        if guide is not None:
            alike = self._weigh(afar)
            affinity = affinity + alike * (_AFAR * _share(total, alike))
        if len(groups) > 1:
            across = self._weigh(self._across(near, groups, rng, done))
            affinity = affinity + across * (TO_OTHERS * _share(total, across))
        affinity = self._with_grid(affinity, looks, total)
        affinity = affinity + _SELF * identity(self._layout.count, np.float32, "csr")
        return affinity.tocsr()

    def _looks(self, near: Tensor, guide: Tensor | None) -> Tensor:
        return near if guide is None else torch.cat([near, _GUIDE * guide], 1)

    def _with_grid(
        self, affinity: csr_matrix, looks: Tensor, total: float
    ) -> csr_matrix:
        """Add the affinities on the grid, if there is one."""
        if self._layout.grid is None or self._layout.cells == 1:
            return affinity
        beside = self._on_grid(looks)
        return affinity + beside * (_ON_GRID * _share(total, beside))

    def _set(self, affinity: csr_matrix) -> None:
        """Hold the normalised matrix; the affinities are overwritten."""
        degrees = np.asarray(affinity.sum(1, dtype=np.float64))
        self.root_degrees = torch.from_numpy(np.sqrt(degrees)).float().to(self._device)
        self._parts = self._normalise(affinity, degrees[:, 0] ** -0.5)

    def __matmul__(self, vectors: Tensor) -> Tensor:
        """Multiply vectors (N, b)."""
        product = torch.empty_like(vectors)

        def multiply(part: tuple[slice, Tensor]) -> None:
            at, values = part
            product[at] = values @ vectors

        deal_all(multiply, self._parts, self._device)
        return product

    def _groups(self, near: Tensor) -> list[Tensor]:
        """Return the rows of each image, or groups of near rows without images."""
        if self._layout.grid is not None:
            rows = torch.arange(self._layout.count, device=near.device)
            return list(rows.reshape(self._layout.images, -1))
        return near_together(near, _GROUP)

    @property
    def _sought(self) -> int:
        return max(self._k, SCALE_NEIGHBOR)

    def _within(
        self, looks: Tensor, groups: list[Tensor], done: Callable[[int], object]
    ) -> list[Edges]:
        """Find each row's nearest in its own image."""
        if self._layout.grid is not None:
            place = POSITION * self._layout.positions().to(looks)

        def find(group: Tensor) -> list[Edges]:
            x = looks[group]
            if self._layout.grid is not None:
                x = torch.cat([x, place], 1)
            found = []
            for at in chunks(len(x), SOUGHT):
                own = torch.arange(len(x), device=x.device)[at]
                others, squares = nearest(x[at], x, self._sought, own)
                found.append(Edges(group[at], group[others], squares))
            return found

        return _collect(find, groups, groups, done)

    def _afar(
        self, looks: Tensor, groups: list[Tensor], rng: np.random.Generator
    ) -> list[Edges]:
        """Find each row's nearest among rows drawn from all of its image."""
        size = min(_DRAWN_AFAR, min(map(len, groups)))
        drawn = [
            torch.from_numpy(np.sort(rng.choice(len(group), size, replace=False)))
            for group in groups
        ]
        if self._layout.grid is not None:
            place = _TIES * self._layout.positions().to(looks)

        def find(number: int) -> list[Edges]:
            group, some = groups[number], drawn[number].to(looks.device)
            x = looks[group]
            if self._layout.grid is not None:
                x = torch.cat([x, place], 1)
            which, squares = nearest(x, x[some], self._sought)
            return [Edges(group, group[some][which], squares)]

        return _collect(find, range(len(groups)), groups)

    def _across(
        self,
        near: Tensor,
        groups: list[Tensor],
        rng: np.random.Generator,
        done: Callable[[int], object],
    ) -> list[Edges]:
        """Find each row's nearest in other images: among all rows, or a sample."""
        count = self._layout.count
        if self._layout.grid is not None:
            place = POSITION_IN_OTHERS * self._layout.positions().to(near)
            near = torch.cat([near, place.repeat(self._layout.images, 1)], 1)
        drawn = np.arange(count)
        if count > _CANDIDATES:
            drawn = np.sort(rng.choice(count, _SAMPLED_CANDIDATES, replace=False))
        candidates = torch.from_numpy(drawn).to(near.device)
        group_of = torch.empty(count, dtype=torch.long, device=near.device)
        for number, group in enumerate(groups):
            group_of[group] = number
        own = group_of[candidates]

        def find(number: int) -> list[Edges]:
            others = candidates[own != number]
            among = near[others]
            found = []
            for at in chunks(len(groups[number]), SOUGHT):
                rows = groups[number][at]
                which, squares = nearest(near[rows], among, self._sought)
                found.append(Edges(rows, others[which], squares))
            return found

        return _collect(find, range(len(groups)), groups, done)

    def _weigh(self, edges: list[Edges]) -> csr_matrix:
        """Return affinities from these distances, relative to the rows' scales."""
        scale = np.ones(self._layout.count, dtype=np.float32)
        for rows, _, squares in edges:
            farthest = squares[:, :SCALE_NEIGHBOR].amax(1) if squares.numel() else 1
            scale[rows.cpu().numpy()] = np.sqrt(torch.as_tensor(farthest).cpu().numpy())
        least = _LEAST_SCALE * float(np.median(scale))
        scale = np.maximum(scale, least or 1)
        ends, others, weights = [], [], []
        for rows, near, squares in edges:
            near = near[:, : self._k]
            i, j, square = (
                values.reshape(-1).cpu().numpy()
                for values in (
                    rows[:, None].expand_as(near),
                    near,
                    squares[:, : self._k],
                )
            )
            ends.append(i.astype(np.int32))
            others.append(j.astype(np.int32))
            weights.append(np.exp(-square / (self._gamma * scale[i] * scale[j])))
        one_way = self._sparse(*map(np.concatenate, (weights, ends, others)))
        return one_way.maximum(one_way.T)

    def _same(self, edges: list[Edges]) -> csr_matrix:
        """Return affinities of rows that look the same, independent of their scales."""
        parts = []
        for rows, others, squares in edges:
            weights = torch.exp(-squares / (self._gamma * _SAME**2))
            which = (weights > _FAINTEST) & (rows[:, None] != others)
            ends = rows[:, None].expand_as(others)
            parts.append([x[which].cpu().numpy() for x in (weights, ends, others)])
        one_way = self._sparse(*map(np.concatenate, zip(*parts, strict=True)))
        return one_way.maximum(one_way.T)

    def _on_grid(self, looks: Tensor) -> csr_matrix:
        """Return affinities of neighbours on the grid, from their contrast."""
        first, second, lengths = self._layout.on_grid()
        i, j = (torch.from_numpy(end).to(looks.device) for end in (first, second))
        square = np.concatenate(
            [
                (x[i] - x[j]).square().sum(1).cpu().numpy()
                for x in looks.reshape(self._layout.images, self._layout.cells, -1)
            ]
        )
        # In a mostly flat image, rows that differ at all are another thing.
        typical = np.median(square) or _LEAST_SCALE**2 * square.max() or 1
        weights = np.exp(-square / typical) / np.tile(lengths, self._layout.images)
        images = self._layout.cells * np.arange(self._layout.images)[:, None]
        one_way = self._sparse(
            weights, (images + first).ravel(), (images + second).ravel()
        )
        return one_way + one_way.T

    def _sparse(
        self, weights: np.ndarray, ends: np.ndarray, others: np.ndarray
    ) -> csr_matrix:
        shape = (self._layout.count, self._layout.count)
        return coo_matrix((weights.astype(np.float32), (ends, others)), shape).tocsr()

    def _normalise(
        self, affinity: csr_matrix, scale: np.ndarray
    ) -> list[tuple[slice, Tensor]]:
        """Return the normalised matrix, in parts of its rows."""
        row = np.repeat(scale, np.diff(affinity.indptr))
        affinity.data = (affinity.data * row * scale[affinity.indices]).astype("f4")
        on_cpu = self._device.type == "cpu"
        parts = []
        for at in chunks(
            self._layout.count, _MULTIPLIED if on_cpu else self._layout.count
        ):
            part = affinity[at]
            values = torch.sparse_csr_tensor(
                torch.from_numpy(part.indptr),
                torch.from_numpy(part.indices),
                torch.from_numpy(part.data),
                part.shape,
                check_invariants=False,
            )
            parts.append((at, values.to(self._device)))
        return parts


def _share(total: float, of: csr_matrix) -> float:
    return total / (of.sum() or 1)


def _collect(
    find: Callable[[Any], list[Edges]],
    parts: Iterable[Any],
    groups: list[Tensor],
    done: Callable[[int], object] = lambda count: None,
) -> list[Edges]:
    """Find the edges of every part; each part belongs to one of the groups."""
    found: list[Edges] = []
    device = groups[0].device
    for edges, group in zip(deal(find, parts, device), groups, strict=True):
        found += edges
        done(len(group))
    return found
