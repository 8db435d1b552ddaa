"""The vectors the JavaScript tests read are those of today's mask maths."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.js_fixture import PATH, text


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
    message = "run `python -m tests.js_fixture`"
    assert same(json.loads(PATH.read_text()), current), message
