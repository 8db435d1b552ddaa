"""The graph of one image alone, and its eigenvectors."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.ncut import NCUT
from ncut_widget.ncut.neighbors.nearest import Space
from ncut_widget.ncut.neighbors.own import OwnGraph, own_eigenvectors
from ncut_widget.ncut.rows import Rows
from tests.ncut.test_neighbors import graph_of, scene


def coordinates_of(features: NDArray) -> torch.Tensor:
    """Bring features to the coordinates that NCUT finds."""
    rows = Rows(features)
    rng = np.random.default_rng(0)
    space = Space.of(rows, "cosine", torch.device("cpu"), rng)
    return space(rows.read(slice(None)))


def test_the_graph_is_that_of_a_batch_of_one_image() -> None:
    features, _ = scene(images=1)
    graph = OwnGraph(coordinates_of(features), None, (24, 24))
    affinity = graph.affinity.toarray()
    np.testing.assert_allclose(affinity, affinity.T)
    degrees = affinity.sum(1, dtype=np.float64)
    np.testing.assert_allclose(
        graph.root_degrees.numpy()[:, 0], np.sqrt(degrees), rtol=1e-6
    )
    whole = graph_of(features)
    # Which rows are drawn from all of the image differs: few of the edges.
    apart = np.abs(degrees**0.5 - whole.root_degrees.numpy()[:, 0])
    assert np.median(apart) < 1e-4


def test_the_eigenvectors_are_those_of_the_image_alone() -> None:
    features, _ = scene(images=1)
    ncut = NCUT(8, graph="neighbors", progress=False).fit(features)
    graph = OwnGraph(coordinates_of(features), None, (24, 24))
    eigvecs, eigvals = own_eigenvectors(graph, 8)
    assert eigvecs.dtype == eigvals.dtype == np.float32
    np.testing.assert_allclose(eigvals, ncut.eigenvalues_, atol=5e-3)
    np.testing.assert_allclose(eigvecs.T @ eigvecs, np.eye(8), atol=1e-4)
    expected = ncut.eigenvectors_.reshape(-1, 8)
    # Signs, too, as far as eigenvalues are apart.
    np.testing.assert_allclose((eigvecs * expected).sum(0)[:3], 1, atol=1e-2)


def test_an_image_gets_the_same_every_time_and_with_any_cores() -> None:
    features, _ = scene(images=1, side=30)
    near = coordinates_of(features)
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 1):
            torch.set_num_threads(threads)
            graph = OwnGraph(
                near.numpy(), features[0, ..., :2].reshape(-1, 2), (30, 30)
            )
            found.append(own_eigenvectors(graph, 10)[0])
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("grid", [(1, 1), (1, 3), (2, 2)])
def test_a_tiny_image_has_as_many_eigenvectors_as_cells(grid: tuple[int, int]) -> None:
    cells = grid[0] * grid[1]
    near = np.random.default_rng(0).standard_normal((cells, 3))
    eigvecs, eigvals = own_eigenvectors(OwnGraph(near, None, grid), 30)
    assert eigvecs.shape == (cells, cells)
    assert eigvals[0] == pytest.approx(1)
