"""Eigenvectors of any size, and images whose eigenvectors are all zero."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.typing import NDArray

from ncut_widget import NCUT, NcutSegmenter, get_mask
from ncut_widget.eigvecs.memory import MemoryStore
from ncut_widget.eigvecs.moments import Moments
from ncut_widget.eigvecs.quantised import quantise_image

CLICKS = [[0, 5, 5, 1], [1, 0, 0, 0]]


@pytest.fixture(scope="module")
def fitted() -> tuple[NDArray, NDArray]:
    features = np.random.default_rng(0).standard_normal((2, 12, 12, 5))
    features[:, 3:8, 3:8] += 6
    return NCUT(6, progress=False).fit_transform(features.astype(np.float32))


@pytest.mark.parametrize("method", ["similarity", "diffusion", "biased_ncut"])
@pytest.mark.parametrize("scale", [1e20, 1e-20, 2.0**100, 1e-30, 3.0, 1e200, 1e-200])
def test_scaled_eigenvectors_give_the_same_masks(
    fitted: tuple[NDArray, NDArray], method: str, scale: float
) -> None:
    eigvecs, eigvals = fitted
    wide = eigvecs.astype(np.float64) * scale
    scaled = wide if not 1e-30 <= scale <= 1e30 else wide.astype(np.float32)
    seg, other = (
        NcutSegmenter(each, eigvals=eigvals, method=method, clicks=CLICKS)
        for each in (eigvecs, scaled)
    )
    assert seg.masks.any()
    np.testing.assert_array_equal(other.masks, seg.masks)
    np.testing.assert_allclose(other.heatmaps, seg.heatmaps, atol=1e-4)
    assert np.isfinite(other.colors).all()
    for one, two in zip(seg.image_masks(), other.image_masks(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("scale", [1e20, 1e-20, 3.0])
def test_thresholds_previews_and_get_mask_do_not_see_the_scale(
    fitted: tuple[NDArray, NDArray], scale: float
) -> None:
    eigvecs, eigvals = fitted
    scaled = eigvecs * np.float32(scale)
    stores = MemoryStore(eigvecs), MemoryStore(scaled)
    parts = [quantise_image(each, Moments(each), 0) for each in stores]
    levels = [part.levels.astype(int) for part in parts]
    assert np.abs(levels[0] - levels[1]).max() <= 1
    seg, found = (
        NcutSegmenter(each, eigvals=eigvals, auto_threshold=True)
        for each in (eigvecs, scaled)
    )
    for each in (seg, found):
        each.add_click(5, 5)
    assert found.threshold == seg.threshold
    np.testing.assert_array_equal(
        get_mask(scaled, scaled[0, 5, 5]), get_mask(eigvecs, eigvecs[0, 5, 5])
    )
    np.testing.assert_allclose(found.eigvecs, scaled, rtol=1e-6)


def test_ordinary_eigenvectors_are_held_to_the_bit(
    fitted: tuple[NDArray, NDArray],
) -> None:
    np.testing.assert_array_equal(MemoryStore(fitted[0]).array(), fitted[0])


@pytest.mark.parametrize("method", ["similarity", "diffusion", "biased_ncut"])
def test_an_image_of_which_nothing_is_known_is_named(
    fitted: tuple[NDArray, NDArray], method: str
) -> None:
    eigvecs, eigvals = fitted[0].copy(), fitted[1]
    eigvecs[1] = 0
    eigvecs /= np.sqrt(np.square(eigvecs).sum((0, 1, 2), keepdims=True))
    with pytest.warns(UserWarning, match="all zero on images 1: nothing is known"):
        seg = NcutSegmenter(eigvecs, eigvals=eigvals, method=method)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seg.add_click(5, 5)
        assert seg.masks[0].any()
    assert not seg.masks[1].any()
    seg.clear()
    seg.add_click(5, 5, image=1)
    with pytest.warns(UserWarning, match="of image 1 are all zero: a click on it find"):
        assert not seg.masks[1].any()
