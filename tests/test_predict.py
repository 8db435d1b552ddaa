"""The batch's clicks, applied to images that were not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import TextureBackbone

SLIDE = data.immunohistochemistry()
TILES = [SLIDE[y : y + 256, x : x + 256] for y in (0, 256) for x in (0, 256)]
GLAND = [[0, 60, 130, 1]]


def stain(tiles: list[NDArray]) -> NcutSegmenter:
    """Click the brown stain, of which there is some on every tile."""
    texture = TextureBackbone(grid=32)
    return NcutSegmenter.from_images(tiles, texture, clicks=GLAND, granularity=2)


@pytest.fixture(scope="module")
def fitted() -> NcutSegmenter:
    return stain(TILES[:3])


def overlap(first: NDArray, second: NDArray) -> float:
    return (first & second).sum() / (first | second).sum()


def test_images_of_the_batch_get_the_masks_they_have(fitted: NcutSegmenter) -> None:
    fitted.clicks = [*GLAND, [1, 200, 30, 0]]
    assert 0.1 < fitted.masks.mean() < 0.9
    assert (fitted.predict(TILES[:3]) == fitted.masks).mean() > 0.999
    # One by one too: what an image gets does not depend on the others.
    for index in range(3):
        (mask,) = fitted.predict(TILES[index])
        assert (mask == fitted.masks[index]).mean() > 0.999
    fitted.clicks = GLAND


def test_a_new_image_gets_a_mask_as_good_as_in_the_batch(
    fitted: NcutSegmenter,
) -> None:
    """Good: near to where the stain is brown, by its colour alone."""
    (predicted,) = fitted.predict(TILES[3])
    together = stain(TILES)
    brown = TILES[3][..., 0] - TILES[3][..., 2].astype(float)
    stained = brown.reshape(32, 8, 32, 8).mean((1, 3)) > 40
    assert overlap(predicted, stained) > 0.6
    assert overlap(predicted, stained) > overlap(together.masks[3], stained) - 0.1


def test_settings_and_clicks_apply_as_they_are_now(fitted: NcutSegmenter) -> None:
    before = fitted.predict(TILES[3]).sum()
    fitted.threshold = 0.9
    assert fitted.predict(TILES[3]).sum() < before
    fitted.threshold = 0.5
    fitted.granularity = 8
    assert fitted.predict(TILES[3]).sum() < before
    fitted.granularity = 2
    fitted.denoise_area_th = 1024
    assert not fitted.predict(TILES[3]).any()
    fitted.denoise_area_th = 3
    fitted.clicks = [*GLAND, [0, 60, 130, 0]]
    assert fitted.predict(TILES[3]).sum() < 0.2 * before
    fitted.clear()
    assert not fitted.predict(TILES[3]).any()
    fitted.clicks = GLAND


def test_masks_come_at_the_size_of_their_images(
    fitted: NcutSegmenter, tmp_path: Path
) -> None:
    Image.fromarray(TILES[3]).save(tmp_path / "tile.png")
    images = [tmp_path / "tile.png", TILES[0][:200], *TILES * 5]
    latent = fitted.predict(images)
    full = fitted.predict(images, full_size=True)
    assert latent.shape == (22, 32, 32)
    assert [mask.shape for mask in full[:2]] == [(256, 256), (200, 256)]
    nearest = latent[0].repeat(8, axis=0).repeat(8, axis=1)
    assert full[0].any()
    assert (full[0] == nearest).mean() > 0.9  # smooth where that one has steps
    in_batch = fitted.predict(TILES[:3], full_size=True)
    for mask, expected in zip(in_batch, fitted.image_masks(), strict=True):
        assert (mask == expected).mean() > 0.999


def test_predicting_changes_nothing(fitted: NcutSegmenter) -> None:
    revision, masks = fitted._revision, fitted.masks
    fitted.predict(TILES[3])
    assert fitted._revision == revision
    assert np.array_equal(fitted.masks, masks)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_features_are_predicted_where_features_were_given(kind: str) -> None:
    rng = np.random.default_rng(0)
    kinds = np.array([[0.0, 3, 0], [3, 0, 0]])
    features = kinds[rng.integers(0, 2, (3, 8, 8))]
    features += 0.1 * rng.normal(size=features.shape)
    if kind == "torch":
        features = torch.from_numpy(features)
    seg = NcutSegmenter.from_features(
        features[:2], num_eig=2, graph="full", clicks=[[0, 3, 3, 1]], denoise=False
    )
    masks = seg.predict(features=features)
    assert (masks[:2] == seg.masks).all()
    alike = np.asarray(features)[..., 0] > 1.5
    assert np.array_equal(masks[2], alike[2] == alike[0, 3, 3])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "either images or features"),
        ({"images": TILES, "features": 3}, TypeError, "either images or features"),
        ({"features": np.zeros((2, 3))}, ValueError, r"\(B, H, W, C\), got \(2, 3\)"),
        ({"features": np.zeros((1, 2, 2, 7))}, ValueError, "20 columns .* got 7"),
        ({"images": [3]}, TypeError, r"images\[0\] must be"),
        ({"images": []}, ValueError, "at least one image"),
        (
            {"features": np.zeros((1, 2, 2, 20)), "full_size": True},
            ValueError,
            "full_size needs images",
        ),
    ],
)
def test_bad_input_is_refused(
    fitted: NcutSegmenter, arguments: dict[str, Any], error: Any, message: str
) -> None:
    with pytest.raises(error, match=message):
        fitted.predict(**arguments)


def test_without_a_backbone_it_says_what_is_missing(eigvecs: NDArray) -> None:
    with pytest.raises(ValueError, match=r"use NcutSegmenter\.from_images or"):
        NcutSegmenter(eigvecs).predict(TILES)
    seg = NcutSegmenter.from_features(eigvecs, num_eig=3)
    with pytest.raises(ValueError, match=r"features=\.\.\., shape \(B, H, W, C\)"):
        seg.predict(TILES)


def test_a_layer_is_the_backbones_and_an_overlay_the_stages() -> None:
    def rows(images: list[NDArray], layer: int = 0) -> NDArray:
        return np.stack([image[:8, :8] + layer for image in images]).astype(float)

    seg = NcutSegmenter.from_images(TILES[:2], rows, num_eig=3, overlay="heatmap")
    assert seg.overlay == "heatmap"
    other = NcutSegmenter.from_images(TILES[:2], rows, num_eig=3, layer=50)
    assert other.overlay == "image"
    assert not np.allclose(seg.eigvecs, other.eigvecs)
    with pytest.raises(TypeError, match=r"layer must be one layer for .*rows"):
        NcutSegmenter.from_images(TILES[:2], rows, layer=[1, 2])
