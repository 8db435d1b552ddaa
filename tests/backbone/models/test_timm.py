"""timm's encoders, against their own submodules; their sizes and grids."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from skimage import data
from torch import Tensor

from ncut_widget.backbone import (
    CheckpointError,
    FeatureExtractor,
    TimmBackbone,
    extract_features,
    load_model,
)
from tests.support.encoders import FAMILIES, SMALL_VIT, randomize


@pytest.mark.parametrize("name", FAMILIES)
def test_every_node_of_timm_is_what_its_submodules_give(name: str) -> None:
    model = load_model(f"timm/{name}", pretrained=False, norm=False, **FAMILIES[name])
    assert isinstance(model, TimmBackbone)
    randomize(model.encoder)
    images = model.preprocess([data.coffee(), data.chelsea()])
    features = model(images)
    runs = {"samv": samvit_nodes, "swin": swin_nodes, "conv": convnext_nodes}
    nodes = list(runs.get(name[:4], vit_nodes)(model.encoder, images))
    assert len(nodes) == model.num_layers == len(features["block"])
    assert set(features) == set(nodes[0])
    for layer, expected in enumerate(nodes):
        for node_type, values in expected.items():
            found = features[node_type][layer]
            torch.testing.assert_close(found, values, rtol=0, atol=1e-5)


def vit_nodes(encoder: Any, images: Tensor) -> Iterator[dict[str, Tensor]]:
    """Run a ViT of timm submodule by submodule."""
    rows, cols = (
        side // encoder.patch_embed.patch_size[0] for side in images.shape[2:]
    )
    prefix = encoder.num_prefix_tokens
    assert prefix >= 1

    def grid(tokens: Tensor) -> Tensor:
        return tokens[:, prefix:].reshape(len(images), rows, cols, -1)

    tokens, rope = encoder._pos_embed(encoder.patch_embed(images)), {}
    if isinstance(tokens, tuple):  # DINOv3 rotates queries and keys by their place
        tokens, rope = tokens[0], {"rope": tokens[1]}
    tokens = encoder.norm_pre(tokens)
    for block in encoder.blocks:
        attn = block.attn(block.norm1(tokens), **rope)
        attn = block.gamma_1 * attn if rope else block.ls1(attn)
        tokens = tokens + attn
        mlp = block.mlp(block.norm2(tokens))
        mlp = block.gamma_2 * mlp if rope else block.ls2(mlp)
        tokens = tokens + mlp
        yield {"block": grid(tokens), "attn": grid(attn), "mlp": grid(mlp)}


def samvit_nodes(encoder: Any, images: Tensor) -> Iterator[dict[str, Tensor]]:
    assert encoder.pos_embed is None
    tokens = encoder.patch_embed(images)
    for block in encoder.blocks:
        tokens = block(tokens)
        yield {"block": tokens}


def swin_nodes(encoder: Any, images: Tensor) -> Iterator[dict[str, Tensor]]:
    tokens = encoder.patch_embed(images)
    for stage in encoder.layers:
        tokens = stage(tokens)
        yield {"block": tokens}


def convnext_nodes(encoder: Any, images: Tensor) -> Iterator[dict[str, Tensor]]:
    values = encoder.stem(images)
    for stage in encoder.stages:
        values = stage(values)
        yield {"block": values.permute(0, 2, 3, 1)}


def test_blocks_of_a_vit_pass_its_final_norm_by_default() -> None:
    name = "timm/vit_small_patch14_reg4_dinov2"
    model = load_model(name, pretrained=False, size=56, **SMALL_VIT)
    assert isinstance(model, TimmBackbone)
    randomize(model.encoder)
    images = model.preprocess([data.coffee()])
    (found,) = model.read(images, [("block", 3)])
    expected = model.encoder.forward_features(images)[:, 5:].reshape(1, 4, 4, 32)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_timm_models_bring_their_own_normalisation_and_size() -> None:
    options = {"pretrained": False, **SMALL_VIT}
    clip = load_model("timm/vit_base_patch16_clip_224", **options)
    plain = load_model("timm/vit_tiny_patch16_224", **options)
    dinov2 = load_model("timm/vit_small_patch14_reg4_dinov2", **options)
    assert isinstance(clip, TimmBackbone)
    assert isinstance(plain, TimmBackbone)
    assert isinstance(dinov2, TimmBackbone)
    assert clip._mean.flatten().tolist() == pytest.approx(
        [0.4815, 0.4578, 0.4082], abs=1e-4
    )
    assert plain._std.flatten().tolist() == [0.5, 0.5, 0.5]
    assert dinov2.image_size == (518, 518)


HIERARCHICAL: dict[str, dict[str, Any]] = {
    "resnet10t": {},
    "convnext_atto": {"depths": (1, 1, 1, 1), "dims": (8, 16, 16, 32)},
    "swin_tiny_patch4_window7_224": FAMILIES["swin_tiny_patch4_window7_224"],
    "mobilenetv3_small_050": {},
}


@pytest.mark.parametrize("name", HIERARCHICAL)
def test_the_last_stage_of_a_hierarchical_encoder_has_32_cells_by_default(
    name: str,
) -> None:
    model = load_model(f"timm/{name}", pretrained=False, **HIERARCHICAL[name])
    assert isinstance(model, TimmBackbone)
    assert model.image_size == (1024, 1024)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = extract_features(data.coffee(), model, progress=False)
    assert features.shape[:3] == (1, 32, 32)


@pytest.mark.parametrize("option", ["size", "img_size"])
@pytest.mark.parametrize("name", ["resnet10t", "swin_tiny_patch4_window7_224"])
def test_a_size_that_is_given_is_kept_and_a_coarse_grid_is_said_once(
    name: str, option: str
) -> None:
    given = {option: (224, 256), "pretrained": False}
    model = load_model(f"timm/{name}", **given, **HIERARCHICAL[name])
    assert isinstance(model, TimmBackbone)
    assert model.image_size == (224, 256)
    extractor = FeatureExtractor(model, progress=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        extractor.fit_transform(data.coffee())
        extractor.transform(data.chelsea())
    (said,) = told
    assert "TimmBackbone is 7 x 8 cells" in str(said.message)
    assert "size=..." in str(said.message)


def test_stages_that_stop_at_one_stride_keep_the_models_own_size() -> None:
    model = load_model("timm/samvit_base_patch16_224", pretrained=False, **SMALL_VIT)
    assert isinstance(model, TimmBackbone)
    assert model.image_size == (224, 224)


def test_timm_without_a_network_says_where_the_weights_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    page = "https://huggingface.co/timm/vit_tiny_patch16_224"
    with pytest.raises(CheckpointError, match=f"{page}.* pass checkpoint=path"):
        load_model("timm/vit_tiny_patch16_224")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vit_tiny_patch16_22", {}, "no model 'vit_tiny_patch16_22'; did you mean"),
        (
            "vit_tiny_patch16_224.none",
            {"pretrained": True},
            "no weights .none. .*augreg",
        ),
        ("vit_tiny_patch16_224", {"size": 100}, r"size must be .* got \(100, 100\)"),
        ("vit_tiny_patch16_224", {"size": (96, 0)}, "size must be"),
        ("vit_tiny_patch16_224", {"size": "big"}, "size must be"),
    ],
)
def test_what_timm_cannot_make_is_said(
    name: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        load_model(f"timm/{name}", **{"pretrained": False, **options})
