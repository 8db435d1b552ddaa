"""Masks as polygons that fill to the same pixels."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ncut_widget.core.arrays import Doubles, Mask

Ring: TypeAlias = NDArray[np.int64]
"""Corners (y, x) around a part of a mask, or around a hole: shape (n, 2)."""

INSET = 0.25
"""Distance of a polygon from the outer edges of its pixels. pycocotools fills pixels
whose centres it encloses, in steps of a fifth of a pixel; OpenCV fills from corners
that are rounded down, which are pixels of the mask. Both give the mask again."""


def outline(mask: Mask, corner: tuple[int, int] = (0, 0)) -> list[list[float]]:
    """Outline a mask, a polygon for each part of it.

    Parameters
    ----------
    mask : ndarray of bool, shape (h, w)
    corner : (int, int)
        x and y of its first pixel in the image.

    Returns
    -------
    list of list of float
        ``[x, y, x, y, ...]`` in pixels, 0 = the left edge of the first; parts are
        4-connected. COCO's polygons have no holes: a hole is a part of the outline,
        to which a slit of width 0 leads from the left.

    Examples
    --------
    >>> outline(np.ones((1, 2), dtype=bool), (10, 20))
    [[10.25, 20.75, 10.25, 20.25, 11.75, 20.25, 11.75, 20.75]]
    """
    from skimage.measure import find_contours  # slow to import

    lines = find_contours(np.pad(mask, 1).astype(np.uint8), 0.5)
    rings = [_corners(line[:-1] - 0.5) for line in lines]
    paths = _cut_open(mask, rings)
    return [(path[:, ::-1] + corner).ravel().tolist() for path in paths]


def _corners(middles: Doubles) -> Ring:
    """Find the corners, (y, x), of a contour through the middles of pixels' edges."""
    following = np.roll(middles, -1, axis=0)
    upright = middles[:, 0] % 1 != 0
    turns = upright != np.roll(upright, -1)
    middles, following, upright = middles[turns], following[turns], upright[turns]
    corners = np.where(upright, (following[:, 0], middles[:, 1]), 0)
    corners += np.where(upright, 0, (middles[:, 0], following[:, 1]))
    return corners.T.astype(np.int64)


def _inset(ring: Ring) -> Doubles:
    """Move a ring of corners inwards, into its mask."""
    along = np.sign(np.roll(ring, -1, axis=0) - ring)
    inwards = np.stack([along[:, 1], -along[:, 0]], axis=1)
    inset: Doubles = ring + INSET * (inwards + np.roll(inwards, 1, axis=0))
    return inset


def _is_hole(ring: Ring) -> bool:
    """Whether a ring is around a hole: the mask is outside."""
    y, x = ring.T
    return float((y * np.roll(x, -1) - np.roll(y, -1) * x).sum()) > 0


def _cut_open(mask: Mask, rings: list[Ring]) -> list[Doubles]:
    """Return a path for each part of a mask: around it, and into its holes."""
    holes = [number for number, ring in enumerate(rings) if _is_hole(ring)]
    edges = _Edges(rings)
    # For each ring: the corner after which a path leaves it, the y, and the way.
    detours: list[list[tuple[int, float, Doubles]]] = [[] for _ in rings]
    # From right to left: a slit leads to a ring that begins further left.
    for hole in sorted(holes, key=lambda number: -rings[number][:, 1].min()):
        last, stop, row = _left_edge(rings[hole])
        outside = np.flatnonzero(~mask[row, :stop])
        start = int(outside[-1]) + 1 if len(outside) else 0
        around = _walk(rings[hole], detours[hole], last + 1)
        y = row + 0.5
        slit = np.array([[y, start + INSET], [y, stop - INSET]])
        ring, corner = edges.at(start, row)
        detours[ring].append((corner, y, np.concatenate([slit, around, slit[::-1]])))
    parts = sorted({*range(len(rings))} - {*holes})
    return [_walk(rings[number], detours[number]) for number in parts]


def _left_edge(ring: Ring) -> tuple[int, int, int]:
    """Find an edge of a ring that lies furthest left: its corner, its x, a row."""
    following = np.roll(ring, -1, axis=0)
    x = int(ring[:, 1].min())
    corner = int(np.argmax((ring[:, 1] == x) & (following[:, 1] == x)))
    return corner, x, int(min(ring[corner, 0], following[corner, 0]))


def _walk(
    ring: Ring, detours: list[tuple[int, float, Doubles]], first: int = 0
) -> Doubles:
    """Walk around a ring, from one of its corners on, with all detours."""
    path = _inset(ring)
    down = np.roll(ring, -1, axis=0)[:, 0] > ring[:, 0]
    pieces, done = [], first
    for corner, _, way in sorted(
        detours,
        key=lambda d: ((d[0] - first) % len(ring), d[1] if down[d[0]] else -d[1]),
    ):
        stop = first + (corner - first) % len(ring) + 1
        pieces += [path.take(range(done, stop), axis=0, mode="wrap"), way]
        done = stop
    pieces.append(path.take(range(done, first + len(ring)), axis=0, mode="wrap"))
    return np.concatenate(pieces)


class _Edges:
    """The vertical edges of rings: their places, and their first corners."""

    def __init__(self, rings: list[Ring]) -> None:
        ring = np.repeat(np.arange(len(rings)), [len(each) for each in rings])
        corner = np.concatenate([np.arange(len(each)) for each in rings])
        here = np.concatenate(rings)
        following = np.concatenate([np.roll(each, -1, axis=0) for each in rings])
        top = np.minimum(here[:, 0], following[:, 0])
        bottom = np.maximum(here[:, 0], following[:, 0])
        self._table = np.stack([here[:, 1], top, bottom, ring, corner])[:, top < bottom]

    def at(self, x: int, row: int) -> tuple[int, int]:
        """Find the edge at x that crosses a row: its ring, and its first corner."""
        left, top, bottom, ring, corner = self._table
        (found,) = np.flatnonzero((left == x) & (top <= row) & (row < bottom))
        return int(ring[found]), int(corner[found])
