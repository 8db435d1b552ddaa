"""How close our eigenvectors are to the exact ones, for every affinity."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.arrays import MAKERS, median_distance
from tests.benchmarks.graph import Affinity
from tests.benchmarks.sides import Side
from tests.benchmarks.solving import Case, measure


@pytest.mark.parametrize("nodes", [4096, 16384])
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("distance", ["cosine", "euclidean", "rbf"])
def test_accuracy(
    benchmark: BenchmarkFixture, side: Side, kind: str, nodes: int, distance: str
) -> None:
    gamma = median_distance(kind, nodes) if distance == "euclidean" else 1.0
    measure(benchmark, side, Case(kind, nodes, Affinity(distance, gamma)), rounds=1)


@pytest.mark.parametrize("nodes", [4096, 16384])
def test_accuracy_of_a_sharp_affinity(
    benchmark: BenchmarkFixture, side: Side, nodes: int
) -> None:
    """At the gamma that the texture backbone recommends."""
    measure(benchmark, side, Case("texture", nodes, Affinity("cosine", 0.02)), rounds=1)
