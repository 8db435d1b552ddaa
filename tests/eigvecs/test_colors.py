"""Eigenvector colours: deterministic, in range, alike for what is alike."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from ncut_widget.eigvecs.colors import (
    Colors,
    Metric,
    rgb_from_pca_3d,
    rgb_from_tsne_3d,
    rgb_from_umap_3d,
)
from ncut_widget.eigvecs.embedding import farthest_points


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


def many(thing: int) -> np.ndarray:
    """Return more rows than colours are fitted to, on a flat ground but for a thing."""
    rows = np.tile(np.float32([0.3, 0.5, -0.2]), (20, 64, 61, 1))
    rows.reshape(-1, 3)[7 : 7 + thing] = [0.1, -0.7, 0.4]
    return rows


def test_a_thing_of_the_smallest_batch_has_a_colour_in_a_large_one() -> None:
    _, rgb = rgb_from_pca_3d(many(thing=1))
    rows = rgb.reshape(-1, 3)
    assert abs(rows[7, 0] - rows[8, 0]) == 1
    assert len(np.unique(rows, axis=0)) == 2


def test_equal_rows_have_equal_colours_at_any_place() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, (5, 7, 9))
    _, rgb = rgb_from_pca_3d(rng.standard_normal((3, 20))[kinds])
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) == 3


def test_of_many_rows_a_sample_has_the_colours_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    coarse = rng.standard_normal((30, 8, 8, 6)).repeat(8, axis=1).repeat(8, axis=2)
    eigvecs = coarse * [4, 3, 2, 1, 1, 1] + 0.3 * rng.standard_normal(coarse.shape)
    _, fitted = rgb_from_pca_3d(eigvecs)
    monkeypatch.setattr("ncut_widget.eigvecs.colors.FITTED_ROWS", 10**9)
    _, exact = rgb_from_pca_3d(eigvecs)
    assert not np.array_equal(fitted, exact)
    np.testing.assert_allclose(fitted, exact, atol=0.04)


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


# By t-SNE and UMAP -----------------------------------------------------------------

BY_NAME = {"tsne": rgb_from_tsne_3d, "umap": rgb_from_umap_3d}


# Numba compiles UMAP for half a minute, in every process.
UMAP = pytest.param("umap", marks=pytest.mark.soak)


@pytest.fixture(params=["tsne", UMAP])
def method(request: pytest.FixtureRequest) -> str:
    return request.param


def paint(method: str, eigvecs: Any, **options: Any) -> Colors:
    """Colour by a sample, in a process where every warning is an error."""
    size = "perplexity" if method == "tsne" else "n_neighbors"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return BY_NAME[method](eigvecs, **{"num_sample": 80, size: 20, **options})


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_clusters_keep_apart_on_all_rows(method: str, metric: Metric) -> None:
    x3d, rgb = paint(method, blobs(), metric=metric, num_sample=150)
    for points in (x3d, rgb):
        centres = points.mean(axis=1)
        apart = np.linalg.norm(centres[:, None] - centres, axis=-1)
        within = np.linalg.norm(points - centres[:, None], axis=-1)
        assert within.mean() < 0.4 * apart[~np.eye(4, dtype=bool)].min()


def test_embedded_shapes_and_ranges(method: str) -> None:
    x3d, rgb = paint(method, blobs().reshape(2, 10, 10, 8))
    assert x3d.shape == rgb.shape == (2, 10, 10, 3)
    assert x3d.dtype == rgb.dtype == np.float32
    assert np.isfinite(x3d).all()
    assert rgb.min() == 0
    assert rgb.max() == 1


def test_embedded_numpy_and_torch_and_a_second_call_agree(method: str) -> None:
    first = paint(method, blobs())
    again = paint(method, torch.from_numpy(blobs()).requires_grad_())
    for expected, got in zip(first, again, strict=True):
        assert isinstance(got, np.ndarray)
        assert np.array_equal(expected, got)


@pytest.mark.soak
def test_the_seed_is_that_of_umap() -> None:
    rows = blobs()[0]
    assert np.array_equal(*(paint("tsne", rows, seed=seed)[0] for seed in (0, 1)))
    assert not np.array_equal(*(paint("umap", rows, seed=seed)[0] for seed in (0, 1)))


def test_one_neighbour_gives_the_place_of_a_sampled_row(method: str) -> None:
    x3d, _ = paint(method, blobs(), num_sample=30, knn=1)
    assert len(np.unique(x3d.reshape(-1, 3), axis=0)) == 30


def test_a_sampled_row_stays_near_its_place_by_distance(method: str) -> None:
    options = {"num_sample": 200, "metric": "euclidean"}
    own, _ = paint(method, blobs(), knn=1, **options)
    carried, _ = paint(method, blobs(), knn=10, **options)
    np.testing.assert_allclose(carried, own, atol=0.02 * np.ptp(own))


@pytest.mark.parametrize(
    "rows",
    [
        np.eye(4),
        np.arange(10.0).reshape(5, 2),
        np.array([[1.0], [-1.0], [-1.0], [-1.0], [-1.0]]),
        np.concatenate([np.zeros((5, 4)), blobs()[0, :, :4]]),
        1e30 * blobs()[:, 0],
        torch.from_numpy(blobs()[:, :5]).half(),
        torch.from_numpy(blobs()[:, :5]).bfloat16(),
    ],
    ids=["four", "five", "opposite", "zeros", "large", "float16", "bfloat16"],
)
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_odd_rows_have_colours(method: str, metric: Metric, rows: Any) -> None:
    x3d, rgb = paint(method, rows, metric=metric)
    assert x3d.shape == rgb.shape == (*rows.shape[:-1], 3)
    assert np.isfinite(x3d).all()
    assert ((rgb >= 0) & (rgb <= 1)).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_rows_all_alike_are_grey(method: str, value: float) -> None:
    x3d, rgb = paint(method, np.full((40, 3), value))
    assert np.all(x3d == 0)
    assert np.all(rgb == 0.5)


def test_large_parameters_are_lowered_to_the_sample() -> None:
    expected = paint("tsne", blobs()[0], num_sample=50, perplexity=25)
    lowered = rgb_from_tsne_3d(blobs()[0], 1000, 150, "cosine", "cpu", 0, 0.95, 99)
    assert lowered[0].shape == expected[0].shape
    same = rgb_from_tsne_3d(blobs()[0], 50, 25, "cosine", "cpu", 0, 0.95, 50)
    assert np.array_equal(lowered[0], same[0])


def test_the_sample_reaches_every_cluster() -> None:
    rows = np.concatenate([np.tile([1.0, 0, 0], (500, 1)), np.eye(3)[1:]])
    chosen = farthest_points(torch.from_numpy(rows), 3)
    assert sorted(chosen.tolist()) == [0, 500, 501]
    alike = farthest_points(torch.ones(10, 12), 5)
    assert len(set(alike.tolist())) == 5


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [("tsne", "sklearn.manifold", "scikit-learn"), ("umap", "umap", "umap-learn")],
)
def test_a_missing_extra_is_named(
    name: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    sentence = (
        rf"^rgb_from_{name}_3d needs {package}: "
        rf"pip install 'ncut-widget\[{name}\]'$"
    )
    with pytest.raises(ImportError, match=sentence):
        BY_NAME[name](blobs())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"num_sample": 3}, ValueError, "num_sample .* at least 4, got 3"),
        ({"num_sample": 9.0}, TypeError, r"num_sample .* whole number .* got 9\.0"),
        ({"metric": "rbf"}, ValueError, "one of cosine, euclidean, got 'rbf'"),
        ({"seed": -1}, ValueError, "seed .* got -1"),
        ({"q": 0.5}, ValueError, "q .* got 0.5"),
        ({"knn": 0}, ValueError, "knn .* at least 1, got 0"),
        ({"knn": True}, TypeError, "knn .* got True"),
        ({"device": "abacus"}, ValueError, "device .* got 'abacus'"),
    ],
)
def test_a_bad_parameter_is_refused(
    method: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        paint(method, blobs(), **options)


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("tsne", {"perplexity": 0.5}),
        ("tsne", {"perplexity": float("nan")}),
        ("umap", {"n_neighbors": 1}),
        ("umap", {"min_dist": 1.5}),
    ],
)
def test_a_bad_parameter_of_one_method_is_refused(
    method: str, options: dict[str, Any]
) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=f"{name} must be"):
        paint(method, blobs(), **options)


@pytest.mark.parametrize(
    ("eigvecs", "message"),
    [
        (np.ones((3, 4)), "at least 4 rows, got 3"),
        (np.ones(4), r"got \(4,\)"),
        (np.array([[1.0, np.nan]] * 5), "finite"),
    ],
)
def test_bad_rows_are_refused(method: str, eigvecs: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paint(method, eigvecs)
