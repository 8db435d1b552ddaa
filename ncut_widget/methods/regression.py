"""The regression of seeds: how well every cell fits all of them together.

``js/src/maths/regression.js`` has the twin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.masks.coordinates import Cell
from ncut_widget.prompts import Group

# `make bench-quality` measures what these constants do to masks.
RIDGE = 2.0
"""Ridge of the regression; cosines are at most 1. The larger it is, the less another
prompt near others changes the field."""

SEPARATION = 0.7
"""A negative prompt moves the cut of the whole batch up to this share of the weakest
positive one; the rest is corrected near that prompt only."""

REACH = 0.15
"""Width of the Gaussian around a labelled cell, as a share of the image's sides."""

LOCAL_RIDGE = 0.05
"""Ridge of the second regression, which corrects the field near labelled cells."""

_NOTHING = 1e-9  # smaller errors at a cell are rounding


class Fit(NamedTuple):
    """A regression of seeds, which gives the fit of every cell.

    The fit of a cell is ``coordinates @ vector + offset``: 1 at the weakest positive
    group, 0 at the strongest negative one.

    Attributes
    ----------
    cells : list of Cell
        Those of the seeds.
    coordinates : ndarray of float64, shape (n, K)
        Those of the cells, of length 1.
    vector : ndarray of float64, shape (K,)
    offset : numpy.float32
    local : ndarray of float64, shape (n,)
        How much of each cell's surroundings is added on its image.
    """

    cells: list[Cell]
    coordinates: Doubles
    vector: Doubles
    offset: np.float32
    local: Doubles


def fit_groups(
    positives: Sequence[Group],
    negatives: Sequence[Group],
    coordinates_of: Callable[[Cell], Doubles],
    grid: tuple[int, int],
) -> Fit:
    """Fit groups of seeds, one or more of them positive, in one regression.

    Parameters
    ----------
    positives, negatives : sequence of Group
        No cell is in two of them.
    coordinates_of : callable
        Cell -> its coordinates, float64, shape (K,).
    grid : (int, int)

    Notes
    -----
    Kernel ridge regression of 1 at positive and 0 at negative seeds, with the cosine of
    coordinates for the kernel; the ridge of a seed is divided by its weight. The result
    is scaled: 1 is the weakest positive group, 0 the strongest negative one, each by
    the weighted mean of its seeds. A negative group may be so strong that little of
    the mask would be left (`SEPARATION`): then the rest is corrected near its cells
    only, by a second regression whose kernel is the cosine times a Gaussian of the
    distance.
    """
    seeds = [seed for group in (*positives, *negatives) for seed in group]
    cells = [seed.cell for seed in seeds]
    coordinates = np.stack([*map(coordinates_of, cells)])
    positive = np.arange(len(cells)) < sum(map(len, positives))
    cosines = np.einsum("ik,jk->ij", coordinates, coordinates)
    weights = np.array([seed.weight for seed in seeds])
    ridge = cosines + np.diag(RIDGE / weights)
    amounts = np.linalg.solve(ridge, positive.astype(np.float64))
    fits = cosines @ amounts
    means = _means(fits, weights, (*positives, *negatives))
    top = max(min(means[: len(positives)]), 1e-3)
    bottom = max([0.0, *means[len(positives) :]])
    bottom = min(bottom, SEPARATION * top)
    vector = np.einsum("i,ik->k", amounts, coordinates) / (top - bottom)
    offset = np.float32(-bottom / (top - bottom))
    fits = (fits - bottom) / (top - bottom)
    lacking = np.where(positive, np.maximum(1 - fits, 0), np.minimum(-fits, 0))
    lacking[np.abs(lacking) < _NOTHING] = 0
    local = local_corrections(cells, cosines, lacking, grid, weights)
    return Fit(cells, coordinates, vector, offset, local)


def _means(fits: Doubles, weights: Doubles, groups: Sequence[Group]) -> list[float]:
    """Return the weighted mean of each group's fits, which follow each other."""
    if len(groups) == len(fits):  # one seed each, as of clicks
        return [*map(float, fits)]
    ends = np.cumsum([len(group) for group in groups])[:-1]
    parts = zip(np.split(fits, ends), np.split(weights, ends), strict=True)
    return [float(np.average(part, weights=each)) for part, each in parts]


def local_corrections(
    cells: Sequence[Cell],
    cosines: Doubles,
    lacking: Doubles,
    grid: tuple[int, int],
    weights: Doubles,
) -> Doubles:
    """Return how much of each cell's surroundings is added to its image.

    Parameters
    ----------
    cells : sequence of Cell
    cosines : ndarray of float64, shape (n, n)
        Of the cells' coordinates.
    lacking : ndarray of float64, shape (n,)
        The errors to be corrected at the cells themselves.
    grid : (int, int)
    weights : ndarray of float64, shape (n,)
        Of the seeds.

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
    return np.linalg.solve(near + np.diag(LOCAL_RIDGE / weights), lacking)


def falloff(place: int, size: int) -> Floats:
    """Return the Gaussian about a row or column, over all of them; float32."""
    apart = (np.arange(size) - place) / (size * REACH)
    return np.exp(-np.square(apart) / 2).astype(np.float32)
