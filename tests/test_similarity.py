"""Eigenvectors of a batch, and how similar they are to a prompt's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from ncut_widget.masks import similarity_statistics
from ncut_widget.prompts import Prompt
from ncut_widget.similarity import LEVELS, Eigvecs, Similarity

SHAPE = (5, 12, 50, 6)
PROMPT = Prompt(3, 7, 31)


@pytest.fixture(scope="module")
def vectors() -> NDArray:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) + 0.3


def unit(vectors: NDArray, num_eig: int) -> NDArray:
    leading = vectors[..., :num_eig].astype(np.float64)
    return leading / np.linalg.norm(leading, axis=-1, keepdims=True)


@pytest.mark.parametrize("num_eig", [6, 3, 1])
def test_a_map_is_the_cosine(vectors: NDArray, num_eig: int) -> None:
    similarity = Similarity(Eigvecs(vectors), PROMPT, num_eig)
    directions = unit(vectors, num_eig)
    expected = directions @ directions[PROMPT]
    np.testing.assert_allclose(similarity.values, expected, atol=3e-7)


@pytest.mark.parametrize("num_eig", [6, 3])
@pytest.mark.parametrize("images", [5, 2])  # without and with all in the sample
def test_statistics_are_those_of_the_whole_map(
    vectors: NDArray, num_eig: int, images: int
) -> None:
    many = np.concatenate([vectors, vectors[::-1] ** 2, vectors, vectors])
    eigvecs = Eigvecs(many if images == 5 else vectors)
    similarity = Similarity(eigvecs, PROMPT, num_eig)
    direct = similarity_statistics(similarity.values)
    ours = similarity.statistics
    assert ours.count == direct.count == (10_000 if images == 5 else 3000)
    assert ours.mean == pytest.approx(direct.mean, abs=1e-7)
    assert ours.std == pytest.approx(direct.std, rel=1e-6)
    np.testing.assert_allclose(
        ours.low + ours.high, direct.low + direct.high, atol=3e-7
    )


def test_a_small_spread_is_not_lost_in_the_moments() -> None:
    rng = np.random.default_rng(1)
    vectors = np.zeros((3, 8, 8, 4), dtype=np.float32)
    vectors[..., 0] = 1
    vectors[..., 1] = 1e-3 * rng.standard_normal((3, 8, 8))
    vectors[0, 0, 0] = (0, 0, 1, 0)
    similarity = Similarity(Eigvecs(vectors), Prompt(1, 1, 1), 2)
    assert similarity.statistics.std == pytest.approx(
        similarity_statistics(similarity.values.astype(np.float64)).std, rel=1e-3
    )


def test_equal_eigenvectors_have_no_spread() -> None:
    vectors = np.tile(np.array([0.3, 0.1, -0.7], dtype=np.float32), (3, 9, 9, 1))
    assert Similarity(Eigvecs(vectors), Prompt(0, 0, 0), 3).statistics.constant


@pytest.mark.parametrize("side", [37, 40, 64])
def test_an_image_s_map_is_the_same_in_any_company(side: int) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((9, side, side, 30)).astype(np.float32)
    together = Similarity(Eigvecs(vectors), PROMPT, 30).values
    apart = Similarity(Eigvecs(vectors), PROMPT, 30)
    for images in ([4], [0, 1], [3, 2]):
        np.testing.assert_array_equal(apart.maps(images), together[images])
    np.testing.assert_array_equal(apart.values, together)


def test_only_what_is_asked_for_is_computed(
    vectors: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    eigvecs = Eigvecs(vectors)
    similarity = Similarity(eigvecs, PROMPT, 6)
    asked: list[list[int]] = []
    compute = eigvecs.maps

    def maps(vector: NDArray, images: NDArray, out: NDArray) -> None:
        asked.append(images.tolist())
        compute(vector, images, out)

    monkeypatch.setattr(eigvecs, "maps", maps)
    similarity.maps([1, 3])
    similarity.maps([3, 1])
    similarity.maps([1, 4])
    _ = similarity.values
    assert asked == [[1, 3], [4], [0, 2]]


@pytest.mark.parametrize("num_eig", [6, 2])
def test_moments_are_those_of_the_unit_eigenvectors(
    vectors: NDArray, num_eig: int
) -> None:
    prefix = Eigvecs(vectors).prefix(num_eig)
    rows = unit(vectors, num_eig).reshape(-1, num_eig)
    np.testing.assert_allclose(prefix.mean, rows.mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(
        prefix.covariance,
        np.cov(rows.T, bias=True).reshape(num_eig, num_eig),
        atol=1e-7,
    )


def test_bytes_are_within_half_a_step(vectors: NDArray) -> None:
    eigvecs = Eigvecs(vectors)
    low, step, levels = eigvecs.quantised(2)
    assert levels.dtype == np.uint16
    assert levels.shape == (6, 600)
    assert levels.min() == 0
    assert levels.max() == LEVELS
    exact = unit(vectors, 6)[2].reshape(600, 6).T
    error = np.abs(low[:, None] + step[:, None] * levels - exact)
    assert (error <= 0.51 * step[:, None]).all()
    sample = eigvecs.quantised_sample()
    assert sample.levels.shape == (6, 3000)


def test_a_constant_eigenvector_is_kept_in_bytes() -> None:
    vectors = np.ones((1, 4, 4, 1), dtype=np.float32)
    low, step, levels = Eigvecs(vectors).quantised(0)
    np.testing.assert_array_equal(low[:, None] + step[:, None] * levels, 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_it_is_the_same(vectors: NDArray) -> None:
    here = Similarity(Eigvecs(vectors, "cpu"), PROMPT, 4)
    there = Similarity(Eigvecs(vectors, "cuda"), PROMPT, 4)
    np.testing.assert_allclose(there.values, here.values, atol=1e-6)
    assert there.statistics.std == pytest.approx(here.statistics.std, rel=1e-6)
