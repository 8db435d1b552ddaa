"""A click: which cell it labels, and what is refused as one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ncut_widget.masks.coordinates import Cell
from ncut_widget.prompts import Click, Seed, check_prompt, check_prompts

SIZES = [(48, 64), (10, 20)]


def test_clicks_are_plain_numbers_after_reading() -> None:
    clicks = check_prompts([[np.int64(1), np.float32(2.5), 3, 0]], SIZES)
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
        check_prompt(click, SIZES)
    with pytest.raises(error, match=sentence):
        Click.read(click, SIZES)


@pytest.mark.parametrize("value", [None, 3, "clicks"])
def test_clicks_must_be_a_list(value: Any) -> None:
    with pytest.raises(TypeError, match="clicks must be a list"):
        check_prompts(value, SIZES)


def test_a_click_labels_the_cell_that_it_lies_in() -> None:
    one = Click(0, 63.5, 10, 1)
    assert one.seeds((48, 64), (12, 16)) == (Seed(Cell(0, 2, 15), 1.0),)
    assert one.points() == [(63.5, 10)]
    assert one.on(4) == Click(4, 63.5, 10, 1)
