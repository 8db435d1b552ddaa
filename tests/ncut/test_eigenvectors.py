"""NCUT's eigenvectors against the dense float64 eigensolution of the same graph."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ncut_widget.ncut import NCUT
from tests.support.dense import (
    DISTANCES,
    Array,
    clusters,
    dense_affinity,
    dense_ncut,
    smallest_principal_cosine,
    typical_distance,
)


@pytest.mark.parametrize("distance", DISTANCES)
def test_photographs_agree_with_the_dense_solution(
    texture: Array, distance: str
) -> None:
    features = texture.reshape(-1, texture.shape[-1])
    gamma = typical_distance(features) if distance == "euclidean" else 1.0
    exact, values = dense_ncut(features, 30, distance, gamma)
    ncut = NCUT(30, distance=distance, affinity_focal_gamma=gamma)
    eigvecs, eigvals = ncut.fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.9999
    assert ncut.error_ < 0.01
    np.testing.assert_allclose(eigvals, values, atol=1e-6)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(30), atol=1e-5)


@pytest.mark.parametrize(
    ("distance", "k", "num_sample", "least"),
    # The kink of the euclidean affinity makes it the hardest to factorise.
    [
        ("cosine", 30, 512, 0.9995),
        ("rbf", 30, 1024, 0.99),
        ("euclidean", 20, 1024, 0.98),
    ],
)
def test_landmarks_agree_with_the_dense_solution(
    texture: Array, distance: str, k: int, num_sample: int, least: float
) -> None:
    features = texture.reshape(-1, texture.shape[-1])
    gamma = typical_distance(features) if distance == "euclidean" else 1.0
    exact, values = dense_ncut(features, k, distance, gamma)
    ncut = NCUT(k, distance=distance, affinity_focal_gamma=gamma, num_sample=num_sample)
    eigvecs, eigvals = ncut.fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > least
    np.testing.assert_allclose(eigvals, values, atol=1e-3)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(k), atol=1e-5)


def test_a_sharp_affinity_is_solved_too(texture: Array) -> None:
    # Most rows have few neighbours: landmarks would do for none of the eigenvectors.
    features = texture.reshape(-1, texture.shape[-1])
    exact, values = dense_ncut(features, 20, gamma=0.1)
    ncut = NCUT(20, affinity_focal_gamma=0.1)
    eigvecs, eigvals = ncut.fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.9999
    np.testing.assert_allclose(eigvals, values, atol=1e-5)
    assert NCUT(20, affinity_focal_gamma=0.1, num_sample=512).fit(features).error_ > 0.1


@pytest.mark.parametrize("num_sample", [None, 512])
def test_clusters_in_768_dimensions_agree_with_the_dense_solution(
    num_sample: int | None,
) -> None:
    features = clusters(2000, 768, kinds=40, spread=0.6)
    exact, values = dense_ncut(features, 30)
    eigvecs, eigvals = NCUT(30, num_sample=num_sample).fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.999
    np.testing.assert_allclose(eigvals, values, atol=5e-4)


def test_few_landmarks_still_find_the_clusters() -> None:
    features = clusters(2500, 64, kinds=8, spread=0.2)
    exact, _ = dense_ncut(features, 8)
    eigvecs, _ = NCUT(8, num_sample=64).fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.999


@pytest.mark.parametrize(("method", "least"), [("farthest", 0.99), ("random", 0.99)])
def test_every_sample_method_solves_clusters(method: str, least: float) -> None:
    features = clusters(1500, 32, kinds=12, spread=0.2)
    exact, _ = dense_ncut(features, 12)
    ncut = NCUT(12, num_sample=400, sample_method=method)
    assert smallest_principal_cosine(ncut.fit_transform(features)[0], exact) > least


def test_kmeans_landmarks_beat_random_ones(texture: Array) -> None:
    features = texture.reshape(-1, texture.shape[-1])[::2]
    exact, _ = dense_ncut(features, 20)

    def error(method: str) -> float:
        ncut = NCUT(20, num_sample=256, sample_method=method)
        return 1 - smallest_principal_cosine(ncut.fit_transform(features)[0], exact)

    assert error("kmeans") < 0.5 * error("random")


@pytest.mark.parametrize("distance", DISTANCES)
def test_rare_outliers_get_their_eigenvector(distance: str) -> None:
    # Five far rows among 2 000: few, but a cut around them is the cheapest one.
    features = clusters(2000, 16, kinds=4, spread=0.3)
    features[100:105] += 40 * np.eye(16, dtype=np.float32)[3]
    gamma = 0.05 if distance == "cosine" else 1.0
    exact, _ = dense_ncut(features, 5, distance, gamma)
    ncut = NCUT(5, distance=distance, affinity_focal_gamma=gamma, num_sample=300)
    eigvecs, _ = ncut.fit_transform(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.99


@pytest.mark.parametrize("num_sample", [100, 1000])
def test_the_trivial_eigenvector_is_first_in_a_graph_of_parts(num_sample: int) -> None:
    features = clusters(300, 4, kinds=3, spread=0.1)
    far = 100.0 * np.arange(3).repeat([150, 100, 50])[:, None]
    ncut = NCUT(3, distance="euclidean", num_sample=num_sample)
    eigvecs, eigvals = ncut.fit_transform(features + far)
    degrees = dense_affinity(features + far, "euclidean", 1.0).sum(axis=1)
    np.testing.assert_allclose(eigvals, 1, atol=1e-5)
    trivial = np.sqrt(degrees / degrees.sum())
    np.testing.assert_allclose(eigvecs[:, 0], trivial, rtol=0.05)


@pytest.mark.parametrize("distance", DISTANCES)
def test_small_graphs_are_solved_exactly(distance: str) -> None:
    features = clusters(120, 10, kinds=5, spread=0.4)
    exact, values = dense_ncut(features, 20, distance, 0.8)
    ncut = NCUT(20, distance=distance, affinity_focal_gamma=0.8)
    eigvecs, eigvals = ncut.fit_transform(features)
    np.testing.assert_allclose(eigvals, values, atol=1e-6)
    np.testing.assert_allclose(np.abs((eigvecs * exact).sum(axis=0)), 1, atol=1e-5)


def test_a_graph_of_two_pairs_has_the_eigenvectors_found_by_hand() -> None:
    # Rows 0, 1 and rows 2, 3 alike, at right angles: A is made of 1 and e^-1.
    features = np.array([[1.0, 0], [2, 0], [0, 1], [0, 3]])
    eigvecs, eigvals = NCUT(2).fit_transform(features)
    e = np.exp(-1)
    np.testing.assert_allclose(eigvals, [1, (1 - e) / (1 + e)], rtol=1e-6)
    np.testing.assert_allclose(eigvecs[:, 0], [0.5] * 4, rtol=1e-6)
    # symmetric, so that row 0 is the positive one
    np.testing.assert_allclose(eigvecs[:, 1], [0.5, 0.5, -0.5, -0.5], rtol=1e-6)


def test_every_eigenvector_can_be_asked_for() -> None:
    features = clusters(40, 60, kinds=40, spread=0.5)
    eigvecs, eigvals = NCUT(40).fit_transform(features)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(40), atol=1e-5)
    np.testing.assert_allclose(eigvals, dense_ncut(features, 40)[1], atol=1e-6)


def test_the_first_columns_are_the_solution_for_fewer(texture: Array) -> None:
    features = texture.reshape(-1, texture.shape[-1])
    many, _ = NCUT(30, num_sample=400).fit_transform(features)
    few, _ = NCUT(10, num_sample=400).fit_transform(features)
    assert smallest_principal_cosine(many[:, :10], few) > 0.9999


@settings(max_examples=25, deadline=None)
# all affinities are 0 in float32; the trivial vector is no eigenvector
@example(n=4, columns=2, seed=1, distance="cosine", gamma=1e-9, scale=1, exact=False)
@example(n=8, columns=8, seed=2, distance="cosine", gamma=0.1, scale=1, exact=False)
@given(
    n=st.integers(2, 60),
    columns=st.integers(1, 8),
    seed=st.integers(0, 2**31),
    distance=st.sampled_from(DISTANCES),
    gamma=st.sampled_from([1e-9, 0.05, 1.0, 30.0, 1e9]),
    scale=st.sampled_from([1e-12, 1.0, 1e12]),
    exact=st.booleans(),
)
def test_results_are_finite_orthogonal_and_descending(
    n: int,
    columns: int,
    seed: int,
    distance: str,
    gamma: float,
    scale: float,
    exact: bool,
) -> None:
    rng = np.random.default_rng(seed)
    # small integers: rows that are equal, parallel, opposite or zero
    features = rng.integers(-2, 3, size=(n, columns)) * scale
    k = max(1, n // 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        ncut = NCUT(
            k,
            distance=distance,
            affinity_focal_gamma=gamma,
            num_sample=n if exact else max(k, n // 2),
        )
        eigvecs, eigvals = ncut.fit_transform(features)
    again = ncut.transform(features)
    assert np.isfinite(eigvecs).all()
    assert np.isfinite(again).all()
    assert (np.diff(eigvals) <= 0).all()
    assert eigvals.min() >= 0
    assert eigvals.max() <= 1
    kept = eigvals > 1e-6
    error = np.abs(eigvecs.T @ eigvecs - np.eye(k))[kept][:, kept]
    # a small eigenvalue magnifies the rounding of a float32 factor
    root = np.sqrt(eigvals[kept])
    rounding = 1e-7 / np.outer(root, root)
    assert (error < (1e-5 if exact else np.maximum(2e-3, rounding))).all()
