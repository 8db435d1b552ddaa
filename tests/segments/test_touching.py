"""Things that touch are parted, and nothing else is."""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest
import skimage.color
import skimage.measure
from numpy.typing import NDArray

from ncut_widget.segments.things import number_instances


def test_touching_things_are_parted() -> None:
    rows, cols = np.mgrid[:60, :140]
    centres = [(30, 30), (30, 70), (25, 112)]
    discs = [np.hypot(rows - r, cols - c) < 22 for r, c in centres]
    mask = np.logical_or.reduce(discs)
    assert skimage.measure.label(mask).max() == 1
    numbers = number_instances(mask, "watershed", np.ones((15, 35)))
    np.testing.assert_array_equal(numbers > 0, mask)
    assert numbers.max() == 3
    assert [numbers[r, c] for r, c in centres] == [2, 3, 1]
    for (r, c), disc in zip(centres, discs, strict=True):
        part = numbers == numbers[r, c]
        assert (part & disc).sum() / (part | disc).sum() > 0.9


def test_similarity_parts_what_is_as_wide_everywhere() -> None:
    mask = np.ones((20, 80), dtype=bool)
    mask[:2] = mask[-2:] = mask[:, :2] = mask[:, -2:] = False
    similarity = np.ones((20, 80))
    similarity[:, 36:44] = 0.2
    assert number_instances(mask, "watershed", similarity).max() == 2
    assert number_instances(mask, "watershed", np.ones((20, 80))).max() == 1


def test_a_convex_thing_is_one() -> None:
    rows, cols = np.mgrid[:90, :120]
    for mask in (
        np.hypot((rows - 45) / 0.5, cols - 60) < 55,
        (abs(rows - 45) < 30) & (abs(cols - 60) < 30),
    ):
        assert number_instances(mask, "watershed", np.ones((9, 12))).max() == 1


def disc(size: int, row: float, col: float, radius: float) -> NDArray:
    rows, cols = np.mgrid[:size, :size]
    return np.hypot(rows - row, cols - col) <= radius


def things(mask: NDArray) -> int:
    """Count them, where the similarity says nothing."""
    numbers = number_instances(mask, "watershed", np.ones((32, 32)))
    np.testing.assert_array_equal(numbers > 0, mask)
    count = int(numbers.max())
    assert set(np.unique(numbers)) | {0} == set(range(count + 1))
    return count


@pytest.mark.parametrize("scale", [0.25, 1, 4])
@pytest.mark.parametrize("ratio", [1, 0.6, 0.4, 0.3])
def test_touching_things_of_different_size_are_parted_at_any_scale(
    scale: float, ratio: float
) -> None:
    size, radius = round(400 * scale), 80 * scale
    apart = radius + radius * ratio - scale
    one = disc(size, size / 2, 120 * scale, radius)
    other = disc(size, size / 2, 120 * scale + apart, radius * ratio)
    assert things(one | other) == 2


def test_chains_and_grids_of_touching_things_are_parted() -> None:
    grid = [(row, col) for row in range(14, 200, 19) for col in range(14, 200, 19)]
    assert things(np.logical_or.reduce([disc(210, *at, 10) for at in grid])) == 100
    turns = 2 * np.pi * np.arange(20) / 20
    circle = [(100 + 80 * np.sin(turn), 100 + 80 * np.cos(turn)) for turn in turns]
    assert things(np.logical_or.reduce([disc(200, *at, 13) for at in circle])) == 20


@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_what_narrows_nowhere_fast_is_one(scale: float) -> None:
    size = round(200 * scale)
    rows, cols = np.mgrid[:size, :size] / scale - 100
    away, turn = np.hypot(rows, cols), np.arctan2(rows, cols)
    long = np.hypot(rows / 0.6, cols)
    along, across = cols + 0.5 * rows, rows - 0.5 * cols
    for mask in (
        (away < 90) & (away > 70),
        (away < 90) & (away > 84),
        (away < 90) & (away > 70) & ((cols < 0) | (abs(rows) > 20)),
        (long < 95) & (long > 65),
        abs((away - turn * 30 / np.pi) % 60 - 30) < 9,
        (abs(along) < 80) & (abs(across) < 6),
        (abs(along) < 80) & (abs(across) < 40),
        (abs(rows) < 10) | (abs(abs(cols) - 50) < 10),
    ):
        parts = skimage.measure.label(mask, connectivity=2).max()
        assert things(mask) == parts


@pytest.mark.parametrize("seed", range(3))
def test_a_disc_with_a_rough_edge_is_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:300, :300] - 150
    turn = np.arctan2(rows, cols)
    waves = np.cos(turn[..., None] * np.arange(2, 42) + rng.uniform(0, 6.3, 40))
    assert things(np.hypot(rows, cols) < 120 + 1.5 * waves.sum(axis=-1)) == 1


def test_bars_between_things_are_necks_of_any_length() -> None:
    for apart in (50, 70, 90):
        ends = disc(200, 100, 100 - apart, 30) | disc(200, 100, 100 + apart, 30)
        ends[94:107, 100 - apart : 100 + apart] = True
        assert things(ends) == 2


def test_what_is_small_beside_the_whole_is_part_of_it() -> None:
    mask = disc(300, 150, 120, 100) | disc(300, 150, 226, 10) | disc(300, 150, 242, 8)
    assert things(mask) == 1


def test_many_pixels_are_parted_on_fewer_cells() -> None:
    size = 2200
    rows, cols = np.ogrid[:size, :size]
    centres = [(700.0, 700), (1300.0, 1100), (1900.0, 1900)]
    discs = [(rows - r) ** 2 + (cols - c) ** 2 < 365**2 for r, c in centres[:2]]
    mask = discs[0] | discs[1]
    mask[1900, 1900:1903] = True  # kept, small as it is
    start = process_time()
    numbers = number_instances(mask, "watershed", np.ones((32, 32)))
    assert process_time() - start < 5  # 10 s for all pixels
    np.testing.assert_array_equal(numbers > 0, mask)
    assert numbers.max() == 3
    assert numbers[1900, 1900] == 3
    for (r, c), part in zip(centres, discs, strict=False):
        found = numbers == numbers[int(r), int(c)]
        assert (found & part).sum() / (found | part).sum() > 0.95
