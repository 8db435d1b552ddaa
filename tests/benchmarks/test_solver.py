"""Features to 30 eigenvectors, by every side."""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.graph import Affinity
from tests.benchmarks.sides import Side
from tests.benchmarks.solving import Case, measure

CASES = [
    Case(kind, nodes, Affinity("cosine", gamma))
    for nodes in (4096, 16384)
    for kind, gamma in (
        ("sam", 1.0),
        ("dinov2", 1.0),
        ("clusters", 1.0),
        ("texture", 1.0),
        ("texture", 0.02),
    )
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_solver(benchmark: BenchmarkFixture, side: Side, case: Case) -> None:
    measure(benchmark, side, case, rounds=3)
