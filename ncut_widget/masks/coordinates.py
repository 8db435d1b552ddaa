"""Clicks, and the sole owner of pixel <-> latent coordinates.

A pixel ``(x, y)`` of an image of size ``(h, w)`` lies in the latent pixel
``row = floor(y * H / h)``, ``col = floor(x * W / w)`` of the latent grid ``(H, W)``.
``js/src/maths/coordinates.js`` is the same map for the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncut_widget.core.checks import shown


class Click(NamedTuple):
    """A point prompt, as SAM's ``point_coords`` and ``point_labels``.

    Attributes
    ----------
    image : int
        Index in the batch.
    x, y : float
        Pixels of that image, x right and y down, ``0 <= x < w``, ``0 <= y < h``.
    label : int
        1 = positive (this is it), 0 = negative (this is not).
    """

    image: int
    x: float
    y: float
    label: int


class Cell(NamedTuple):
    """The latent pixel a click falls in."""

    image: int
    row: int
    col: int


def check_click(value: Any, sizes: Sequence[tuple[int, int]]) -> Click:
    """Read ``[image, x, y, label]`` as a click on one of the images.

    Parameters
    ----------
    value : sequence of 4 numbers
    sizes : sequence of (int, int)
        ``(h, w)`` of every image, in pixels.

    Returns
    -------
    Click

    Raises
    ------
    TypeError
        If it is not four numbers.
    ValueError
        If it points outside the batch or outside its image.
    """
    if (
        not isinstance(value, Sequence)
        or len(value) != 4
        or not all(isinstance(v, Real) and not isinstance(v, bool) for v in value)
    ):
        raise TypeError(f"a click must be [image, x, y, label], got {shown(value)}")
    image, x, y, label = map(_plain, value)
    if image not in range(len(sizes)):
        raise ValueError(
            f"a click's image must be an index from 0 to {len(sizes) - 1}, "
            f"got {shown(image)}"
        )
    height, width = sizes[int(image)]
    if not (0 <= x < width and 0 <= y < height):
        raise ValueError(
            f"a click on image {int(image)} must lie in its {width} x {height} pixels "
            f"(0 <= x < {width}, 0 <= y < {height}), got x = {shown(x)}, "
            f"y = {shown(y)}"
        )
    if label not in (0, 1):
        raise ValueError(
            f"a click's label must be 1 (positive) or 0 (negative), got {shown(label)}"
        )
    return Click(int(image), x, y, int(label))


def _plain(value: Any) -> float:
    """Return a real number as an int or a float, which messages can carry."""
    return int(value) if isinstance(value, Integral) else float(value)


def check_clicks(value: Any, sizes: Sequence[tuple[int, int]]) -> tuple[Click, ...]:
    """Read a list of ``[image, x, y, label]``; see `check_click`."""
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        raise TypeError(
            f"clicks must be a list of [image, x, y, label], got {shown(value)}"
        )
    return tuple(check_click(click, sizes) for click in value)


def to_cell(click: Click, size: tuple[int, int], grid: tuple[int, int]) -> Cell:
    """Latent pixel of a click.

    Parameters
    ----------
    click : Click
    size : (int, int)
        ``(h, w)`` of the clicked image.
    grid : (int, int)
        ``(H, W)`` of the latent grid.

    Examples
    --------
    >>> to_cell(Click(0, 639, 10, 1), size=(480, 640), grid=(64, 64))
    Cell(image=0, row=1, col=63)
    """
    row = math.floor(click.y * grid[0] / size[0])
    col = math.floor(click.x * grid[1] / size[1])
    # x * W / w can round up to W for an x just below w.
    return Cell(click.image, min(row, grid[0] - 1), min(col, grid[1] - 1))


def interpolation(pixels: int, cells: int) -> tuple[NDArray, NDArray, NDArray]:
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
        The latent pixels before and after each pixel; the same beyond the outermost
        centres, where values go on as they are.
    fraction : ndarray of float64, shape (pixels,)
        How far it is from the one to the other, ``0 <= fraction < 1``.

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
