"""A cache that keeps within a number of bytes: of its values, and of their keys."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ncut_widget.core.cache import Bounded, key_bytes
from ncut_widget.sessions.session import Session


def test_the_least_recently_used_goes_first() -> None:
    kept: Bounded[str] = Bounded(2)
    kept.put("a", "1")
    kept.put("b", "2")
    assert kept.get("a", lambda: "3") == "1"
    kept.put("c", "4")
    assert [kept.peek(key) for key in "abc"] == ["1", None, "4"]


def test_keys_count_as_values_do() -> None:
    key = ((1.5, 2.5),) * 100
    size = key_bytes((0, key))
    kept: Bounded[bytes] = Bounded(4 * (size + 1000), len)
    for number in range(10):
        kept.put((number, key), bytes(1000))
    assert len(kept) in (3, 4)


def test_a_key_is_as_large_as_its_parts() -> None:
    cell = (70_000, 80_000, 90_000)
    one = sys.getsizeof(cell) + sum(map(sys.getsizeof, cell))
    assert key_bytes(cell) == one
    cells = (cell,) * 2000
    assert key_bytes((1, cells)) == pytest.approx(2000 * (one + 8), rel=0.01)


@pytest.mark.parametrize("method", ["diffusion", "similarity"])
def test_memory_of_many_clicks_stays_within_the_cache(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each moment's masks are kept by all of its clicks."""
    monkeypatch.setattr("ncut_widget.methods.masker.MASKS_BYTES", 2**20)
    monkeypatch.setattr("ncut_widget.methods.masker.CACHE_BYTES", 2**20)
    rng = np.random.default_rng(0)
    eigvecs = rng.standard_normal((1, 8, 8, 3)).astype(np.float32)
    session = Session(eigvecs, [(640, 640)], eigvals=[1, 0.8, 0.5])
    session.update(method=method)
    for x, y in rng.integers(640, size=(300, 2)).tolist():
        session.add((0, x, y, 1))
        session.masks()
    masker = session.masker
    for cache in (masker._masks, masker._fields):
        held = sum(key_bytes(key) + cache._values[key].nbytes for key in cache._values)
        assert held <= 2**20
    assert len(masker._masks) < 100
