"""How long: a tenth in every run, all of it by `make soak`."""

from __future__ import annotations

from typing import Any

import pytest


def soaked(count: int) -> Any:
    """Run with so many, and with ten times as many in the soak."""
    more = pytest.param(10 * count, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])
    return pytest.mark.parametrize("count", [count, more])
