"""Block Krylov against LAPACK, and the half-held graph against the whole matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.ncut.affinity import Affinity
from ncut_widget.ncut.full import lanczos
from ncut_widget.ncut.full.exact import WholeGraph, solve_by_products
from ncut_widget.ncut.full.lanczos import BlockKrylov
from ncut_widget.ncut.rows import Rows

Array = NDArray[Any]


def with_spectrum(values: Array, seed: int = 0) -> torch.Tensor:
    """Return a symmetric matrix with these eigenvalues and random eigenvectors."""
    rng = np.random.default_rng(seed)
    q, _ = np.linalg.qr(rng.standard_normal((len(values), len(values))))
    return torch.from_numpy((q * values) @ q.T).float()


def solve(matrix: torch.Tensor, k: int) -> tuple[Array, Array, float, list[int]]:
    told: list[int] = []
    values, vectors, error = BlockKrylov(
        lambda v: matrix @ v,
        lambda v: v,
        matrix,
        k,
        np.random.default_rng(0),
        told.append,
    ).solve()
    return values.numpy(), vectors.numpy(), error, told


def check(matrix: torch.Tensor, k: int, error: float) -> None:
    values, vectors, estimate, told = solve(matrix, k)
    exact = np.linalg.eigvalsh(matrix.double().numpy())[::-1][:k]
    np.testing.assert_allclose(values, exact, atol=1e-6)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-5)
    residuals = matrix.numpy() @ vectors - vectors * values
    assert np.linalg.norm(residuals, axis=0).max() < 1e-6
    assert estimate <= error
    assert told[-1] == k


def test_a_decaying_spectrum() -> None:
    check(with_spectrum(0.9 ** np.arange(600)), k=20, error=0.01)


def test_a_spectrum_crowded_at_one_end() -> None:
    check(with_spectrum(1 - np.linspace(0, 1, 600) ** 2), k=20, error=0.01)


def test_more_equal_eigenvalues_than_a_block_has_vectors() -> None:
    # A Krylov space holds 16 of the 40, whatever the products.
    values = np.concatenate([np.full(40, 0.9), np.linspace(0.8, 0, 560)])
    check(with_spectrum(values), k=40, error=0.01)


def test_nothing_but_equal_eigenvalues() -> None:
    check(with_spectrum(np.repeat([0.9, 0.1], [30, 570])), k=30, error=0.01)


def test_fewer_eigenvalues_than_asked_for() -> None:
    check(with_spectrum(np.repeat([0.9, 0.5, 0.0], [2, 3, 595])), k=20, error=1)


def test_a_basis_that_has_to_be_condensed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanczos, "_BASIS_VECTORS", 200)
    check(with_spectrum(1 - np.linspace(0, 1, 600) ** 2), k=20, error=0.01)


def euclidean(rows: Rows) -> Affinity:
    return Affinity.of(
        rows,
        rows,
        "euclidean",
        2.0,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


def test_every_eigenvector_is_told_of() -> None:
    rng = np.random.default_rng(0)
    rows = Rows(rng.standard_normal((700, 5)).astype(np.float32), chunk_size=100)
    found: list[int] = []
    solve_by_products(rows, euclidean(rows), 6, rng, [].append, found.append)
    assert found[-1] == 6


def test_half_of_the_graph_multiplies_as_the_whole() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((700, 5)).astype(np.float32)
    rows = Rows(features, chunk_size=100)
    affinity = euclidean(rows)
    done: list[int] = []
    graph = WholeGraph(affinity, affinity.place(rows.read(slice(None))), done.append)
    distances = torch.cdist(*[torch.from_numpy(features).double()] * 2)
    whole = torch.exp(-distances / 2.0)
    scale = whole.sum(1).rsqrt()
    vectors = torch.from_numpy(rng.standard_normal((700, 3)))
    expected = scale[:, None] * (whole @ (scale[:, None] * vectors))
    torch.testing.assert_close(graph @ vectors.float(), expected.float())
    torch.testing.assert_close(graph.scale[:, 0], scale.float())
    assert sum(done) == 700
