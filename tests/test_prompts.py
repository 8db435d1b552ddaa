"""Pixel <-> latent coordinates, and what is refused as a click."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncut_widget.prompts import Click, check_click, check_clicks, to_pixels, to_prompt

SIZES = [(48, 64), (10, 20)]


@given(
    pixels=st.integers(1, 5000),
    cells=st.integers(1, 300),
    fraction=st.floats(0, 1, exclude_max=True),
)
def test_a_click_lands_in_the_cell_whose_mask_covers_its_pixel(
    pixels: int, cells: int, fraction: float
) -> None:
    x = min(fraction * pixels, np.nextafter(pixels, 0))
    prompt = to_prompt(Click(0, int(x), 0, 1), (1, pixels), (1, cells))
    latent = np.zeros((1, cells), dtype=bool)
    latent[0, prompt.col] = True
    assert to_pixels(latent, (1, pixels))[0, int(x)]
    assert 0 <= to_prompt(Click(0, x, 0, 1), (1, pixels), (1, cells)).col < cells


def test_pixels_of_an_uneven_grid() -> None:
    latent = np.array([[1, 2, 3]])
    assert to_pixels(latent, (1, 7)).tolist() == [[1, 1, 1, 2, 2, 3, 3]]


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
