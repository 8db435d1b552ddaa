"""Parting a thing where two of them touch: at necks.

A neck is a place that is narrow as compared with what lies on both of its sides. All of
that are ratios of depths, the distances from the edge: so a mask is parted alike at any
size, and each place of it by what is around, not by what is elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ncut_widget.core.arrays import Doubles, Indices, Labels

NARROW = 0.7
"""A neck is less deep than this part of both sides. Where bars cross it is .71."""

NEAR = 1.0
"""A side must widen that much within this times its own depth, somewhere on the way
from the neck to its deepest place: a ring whose width changes slowly is one thing."""

SMALLEST = 0.25
"""Depth of a thing, at least, as part of that of the one that it touches."""

ROUGH = 0.6
"""Cells by which depths differ because there are cells."""


def part_at_necks(depth: Doubles) -> Labels:
    """Give the things in a connected mask numbers, by how deep its cells lie.

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
    Every cell belongs to the peak that it comes to uphill: a watershed. Neighbouring
    basins are joined over the deepest pass first, unless that pass is a neck.

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
    """What the cells inside come to.

    Attributes
    ----------
    depth : ndarray of float, shape (h, w)
        With an edge of 0.
    cells : ndarray of int, shape (N,)
        Places of the cells inside, in the flat grid.
    uphill : ndarray of int, shape (N,)
        Number of the neighbour that each goes to; a peak's is its own.
    number : ndarray of int, shape (N,)
        Of the basin of each.
    peaks : ndarray of int, shape (P,)
        Numbers of the cells that are peaks.
    """

    depth: Doubles
    cells: Indices
    uphill: Indices
    number: Indices
    peaks: Indices


class _Passes(NamedTuple):
    """Deepest places where basins border on each other; the deepest pass first.

    Attributes
    ----------
    depth : ndarray of float, shape (E,)
    here, there : ndarray of int, shape (E,)
        Numbers of its two cells, one in each basin.
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
            # Of equal ones the last, so that also on a plain there is one way.
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
    """Basins that are joined to things, but for necks."""

    def __init__(self, basins: _Basins) -> None:
        self._basins = basins
        self._flat = basins.depth.ravel()[basins.cells]
        self._depth: list[float] = self._flat[basins.peaks].tolist()
        self._members = [[number] for number in range(basins.peaks.size)]
        self._owner = np.arange(basins.peaks.size)
        self._apart: list[set[int]] = [set() for _ in self._members]
        # The way to a thing's deepest basin: over which pass to the next one.
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
        # What is large enough beside one basin may be small beside the whole.
        while small := [pass_ for pass_ in necks if self._is_small(*pass_)]:
            for here, there in small:
                self._unite(here, there)
        return self._owner

    def _thing(self, cell: int) -> int:
        return int(self._owner[self._basins.number[cell]])

    def _is_small(self, here: int, there: int) -> bool:
        low, high = sorted(self._depth[self._thing(cell)] for cell in (here, there))
        return low < SMALLEST * high  # which two cells of one thing never are

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
        # All ways of the shallow one lead to this pass now.
        link: tuple[int, int] | None = (there, here)
        while link is not None:
            basin = self._basins.number[link[0]]
            before = self._way[basin]
            self._way[basin] = link
            link = None if before is None else (before[1], before[0])
