"""The mask maths, against literal arrays and a plain float64 transcription."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from ncut_widget.core.products import LONGEST_ROW
from ncut_widget.masks.cosine import cosine_similarity
from ncut_widget.masks.cut import cut, heatmap, threshold_mask
from ncut_widget.masks.denoise import denoise_mask
from ncut_widget.masks.published import get_mask
from ncut_widget.masks.statistics import QUANTILE_SAMPLE, similarity_statistics


def plain_heatmap(similarity: NDArray, gamma: float) -> NDArray:
    """Follow the published steps literally, in float64, without the one cut."""
    distance = 1 - similarity.astype(np.float64)
    z = (distance - distance.mean()) / distance.std(ddof=1)
    heat = np.exp(-gamma * z)
    sample = heat.ravel()
    if sample.size > QUANTILE_SAMPLE:
        chosen = np.random.RandomState(0).choice(sample.size, 10_000, replace=False)
        sample = sample[chosen]
    low, high = np.quantile(sample, [0.01, 0.99])
    return (heat - low) / (high - low)


def two_things() -> NDArray:
    """Eigenvectors of two 6 x 6 images: a 2 x 3 thing before a background."""
    eigvecs = np.zeros((2, 6, 6, 3))
    eigvecs[..., 0] = 1
    eigvecs[:, 1:3, 2:5] = [0, 1, 0]
    return eigvecs


def test_a_click_finds_the_thing_on_every_image() -> None:
    eigvecs = two_things()
    expected = np.zeros((2, 6, 6), dtype=np.uint8)
    expected[:, 1:3, 2:5] = 1
    masks = get_mask(eigvecs, eigvecs[0, 1, 2])
    assert masks.dtype == np.uint8
    np.testing.assert_array_equal(masks, expected)


def test_torch_and_numpy_of_every_float_give_the_same_masks() -> None:
    eigvecs = two_things()
    expected = get_mask(eigvecs, eigvecs[1, 0, 0])
    for dtype in (torch.float64, torch.float32, torch.float16, torch.bfloat16):
        tensor = torch.tensor(eigvecs, dtype=dtype)
        np.testing.assert_array_equal(get_mask(tensor, tensor[1, 0, 0]), expected)


def test_eigenvectors_need_no_unit_length() -> None:
    eigvecs = np.random.default_rng(0).standard_normal((2, 9, 9, 4))
    lengths = np.random.default_rng(1).uniform(0.1, 50, (2, 9, 9, 1))
    np.testing.assert_array_equal(
        get_mask(eigvecs * lengths, 7 * eigvecs[0, 4, 4]),
        get_mask(eigvecs, eigvecs[0, 4, 4]),
    )


def test_similarity_of_a_zero_eigenvector_is_zero() -> None:
    assert cosine_similarity(np.zeros((1, 3)), np.ones(3)).tolist() == [0.0]


@pytest.mark.parametrize("num_eig", [1, 2, 7, 8, 20, 30, 33, LONGEST_ROW + 1])
@pytest.mark.parametrize("order", ["by pixel", "by eigenvector", "leading"])
def test_equal_eigenvectors_have_one_cosine_wherever_they_lie(
    num_eig: int, order: str
) -> None:
    rng = np.random.default_rng(num_eig)
    ground, other = rng.standard_normal((2, num_eig)).astype(np.float32)
    found = set(cosine_similarity(ground, other).ravel().tolist())
    for pixels in (*range(1, 20), 101, 16_391 if num_eig < 40 else 103):
        vectors = np.tile(ground, (pixels + 1, 1))
        vectors[pixels // 2] = other
        if order == "by eigenvector":
            vectors = np.asfortranarray(vectors)
        elif order == "leading":
            vectors = np.hstack([vectors, vectors])[:, :num_eig]
        cosines = cosine_similarity(vectors, other)
        assert cosines[pixels // 2] == pytest.approx(1, abs=3e-7)
        found |= set(np.delete(cosines, pixels // 2).tolist())
    (value,) = found
    lengths = np.linalg.norm(ground) * np.linalg.norm(other)
    assert value == pytest.approx(ground.astype(float) @ other / lengths, abs=3e-7)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    threshold=st.floats(0, 1),
    gamma=st.floats(0.1, 10),
    size=st.sampled_from([3, 50, 10_000, 12_321]),
)
def test_one_comparison_is_the_thresholded_heatmap(
    seed: int, threshold: float, gamma: float, size: int
) -> None:
    rng = np.random.default_rng(seed)
    similarity = np.tanh(rng.standard_normal(size) * rng.uniform(0.1, 3))
    similarity = similarity.astype(np.float32)
    limit = float(cut(similarity_statistics(similarity), threshold, gamma))
    clear = np.abs(similarity - limit) > 1e-6  # the rest are ties within rounding
    plain = plain_heatmap(similarity, gamma)
    mask = threshold_mask(similarity, threshold, gamma)
    np.testing.assert_array_equal(mask[clear], (plain > threshold)[clear])
    np.testing.assert_allclose(heatmap(similarity, gamma), plain, rtol=1e-4, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    low=st.floats(0, 1),
    high=st.floats(0, 1),
    gamma=st.floats(0.1, 10),
)
def test_a_higher_threshold_only_takes_pixels_away(
    seed: int, low: float, high: float, gamma: float
) -> None:
    similarity = np.random.default_rng(seed).uniform(-1, 1, 200).astype(np.float32)
    low, high = sorted((low, high))
    wide = threshold_mask(similarity, low, gamma)
    assert not (threshold_mask(similarity, high, gamma) & ~wide).any()


@pytest.mark.parametrize("gamma", [0.1, 10.0, 1e4])
@pytest.mark.parametrize("threshold", [0.0, 0.5, 1.0])
def test_no_gamma_overflows(gamma: float, threshold: float) -> None:
    similarity = np.full(20_000, -1, dtype=np.float32)
    similarity[:2] = 1
    similarity[2:400] = np.linspace(0, 0.9, 398)
    with np.errstate(all="raise", under="ignore"):
        heat = heatmap(similarity, gamma)
        mask = threshold_mask(similarity, threshold, gamma)
    assert np.isfinite(heat).all()
    assert mask[:2].all()
    assert not mask[400:].any()


def test_a_thing_below_one_percent_of_the_batch_is_still_found() -> None:
    similarity = np.full((100, 100), 0.25, dtype=np.float32)
    similarity[3, 4] = 0.75
    for threshold in (0.0, 0.5, 1.0):
        mask = threshold_mask(similarity, threshold)
        assert np.argwhere(mask).tolist() == [[3, 4]]
    assert heatmap(similarity)[3, 4] == 1
    assert heatmap(similarity).sum() == 1


@pytest.mark.parametrize(
    "eigvecs",
    [
        np.ones((2, 4, 4, 3)),
        np.ones((1, 1, 1, 3)),
        np.full((1, 4, 4, 3), np.nan),
        np.zeros((1, 4, 4, 3)),
    ],
    ids=["constant", "one pixel", "NaN", "zero"],
)
def test_where_nothing_can_be_told_apart_the_mask_is_empty(eigvecs: NDArray) -> None:
    with pytest.warns(UserWarning, match="the masks are empty"):
        masks = get_mask(eigvecs, eigvecs[0, 0, 0], threshold=0)
    assert not masks.any()


def test_denoise_drops_components_below_the_area() -> None:
    mask = np.array(
        [
            [1, 0, 0, 1, 1],
            [0, 1, 0, 1, 1],
            [0, 0, 0, 0, 0],
            [1, 1, 0, 0, 1],
        ]
    )
    expected = np.zeros_like(mask)
    expected[0:2, 3:5] = 1
    np.testing.assert_array_equal(denoise_mask(mask, 3), expected)


def test_denoise_counts_diagonal_neighbours() -> None:
    mask = np.eye(3, dtype=bool)
    assert denoise_mask(mask, 3).sum() == 3
    assert denoise_mask(mask, 4).sum() == 0


@settings(deadline=None, max_examples=100)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12)),
    density=st.floats(0, 1),
    area_th=st.integers(0, 12),
    count=st.integers(0, 3),
)
def test_denoise_agrees_with_labelling_each_image(
    seed: int, shape: tuple[int, int, int], density: float, area_th: int, count: int
) -> None:
    rng = np.random.default_rng(seed)
    masks = rng.random(shape) < density
    kept = [(*map(int, index),) for index in rng.integers(0, shape, (count, 3))]
    expected = np.zeros_like(masks)
    for image, mask in enumerate(masks):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        for label in range(1, count + 1):
            component = labels == label
            clicked = any(at == image and component[row, col] for at, row, col in kept)
            expected[image] |= component & (component.sum() >= area_th or clicked)
    np.testing.assert_array_equal(denoise_mask(masks, area_th, kept), expected)


def test_denoise_does_not_join_neighbouring_images() -> None:
    masks = np.zeros((2, 3, 3), dtype=bool)
    masks[:, 1, 1] = True
    assert denoise_mask(masks, 2).sum() == 0


@pytest.mark.parametrize("area_th", [0, 1])
def test_denoise_keeps_single_pixels_below_two(area_th: int) -> None:
    mask = np.eye(4, dtype=bool)[None]
    result = denoise_mask(mask, area_th)
    assert result is not mask
    np.testing.assert_array_equal(result, mask)


def test_statistics_hold_the_order_statistics_around_the_quantiles() -> None:
    values = np.random.default_rng(0).permutation(201).astype(np.float32)
    statistics = similarity_statistics(values)
    assert statistics.low == (2.0, 3.0)
    assert statistics.high == (198.0, 199.0)
    assert statistics.mean == 100
    assert statistics.std == pytest.approx(values.std(ddof=1))
    assert statistics.count == 201


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"all_eigvecs": np.ones((4, 4, 3))}, r"shape \(B, H, W, K\), got \(4, 4, 3\)"),
        ({"prompt_eigvec": np.ones(4)}, r"prompt_eigvec must be .* got \(4,\)"),
        ({"threshold": 1.5}, "threshold must be a number between 0 and 1, got 1.5"),
        ({"threshold": np.nan}, "threshold must be a number between 0 and 1, got nan"),
        ({"gamma": 0}, "gamma must be a number above 0, got 0"),
        (
            {"denoise_area_th": -1},
            "denoise_area_th must be a number of at least 0, got -1",
        ),
        (
            {"all_eigvecs": np.full((1, 2, 2, 3), "a")},
            "all_eigvecs must be real numbers",
        ),
    ],
)
def test_wrong_arguments_are_named(arguments: dict, sentence: str) -> None:
    eigvecs = np.ones((1, 2, 2, 3))
    given = {"all_eigvecs": eigvecs, "prompt_eigvec": eigvecs[0, 0, 0], **arguments}
    with pytest.raises((TypeError, ValueError), match=sentence):
        get_mask(**given)
