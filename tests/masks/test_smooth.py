"""Masks at an image's own size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from skimage.measure import label
from skimage.transform import resize

from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.smooth import CutMap, CutMaps, smooth_mask


def rough(seed: int, shape: tuple[int, int]) -> NDArray:
    """Make a similarity map with things and specks."""
    rng = np.random.default_rng(seed)
    coarse = resize(rng.standard_normal((4, 5)), shape, order=3)
    return (coarse + 0.4 * rng.standard_normal(shape)).astype(np.float32)


def latent_mask(cut_maps: CutMaps, shape: tuple[int, int]) -> NDArray:
    mask = np.zeros(shape, dtype=bool)
    for cut_map in cut_maps.positives:
        mask |= cut_map.similarity > cut_map.cut
    for cut_map in cut_maps.negatives:
        mask &= ~(cut_map.similarity > cut_map.cut)
    return mask


@pytest.mark.parametrize("size", [(31, 40), (12, 14), (9, 5), (100, 77), (1, 1)])
def test_one_click_is_the_interpolated_similarity_above_its_cut(
    size: tuple[int, int],
) -> None:
    similarity = np.add.outer(np.arange(12.0), 0.7 * np.arange(14.0)).astype(np.float32)
    cut_maps = CutMaps([CutMap(similarity, np.float32(8.3))], [])
    # Independent of ours, in float64; skimage's "edge" goes on as we do.
    between = resize(
        similarity.astype(float), size, order=1, mode="edge", anti_aliasing=False
    )
    mask = smooth_mask(latent_mask(cut_maps, (12, 14)), cut_maps, size)
    np.testing.assert_array_equal(mask, between > np.float32(8.3))


def neighbours(
    cells: NDArray, row: int, col: int, steps: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Places beside a cell; beyond the image a cell goes on."""
    return [
        (
            min(max(row + down, 0), cells.shape[0] - 1),
            min(max(col + right, 0), cells.shape[1] - 1),
        )
        for down, right in steps
    ]


def expected_margins(latent: NDArray, cut_maps: CutMaps) -> NDArray:
    """Say it again, cell by cell."""
    sizes = np.zeros(latent.shape, np.float32)
    for at in np.ndindex(latent.shape):
        within = max(sim[at] - cut for sim, cut in cut_maps.positives)
        sizes[at] = abs(min([within, *(cut - sim[at] for sim, cut in cut_maps[1])]))
    sizes = np.maximum(sizes, np.finfo(np.float32).tiny)
    axes = [(0, 1), (1, 0), (1, 1), (1, -1)]
    for _ in range(2):
        before = sizes.copy()
        for at in np.ndindex(latent.shape):
            thin = any(
                all(
                    latent[beside] != latent[at]
                    for beside in neighbours(latent, *at, [(-r, -c), (r, c)])
                )
                for r, c in axes
            )
            for beside in neighbours(latent, *at, [(0, 1), (0, -1), (1, 0), (-1, 0)]):
                if thin and latent[beside] != latent[at]:
                    sizes[at] = max(sizes[at], before[beside] / 4)
    return np.where(latent, sizes, -sizes)


@given(
    seed=st.integers(0, 10**6),
    size=st.tuples(st.integers(1, 30), st.integers(1, 30)),
    counts=st.tuples(st.integers(1, 3), st.integers(0, 2)),
    area=st.integers(0, 6),
)
def test_clicks_combine_and_denoise_drops_what_has_no_cell_left(
    seed: int, size: tuple[int, int], counts: tuple[int, int], area: int
) -> None:
    shape = (9, 11)
    cut_maps = CutMaps(
        *(
            [
                CutMap(rough(seed + 10 * kind + k, shape), np.float32(0.2 + 0.3 * kind))
                for k in range(count)
            ]
            for kind, count in enumerate(counts)
        )
    )
    latent = denoise_mask(latent_mask(cut_maps, shape), area)
    margins = expected_margins(latent, cut_maps)
    expected = np.zeros(size, dtype=bool)
    for y, x in np.ndindex(size):
        place = [
            min(max((p + 0.5) * cells / pixels - 0.5, 0), cells - 1)
            for p, cells, pixels in zip((y, x), shape, size, strict=True)
        ]
        (top, left) = (int(p) for p in place)
        down, across = place[0] - top, place[1] - left
        quad = margins[top : top + 2, left : left + 2].astype(float)
        lines = quad[:, 0] + across * (quad[:, -1] - quad[:, 0])
        expected[y, x] = lines[0] + down * (lines[-1] - lines[0]) > 0
    np.testing.assert_array_equal(smooth_mask(latent, cut_maps, size), expected)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_a_cell_wide_is_no_hairline(sign: int) -> None:
    """A row that is hardly above the cut, and a hole that is hardly below it."""
    similarity = np.full((8, 8), -1, np.float32) * sign
    similarity[3] = np.float32(1e-3) * sign
    latent = similarity > 0
    cut_maps = CutMaps([CutMap(similarity, np.float32(0))], [])
    mask = smooth_mask(latent, cut_maps, (64, 64)) == (sign > 0)
    rows = np.flatnonzero(mask.all(axis=1))
    np.testing.assert_array_equal(rows, [26, 27, 28, 29])
    assert mask.sum() == 4 * 64


def test_two_clicks_leave_no_hairline_between_their_edges() -> None:
    """A negative click takes all but a little of what a positive one gives."""
    positive = np.tile(np.linspace(-1, 1, 8, dtype=np.float32), (8, 1))
    negative = np.where(positive > 0.1, positive, -1).astype(np.float32)
    negative[:, 4] = 0.14
    cut_maps = CutMaps(
        [CutMap(positive, np.float32(0.1))], [CutMap(negative, np.float32(0.141))]
    )
    latent = latent_mask(cut_maps, (8, 8))
    assert latent.sum() == 8
    assert latent[:, 4].all()
    mask = smooth_mask(latent, cut_maps, (64, 64))
    assert (mask.sum(axis=1) >= 3).all()


def test_on_the_latent_grid_it_is_the_latent_mask() -> None:
    cut_maps = CutMaps(
        [CutMap(rough(1, (20, 20)), np.float32(0.1))],
        [CutMap(rough(2, (20, 20)), np.float32(0.6))],
    )
    latent = denoise_mask(latent_mask(cut_maps, (20, 20)), 4)
    np.testing.assert_array_equal(smooth_mask(latent, cut_maps, (20, 20)), latent)


def test_a_dropped_component_leaves_nothing_and_others_are_whole() -> None:
    similarity = np.zeros((8, 8), dtype=np.float32)
    similarity[1:4, 1:4] = 1
    similarity[5, 6] = 1
    cut_maps = CutMaps([CutMap(similarity, np.float32(0.4))], [])
    raw = similarity > 0.4
    assert label(smooth_mask(raw, cut_maps, (64, 64))).max() == 2
    kept = smooth_mask(denoise_mask(raw, 3), cut_maps, (64, 64))
    assert label(kept).max() == 1
    np.testing.assert_array_equal(
        kept[:36, :36], smooth_mask(raw, cut_maps, (64, 64))[:36, :36]
    )


def test_without_a_positive_click_it_is_empty() -> None:
    cut_maps = CutMaps([], [CutMap(rough(3, (4, 4)), np.float32(0))])
    assert not smooth_mask(np.zeros((4, 4), dtype=bool), cut_maps, (9, 9)).any()
