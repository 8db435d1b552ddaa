"""Eigenvectors of a batch, and how similar they are to a cell's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.core.products import weighted_sum
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.cut import threshold_mask
from ncut_widget.masks.published import get_mask
from ncut_widget.masks.statistics import similarity_statistics
from ncut_widget.sessions.session import Session
from tests.support.fields import similarity

SHAPE = (5, 12, 50, 6)
CELL = Cell(3, 7, 31)


@pytest.fixture(scope="module")
def vectors() -> NDArray:
    return np.random.default_rng(0).standard_normal(SHAPE).astype(np.float32) + 0.3


def unit(vectors: NDArray, num_eig: int) -> NDArray:
    leading = vectors[..., :num_eig].astype(np.float64)
    return leading / np.linalg.norm(leading, axis=-1, keepdims=True)


@pytest.mark.parametrize("num_eig", [6, 3, 1])
def test_a_map_is_the_cosine(vectors: NDArray, num_eig: int) -> None:
    field = similarity(vectors, CELL, num_eig)
    directions = unit(vectors, num_eig)
    expected = directions @ directions[CELL]
    np.testing.assert_allclose(field.values, expected, atol=3e-7)


@pytest.mark.parametrize("num_eig", [6, 3])
@pytest.mark.parametrize("images", [5, 2])  # without and with all in the sample
def test_statistics_are_those_of_the_whole_map(
    vectors: NDArray, num_eig: int, images: int
) -> None:
    many = np.concatenate([vectors, vectors[::-1] ** 2, vectors, vectors])
    field = similarity(many if images == 5 else vectors, CELL, num_eig)
    direct = similarity_statistics(field.values)
    ours = field.statistics
    assert ours.count == direct.count == (10_000 if images == 5 else 3000)
    assert ours.mean == pytest.approx(direct.mean, abs=1e-7)
    assert ours.std == pytest.approx(direct.std, rel=1e-6)
    np.testing.assert_allclose(
        ours.low + ours.high, direct.low + direct.high, atol=3e-7
    )


@pytest.mark.parametrize(
    ("kind", "power"),
    [
        (kind, power)
        for kind in (np.float32, np.float64)
        for power in (-140, -60, 60, 120)
    ]
    + [(np.float64, power) for power in (-1063, 200, 1000)],
)
def test_eigenvectors_of_any_size_give_the_same_masks(kind: type, power: int) -> None:
    rng = np.random.default_rng(0)
    ordinary = rng.integers(-8, 9, (2, 4, 4, 3)).astype(kind)
    sized = np.ldexp(ordinary, power)
    both = ordinary, sized
    seg, other = (NcutSegmenter(each, clicks=[[0, 1, 1, 1]]) for each in both)
    np.testing.assert_array_equal(seg.heatmaps, other.heatmaps)
    np.testing.assert_array_equal(other.eigvecs, sized)
    np.testing.assert_array_equal(*(get_mask(each, each[0, 1, 1]) for each in both))


def test_a_small_spread_is_not_lost_in_the_moments() -> None:
    rng = np.random.default_rng(1)
    vectors = np.zeros((3, 8, 8, 4), dtype=np.float32)
    vectors[..., 0] = 1
    vectors[..., 1] = 1e-3 * rng.standard_normal((3, 8, 8))
    vectors[0, 0, 0] = (0, 0, 1, 0)
    field = similarity(vectors, Cell(1, 1, 1), 2)
    assert field.statistics.std == pytest.approx(
        similarity_statistics(field.values.astype(np.float64)).std, rel=1e-3
    )


def test_equal_eigenvectors_have_no_spread() -> None:
    vectors = np.tile(np.array([0.3, 0.1, -0.7], dtype=np.float32), (3, 9, 9, 1))
    assert similarity(vectors, Cell(0, 0, 0), 3).statistics.constant


@pytest.mark.parametrize("side", [37, 40, 64])
def test_an_image_s_map_is_the_same_in_any_company(side: int) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((9, side, side, 30)).astype(np.float32)
    together = similarity(vectors, CELL, 30).values
    apart = similarity(vectors, CELL, 30)
    for images in ([4], [0, 1], [3, 2]):
        np.testing.assert_array_equal(apart.maps(images), together[images])
    np.testing.assert_array_equal(apart.values, together)


def test_only_what_is_asked_for_is_computed(
    vectors: NDArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryStore(vectors)
    field = similarity(store, CELL, 6)
    asked: list[list[int]] = []
    read = store.read

    def count(images: Any, num_eig: int | None = None) -> Any:
        asked.append([*range(len(vectors))][images])
        return read(images, num_eig)

    monkeypatch.setattr(store, "read", count)
    field.maps([1, 3])
    field.maps([3, 1])
    field.maps([1, 4])
    _ = field.values
    assert sorted(asked) == [[0], [1], [2], [3], [4]]


def flat(
    rng: np.random.Generator, kinds: int, shape: tuple[int, int, int], num_eig: int
) -> NDArray:
    """Eigenvectors of an exactly flat ground with tiny things and stray pixels."""
    eigvecs = np.tile(rng.standard_normal(num_eig).astype(np.float32), (*shape, 1))
    rows = eigvecs.reshape(-1, num_eig)
    for _ in range(kinds - 1):
        at = rng.permutation(len(rows))[: rng.integers(1, 30)]
        rows[at] = rng.standard_normal(num_eig)
    return eigvecs


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_a_tiny_thing_on_a_ground_of_one_direction_is_found(
    seed: int, threshold: float
) -> None:
    """Eigenvectors of a cut have lengths by their degree: equal but for rounding."""
    rng = np.random.default_rng(seed)
    eigvecs = np.tile(rng.standard_normal(4), (1, 32, 32, 1))
    eigvecs.reshape(-1, 4)[:4] = rng.standard_normal(4)
    eigvecs *= rng.uniform(0.1, 3, (1, 32, 32, 1))
    eigvecs = eigvecs.astype(np.float32)
    session = Session(eigvecs)
    session.update(clicks=[[0, 0, 0, 1]], denoise=False, threshold=threshold)
    assert np.flatnonzero(session.masks()).tolist() == [0, 1, 2, 3]
    mask = get_mask(eigvecs, eigvecs[0, 0, 0], threshold, denoise=False)
    np.testing.assert_array_equal(mask, session.masks())
    assert np.flatnonzero(session.masker.heatmaps(session.recipe)).tolist() == [
        0,
        1,
        2,
        3,
    ]


@settings(deadline=None, max_examples=150)
@given(
    seed=st.integers(0, 2**32 - 1),
    kinds=st.integers(1, 3),
    shape=st.sampled_from(
        [(1, 32, 32), (3, 7, 9), (40, 1, 1), (1, 5, 1), (2, 64, 64), (3, 64, 61)]
    ),
    num_eig=st.integers(2, 40),
    threshold=st.sampled_from([0.0, 1.0]) | st.floats(0, 1),
    gamma=st.sampled_from([0.1, 1.0, 10.0]) | st.floats(0.1, 10),
)
def test_masks_of_flat_grounds_are_those_of_get_mask(
    seed: int,
    kinds: int,
    shape: tuple[int, int, int],
    num_eig: int,
    threshold: float,
    gamma: float,
) -> None:
    rng = np.random.default_rng(seed)
    eigvecs = flat(rng, kinds, shape, num_eig)
    cell = Cell(*(int(rng.integers(side)) for side in shape))
    field = similarity(eigvecs, cell, num_eig)
    ours = threshold_mask(field.values, threshold, gamma, field.statistics)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = get_mask(eigvecs, eigvecs[cell], threshold, gamma, denoise=False)
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("num_eig", [3, 7, 20, 33])
@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda",
            marks=pytest.mark.skipif(
                not torch.cuda.is_available(), reason="needs CUDA"
            ),
        ),
    ],
)
def test_equal_eigenvectors_are_equally_similar_anywhere(
    num_eig: int, device: str
) -> None:
    rng = np.random.default_rng(num_eig)
    ground, thing = rng.standard_normal((2, num_eig)).astype(np.float32)
    for pixels in [*range(1, 40), 10_001]:
        eigvecs = np.tile(ground, (2, 1, pixels, 1))
        eigvecs[1, 0, 0] = thing
        field = similarity(eigvecs, Cell(1, 0, 0), num_eig, device)
        (value,) = set(field.maps([0]).ravel().tolist())
        assert set(field.values[1].ravel()[1:].tolist()) <= {value}
        # the values that quantiles are of, and those of an image of no batch
        assert value in field.statistics.low
        other = torch.from_numpy(eigvecs[0]).to(device)
        assert set(field.extend(other).flat) == {value}


def test_a_map_is_the_same_by_the_operations_of_an_accelerator() -> None:
    rng = np.random.default_rng(5)
    rows = torch.from_numpy(rng.standard_normal((3, 7, 50)).astype(np.float32))
    weights = torch.from_numpy(rng.standard_normal(7).astype(np.float32))
    sums = rows[:, 0] * weights[0]
    for k in range(1, 7):
        sums += rows[:, k] * weights[k]
    assert torch.equal(weighted_sum(rows, weights), sums)


def test_memory_is_that_of_the_maps_asked_for(vectors: NDArray) -> None:
    field = similarity(vectors, CELL, 6)
    empty = field.nbytes
    assert empty < 100
    field.maps([1, 4])
    assert field.nbytes == empty + 2 * 4 * 12 * 50
    field.maps([1, 2])
    assert field.nbytes == empty + 3 * 4 * 12 * 50


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_on_cuda_it_is_the_same(vectors: NDArray) -> None:
    here = similarity(vectors, CELL, 4, "cpu")
    there = similarity(vectors, CELL, 4, "cuda")
    np.testing.assert_allclose(there.values, here.values, atol=1e-6)
    assert there.statistics.std == pytest.approx(here.statistics.std, rel=1e-6)
