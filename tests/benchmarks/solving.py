"""Time a solve, and measure what comes out of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks import arrays
from tests.benchmarks.graph import (
    Affinity,
    Array,
    Graph,
    residual,
    smallest_principal_cosine,
)
from tests.benchmarks.memory import PeakMemory
from tests.benchmarks.sides import Side


@dataclass(frozen=True)
class Case:
    """Features and what joins them."""

    kind: str
    nodes: int
    affinity: Affinity

    def __str__(self) -> str:
        """Name a row of the table."""
        return f"{self.kind} {self.nodes:,}, {self.affinity}"


def measure(benchmark: BenchmarkFixture, side: Side, case: Case, rounds: int) -> None:
    """Solve it `rounds` times; leave accuracy and memory in the extra info.

    Memory is measured at a first solve, which the time leaves out: looking takes time.
    """
    if case.nodes > side.most_rows:
        pytest.skip(f"not asked for more than {side.most_rows} nodes")
    features = arrays.features(case.kind, case.nodes)
    asked = (features, arrays.NUM_EIG, case.affinity)
    with PeakMemory() as memory:
        side.solve(*asked)
    eigvecs, eigvals = benchmark.pedantic(side.solve, asked, rounds=rounds)
    solved = side.solved(features, case.affinity)
    benchmark.extra_info.update(
        row=str(case),
        solved=str(solved),
        megabytes=memory.bytes / 1e6,
        **accuracy(case, solved, eigvecs, eigvals),
    )


def accuracy(
    case: Case, solved: Affinity, eigvecs: Array, eigvals: Array | None
) -> dict[str, float]:
    """Compare with the exact solution, or estimate the residual where there is none."""
    graph = Graph(arrays.features(case.kind, case.nodes), solved)
    found: dict[str, float] = {}
    if case.nodes <= arrays.EXACT_UP_TO:
        solution = arrays.exact(case.kind, case.nodes, solved)
        trivial = np.sqrt(solution.degrees)
        found["cosine"] = smallest_principal_cosine(eigvecs, solution.eigvecs)
        if eigvals is not None:
            off = np.abs(eigvals - solution.eigvals)
            found["eigenvalue_error"] = float(off.max())
    elif solved == case.affinity:
        trivial = arrays.trivial(case.kind, case.nodes, solved)
    else:
        trivial = np.sqrt(graph.sampled_degrees())
    off = residual(graph, eigvecs, trivial)
    found["residual"] = float(off.norms.max())
    found["relative_residual"] = float((off.norms / np.abs(off.eigvals)).max())
    found["degree_error"] = off.degree_error
    return {name: value for name, value in found.items() if math.isfinite(value)}
