"""Maps and masks on other grids."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncut_widget.masks.coordinates import fine_grid
from ncut_widget.masks.resample import area_mean, mostly

sides = st.integers(1, 40)


@pytest.mark.parametrize(
    ("size", "grid"),
    [
        ((480, 640), (96, 128)),
        ((640, 480), (128, 96)),
        ((128, 128), (128, 128)),
        ((129, 65), (128, 64)),
        ((33, 20), (33, 20)),
        ((5000, 3), (128, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_fine_grid_has_an_images_proportions(
    size: tuple[int, int], grid: tuple[int, int]
) -> None:
    assert fine_grid(size) == grid


@settings(deadline=None)
@given(st.integers(1, 4000), st.integers(1, 4000))
def test_a_fine_grid_has_no_more_cells_than_pixels(height: int, width: int) -> None:
    rows, cols = fine_grid((height, width))
    assert 1 <= rows <= height
    assert 1 <= cols <= width
    assert max(rows, cols) == min(max(height, width), 128)
    share = max(rows, cols) / max(height, width)
    exact = max(min(height, width) * share, 1)
    assert abs(min(rows, cols) - exact) <= 0.5


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_the_mean_by_area_keeps_the_mean_and_constants(
    h: int, w: int, rows: int, cols: int
) -> None:
    values = np.random.default_rng(h).random((h, w), dtype=np.float32)
    means = area_mean(values, (rows, cols))
    assert means.shape == (rows, cols)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means.mean(), values.mean(), rtol=1e-5)
    np.testing.assert_array_equal(
        area_mean(np.full((h, w), 0.5, np.float32), (rows, cols)), 0.5
    )


@settings(deadline=None)
@given(sides, sides, sides, sides)
def test_a_cell_is_in_a_mask_by_half_its_area(
    h: int, w: int, rows: int, cols: int
) -> None:
    mask = np.random.default_rng(w).random((h, w)) < 0.5
    # By pixels of a common multiple of both grids.
    pixels = mask.repeat(rows, axis=0).repeat(cols, axis=1)
    share = pixels.reshape(rows, h, cols, w).sum(axis=(1, 3))
    np.testing.assert_array_equal(mostly(mask, (rows, cols)), 2 * share >= h * w)


def test_on_its_own_grid_nothing_changes() -> None:
    values = np.random.default_rng(0).random((5, 7), dtype=np.float32)
    np.testing.assert_array_equal(area_mean(values, (5, 7)), values)
    np.testing.assert_array_equal(mostly(values > 0.5, (5, 7)), values > 0.5)
