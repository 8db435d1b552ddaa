"""What the page has of the kernel's, and its tests read, is that of today."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.js_fixture import CONSTANTS_PATH, PATH, constants_text, text

ADVICE = "run `python -m tests.js_fixture`"


def same(left: Any, right: Any) -> bool:
    """Whether two JSON values agree, numbers to what another CPU may round."""
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(
            same(left[key], right[key]) for key in left
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left == pytest.approx(right, rel=1e-5, abs=2e-4)
    return left == right


def test_the_fixture_is_current() -> None:
    current = json.loads(text())
    assert same(json.loads(PATH.read_text()), current), ADVICE


def test_the_constants_of_the_page_are_the_kernels() -> None:
    assert CONSTANTS_PATH.read_text() == constants_text(), ADVICE
