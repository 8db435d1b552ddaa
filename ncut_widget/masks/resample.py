"""From one grid to another: a coarser one by area, a finer one by interpolation."""

from __future__ import annotations

import numpy as np

from ncut_widget.core.arrays import AnyArray, Doubles, Floats, Mask
from ncut_widget.masks.coordinates import interpolation


def area_mean(values: Floats, grid: tuple[int, int]) -> Floats:
    """Mean of a map over the area of each cell of another grid.

    Parameters
    ----------
    values : ndarray of float32, shape (h, w)
    grid : (int, int)
        ``(H, W)``, coarser or finer.

    Returns
    -------
    ndarray of float32, shape (H, W)

    Examples
    --------
    >>> area_mean(np.array([[0, 1, 2, 3]], dtype=np.float32), (1, 2)).tolist()
    [[0.5, 2.5]]
    """
    if values.shape == grid:
        return values
    means = _areas(values, grid) / values.size
    return means.astype(np.float32)


def mostly(mask: Mask, grid: tuple[int, int]) -> Mask:
    """Cells of another grid of which at least half the area is in a mask.

    Examples
    --------
    >>> mostly(np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool), (1, 2)).tolist()
    [[True, False]]
    """
    if mask.shape == grid:
        return mask.copy()
    inside: Mask = 2 * _areas(mask, grid) >= mask.size
    return inside


def enlarge(values: Floats, size: tuple[int, ...]) -> Doubles:
    """Interpolate values of cells, (H, W), between their centres to pixels (h, w)."""
    (top, bottom, down), (left, right, across) = (
        interpolation(side, cells)
        for side, cells in zip(size, values.shape, strict=True)
    )
    lines: AnyArray = values[:, left] + across * (values[:, right] - values[:, left])
    pixels: Doubles = lines[top] + down[:, None] * (lines[bottom] - lines[top])
    return pixels


def _areas(values: Floats | Mask, grid: tuple[int, int]) -> Doubles:
    """Sum values by the area of overlap; a cell of `grid` has area ``values.size``.

    Overlaps are whole numbers, so that sums of a mask are exact.
    """
    down, across = map(_overlaps, values.shape, grid)
    # einsum uses no BLAS, whose threads would wait for each other on busy cores.
    rows = np.einsum("ij,jk->ik", down, values.astype(np.float64))
    sums: Doubles = np.einsum("ik,lk->il", rows, across)
    return sums


def _overlaps(cells: int, others: int) -> Doubles:
    """Overlap of cells along a side with those of another grid: (others, cells).

    In units in which a cell is as long as there are others, and the reverse.
    """
    ends = np.arange(cells + 1) * others
    starts = np.arange(others) * cells
    low = np.maximum(ends[:-1], starts[:, None])
    high = np.minimum(ends[1:], starts[:, None] + cells)
    overlaps: Doubles = np.maximum(high - low, 0).astype(np.float64)
    return overlaps
