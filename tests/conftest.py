"""Fixtures of the whole suite."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PEER = Path(__file__).parents[1] / ".bench" / "ncut-pytorch-1.8.19"
_REPORT = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def peer_python() -> str:
    """Find the interpreter of the environment of ncut-pytorch 1.8.19."""
    python = Path(os.environ.get("NCUT_PEER_PYTHON", PEER / "bin" / "python"))
    assert python.exists(), f"no ncut-pytorch 1.8.19 at {python}: run `make peers`"
    return str(python)


@pytest.fixture(scope="session")
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print after the tests: figures that were measured on the way."""
    return pytestconfig.stash.setdefault(_REPORT, [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    lines = config.stash.get(_REPORT, [])
    if lines:
        terminalreporter.section("measured")
        for line in lines:
            terminalreporter.write_line(line)
