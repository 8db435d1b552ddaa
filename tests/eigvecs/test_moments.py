"""Moments of a store's eigenvectors: taken once, in the background, holding up none."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.moments import Leading, Moments
from ncut_widget.eigvecs.quantised import quantise_image, quantise_sample

SHAPE = (5, 12, 50, 6)


@pytest.fixture(scope="module")
def vectors() -> NDArray:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) + 0.3


@pytest.mark.parametrize("num_eig", [6, 2])
def test_moments_are_those_of_the_unit_eigenvectors(
    vectors: NDArray, num_eig: int
) -> None:
    prefix = Moments(MemoryStore(vectors)).prefix(num_eig)
    rows = vectors[..., :num_eig].astype(np.float64).reshape(-1, num_eig)
    rows /= np.linalg.norm(rows, axis=-1, keepdims=True)
    np.testing.assert_allclose(prefix.mean, rows.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(
        prefix.covariance,
        np.cov(rows.T, bias=True).reshape(num_eig, num_eig),
        atol=1e-7,
    )


class Held:
    """Moments that are taken only when they are let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[int] = []
        self.let = Event()
        self.entered = Event()
        self.fails = 0
        measure = Leading._measure

        def held(lead: Leading) -> Any:
            self.begun.append(lead._num_eig)
            self.entered.set()
            if lead._num_eig == 6:
                assert self.let.wait(60)
            if self.fails:
                self.fails -= 1
                raise MemoryError("too much")
            return measure(lead)

        monkeypatch.setattr(Leading, "_measure", held)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held(monkeypatch)
    yield held
    held.let.set()


def test_moments_are_taken_once_and_hold_up_nothing_else(
    vectors: NDArray, held: Held
) -> None:
    store = MemoryStore(vectors)
    moments = Moments(store)
    moments.prepare(6)
    assert held.entered.wait(60)
    moments.prepare(6)
    assert not moments.ready(6)
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(moments.prefix, 6) for _ in range(2)]
        # Another number, maps, and bytes do not wait.
        assert moments.prefix(3).mean.shape == (3,)
        assert moments.lead(6).norms(np.array([2])).shape == (5, 600)
        assert quantise_image(store, moments, 1).levels.shape == (6, 600)
        assert quantise_sample(store, moments).levels.shape == (6, 3000)
        held.let.set()
        first, second = (future.result(60) for future in waiting)
    assert first is second
    assert moments.ready(6)
    assert held.begun == [6, 3]


def test_moments_that_failed_in_the_background_are_taken_anew(
    vectors: NDArray, held: Held
) -> None:
    held.fails = 2
    held.let.set()
    store = MemoryStore(vectors)
    moments = Moments(store)
    moments.prepare(6)
    assert held.entered.wait(60)
    with pytest.raises(MemoryError, match="too much"):
        moments.prefix(6)
    assert not moments.ready(6)
    assert moments.prefix(6).mean.shape == (6,)
    assert held.begun == [6, 6, 6]


def test_moments_under_way_keep_eigenvectors_only_until_they_are_taken(
    vectors: NDArray, held: Held
) -> None:
    store = MemoryStore(vectors)
    rows = weakref.ref(store._rows)
    moments = Moments(store)
    moments.prepare(6)
    assert held.entered.wait(60)
    (thread,) = (t for t in threading.enumerate() if t.name == "ncut_widget moments")
    del store, moments
    held.let.set()
    thread.join(60)
    assert rows() is None
