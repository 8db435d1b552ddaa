"""The graph of neighbours: its edges, its eigenvectors, and other rows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch

from ncut_widget.ncut import NCUT
from ncut_widget.ncut.neighbors.chebyshev import leading_by_chebyshev
from ncut_widget.ncut.neighbors.graph import NeighborGraph
from ncut_widget.ncut.neighbors.nearest import Layout, Space, nearest
from ncut_widget.ncut.rows import Rows


def scene(
    images: int = 3, side: int = 24, columns: int = 16, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw features of images with three kinds of things, and the kinds."""
    rng = np.random.default_rng(seed)
    kinds = np.zeros((images, side, side), int)
    for image in kinds:
        row, col = rng.integers(2, side - 10, 2)
        image[row : row + 8, col : col + 8] = 1
        image[:, : side // 4] = 2
    centres = 2 * np.random.default_rng(99).standard_normal((3, columns))
    features = centres[kinds] + rng.standard_normal((*kinds.shape, columns))
    return features.astype(np.float32), kinds


def graph_of(features: np.ndarray, n_neighbors: int = 12) -> NeighborGraph:
    """Build the graph that NCUT builds."""
    rng = np.random.default_rng(0)
    rows = Rows(features)
    space = Space.of(rows, "cosine", torch.device("cpu"), rng)
    near = space(rows.read(slice(None)))
    layout = Layout.of(rows.shape)
    return NeighborGraph(near, None, layout, n_neighbors, 1.0, rng, lambda count: None)


def dense(graph: NeighborGraph) -> np.ndarray:
    """Return its matrix."""
    return (graph @ torch.eye(len(graph.root_degrees))).numpy().astype(np.float64)


def test_the_nearest_are_those_of_all_distances() -> None:
    rng = np.random.default_rng(0)
    points = torch.from_numpy(rng.standard_normal((200, 5))).float()
    own = torch.arange(200)
    which, squares = nearest(points, points, 4, own)
    distances = torch.cdist(points, points).fill_diagonal_(torch.inf)
    expected = distances.topk(4, largest=False)
    assert torch.equal(which, expected.indices)
    torch.testing.assert_close(squares.sqrt(), expected.values)


def test_equal_rows_are_at_distance_zero() -> None:
    points = torch.full((6, 3), 1234.5678)
    assert nearest(points, points, 3, torch.arange(6))[1].tolist() == [[0.0] * 3] * 6


def test_the_matrix_is_symmetric_sparse_and_has_norm_1() -> None:
    features, _ = scene()
    graph = graph_of(features)
    matrix = dense(graph)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-7)
    assert (matrix > 0).sum(1).mean() < 60
    trivial = graph.root_degrees.numpy()
    np.testing.assert_allclose(matrix @ trivial, trivial, rtol=1e-4)


def test_every_row_has_neighbours_in_its_image_and_in_the_others() -> None:
    features, kinds = scene()
    matrix = dense(graph_of(features))
    image = np.repeat(np.arange(3), kinds[0].size)
    same = image[:, None] == image
    assert ((matrix > 0) & same).sum(1).min() >= 12
    assert ((matrix > 0) & ~same).sum(1).min() >= 12


def test_the_edges_of_two_rows_are_as_documented() -> None:
    # With one neighbour; the scale is the distance to the farthest that there is.
    features = np.array([[0.0], [1.0], [3.0], [10.0]], np.float32)
    rows = Rows(features)
    near = torch.from_numpy(features)
    graph = NeighborGraph(
        near, None, Layout.of(rows.shape), 1, 1.0, np.random.default_rng(0), len_of
    )
    scale = np.array([10.0, 9.0, 7.0, 10.0])
    affinity = 1e-6 * np.eye(4)
    for i, j in ((0, 1), (1, 2), (2, 3)):
        square = float((features[i, 0] - features[j, 0]) ** 2)
        affinity[i, j] = affinity[j, i] = np.exp(-square / (scale[i] * scale[j]))
    degrees = affinity.sum(1)
    expected = affinity / np.sqrt(degrees[:, None] * degrees)
    np.testing.assert_allclose(dense(graph), expected, atol=1e-6)


def len_of(count: int) -> None:
    """Look at no progress."""


def test_the_eigenvectors_are_those_of_the_matrix() -> None:
    features, _ = scene(images=2, side=32)
    ncut = NCUT(10, graph="neighbors", progress=False).fit(features)
    values, vectors = np.linalg.eigh(dense(graph_of(features)))
    np.testing.assert_allclose(ncut.eigenvalues_, values[::-1][:10], atol=1e-3)
    found = ncut.eigenvectors_.reshape(-1, 10)
    np.testing.assert_allclose(found.T @ found, np.eye(10), atol=1e-4)
    cosines = np.linalg.svd(vectors[:, ::-1][:, :7].T @ found)[1]
    assert cosines.min() > 0.9999
    cosines = np.linalg.svd(vectors[:, ::-1][:, :20].T @ found)[1]
    sine = np.sqrt(max(1 - cosines.min() ** 2, 0))
    assert sine < ncut.error_ < 0.2


def test_things_of_a_kind_hang_together_over_the_images() -> None:
    features, kinds = scene()
    eigvecs, eigvals = NCUT(3, graph="neighbors", progress=False).fit_transform(
        features
    )
    assert eigvals[0] == 1
    rows = eigvecs[..., 1:] / np.linalg.norm(eigvecs, axis=-1, keepdims=True)
    centres = np.stack([rows[0][kinds[0] == kind].mean(0) for kind in range(3)])
    nearest_kind = np.square(rows[..., None, :] - centres).sum(-1).argmin(-1)
    assert (nearest_kind[1:] == kinds[1:]).mean() > 0.95


def test_rows_of_the_fit_have_their_own_eigenvectors_and_others_alike_ones() -> None:
    features, kinds = scene()
    ncut = NCUT(4, graph="neighbors", progress=False)
    eigvecs, _ = ncut.fit_transform(features)
    np.testing.assert_allclose(ncut.transform(features), eigvecs, atol=1e-6)
    others, other_kinds = scene(images=1, seed=5)
    placed = ncut.transform(others)
    for kind in range(3):
        centre = eigvecs[kinds == kind].mean(0)
        mine = placed[other_kinds == kind].mean(0)
        assert mine @ centre > 0.95 * np.linalg.norm(mine) * np.linalg.norm(centre)


def test_equal_rows_get_equal_eigenvectors_later_too() -> None:
    """Flat surfaces are of rows that are the same, and whose distances are 0."""
    features = np.zeros((1, 12, 20, 3), np.float32)
    features[:, :, 10:] = 1
    ncut = NCUT(4, graph="neighbors", progress=False)
    eigvecs, _ = ncut.fit_transform(features)
    later = ncut.transform(features)
    assert np.isfinite(later).all()
    for half in (slice(10), slice(10, 20)):
        np.testing.assert_allclose(
            later[..., half, 1], eigvecs[..., half, 1].mean(), rtol=0.2
        )


def test_torch_and_numpy_and_seeds_agree() -> None:
    features, _ = scene(images=1)
    # On the CPU: a tensor is solved where it is, an array where there is a GPU.
    first, again = (
        NCUT(6, graph="neighbors", progress=False, device="cpu").fit(given)
        for given in (features, torch.from_numpy(features))
    )
    assert torch.equal(torch.from_numpy(first.eigenvectors_), again.eigenvectors_)
    assert first.landmarks_.shape == (24 * 24, 16)


def test_a_guide_parts_what_features_do_not() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((1, 24, 24, 8)).astype(np.float32)
    guide = np.zeros((1, 24, 24, 3))
    guide[:, :, 12:] = 5.0
    ncut = NCUT(2, graph="neighbors", progress=False)
    eigvecs, eigvals = ncut.fit_transform(features, guide=guide)
    sides = eigvecs[0, ..., 1] > 0
    assert sides[:, :12].all() != sides[:, 12:].all()
    assert (sides[:, :12] != sides[:, 12:]).all()
    assert eigvals[1] > ncut.fit_transform(features)[1][1]


def test_a_guide_of_another_shape_is_refused() -> None:
    features, _ = scene(images=1)
    with pytest.raises(ValueError, match=r"guide must have a row .*\(1, 24, 24, 'G'\)"):
        NCUT(2, graph="neighbors").fit(features, guide=np.zeros((1, 24, 3)))


def test_the_full_graph_takes_no_guide() -> None:
    features, _ = scene(images=1)
    with pytest.raises(ValueError, match="graph='neighbors'"):
        NCUT(2).fit(features, guide=np.zeros((1, 24, 24, 3)))


@pytest.mark.parametrize("count", [1, 2, 3, 9, 40])
def test_few_rows_will_do(count: int) -> None:
    rows = np.random.default_rng(count).standard_normal((count, 3))
    k = min(count, 2)
    eigvecs, eigvals = NCUT(k, graph="neighbors", progress=False).fit_transform(rows)
    assert eigvecs.shape == (count, k)
    assert eigvals[0] == pytest.approx(1)
    assert np.isfinite(eigvecs).all()


def test_equal_rows_are_one_thing_however_many() -> None:
    features = np.ones((2, 30, 30, 4), np.float32)
    features[:, 10:20, 10:20] = [3.0, -1.0, 0.0, 0.0]
    eigvecs, _ = NCUT(3, graph="neighbors", progress=False).fit_transform(features)
    kinds = np.zeros((2, 30, 30), bool)
    kinds[:, 10:20, 10:20] = True
    leading = eigvecs[..., 1] / eigvecs[..., 0]
    inside, outside = leading[kinds], leading[~kinds]
    assert inside.min() > outside.max() or inside.max() < outside.min()


def test_many_rows_without_images_go_in_groups() -> None:
    rng = np.random.default_rng(0)
    kinds = np.repeat([0, 1], [12_000, 6000])
    rows = rng.standard_normal((18_000, 4)).astype(np.float32)
    rows[:, 0] += 6 * kinds
    ncut = NCUT(2, graph="neighbors", distance="euclidean", progress=False)
    eigvecs, _ = ncut.fit_transform(rows)
    side = eigvecs[:, 1] > 0
    assert max((side == kinds).mean(), (side != kinds).mean()) > 0.99
    assert len(ncut.landmarks_) == 16_384


def test_parameters_are_checked_by_name() -> None:
    with pytest.raises(ValueError, match="graph must be one of full, neighbors"):
        NCUT(2, graph="sparse").fit(np.eye(4))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="n_neighbors must be a whole number"):
        NCUT(2, graph="neighbors", n_neighbors=0).fit(np.eye(4))


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NCUT(4, graph="neighbors", progress=False).fit(scene(images=1)[0])


@pytest.mark.parametrize("copies", [1, 20])
def test_chebyshev_finds_a_crowded_and_a_multiple_spectrum(copies: int) -> None:
    values = np.linspace(-0.9, 0.999, 600)
    values[-copies:] = 0.999
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((600, 600)))[0]
    matrix = torch.from_numpy(turn * values @ turn.T).float()
    found, vectors, residuals = leading_by_chebyshev(
        lambda v: matrix @ v,
        matrix,
        12,
        np.random.default_rng(0),
        lambda count: None,
        tolerance=0.01,
    )
    expected = np.linalg.eigvalsh(matrix.double().numpy())[::-1][:12]
    np.testing.assert_allclose(found[:12], expected, atol=1e-5)
    error = matrix @ vectors - vectors * found[:12].float()
    assert float(error.norm(dim=0).max()) == pytest.approx(
        float(residuals.max()), abs=2e-6
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_it_is_the_same_graph() -> None:
    features, _ = scene()
    here, there = (
        NCUT(6, graph="neighbors", progress=False, device=device).fit(
            features, guide=features[..., :3]
        )
        for device in ("cpu", "cuda")
    )
    np.testing.assert_allclose(here.eigenvalues_, there.eigenvalues_, atol=1e-4)
    cosines = np.linalg.svd(
        here.eigenvectors_.reshape(-1, 6).T @ there.eigenvectors_.reshape(-1, 6)
    )[1]
    assert cosines[:4].min() > 0.99
