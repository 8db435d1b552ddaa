"""The side that a run measures, and what its figures depend on."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from tests.benchmarks.sides import SIDES, Side


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--side", choices=SIDES, default="ncut_widget")


def pytest_benchmark_update_machine_info(
    config: pytest.Config, machine_info: dict[str, Any]
) -> None:
    machine_info["side"] = config.getoption("--side")
    machine_info["cores"] = os.cpu_count()
    machine_info["versions"] = {}
    for package in ("torch", "numpy", "scipy", "scikit-learn"):
        try:
            machine_info["versions"][package] = version(package)
        except PackageNotFoundError:
            continue


@pytest.fixture(scope="session")
def side(pytestconfig: pytest.Config) -> Side:
    """Make the side, whose environment this is."""
    return SIDES[pytestconfig.getoption("--side")]()


@pytest.fixture
def ours(pytestconfig: pytest.Config) -> None:
    """Skip, for a peer, what is the same for all sides."""
    if pytestconfig.getoption("--side") != "ncut_widget":
        pytest.skip("measured once, in our own environment")
