"""The biased cut against the same, made of dense matrices in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.cut import threshold_mask
from ncut_widget.methods import Seeds
from ncut_widget.methods.biased import BiasedField
from ncut_widget.methods.biased_cut import Graph
from ncut_widget.methods.diffusion_map import DiffusionMap
from ncut_widget.prompts import Seed
from tests.support.things import (
    BG,
    FG,
    SHAPE,
    N,
    dense_similarity,
    seeds,
    things,
)


@pytest.mark.parametrize(
    ("fg", "bg", "click_weight", "bg_weight"),
    [
        ([5], [], 0.5, 0.1),
        (FG, BG, 0.5, 0.1),
        ([5], [300, 20], 0.9, 1.0),
        ([5], BG, 0.0, 0.1),
        ([7], [9], 1.0, 0.1),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_with_all_eigenvectors_it_is_the_dense_cut(
    seed: int, fg: list[int], bg: list[int], click_weight: float, bg_weight: float
) -> None:
    whole = things(seed)
    weights = click_weight, bg_weight
    _, similarity = whole.graph().bias(seeds(fg), seeds(bg), N, *weights)
    dense = dense_similarity(whole.affinity, fg, bg, *weights)
    rounded = dense_similarity(whole.affinity, fg, bg, *weights, rounded=True)
    found = similarity.numpy().ravel()
    np.testing.assert_allclose(found, rounded, atol=2e-6)
    np.testing.assert_allclose(found, dense, atol=5e-3)
    masks = [threshold_mask(c.astype(np.float32)) for c in (found, dense)]
    assert 0 < masks[0].sum() < N
    assert (masks[0] != masks[1]).sum() <= 2


def test_without_weight_of_the_clicks_it_is_the_graph_s_own_cut() -> None:
    """On a graph of equal degrees: its own leading two eigenvectors, to the bit."""
    rng = np.random.default_rng(5)
    circle = np.arange(N)
    distance = np.minimum(circle, N - circle)
    row = np.exp(-((distance / 12.0) ** 2)) + 0.01 * np.cos(4 * np.pi * circle / N)
    affinity = np.stack([np.roll(row, shift) for shift in circle]) / row.sum()
    affinity += 0.02 * np.outer(*[np.sin(2 * np.pi * circle / N)] * 2) / N
    eigvals, eigvecs = np.linalg.eigh(affinity)
    leading = eigvecs[:, ::-1][:, :9].copy()
    store = MemoryStore(leading.reshape(*SHAPE, 9), "cpu")
    graph = Graph(store, eigvals[::-1][:9].copy())
    clicked = int(rng.integers(N))
    _, similarity = graph.bias(seeds([clicked]), [], 9, click_weight=0.0)
    rows = leading[:, :2] / np.linalg.norm(leading[:, :2], axis=1, keepdims=True)
    np.testing.assert_allclose(
        similarity.numpy().ravel(), rows @ rows[clicked], atol=1e-3
    )


def test_cores_share_the_images_and_add_up_the_same_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    threads = torch.get_num_threads()
    whole = things(1)
    one = whole.graph().bias(seeds(FG), seeds(BG), N)[1]
    monkeypatch.setattr("ncut_widget.core.parallel.CPU_VALUES", 1)  # an image a block
    torch.set_num_threads(3)
    try:
        graph = whole.graph()
        shared = [graph.bias(seeds(FG), seeds(BG), N)[1] for _ in range(3)]
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    for similarity in shared:
        assert torch.equal(similarity, shared[0])
    torch.testing.assert_close(shared[0], one, atol=1e-6, rtol=0)


@pytest.mark.parametrize("num_eig", [3, 20, 33])
def test_equal_rows_are_equally_similar_at_any_place(num_eig: int) -> None:
    rng = np.random.default_rng(num_eig)
    for pixels in (1, 7, 16, 37):
        kinds = np.zeros((3, pixels), dtype=int)
        kinds[1, : 1 + pixels // 4] = 1
        rows = rng.standard_normal((2, num_eig))[kinds]
        rows /= np.linalg.norm(rows, axis=(0, 1))
        eigvecs = torch.from_numpy(rows).float()
        store = MemoryStore(eigvecs[:, None], "cpu")
        graph = Graph(store, np.linspace(1, 0.1, num_eig))
        one, other = [Seed(Cell(1, 0, 0))], [Seed(Cell(0, 0, 0))]
        cut, similarity = graph.bias(one, other, num_eig)
        assert np.ptp(similarity.numpy()) > 0.1
        for image in range(3):
            extended = cut.similarity(eigvecs[image].T)
            assert torch.equal(extended, similarity[image])
        for kind in range(2):
            assert len(similarity[torch.from_numpy(kinds == kind)].unique()) == 1
        given = {"num_eig": num_eig, "click_weight": 0.5, "bg_weight": 0.1}
        named = Seeds("biased_ncut", (tuple(one),), (), tuple(given.items()))
        like = DiffusionMap(store, np.ones(num_eig))
        field = BiasedField(graph, store.grid, named, like)
        for image in range(3):
            extended = field.extend(eigvecs[image, None])
            np.testing.assert_array_equal(extended, field.values[image])
