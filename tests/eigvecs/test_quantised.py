"""Unit eigenvectors in bytes: near the exact ones, and equal where those are equal."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.quantised import STEP, quantise_image, quantise_sample

SHAPE = (5, 12, 50, 6)


@pytest.fixture(scope="module")
def vectors() -> NDArray:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) + 0.3


def test_bytes_are_within_half_a_step(vectors: NDArray) -> None:
    store = MemoryStore(vectors)
    moments = Moments(store)
    low, step, levels = quantise_image(store, moments, 2)
    assert levels.dtype == np.uint16
    assert levels.shape == (6, 600)
    exact = vectors[2].astype(np.float64).reshape(600, 6).T
    exact /= np.linalg.norm(exact, axis=0)
    error = np.abs(low[:, None] + step[:, None] * levels - exact)
    assert (error <= 0.51 * step[:, None]).all()
    sample = quantise_sample(store, moments)
    assert sample.levels.shape == (6, 3000)


def test_zero_stays_zero_in_bytes_and_one_is_within_a_step() -> None:
    vectors = np.array([0, -1, 1], dtype=np.float32).reshape(1, 1, 3, 1)
    store = MemoryStore(vectors)
    low, step, levels = quantise_image(store, Moments(store), 0)
    values = low[:, None] + step[:, None] * levels
    assert values.tolist() == [[0, -1, 1 - STEP]]


def test_equal_eigenvectors_are_equal_in_bytes_on_every_image() -> None:
    rng = np.random.default_rng(3)
    ground = rng.standard_normal(5).astype(np.float32)
    vectors = np.tile(ground, (3, 20, 20, 1))
    vectors[1, :4] = rng.standard_normal((4, 20, 5))  # another range on this image
    store = MemoryStore(vectors)
    moments = Moments(store)
    parts = [quantise_image(store, moments, image) for image in range(3)]
    parts.append(quantise_sample(store, moments))
    bits = {
        (*part.low.tolist(), *part.step.tolist(), *part.levels[:, -1].tolist())
        for part in parts
    }
    assert len(bits) == 1
