"""Features of the tutorial's 100 images to 30 eigenvectors.

A suite of its own, so that the sides are measured one right after the other: what else
a machine does changes within minutes.
"""

from __future__ import annotations

from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks import arrays
from tests.benchmarks.graph import Affinity
from tests.benchmarks.sides import Side
from tests.benchmarks.solving import Case, measure


def test_tutorial(benchmark: BenchmarkFixture, side: Side) -> None:
    measure(benchmark, side, Case("sam", arrays.TUTORIAL, Affinity()), rounds=3)
