"""From a shell to an imported package, each time in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.benchmarks.sides import Side


def run(benchmark: BenchmarkFixture, statement: str, row: str) -> None:
    command = [sys.executable, "-c", statement]
    benchmark.pedantic(
        subprocess.run, (command,), {"check": True}, rounds=5, warmup_rounds=1
    )
    benchmark.extra_info.update(row=row)


def test_import(benchmark: BenchmarkFixture, side: Side) -> None:
    run(benchmark, side.statement, "the package")


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("package", ["torch", "numpy"])
def test_import_of_what_it_needs(benchmark: BenchmarkFixture, package: str) -> None:
    run(benchmark, f"import {package}", f"of it, `import {package}`")


@pytest.mark.usefixtures("ours")
def test_start(benchmark: BenchmarkFixture) -> None:
    run(benchmark, "pass", "of it, Python itself")
