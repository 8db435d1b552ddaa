"""Random walks on a fine grid, beside dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest

from ncut_widget.methods.walker.constants import (
    COLOR_CONTRAST,
    FEATURE_CONTRAST,
    LEAST_WEIGHT,
    PULL,
)
from ncut_widget.methods.walker.lattice import Lattice

RNG = np.random.default_rng(0)
COLORS = RNG.random((5, 7, 3)).astype(np.float32)
FEATURES = RNG.random((5, 7, 4)).astype(np.float32)
PRIOR = RNG.random((5, 7))


def laplacian() -> np.ndarray:
    """Make the Laplacian cell by cell, as the notes of `Lattice` say."""
    places = [(row, col) for row in range(5) for col in range(7)]
    pairs = {}
    for i, (row, col) in enumerate(places):
        for j, (down, right) in enumerate(places[:i]):
            away = max(abs(row - down), abs(col - right))
            if away == 1:
                length = np.hypot(row - down, col - right)
                pairs[i, j] = (
                    length,
                    *(
                        ((x[row, col] - x[down, right]) ** 2).sum(dtype=float)
                        / length**2
                        for x in (COLORS, FEATURES)
                    ),
                )
    _, color, feature = np.array([*pairs.values()]).mean(0)
    found = np.zeros((35, 35))
    for (i, j), (length, c, f) in pairs.items():
        exponent = COLOR_CONTRAST * c / color + FEATURE_CONTRAST * f / feature
        weight = (np.exp(-exponent) + LEAST_WEIGHT) / length
        found[i, j] = found[j, i] = -weight
        found[i, i] += weight
        found[j, j] += weight
    return found


@pytest.mark.parametrize("held", [{}, {3: 1.0}, {3: 1.0, 30: 0.0, 31: 0.0}])
def test_a_walk_solves_the_system_with_held_cells(held: dict[int, float]) -> None:
    pull = PULL * (128 / 7) ** 2
    system = laplacian() + pull * np.eye(35)
    right = pull * PRIOR.ravel()
    free = [cell for cell in range(35) if cell not in held]
    expected = np.zeros(35)
    expected[[*held]] = [*held.values()]
    pulled = right[free] - system[np.ix_(free, [*held])] @ np.array([*held.values()])
    expected[free] = np.linalg.solve(system[np.ix_(free, free)], pulled)
    walked = Lattice(COLORS, FEATURES).walk(PRIOR, held)
    np.testing.assert_allclose(walked.ravel(), expected, atol=1e-5)


def test_a_walk_stays_between_the_values_where_it_ends() -> None:
    walked = Lattice(COLORS, FEATURES).walk(PRIOR, {0: 1.0, 34: 0.0})
    assert -1e-6 <= walked.min() <= walked.max() <= 1 + 1e-6
    assert walked[0, 0] == pytest.approx(1)
    assert walked[4, 6] == pytest.approx(0, abs=1e-6)


def test_distances_are_those_of_the_shortest_way() -> None:
    lattice = Lattice(None, np.zeros((5, 7, 2), np.float32))
    distances = lattice.distances([0])
    assert distances[0, 6] == pytest.approx(6 / np.hypot(5, 7))
    assert distances[4, 4] == pytest.approx(4 * 2**0.5 / np.hypot(5, 7))


def test_distances_to_one_cell_more_are_those_to_all_to_the_bit() -> None:
    looks = np.random.default_rng(0).normal(size=(20, 30, 3)).astype(np.float32)
    grown = Lattice(looks, looks)
    cells = [5, 599, 301, 40]
    for count in range(1, len(cells) + 1):
        found = grown.distances(cells[:count])
        whole = Lattice(looks, looks).distances(cells[:count])
        np.testing.assert_array_equal(found, whole)


@pytest.mark.parametrize("grid", [(1, 1), (1, 6), (6, 1), (2, 2)])
def test_narrow_grids_have_walks_and_distances(grid: tuple[int, int]) -> None:
    lattice = Lattice(None, np.ones((*grid, 3), np.float32))
    prior = np.full(grid, 0.25)
    np.testing.assert_allclose(lattice.walk(prior, {}), prior, atol=1e-6)
    assert lattice.walk(prior, {0: 1.0}).flat[0] == pytest.approx(1)
    assert np.isfinite(lattice.distances([0])).all()
