"""The regression of clicks: how well anything fits all of them together.

``js/src/maths/diffusion.js`` has the twin.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncut_widget.masks.coordinates import Cell

# What these do for masks shows in `make bench-quality`.
RIDGE = 2.0
"""Ridge of the regression, where a similarity is at most 1: the larger, the less clicks
near each other turn the map about.
"""

SEPARATION = 0.7
"""A negative click moves the cut of the whole batch up to this share of the weakest
positive click; what is beyond, is made right about the click alone.
"""

REACH = 0.15
"""About a click: a Gaussian of this share of the image's sides."""

LOCAL_RIDGE = 0.05
"""Ridge of what is made right about clicks."""

_NOTHING = 1e-9  # what a click lacks by rounding alone


class Fit(NamedTuple):
    """What clicks say of all cells.

    Attributes
    ----------
    cells : list of Cell
        The clicks'.
    coordinates : ndarray of float64, shape (n, K)
        Theirs, of length 1.
    vector : ndarray of float64, shape (K,)
        Its products with coordinates, and
    offset : numpy.float32
        are how well cells fit: 1 at the weakest positive click, 0 at the strongest
        negative one.
    local : ndarray of float64, shape (n,)
        How much of each click's surroundings is added on its image.
    """

    cells: list[Cell]
    coordinates: NDArray
    vector: NDArray
    offset: np.float32
    local: NDArray


def fit_clicks(
    cells: list[Cell], coordinates: NDArray, positive: NDArray, grid: tuple[int, int]
) -> Fit:
    """Fit clicks, at least one of them positive.

    Notes
    -----
    Kernel ridge regression of 1 at positive and 0 at negative clicks, with the cosine
    of coordinates for the kernel. What comes out is scaled: 1 is the weakest positive
    click, 0 the strongest negative one. Where a negative click is so strong that this
    would leave too little of the rest (`SEPARATION`), it is made right about itself, by
    a second regression whose kernel is the cosine times a Gaussian of the distance.
    """
    cosines = np.einsum("ik,jk->ij", coordinates, coordinates)
    ridge = cosines + RIDGE * np.eye(len(cosines))
    amounts = np.linalg.solve(ridge, positive.astype(np.float64))
    fits = cosines @ amounts
    top = max(float(fits[positive].min()), 1e-3)
    bottom = max([0.0, *fits[~positive].tolist()])
    bottom = min(bottom, SEPARATION * top)
    vector = np.einsum("i,ik->k", amounts, coordinates) / (top - bottom)
    offset = np.float32(-bottom / (top - bottom))
    fits = (fits - bottom) / (top - bottom)
    lacking = np.where(positive, np.maximum(1 - fits, 0), np.minimum(-fits, 0))
    lacking[np.abs(lacking) < _NOTHING] = 0
    local = make_right(cells, cosines, lacking, grid)
    return Fit(cells, coordinates, vector, offset, local)


def make_right(
    cells: Sequence[Cell], cosines: NDArray, lacking: NDArray, grid: tuple[int, int]
) -> NDArray:
    """Return how much of each click's surroundings is added to its image.

    Parameters
    ----------
    cells : sequence of Cell
    cosines : ndarray of float64, shape (n, n)
        Of the clicks' coordinates.
    lacking : ndarray of float64, shape (n,)
        What is to be added at the clicks' own cells.
    grid : (int, int)

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    if not lacking.any():
        return lacking
    image, *places = np.array(cells).T
    near = np.maximum(cosines, 0) * (image[:, None] == image)
    for place, size in zip(places, grid, strict=True):
        apart = (place[:, None] - place) / (size * REACH)
        near *= np.exp(-np.square(apart) / 2)
    return np.linalg.solve(near + LOCAL_RIDGE * np.eye(len(near)), lacking)


def falloff(place: int, size: int) -> NDArray:
    """Return the Gaussian about a row or column, over all of them; float32."""
    apart = (np.arange(size) - place) / (size * REACH)
    return np.exp(-np.square(apart) / 2).astype(np.float32)
