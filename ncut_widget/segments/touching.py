"""Splits a mask where two things touch: at necks.

A neck is a place that is narrower than the mask on both of its sides. It is found by
ratios of depths, the distances from the edge: the split is the same at any size, and
depends only on the surroundings of the neck.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ncut_widget.core.arrays import Doubles, Indices, Labels

NARROW = 0.7
"""A neck is less deep than this share of both sides. Where bars cross it is 0.71."""

NEAR = 1.0
"""A side must widen that much within this many times its own depth, somewhere on the
way from the neck to its deepest place: a ring whose width changes slowly is one
thing."""

SMALLEST = 0.25
"""Least depth of a thing, as a share of the depth of the thing that it touches."""

ROUGH = 0.6
"""Error of a depth by the grid, in cells."""


def part_at_necks(depth: Doubles) -> Labels:
    """Label the things in a connected mask, by the depth of its cells.

    Parameters
    ----------
    depth : ndarray of float, shape (h, w)
        Distance from the edge in cells, weighted or not; 0 outside.

    Returns
    -------
    ndarray of int32, shape (h, w)
        1, 2, ... where the depth is above 0, in the order of their first cells.

    Notes
    -----
    A watershed: the basin of a peak is the cells from which the way uphill leads to it.
    Neighbouring basins are joined, deepest pass first, unless the pass is a neck.

    Examples
    --------
    >>> part_at_necks(np.array([[1, 5, 1, 4, 4, 3]])).tolist()
    [[1, 1, 1, 2, 2, 2]]
    """
    basins = _find_basins(np.pad(np.asarray(depth, dtype=np.float64), 1))
    owner = _Things(basins).join(_find_passes(basins))[basins.number]
    _, first, inverse = np.unique(owner, return_index=True, return_inverse=True)
    found = np.zeros(basins.depth.shape, dtype=np.int32)
    found.flat[basins.cells] = np.argsort(np.argsort(first))[inverse] + 1
    return found[1:-1, 1:-1]


class _Basins(NamedTuple):
    """The basins of a watershed.

    Attributes
    ----------
    depth : ndarray of float, shape (h, w)
        With an edge of 0.
    cells : ndarray of int, shape (N,)
        Places of the cells inside, in the flat grid.
    uphill : ndarray of int, shape (N,)
        Number of the next cell uphill of each; a peak has its own number.
    number : ndarray of int, shape (N,)
        Number of the basin of each cell.
    peaks : ndarray of int, shape (P,)
        Numbers of the cells that are peaks.
    """

    depth: Doubles
    cells: Indices
    uphill: Indices
    number: Indices
    peaks: Indices


class _Passes(NamedTuple):
    """The deepest place of each border between two basins; the deepest pass first.

    Attributes
    ----------
    depth : ndarray of float, shape (E,)
    here, there : ndarray of int, shape (E,)
        Numbers of the pass's two cells, one in each basin.
    """

    depth: Doubles
    here: Indices
    there: Indices


def _find_basins(grid: Doubles) -> _Basins:
    flat, width = grid.ravel(), grid.shape[1]
    cells = np.flatnonzero(flat)
    best, highest = cells.copy(), flat[cells]
    for row in (-width, 0, width):
        for step in (row - 1, row, row + 1):
            near = flat[cells + step]
            # Of equal neighbours the last: on a plain, too, there is only one way.
            better = (near > highest) | ((near == highest) & (cells + step > best))
            best[better] = cells[better] + step
            highest[better] = near[better]
    uphill = np.searchsorted(cells, best)
    to = uphill
    while not np.array_equal(to, further := to[to]):
        to = further
    peaks = np.flatnonzero(uphill == np.arange(cells.size))
    return _Basins(grid, cells, uphill, np.searchsorted(peaks, to), peaks)


def _find_passes(basins: _Basins) -> _Passes:
    flat, width = basins.depth.ravel(), basins.depth.shape[1]
    place = np.full(flat.size, -1)
    place[basins.cells] = np.arange(basins.cells.size)
    pairs = []
    for step in (1, width - 1, width, width + 1):
        there = place[basins.cells + step]
        here = np.flatnonzero(there >= 0)
        there = there[here]
        border = basins.number[here] != basins.number[there]
        pairs.append((here[border], there[border]))
    here, there = (np.concatenate(part) for part in zip(*pairs, strict=True))
    depths = flat[basins.cells]
    depth = np.minimum(depths[here], depths[there])
    of = np.sort([basins.number[here], basins.number[there]], axis=0)
    order = np.lexsort((there, here, -depth, *of))
    of = of[:, order]
    new = np.ones(order.size, dtype=bool)
    new[1:] = (of[:, 1:] != of[:, :-1]).any(axis=0)
    deepest = order[new]
    deepest = deepest[np.argsort(-depth[deepest], kind="stable")]
    return _Passes(depth[deepest], here[deepest], there[deepest])


class _Things:
    """Things: basins that are joined, except at necks."""

    def __init__(self, basins: _Basins) -> None:
        self._basins = basins
        self._flat = basins.depth.ravel()[basins.cells]
        self._depth: list[float] = self._flat[basins.peaks].tolist()
        self._members = [[number] for number in range(basins.peaks.size)]
        self._owner = np.arange(basins.peaks.size)
        self._apart: list[set[int]] = [set() for _ in self._members]
        # The way to a thing's deepest basin: the pass to the next basin.
        self._way: list[tuple[int, int] | None] = [None] * basins.peaks.size

    def join(self, passes: _Passes) -> Indices:
        """Return the number of the thing that each basin belongs to."""
        necks = []
        for depth, here, there in zip(*(v.tolist() for v in passes), strict=True):
            first, second = self._thing(here), self._thing(there)
            if first == second or second in self._apart[first]:
                continue
            if self._is_neck(depth, here, there):
                necks.append((here, there))
                self._apart[first].add(second)
                self._apart[second].add(first)
            else:
                self._unite(here, there)
        # A thing that is large beside one basin may be small beside a joined thing.
        while small := [pass_ for pass_ in necks if self._is_small(*pass_)]:
            for here, there in small:
                self._unite(here, there)
        return self._owner

    def _thing(self, cell: int) -> int:
        return int(self._owner[self._basins.number[cell]])

    def _is_small(self, here: int, there: int) -> bool:
        low, high = sorted(self._depth[self._thing(cell)] for cell in (here, there))
        return low < SMALLEST * high  # never of two cells of one thing

    def _is_neck(self, depth: float, here: int, there: int) -> bool:
        least = min(self._depth[self._thing(cell)] for cell in (here, there))
        return (
            depth + ROUGH < NARROW * least
            and not self._is_small(here, there)
            and self._widens(here, there)
            and self._widens(there, here)
        )

    def _widens(self, before: int, cell: int) -> bool:
        """Tell whether a thing widens fast on the way to its deepest place."""
        way = np.array([before, *self._ridge(cell)])
        depth = self._flat[way]
        rows, cols = np.divmod(self._basins.cells[way], self._basins.depth.shape[1])
        steps = np.hypot(np.diff(rows), np.diff(cols))
        along = np.concatenate([[0], np.cumsum(steps)])
        starts = np.searchsorted(along, along - NEAR * depth)
        return any(
            depth[start : at + 1].min() + ROUGH < NARROW * depth[at]
            for at, start in enumerate(starts.tolist())
        )

    def _ridge(self, cell: int) -> list[int]:
        """Give the cells from a place to the deepest one of its thing."""
        ridge = self._climb(cell)
        while (link := self._way[self._basins.number[cell]]) is not None:
            here, cell = link
            ridge += [*reversed(self._climb(here)), *self._climb(cell)]
        return ridge

    def _climb(self, cell: int) -> list[int]:
        path = [cell]
        while (above := int(self._basins.uphill[cell])) != cell:
            path.append(cell := above)
        return path

    def _unite(self, here: int, there: int) -> None:
        if self._depth[self._thing(here)] < self._depth[self._thing(there)]:
            here, there = there, here
        deep, shallow = self._thing(here), self._thing(there)
        if deep == shallow:
            return
        self._owner[self._members[shallow]] = deep
        self._members[deep] += self._members[shallow]
        for other in self._apart[shallow]:
            self._apart[other].remove(shallow)
            self._apart[other].add(deep)
        self._apart[deep] |= self._apart[shallow]
        self._apart[deep].discard(deep)
        # All ways of the shallow thing lead to this pass now.
        link: tuple[int, int] | None = (there, here)
        while link is not None:
            basin = self._basins.number[link[0]]
            before = self._way[basin]
            self._way[basin] = link
            link = None if before is None else (before[1], before[0])
