"""Features and parameters at the ends of their ranges, by every way of a solve."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ncut_widget.core.parallel import add_up, deal, one_thread
from ncut_widget.ncut import NCUT
from ncut_widget.ncut.affinity import Affinity, Distance
from ncut_widget.ncut.rows import Rows
from tests.support.dense import (
    DISTANCES,
    Array,
    clusters,
    dense_ncut,
    smallest_principal_cosine,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize("distance", DISTANCES)
def test_affinities_are_0_or_far_from_denormal(distance: Distance) -> None:
    features = clusters(300, 8, kinds=4, spread=0.5)
    gamma = {"cosine": 0.02, "euclidean": 0.04, "rbf": 0.01}[distance]
    rows = Rows(features, chunk_size=100)
    affinity = Affinity.of(
        rows,
        rows,
        distance,
        gamma,
        device=CPU,
        dtype=torch.float32,
    )
    x = affinity.place(rows.read(slice(None)))
    values = affinity.between(x, x)
    assert 0 < float(values[values > 0].min()) < 1e-15
    assert float(values[values > 0].min()) >= 0.99e-20


# --- Few landmarks for a sharp affinity


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("gamma", [1e-5, 1e-3])
def test_landmarks_that_reach_no_row_leave_the_trivial_eigenvector(
    distance: Distance, gamma: float
) -> None:
    features = clusters(400, 8, kinds=4, spread=0.3)
    gamma = gamma * (0.1 if distance != "euclidean" else 1)
    ncut = NCUT(4, distance=distance, affinity_focal_gamma=gamma, num_sample=20)
    with pytest.warns(RuntimeWarning, match="structure for 1 eigenvectors only"):
        eigvecs, eigvals = ncut.fit_transform(features)
    np.testing.assert_array_equal(eigvals, [1, 0, 0, 0])
    np.testing.assert_allclose(eigvecs[:, 0], 0.05, rtol=1e-3)
    np.testing.assert_array_equal(eigvecs[:, 1:], 0)
    assert ncut.error_ == 1  # all other eigenvalues of the graph are 1, too
    np.testing.assert_allclose(ncut.transform(features), eigvecs, atol=1e-6)


# --- Scale


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("scale", [1e-30, 1e-25, 1e15])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_scale_of_features_changes_nothing(
    distance: Distance, scale: float, kind: type
) -> None:
    features: Array = clusters(300, 8, kinds=4, spread=0.3).astype(kind)

    def solve(scale: float) -> Array:
        gamma = 0.5 * scale if distance == "euclidean" else 0.5
        ncut = NCUT(4, distance=distance, affinity_focal_gamma=gamma)
        return ncut.fit_transform(features * kind(scale))[0]

    np.testing.assert_allclose(solve(scale), solve(1), atol=1e-4)


# --- Distances drowned in rounding


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("n", [60, 1100])  # by LAPACK, and by products
@pytest.mark.parametrize("gamma", [1e-3, 1e-6, 1e-9])
def test_rows_of_the_fit_keep_their_eigenvectors_where_gamma_is_tiny(
    distance: Distance, n: int, gamma: float
) -> None:
    features = clusters(n, 8, kinds=4, spread=0.3)
    ncut = NCUT(4, distance=distance, affinity_focal_gamma=gamma)
    eigvecs, _ = ncut.fit_transform(features)
    np.testing.assert_allclose(ncut.transform(features), eigvecs, atol=1e-3)


def test_a_graph_without_edges_has_unit_eigenvectors_by_products() -> None:
    features = clusters(1100, 8, kinds=4, spread=0.3)
    ncut = NCUT(4, distance="rbf", affinity_focal_gamma=1e-6)
    eigvecs, eigvals = ncut.fit_transform(features)
    np.testing.assert_allclose(eigvals, 1, atol=1e-6)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(4), atol=1e-5)


@settings(max_examples=60, deadline=None)
@example(n=48, seed=5, distance="rbf", gamma=0.003, scale=1.0, share=0.4, copies=1)
@given(
    n=st.integers(4, 60),
    seed=st.integers(0, 2**31),
    distance=st.sampled_from(DISTANCES),
    gamma=st.sampled_from([1e-9, 1e-6, 1e-3, 0.02, 0.3, 1.0, 30.0]),
    scale=st.sampled_from([1e-30, 1e-12, 1.0, 1e12]),
    share=st.sampled_from([0.3, 0.6, 1.0]),
    copies=st.integers(1, 3),
)
def test_every_column_is_0_or_of_unit_length(
    n: int,
    seed: int,
    distance: Distance,
    gamma: float,
    scale: float,
    share: float,
    copies: int,
) -> None:
    rng = np.random.default_rng(seed)
    features = np.tile(rng.normal(size=(n, 5)), (copies, 1)) * scale
    k = max(1, n // 5)
    gamma = gamma * scale if distance == "euclidean" else gamma
    ncut = NCUT(
        k,
        distance=distance,
        affinity_focal_gamma=gamma,
        num_sample=max(k, int(share * copies * n)),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        eigvecs, eigvals = ncut.fit_transform(features)
    lengths = np.linalg.norm(eigvecs, axis=0)
    np.testing.assert_allclose(lengths, eigvals > 0, atol=2e-3)
    products = eigvecs.T @ eigvecs
    np.testing.assert_allclose(products - np.diag(np.diag(products)), 0, atol=2e-3)
    np.testing.assert_allclose(eigvals[0], 1, atol=1e-5)
    assert (np.diff(eigvals) <= 0).all()
    assert eigvals.min() >= 0
    again = ncut.transform(features)
    kept = eigvals > 1e-3
    np.testing.assert_allclose(again[:, kept], eigvecs[:, kept], atol=5e-3)


# --- Work dealt out


def test_a_solve_leaves_torch_its_threads() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        features = clusters(1200, 8, kinds=4, spread=0.3)
        ncut = NCUT(3, num_sample=100).fit(features)
        ncut.transform(features)
        assert torch.get_num_threads() == 2
        features[7] = np.nan
        with pytest.raises(ValueError, match="finite"):
            ncut.fit(features)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("num_sample", [None, 200])
def test_the_number_of_cores_changes_nothing(
    texture: Array, num_sample: int | None
) -> None:
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            ncut = NCUT(6, affinity_focal_gamma=0.05, num_sample=num_sample)
            found.append(ncut.fit_transform(texture)[0])
    finally:
        torch.set_num_threads(before)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_dealt_work_has_one_thread_no_gradients_and_its_order() -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)

        def work(part: int) -> tuple[int, int, bool]:
            return part, torch.get_num_threads(), torch.is_grad_enabled()

        with torch.no_grad():
            found = list(deal(work, range(5), CPU))
        assert found == [(part, 1, False) for part in range(5)]
        with one_thread():
            assert torch.get_num_threads() == 1
            total = add_up(lambda n: torch.full((2,), float(n)), range(5), CPU)
        assert total.tolist() == [10, 10]
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_sharp_eigenvectors_do_not_miss_what_is_left_out(texture: Array) -> None:
    # Tiles without an affinity above 1e-8 / N are not held.
    features = texture.reshape(-1, texture.shape[-1])
    exact, values = dense_ncut(features, 20, gamma=0.05)
    eigvecs, eigvals = NCUT(20, affinity_focal_gamma=0.05).fit_transform(features)
    np.testing.assert_allclose(eigvals, values, atol=1e-5)
    assert smallest_principal_cosine(eigvecs, exact) > 0.9999


@pytest.mark.parametrize("num_sample", [None, 100])
def test_a_fit_in_inference_mode_gives_plain_tensors(num_sample: int | None) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        with torch.inference_mode():
            features = torch.from_numpy(clusters(3000, 8, kinds=4, spread=0.3)).clone()
            ncut = NCUT(3, num_sample=num_sample)
            found, again = ncut.fit(features).eigenvectors_, ncut.transform(features)
    finally:
        torch.set_num_threads(before)
    assert not torch.is_inference(torch.as_tensor(found))
    assert not torch.is_inference(again)
