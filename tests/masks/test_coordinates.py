"""Pixel <-> latent coordinates."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ncut_widget.masks.coordinates import interpolation, to_cell


@given(
    pixels=st.integers(1, 5000),
    cells=st.integers(1, 300),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_a_click_lands_in_the_cell_whose_centre_is_nearest_to_its_pixel(
    pixels: int, cells: int, fraction: float
) -> None:
    x = min(fraction * pixels, np.nextafter(pixels, 0))
    cell = to_cell(0, int(x) + 0.5, 0, (1, pixels), (1, cells))
    before, after, across = (values[int(x)] for values in interpolation(pixels, cells))
    nearest = {before} if across < 0.5 else {after}
    assert cell.col in (nearest if abs(across - 0.5) > 1e-9 else {before, after})
    assert 0 <= to_cell(0, x, 0, (1, pixels), (1, cells)).col < cells


def test_values_go_on_beyond_the_outermost_centres() -> None:
    before, after, fraction = interpolation(6, 2)
    values = np.array([10.0, 20.0])
    between = values[before] + fraction * (values[after] - values[before])
    np.testing.assert_allclose(between, [10, 10, 10 + 10 / 3, 10 + 20 / 3, 20, 20])
