"""The sole owner of pixel <-> latent coordinates.

A pixel ``(x, y)`` of an image of size ``(h, w)`` lies in the latent pixel
``row = floor(y * H / h)``, ``col = floor(x * W / w)`` of the latent grid ``(H, W)``.
``js/src/maths/coordinates.js`` is the same map for the page.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ncut_widget.core.arrays import Doubles, Indices


class Cell(NamedTuple):
    """A latent pixel of an image of the batch."""

    image: int
    row: int
    col: int


def to_cell(
    image: int, x: float, y: float, size: tuple[int, int], grid: tuple[int, int]
) -> Cell:
    """Latent pixel that a pixel lies in.

    Parameters
    ----------
    image : int
    x, y : float
        A pixel of that image, x right and y down.
    size : (int, int)
        ``(h, w)`` of the image.
    grid : (int, int)
        ``(H, W)`` of the latent grid.

    Examples
    --------
    >>> to_cell(0, 639, 10, size=(480, 640), grid=(64, 64))
    Cell(image=0, row=1, col=63)
    """
    row = math.floor(y * grid[0] / size[0])
    col = math.floor(x * grid[1] / size[1])
    # x * W / w can round up to W for an x just below w.
    return Cell(image, min(row, grid[0] - 1), min(col, grid[1] - 1))


FINE_SIDE = 128
"""Cells along the longer side of a fine grid."""


def fine_grid(size: tuple[int, int], side: int = FINE_SIDE) -> tuple[int, int]:
    """Grid of one image, with its proportions, for methods that need fine cells.

    Parameters
    ----------
    size : (int, int)
        ``(h, w)`` of the image, in pixels.
    side : int
        Cells along the longer side.

    Returns
    -------
    (int, int)
        At least one cell along each side, and at most one for each pixel.

    Examples
    --------
    >>> fine_grid((480, 640)), fine_grid((1000, 3)), fine_grid((20, 30))
    ((96, 128), (128, 1), (20, 30))
    """
    longest = max(size)
    cells = min(side, longest)
    height, width = (
        max((2 * pixels * cells + longest) // (2 * longest), 1) for pixels in size
    )
    return height, width


def centre_cell(cell: Cell, grid: tuple[int, int], other: tuple[int, int]) -> Cell:
    """Cell of another grid that the centre of a cell lies in.

    Examples
    --------
    >>> centre_cell(Cell(0, 95, 3), (96, 128), (16, 16))
    Cell(image=0, row=15, col=0)
    """
    return to_cell(cell.image, cell.col + 0.5, cell.row + 0.5, grid, other)


def interpolation(pixels: int, cells: int) -> tuple[Indices, Indices, Doubles]:
    """Place the centres of an image's pixels between those of its latent pixels.

    Parameters
    ----------
    pixels : int
        Height or width of the image.
    cells : int
        Height or width of the latent grid.

    Returns
    -------
    before, after : ndarray of int, shape (pixels,)
        The latent pixels before and after each pixel. Beyond the outermost centres
        they are the same one, so that values stay constant there.
    fraction : ndarray of float64, shape (pixels,)
        Position of the pixel between the two, ``0 <= fraction < 1``.

    Examples
    --------
    >>> before, after, fraction = interpolation(4, 2)
    >>> before.tolist(), after.tolist(), fraction.tolist()
    ([0, 0, 0, 1], [1, 1, 1, 1], [0.0, 0.25, 0.75, 0.0])
    """
    place = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    place = np.minimum(np.maximum(place, 0), cells - 1)
    before = np.floor(place).astype(np.intp)
    return before, np.minimum(before + 1, cells - 1), place - before
