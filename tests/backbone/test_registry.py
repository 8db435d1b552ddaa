"""The registry, and the texture backbone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from skimage import data

from ncut_widget import NCUT, get_mask
from ncut_widget.backbone import (
    TextureBackbone,
    extract_features,
    list_backbones,
    load_model,
    register_backbone,
    registry,
    resolve_model,
)

IMAGES = np.random.default_rng(0).integers(0, 255, (5, 12, 10, 3), np.uint8)


@dataclass
class Means:
    """A backbone with an option."""

    size: int | str = 1

    def __call__(self, images: list[np.ndarray]) -> np.ndarray:
        return np.array([[[image.mean((0, 1))]] for image in images])


@pytest.fixture
def means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FACTORIES", dict(registry._FACTORIES))
    monkeypatch.setattr(registry, "_ALIASES", dict(registry._ALIASES))
    register_backbone("means", "Means(all)")(Means)
    register_backbone("means/")(Means)


@pytest.mark.usefixtures("means")
def test_a_registered_backbone_is_loaded_by_name_with_its_options() -> None:
    assert {"means", "means/"} < set(list_backbones())
    assert "Means(all)" not in list_backbones()
    assert load_model("means", size=3) == Means(3)
    assert load_model(model_name="means") == Means()
    assert load_model("Means(all)") == Means()
    assert load_model("means/a/b") == Means("a/b")
    assert extract_features(IMAGES, "means").shape == (5, 1, 1, 3)


def test_an_unknown_name_gets_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"texture.* got 'textur'; did you mean"):
        load_model("textur")
    with pytest.raises(ValueError, match=r"got 'SAM\(vit_b\)'; did you mean 'SAM\(sam"):
        load_model("SAM(vit_b)")
    for name in ("timm/", "texture/x"):
        with pytest.raises(ValueError, match=f"one of dinov2.* got '{name}'"):
            load_model(name)
    with pytest.raises(TypeError, match="got 3"):
        load_model(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"or a callable .* got int"):
        resolve_model(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        (" texture", "texture"),
        ("Texture ", "texture"),
        ("SAM_VIT_B", "sam_vit_b"),
        ("sam_vit_b/", "sam_vit_b"),
        ("Timm/resnet18", "timm/resnet18"),
        ("timm\\resnet18", "timm/resnet18"),
        ("resnet18", "timm/resnet18"),
        ("vit_base_patch14_dinov2.lvd142m", "timm/vit_base_patch14_dinov2"),
        ("timm/ResNet18", "timm/resnet18"),
        ("timm/resnet18 ", "timm/resnet18"),
        ("timm//resnet18", "timm/resnet18"),
    ],
)
def test_a_name_that_is_spelt_another_way_gets_a_hint(name: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean '{meant}'"):
        load_model(name)


@pytest.mark.parametrize(
    "name", [".", "/tmp", "a/../b", "timm/a/../b", "./texture", "~"]
)
def test_a_path_is_no_name_and_the_message_says_where_it_goes(name: str) -> None:
    with pytest.raises(ValueError, match=r"a path is no name: .* checkpoint=path"):
        load_model(name)


def test_a_folder_is_no_name(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("weights", str(tmp_path)):
        with pytest.raises(ValueError, match="a path is no name"):
            load_model(name)


@pytest.mark.parametrize("name", ["x" * 10**7, "timm/" + "x" * 10**7, "timm/resnet18."])
def test_a_message_about_a_name_is_short(name: str) -> None:
    with pytest.raises(ValueError, match=r"has no|must be one of") as caught:
        load_model(name)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("grid", [(64, 64), (16, 24), (1, 1), (1, 9)])
@pytest.mark.parametrize("size", [(30, 50), (1, 1), (3, 900)])
def test_texture_takes_any_size_and_any_grid(
    grid: tuple[int, int], size: tuple[int, int]
) -> None:
    image = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    features = TextureBackbone(grid)([image, 255 - image])
    assert features.shape == (2, *grid, 20)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_image_is_nothing_but_position(value: int) -> None:
    images = [np.full((20, 20, 3), value, np.uint8)]
    assert np.abs(extract_features(images, TextureBackbone(grid=8))).max() < 1e-3
    features = extract_features(images, TextureBackbone(grid=8, position=0.3))
    assert np.abs(features[..., :-2]).max() < 1e-3
    assert np.abs(features[..., -2:]).max() > 0.1


def test_texture_is_standardised_over_the_batch() -> None:
    images = [data.coffee(), data.chelsea()]
    features = extract_features(images, TextureBackbone(grid=16))
    channels = features[..., :-2].reshape(-1, 18).astype(float)
    np.testing.assert_allclose(channels.mean(0), 0, atol=1e-3)
    # Mean squared lengths: colour, colour of the surroundings, texture; the last a
    # little less, as a channel that hardly varies is not stretched in full.
    groups = np.split(np.square(channels).mean(0), [3, 6])
    np.testing.assert_allclose([g.sum() for g in groups], [1, 1, 0.25**2], rtol=0.05)


def test_texture_is_the_same_each_time() -> None:
    first, second = (TextureBackbone(grid=16)([data.coffee()]) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("grid", [0, True, (3,), (1, 2, 3), "ab", None, 2.5])
def test_a_bad_grid_is_refused(grid: Any) -> None:
    with pytest.raises(ValueError, match="grid must be"):
        TextureBackbone(grid)


@pytest.mark.parametrize("position", [-1, "near", True, float("nan")])
def test_a_bad_position_is_refused(position: Any) -> None:
    with pytest.raises(ValueError, match="position must be"):
        TextureBackbone(position=position)


def test_a_click_finds_the_brown_stain_on_every_tile() -> None:
    slide = data.immunohistochemistry()
    tiles = [slide[y : y + 256, x : x + 256] for y in (0, 256) for x in (0, 256)]
    model = TextureBackbone(grid=32)
    features = extract_features(tiles, model)
    ncut = NCUT(30, affinity_focal_gamma=model.affinity_focal_gamma)
    eigvecs, _ = ncut.fit_transform(features)
    found = get_mask(eigvecs, eigvecs[0, 12, 12]).astype(bool)
    blue, red = (
        np.stack([tile[..., c].reshape(32, 8, 32, 8).mean((1, 3)) for tile in tiles])
        for c in (2, 0)
    )
    stained = red - blue > 40
    for mask, expected in zip(found, stained, strict=True):
        assert (mask & expected).sum() / (mask | expected).sum() > 0.6
