"""What could be wrong in a benchmark without anybody seeing it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ncut_widget import NCUT
from tests.benchmarks.graph import (
    Affinity,
    Graph,
    residual,
    smallest_principal_cosine,
    total_variance,
)
from tests.benchmarks.memory import PeakMemory, anonymous_bytes
from tests.benchmarks.results import comparison, figures, section
from tests.benchmarks.sides import NcutWidget, ScikitLearn, Side


def patches(nodes: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    kinds = rng.integers(8, size=nodes)
    rows = rng.standard_normal((8, 12))[kinds] + 0.4 * rng.standard_normal((nodes, 12))
    return rows.astype(np.float32)


def test_rotating_scaling_and_turning_columns_leaves_the_principal_cosine_at_1() -> (
    None
):
    rng = np.random.default_rng(0)
    exact = np.linalg.qr(rng.standard_normal((50, 4)))[0]
    found = exact @ rng.standard_normal((4, 4))
    assert smallest_principal_cosine(found, exact) == pytest.approx(1)


def test_the_principal_cosine_is_that_of_the_worst_direction() -> None:
    exact = np.eye(6)[:, :2]
    tilted = exact.copy()
    tilted[:, 1] = [0, 0.6, 0.8, 0, 0, 0]
    assert smallest_principal_cosine(tilted, exact) == pytest.approx(0.6)


@pytest.mark.parametrize("column", [0.0, np.nan, "equal"])
def test_a_column_that_says_nothing_is_a_missed_direction(column: Any) -> None:
    exact = np.eye(6)[:, :2]
    found = exact.copy()
    found[:, 1] = found[:, 0] if column == "equal" else column
    assert smallest_principal_cosine(found, exact) == 0


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "rbf"])
def test_the_graph_is_the_one_that_ncut_solves(distance: str) -> None:
    features = patches(300)
    ncut = NCUT(5, distance=distance, affinity_focal_gamma=0.7, progress=False)
    eigvecs, eigvals = ncut.fit_transform(features)
    solution = Graph(features, Affinity(distance, 0.7)).solve(5)
    np.testing.assert_allclose(eigvals, solution.eigvals, atol=1e-6)
    assert smallest_principal_cosine(eigvecs, solution.eigvecs) > 0.999999
    trivial = solution.eigvecs[:, 0] ** 2
    np.testing.assert_allclose(trivial, solution.degrees / solution.degrees.sum())


@pytest.mark.parametrize("side", [NcutWidget, ScikitLearn])
def test_a_side_solves_the_affinity_that_it_says(side: type[Side]) -> None:
    asked, features, made = Affinity("cosine", 0.5), patches(400), side()
    eigvecs, _ = made.solve(features, 6, asked)
    solution = Graph(features, made.solved(features, asked)).solve(6)
    assert smallest_principal_cosine(eigvecs, solution.eigvecs) > 0.99999


def test_without_loops_a_row_has_no_edge_to_itself() -> None:
    features = patches(60).astype(np.float64)
    gamma = 4 / total_variance(features)  # a sigma of 2
    graph = Graph(features, Affinity("rbf", gamma, loops=False))
    expected = np.exp(-(cdist(features, features) ** 2) / 8)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(graph.normalised()[1], expected.sum(1))


@pytest.mark.parametrize("loops", [True, False])
@pytest.mark.parametrize("distance", ["cosine", "euclidean"])
def test_the_residual_of_a_sample_is_near_that_of_all_rows(
    distance: str, loops: bool
) -> None:
    graph = Graph(patches(500), Affinity(distance, 0.5, loops))
    matrix, _ = graph.normalised()
    solution = graph.solve(6)
    rng = np.random.default_rng(1)
    off = solution.eigvecs + 0.01 * rng.standard_normal((500, 6))
    off[:, 5] = 0
    off[17, 5] = 1.0  # a column on one row of 500
    off /= np.linalg.norm(off, axis=0)
    product = matrix @ off
    expected = np.linalg.norm(product - off * (off * product).sum(0), axis=0)

    found = residual(graph, off, np.sqrt(solution.degrees), sample=400, block=128)
    np.testing.assert_allclose(found.norms, expected, rtol=0.2)
    assert found.degree_error < 1e-6

    exact = residual(graph, solution.eigvecs, 3 * solution.eigvecs[:, 0], sample=64)
    np.testing.assert_allclose(exact.eigvals, solution.eigvals, rtol=1e-6)
    assert exact.norms.max() < 1e-7


@pytest.mark.parametrize("distance", ["cosine", "euclidean", "rbf"])
def test_sampled_degrees_are_near_the_degrees(distance: str) -> None:
    graph = Graph(patches(600), Affinity(distance, 4.0))
    degrees = graph.normalised()[1]
    np.testing.assert_allclose(graph.sampled_degrees(300, block=256), degrees, rtol=0.1)
    np.testing.assert_allclose(graph.sampled_degrees(600), degrees, rtol=1e-6)


def test_the_degrees_of_a_wrong_trivial_eigenvector_show() -> None:
    graph = Graph(patches(500), Affinity("cosine", 0.5))
    solution = graph.solve(3)
    noise = np.random.default_rng(0).uniform(0.8, 1.2, 500)
    found = residual(graph, solution.eigvecs, np.sqrt(solution.degrees) * noise)
    assert found.degree_error > 0.05


@pytest.mark.skipif(np.isnan(anonymous_bytes()), reason="this system has no /proc")
def test_peak_memory_is_what_was_held_in_between() -> None:
    with PeakMemory() as memory:
        work = np.ones(20_000_000)
        work.sum()
        del work
    assert memory.bytes == pytest.approx(160e6, rel=0.1)


def report(side: str, rows: dict[str, tuple[float, dict[str, Any]]]) -> dict[str, Any]:
    return {
        "machine_info": {"side": side},
        "benchmarks": [
            {"stats": {"median": median}, "extra_info": {"row": row, **extra}}
            for row, (median, extra) in rows.items()
        ],
    }


def test_tables_put_the_same_row_of_every_side_in_one_line() -> None:
    found = figures(
        [
            report("ncut_widget", {"a": (0.5, {"cosine": 0.9996}), "b": (0.002, {})}),
            report("peer", {"c": (3.0, {}), "a": (1.5, {"cosine": 0.07})}),
        ]
    )
    assert comparison(found) == (
        "|   | ncut_widget      | peer           | ratio |\n"
        "| - | ---------------- | -------------- | ----- |\n"
        "| a | 500.0 ms, 0.9996 | 1.50 s, 0.0700 | 3.0x  |\n"
        "| b | 2.0 ms           | -              | -     |\n"
        "| c | -                | 3.00 s         | -     |"
    )


def test_what_was_not_measured_is_said(tmp_path: Any) -> None:
    (tmp_path / "click-ncut_widget.json").write_text("")  # every test was skipped
    assert section("click", tmp_path) == "## Click and slider\n\nnot measured\n"
    assert "no CUDA" in section("floors", tmp_path)
