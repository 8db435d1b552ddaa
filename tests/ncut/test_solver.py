"""Which way a graph is solved, and what the estimate of the error is worth."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import torch

from ncut_widget.core.device import full_precision
from ncut_widget.ncut import NCUT
from ncut_widget.ncut.affinity import Affinity
from ncut_widget.ncut.full import solver
from ncut_widget.ncut.landmarks import draw_sample, leading_basis, place_landmarks
from ncut_widget.ncut.rows import Rows
from tests.support.dense import (
    DISTANCES,
    Array,
    clusters,
    dense_affinity,
    dense_ncut,
    smallest_principal_cosine,
    typical_distance,
)


def affinity_of(features: Array, distance: str, gamma: float) -> tuple[Rows, Affinity]:
    rows = Rows(features, chunk_size=64)
    affinity = Affinity.of(
        rows,
        rows,
        distance,  # type: ignore[arg-type]
        gamma,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return rows, affinity


# --- Affinities, and landmarks in few directions


@pytest.mark.parametrize("distance", DISTANCES)
def test_affinities_are_those_of_the_definition(distance: str) -> None:
    features = clusters(80, 12, kinds=4, spread=0.5)
    rows, affinity = affinity_of(features, distance, 0.7)
    placed = affinity.place(rows.read(slice(None)))
    expected = dense_affinity(features, distance, 0.7)
    np.testing.assert_allclose(affinity.between(placed, placed), expected, atol=5e-3)
    apart = ~np.eye(80, dtype=bool)  # the kink is at distance 0
    np.testing.assert_allclose(
        affinity.between(placed, placed)[apart], expected[apart], atol=2e-6
    )
    np.testing.assert_allclose(affinity.within(placed.double()), expected, atol=2e-6)


@pytest.mark.parametrize("distance", DISTANCES)
def test_affinities_to_landmarks_need_few_directions_only(distance: str) -> None:
    features = clusters(300, 40, kinds=4, spread=0.5)
    features[7] = 0
    rows, whole = affinity_of(features, distance, 0.7)
    rng = np.random.default_rng(0)
    sample = draw_sample(rows, whole, 20, rng)
    basis = leading_basis(sample, 6, rng)
    affinity, sample = whole.along(basis), sample.along(basis)
    landmarks = place_landmarks(rows, affinity, sample, 20, "kmeans", rng)
    got = landmarks.affinities(rows.read(slice(None)))
    points = landmarks.points[:, :-2] @ affinity.basis.T  # type: ignore[union-attr]
    squared = torch.cdist(whole.place(rows.read(slice(None)))[:, :-2], points) ** 2
    expected = torch.exp(-(squared.sqrt() if distance == "euclidean" else squared))
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)


def test_the_leading_directions_are_those_of_the_rows() -> None:
    rng = np.random.default_rng(0)
    axes = np.linalg.qr(rng.standard_normal((30, 3)))[0]
    features = (5 * rng.standard_normal((400, 3)) @ axes.T).astype(np.float32)
    features += 0.1 * rng.standard_normal(features.shape).astype(np.float32)
    rows, affinity = affinity_of(features, "rbf", 1.0)
    sample = draw_sample(rows, affinity, 20, rng)
    basis = leading_basis(sample, 3, rng).numpy()
    assert np.cos(scipy.linalg.subspace_angles(axes, basis)).min() > 0.999


def test_far_rows_count_for_more_in_the_sample() -> None:
    rng = np.random.default_rng(0)
    features = 0.1 * rng.standard_normal((2000, 30)).astype(np.float32)
    features[:1900, 0] += 2
    features[1900:, 1] += 2
    rows, affinity = affinity_of(features, "rbf", 0.1)
    sample = draw_sample(rows, affinity, 10, rng)
    far = sample.placed[:, 1] > sample.placed[:, 0]
    assert len(far) == 320
    assert int(far.sum()) > 80  # 16 of as many drawn evenly
    # Divided by its chance, a row makes up for those not drawn.
    np.testing.assert_allclose(float((1 / sample.chance).sum()), 2000, rtol=0.2)


# --- The estimate of the error


@pytest.mark.parametrize(
    ("distance", "num_sample", "good"),
    [
        ("cosine", 512, True),
        ("cosine", 64, False),
        ("rbf", 1024, True),
        ("rbf", 64, False),
        ("euclidean", 512, False),
    ],
)
def test_the_estimate_tells_good_eigenvectors_from_bad(
    texture: Array, distance: str, num_sample: int, good: bool
) -> None:
    features = texture.reshape(-1, texture.shape[-1])
    gamma = typical_distance(features) if distance == "euclidean" else 1.0
    exact, _ = dense_ncut(features, 20, distance, gamma)
    ncut = NCUT(
        20, distance=distance, affinity_focal_gamma=gamma, num_sample=num_sample
    ).fit(features)
    cosine = smallest_principal_cosine(np.asarray(ncut.eigenvectors_), exact)
    sine = np.sqrt(1 - cosine**2)
    assert (sine < 0.06) == (ncut.error_ < 0.06) == good
    if good:
        assert sine / 2 < ncut.error_ < 2 * sine


def test_as_many_eigenvectors_as_landmarks_have_an_error() -> None:
    features = clusters(300, 8, kinds=10, spread=0.2)
    assert NCUT(20, num_sample=20).fit(features).error_ > 0.5


# --- The way that is taken


@pytest.fixture
def no_small_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_SMALL", 0)


@pytest.mark.usefixtures("no_small_graphs")
def test_landmarks_are_taken_where_they_do(texture: Array) -> None:
    ncut = NCUT(20).fit(texture)
    assert len(ncut.landmarks_) == 640
    assert 0 < ncut.error_ < 0.06


@pytest.mark.usefixtures("no_small_graphs")
def test_twice_as_many_landmarks_are_taken_where_these_do(texture: Array) -> None:
    ncut = NCUT(20, affinity_focal_gamma=0.17).fit(texture)
    assert len(ncut.landmarks_) == 1280
    assert 0 < ncut.error_ < 0.06


@pytest.mark.usefixtures("no_small_graphs")
def test_there_are_no_more_landmarks_than_rows(
    texture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "_ACCEPTED_SINE", 0)
    monkeypatch.setattr(solver, "_HOPELESS_SINE", np.inf)
    ncut = NCUT(20).fit(texture.reshape(-1, texture.shape[-1])[:1100])
    assert len(ncut.landmarks_) == 1100


@pytest.mark.usefixtures("no_small_graphs")
def test_the_whole_affinity_is_taken_where_they_do_not(texture: Array) -> None:
    features = texture.reshape(-1, texture.shape[-1])
    gamma = typical_distance(features)
    exact, _ = dense_ncut(features, 20, "euclidean", gamma)
    ncut = NCUT(20, distance="euclidean", affinity_focal_gamma=gamma)
    eigvecs, _ = ncut.fit_transform(features)
    assert len(ncut.landmarks_) == len(features)
    assert smallest_principal_cosine(eigvecs, exact) > 0.9999


@pytest.mark.parametrize(("gamma", "m"), [(1.0, 640), (0.05, 1280)])
def test_of_too_many_rows_more_landmarks_are_taken_where_needed(
    texture: Array, gamma: float, m: int
) -> None:
    ncut = NCUT(20, affinity_focal_gamma=gamma, exact_up_to=0).fit(texture)
    assert len(ncut.landmarks_) == m
    assert (ncut.error_ < 0.06) == (m == 640)


def test_a_large_graph_is_judged_by_a_part_of_it(
    texture: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(solver, "_PROBED_ROWS", 1200)
    features = texture.reshape(-1, texture.shape[-1])
    exact, _ = dense_ncut(features, 20)
    ncut = NCUT(20, exact_up_to=0)
    assert smallest_principal_cosine(ncut.fit_transform(features)[0], exact) > 0.999
    assert 0 < ncut.error_ < 0.06


def test_as_many_landmarks_are_taken_as_asked_for(texture: Array) -> None:
    ncut = NCUT(20, affinity_focal_gamma=0.05, num_sample=300).fit(texture)
    assert len(ncut.landmarks_) == 300
    assert ncut.error_ > 0.06


def test_things_that_are_equally_unlike_have_an_eigenvector_each() -> None:
    # One eigenvalue for 29 eigenvectors.
    features = np.eye(30)[np.arange(3000) % 30]
    eigvecs, eigvals = NCUT(30).fit_transform(features)
    e = np.exp(-1)
    np.testing.assert_allclose(eigvals[0], 1, rtol=1e-6)
    np.testing.assert_allclose(eigvals[1:], (1 - e) / (1 + 29 * e), rtol=1e-5)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(30), atol=1e-5)


def test_a_graph_of_many_parts_has_as_many_eigenvalues_of_1() -> None:
    features = 100.0 * np.arange(25).repeat(80)[:, None]
    features += np.random.default_rng(0).standard_normal((2000, 1))
    eigvecs, eigvals = NCUT(25, distance="euclidean").fit_transform(features)
    np.testing.assert_allclose(eigvals, 1, atol=1e-5)
    assert (eigvecs[:, 0] > 0).all()
    parts = eigvecs.reshape(25, 80, 25)
    rows = parts / np.linalg.norm(parts, axis=2, keepdims=True)
    assert (rows * rows[:, :1]).sum(axis=2).min() > 0.999


def test_few_kinds_of_rows_have_few_eigenvectors() -> None:
    features = np.eye(4)[np.arange(2500) % 4] + 0.3
    with pytest.warns(RuntimeWarning, match="structure for 4 eigenvectors only"):
        eigvecs, eigvals = NCUT(9).fit_transform(features)
    assert (eigvals[4:] == 0).all()
    assert (eigvecs[:, 4:] == 0).all()
    np.testing.assert_allclose(eigvecs[:, :4].T @ eigvecs[:, :4], np.eye(4), atol=1e-5)


def test_the_precision_of_products_is_the_users_again_after_a_fit() -> None:
    matmul = torch.backends.cuda.matmul
    try:
        name, fast, exact = "fp32_precision", "tf32", "ieee"
        before = getattr(matmul, name)
    except AttributeError:  # torch before 2.9
        name, fast, exact = "allow_tf32", True, False
        before = getattr(matmul, name)
    try:
        setattr(matmul, name, fast)
        with full_precision():
            assert getattr(matmul, name) == exact
        assert getattr(matmul, name) == fast
    finally:
        setattr(matmul, name, before)
