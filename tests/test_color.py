"""Eigenvector colours: deterministic, in range, alike for what is alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ncut_widget.color import rgb_from_pca_3d


def blobs(count: int = 4, each: int = 50, size: int = 8) -> np.ndarray:
    """Return rows around some of the axes, shape (count, each, size)."""
    noise = np.random.default_rng(0).normal(0, 0.02, (count, each, size))
    return (np.eye(size)[:count, None] + noise).astype(np.float32)


def test_distinct_segments_get_distinct_colours() -> None:
    _, rgb = rgb_from_pca_3d(blobs())
    colours = rgb.mean(axis=1)
    apart = np.linalg.norm(colours[:, None] - colours, axis=-1)
    assert apart[~np.eye(4, dtype=bool)].min() > 0.4
    assert rgb.std(axis=1).max() < 0.1


def test_shapes_and_ranges() -> None:
    x3d, rgb = rgb_from_pca_3d(blobs().reshape(2, 10, 10, 8))
    assert x3d.shape == rgb.shape == (2, 10, 10, 3)
    assert x3d.dtype == rgb.dtype == np.float32
    assert rgb.min() == 0
    assert rgb.max() == 1


def test_components_are_ordered_by_variance() -> None:
    x3d, _ = rgb_from_pca_3d(np.random.default_rng(1).normal(size=(300, 6)))
    variances = x3d.var(axis=0)
    assert (np.diff(variances) <= 0).all()


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    rows = np.random.default_rng(2).normal(size=(200, 5))
    x3d, _ = rgb_from_pca_3d(rows)
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    u, s, _ = np.linalg.svd(unit - unit.mean(0), full_matrices=False)
    np.testing.assert_allclose(np.abs(x3d), np.abs(u * s)[:, :3], atol=1e-4)


def test_numpy_and_torch_and_a_second_call_agree() -> None:
    first = rgb_from_pca_3d(blobs())
    for again in (blobs(), torch.from_numpy(blobs()).requires_grad_()):
        for expected, got in zip(first, rgb_from_pca_3d(again), strict=True):
            assert isinstance(got, np.ndarray)
            assert np.array_equal(expected, got)


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_the_length_of_rows_does_not_matter(scale: float) -> None:
    lengths = np.linspace(1, 3, 50)[:, None] * scale
    _, rgb = rgb_from_pca_3d((blobs().astype(float) * lengths).astype(np.float32))
    np.testing.assert_allclose(rgb, rgb_from_pca_3d(blobs())[1], atol=1e-4)


@pytest.mark.parametrize("size", [1, 2])
def test_fewer_columns_than_colours(size: int) -> None:
    x3d, rgb = rgb_from_pca_3d(np.random.default_rng(0).normal(size=(20, size)))
    assert np.all(x3d[:, size:] == 0)
    assert np.all(rgb[:, size:] == 0.5)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_constant_rows_are_grey(value: float) -> None:
    x3d, rgb = rgb_from_pca_3d(np.full((6, 4), value))
    assert np.all(x3d == 0)
    assert np.all(rgb == 0.5)


def test_a_thing_smaller_than_the_clipped_share_still_has_a_colour() -> None:
    rows = np.tile([1.0, 0.0], (1000, 1))
    rows[:5] = [0.0, 1.0]
    _, rgb = rgb_from_pca_3d(rows)
    assert abs(rgb[0, 0] - rgb[-1, 0]) == 1


@pytest.mark.parametrize(
    ("eigvecs", "options", "message"),
    [
        (np.ones(4), {}, r"got \(4,\)"),
        (np.ones((0, 4)), {}, r"got \(0, 4\)"),
        (np.ones((4, 0)), {}, r"got \(4, 0\)"),
        (np.array([[1.0, np.nan]]), {}, "finite"),
        (np.ones((4, 4)), {"q": 0.5}, "got 0.5"),
        (np.ones((4, 4)), {"q": 1.5}, "got 1.5"),
    ],
)
def test_bad_input_is_refused(
    eigvecs: np.ndarray, options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rgb_from_pca_3d(eigvecs, **options)
