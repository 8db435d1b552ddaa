"""Pixel <-> latent coordinates, and what is refused as a click."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncut_widget.masks.coordinates import (
    Click,
    check_click,
    check_clicks,
    interpolation,
    to_cell,
)

SIZES = [(48, 64), (10, 20)]


@given(
    pixels=st.integers(1, 5000),
    cells=st.integers(1, 300),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_a_click_lands_in_the_cell_whose_centre_is_nearest_to_its_pixel(
    pixels: int, cells: int, fraction: float
) -> None:
    x = min(fraction * pixels, np.nextafter(pixels, 0))
    cell = to_cell(Click(0, int(x) + 0.5, 0, 1), (1, pixels), (1, cells))
    before, after, across = (values[int(x)] for values in interpolation(pixels, cells))
    nearest = {before} if across < 0.5 else {after}
    assert cell.col in (nearest if abs(across - 0.5) > 1e-9 else {before, after})
    assert 0 <= to_cell(Click(0, x, 0, 1), (1, pixels), (1, cells)).col < cells


def test_values_go_on_beyond_the_outermost_centres() -> None:
    before, after, fraction = interpolation(6, 2)
    values = np.array([10.0, 20.0])
    between = values[before] + fraction * (values[after] - values[before])
    np.testing.assert_allclose(between, [10, 10, 10 + 10 / 3, 10 + 20 / 3, 20, 20])


def test_clicks_are_plain_numbers_after_reading() -> None:
    clicks = check_clicks([[np.int64(1), np.float32(2.5), 3, 0]], SIZES)
    assert clicks == (Click(1, 2.5, 3, 0),)
    assert [type(value) for value in clicks[0]] == [int, float, int, int]


@pytest.mark.parametrize(
    ("click", "error", "sentence"),
    [
        ("here", TypeError, r"must be \[image, x, y, label\], got 'here'"),
        ([0, 1, 2], TypeError, r"got \[0, 1, 2\]"),
        ([0, "1", 2, 1], TypeError, r"must be \[image, x, y, label\]"),
        ([0, 1, 2, True], TypeError, r"must be \[image, x, y, label\]"),
        ([2, 1, 2, 1], ValueError, "index from 0 to 1, got 2"),
        ([-1, 1, 2, 1], ValueError, "index from 0 to 1, got -1"),
        ([0.5, 1, 2, 1], ValueError, "index from 0 to 1, got 0.5"),
        ([0, 64, 2, 1], ValueError, "in its 64 x 48 pixels .* got x = 64, y = 2"),
        ([0, 1, -0.1, 1], ValueError, "got x = 1, y = -0.1"),
        ([0, float("nan"), 2, 1], ValueError, "got x = nan"),
        ([1, 1, 2, 2], ValueError, "label must be 1 .* or 0 .*, got 2"),
    ],
)
def test_what_is_no_click_is_refused(
    click: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        check_click(click, SIZES)


@pytest.mark.parametrize("value", [None, 3, "clicks"])
def test_clicks_must_be_a_list(value: Any) -> None:
    with pytest.raises(TypeError, match="clicks must be a list"):
        check_clicks(value, SIZES)
