"""Encoders with layers: each node against the encoder's own submodules, run by hand."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from segment_anything.modeling import ImageEncoderViT
from skimage import data
from torch import Tensor, nn

from ncut_widget.backbone import (
    CheckpointError,
    FeatureExtractor,
    LayeredBackbone,
    SamBackbone,
    TimmBackbone,
    extract_features,
    load_model,
)
from ncut_widget.backbone.models import sam

SMALL_VIT = {"embed_dim": 32, "depth": 4, "num_heads": 2}
FAMILIES: dict[str, dict[str, Any]] = {
    "vit_tiny_patch16_224": {"size": 96, **SMALL_VIT},
    "vit_small_patch14_reg4_dinov2": {"size": (56, 84), **SMALL_VIT},
    "vit_base_patch16_clip_224": SMALL_VIT,
    "vit_small_patch16_dinov3": {"size": (64, 96), **SMALL_VIT},
    "samvit_base_patch16_224": {**SMALL_VIT, "window_size": 4},
    "swin_tiny_patch4_window7_224": {
        "embed_dim": 16,
        "depths": (1, 1, 2, 1),
        "num_heads": (1, 2, 2, 2),
    },
    "convnext_atto": {
        "size": (64, 96),
        "depths": (1, 1, 1, 1),
        "dims": (8, 16, 16, 32),
    },
}


def randomize(encoder: nn.Module) -> None:
    """Draw all parameters: fresh encoders have zeros and ones that would hide much."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in encoder.parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.add_(0.1 * noise)


def small_encoder(side: int = 160) -> ImageEncoderViT:
    """Make SAM's classes small: windows of 4 on a grid of 10, to be padded."""
    encoder = ImageEncoderViT(
        img_size=side,
        embed_dim=32,
        depth=4,
        num_heads=2,
        out_chans=8,
        use_rel_pos=True,
        window_size=4,
        global_attn_indexes=(1, 3),
    )
    randomize(encoder)
    return encoder


@pytest.fixture(scope="module")
def small_sam() -> SamBackbone:
    return SamBackbone(small_encoder())


@pytest.fixture(scope="module")
def batch() -> Tensor:
    return torch.randn(2, 3, 160, 160, generator=torch.Generator().manual_seed(1))


def by_windows(attention: nn.Module, tokens: Tensor, side: int) -> Tensor:
    """Attend in each window by itself, the last ones filled up with zeros."""
    output = torch.zeros_like(tokens)
    for top in range(0, tokens.shape[1], side):
        for left in range(0, tokens.shape[2], side):
            part = tokens[:, top : top + side, left : left + side]
            rows, cols = part.shape[1:3]
            window = torch.zeros(len(tokens), side, side, tokens.shape[-1])
            window[:, :rows, :cols] = part
            output[:, top : top + rows, left : left + cols] = attention(window)[
                :, :rows, :cols
            ]
    return output


def sam_nodes(encoder: ImageEncoderViT, images: Tensor) -> Iterator[dict[str, Tensor]]:
    """Run SAM's encoder submodule by submodule."""
    stream = encoder.patch_embed(images) + encoder.pos_embed
    for block in encoder.blocks:
        tokens = block.norm1(stream)
        if block.window_size:
            attn = by_windows(block.attn, tokens, block.window_size)
        else:
            attn = block.attn(tokens)
        stream = stream + attn
        mlp = block.mlp(block.norm2(stream))
        stream = stream + mlp
        yield {"attn": attn, "mlp": mlp, "block": stream}


def test_every_node_of_sam_is_what_its_submodules_give(
    small_sam: SamBackbone, batch: Tensor
) -> None:
    windows = [block.window_size for block in small_sam.encoder.blocks]
    assert windows == [4, 0, 4, 0]
    features = small_sam(batch)
    for layer, nodes in enumerate(sam_nodes(small_sam.encoder, batch)):
        for node_type, expected in nodes.items():
            found = features[node_type][layer]
            assert found.shape == (2, 10, 10, 32)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_a_pass_ends_at_the_last_layer_asked_for(
    small_sam: SamBackbone, batch: Tensor
) -> None:
    run: list[int] = []
    handles = [
        block.register_forward_hook(lambda *_, layer=layer: run.append(layer))
        for layer, block in enumerate(small_sam.encoder.blocks)
    ]
    small_sam.read(batch, [("attn", 0), ("block", 2)])
    for handle in handles:
        handle.remove()
    assert run == [0, 1, 2]


def test_no_hook_stays_behind(batch: Tensor) -> None:
    model = SamBackbone(small_encoder())
    for images in (batch, batch[:, :, :7]):  # the second cannot be run
        try:
            model.read(images, [("attn", 1), ("mlp", 2)])
        except RuntimeError:
            continue
    assert not any(module._forward_hooks for module in model.modules())


def test_images_are_stretched_and_normalised_as_the_encoder_was_trained(
    small_sam: SamBackbone,
) -> None:
    white = np.full((5, 9, 3), 255, np.uint8)
    (pixels,) = small_sam.preprocess([white])
    expected = [(1 - mean) / std for mean, std in [(0.485, 0.229), (0.406, 0.225)]]
    assert pixels.shape == (3, 160, 160)
    assert pixels[0].unique().item() == pytest.approx(expected[0], rel=1e-6)
    assert pixels[2].unique().item() == pytest.approx(expected[1], rel=1e-6)


def test_tensors_are_normalised_already_and_are_resized_only(
    small_sam: SamBackbone, batch: Tensor
) -> None:
    assert torch.equal(small_sam.preprocess(batch), batch)
    ramp = torch.linspace(-2, 2, 320).expand(1, 3, 320, 320)
    resized = small_sam.preprocess(ramp)
    assert resized.shape == (1, 3, 160, 160)
    middle = (ramp[..., 0::2] + ramp[..., 1::2]) / 2
    inner = (..., slice(2, -2))
    torch.testing.assert_close(resized[inner], middle[:, :, ::2][inner])


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


@pytest.mark.parametrize(
    ("node_type", "layer", "message"),
    [
        ("head", 0, "node_type must be one of attn, mlp, block .* got 'head'"),
        ("attn", 4, "layer must be between -4 and 3 .* got 4"),
        ("attn", -5, "layer must be between -4 and 3 .* got -5"),
        ("attn", 1.0, r"layer must be a whole number, got 1\.0"),
        ("attn", "11", "layer must be a whole number, got '11'"),
        ("attn", [], "at least one layer"),
        ("attn", True, "layer must be a whole number, got True"),
    ],
)
def test_a_node_that_is_not_there_is_refused(
    small_sam: SamBackbone, node_type: str, layer: Any, message: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        extract_features(data.coffee(), small_sam, node_type, layer)


@pytest.fixture
def as_sam_b(monkeypatch: pytest.MonkeyPatch) -> ImageEncoderViT:
    """Let sam_vit_b be as small as the tests' own, but for its side and windows."""
    sizes = {"embed_dim": 32, "depth": 3, "num_heads": 2, "global_attn_indexes": (1,)}
    monkeypatch.setitem(sam.ENCODERS, "sam_vit_b", sizes)
    encoder = ImageEncoderViT(**sizes, use_rel_pos=True, window_size=14)
    randomize(encoder)
    return encoder


def save_sam(encoder: nn.Module, path: Path) -> None:
    """Save as SAM's own checkpoints are: the encoder among other parts."""
    state = {f"image_encoder.{key}": v for key, v in encoder.state_dict().items()}
    torch.save({**state, "mask_decoder.weight": torch.zeros(3)}, path)


@pytest.mark.parametrize("name", ["sam_vit_b", "SAM(sam_vit_b)"])
def test_sam_is_loaded_from_a_checkpoint(
    as_sam_b: ImageEncoderViT, tmp_path: Path, name: str
) -> None:
    save_sam(as_sam_b, tmp_path / "sam.pth")
    model = load_model(model_name=name, checkpoint=tmp_path / "sam.pth")
    assert isinstance(model, SamBackbone)
    assert (model.num_layers, model.image_size) == (3, (1024, 1024))
    for key, values in as_sam_b.state_dict().items():
        assert torch.equal(model.encoder.state_dict()[key], values)
    assert not any(parameter.requires_grad for parameter in model.parameters())
    features = extract_features(data.coffee(), model, layer=0)
    assert features.shape == (1, 64, 64, 32)


def test_a_checkpoint_of_another_size_is_named(
    as_sam_b: ImageEncoderViT, tmp_path: Path
) -> None:
    save_sam(small_encoder(), tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match=r"other\.pth.* not a checkpoint of sam_"):
        load_model("sam_vit_b", checkpoint=tmp_path / "other.pth")


def test_timm_is_loaded_from_a_checkpoint(tmp_path: Path) -> None:
    name, options = "timm/vit_tiny_patch16_224", {"size": 96, **SMALL_VIT}
    first = load_model(name, pretrained=False, **options)
    assert isinstance(first, TimmBackbone)
    path = tmp_path / "vit.pth"
    torch.save(first.encoder.state_dict(), path)
    second = load_model(name, checkpoint=path, **options)
    assert isinstance(second, TimmBackbone)
    assert second.fingerprint() == first.fingerprint()
    torch.save(small_encoder().state_dict(), path)
    with pytest.raises(CheckpointError, match=r"vit\.pth.* not a checkpoint of timm/"):
        load_model(name, checkpoint=path, **options)


VIT, TINY = "timm/vit_tiny_patch16_224", {"size": 96, **SMALL_VIT}


@pytest.fixture(scope="module")
def vit_state() -> dict[str, Tensor]:
    """Weights of a whole small ViT, its classifier included."""
    import timm

    encoder = timm.create_model("vit_tiny_patch16_224", num_classes=10, **SMALL_VIT)
    randomize(encoder)
    return encoder.state_dict()


def first(state: dict[str, Tensor], count: int) -> dict[str, Tensor]:
    return dict(list(state.items())[:count])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda s: {"a": torch.ones(1)},
            r"54 of its 54 weights are missing \(cls_token",
        ),
        (lambda s: first(s, 30), r"24 of its 54 weights are missing \(blocks\.2\."),
        (lambda s: {f"x.{k}": v for k, v in s.items()}, "54 of its 54 .* missing"),
        (lambda s: {**s, "blocks.4.norm1.weight": s["norm.weight"]}, "1 .* too many"),
        (lambda s: {**s, "reg_token": torch.ones(1, 4, 32)}, r"many \(reg_token\)"),
        (lambda s: {**s, "cls_token": torch.ones(1, 1, 48)}, "1 have another shape"),
        (lambda s: {**s, "norm.weight": s["norm.weight"] / 0}, "1 .* not finite"),
    ],
)
def test_timm_refuses_weights_that_are_not_the_models(
    vit_state: dict[str, Tensor], tmp_path: Path, spoil: Any, message: str
) -> None:
    torch.save(spoil(vit_state), tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=message) as caught:
        load_model(VIT, checkpoint=tmp_path / "w.pth", **TINY)
    assert "is not a checkpoint of timm/vit_tiny_patch16_224" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "keep",
    [
        lambda s: s,
        lambda s: {k: v for k, v in s.items() if not k.startswith("head.")},
        lambda s: {
            **s,
            "head.weight": torch.ones(7, 99),
            "fc_norm.bias": torch.ones(3),
        },
        lambda s: {"state_dict": {f"module.{k}": v for k, v in s.items()}, "epoch": 3},
        lambda s: {"teacher": {f"backbone.{k}": v for k, v in s.items()}},
    ],
)
def test_timm_takes_weights_with_any_head_or_none_and_in_any_wrapper(
    vit_state: dict[str, Tensor], tmp_path: Path, keep: Any
) -> None:
    torch.save(keep(vit_state), tmp_path / "w.pth")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = load_model(VIT, checkpoint=tmp_path / "w.pth", **SMALL_VIT, size=224)
    assert isinstance(model, TimmBackbone)
    for name, values in model.encoder.state_dict().items():
        assert torch.equal(values, vit_state[name])
    assert "state_dict" not in model.encoder.pretrained_cfg


def test_timm_resizes_the_position_embedding_of_another_size(
    vit_state: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save(vit_state, tmp_path / "w.pth")
    options = {**SMALL_VIT, "dynamic_img_size": False, "size": 96}
    model = load_model(VIT, checkpoint=tmp_path / "w.pth", **options)
    assert isinstance(model, TimmBackbone)
    assert model.encoder.pos_embed.shape == (1, 37, 32)


def test_weights_beside_the_encoder_are_not_used_and_named(
    vit_state: dict[str, Tensor], tmp_path: Path
) -> None:
    state = {**vit_state, "decoder.weight": torch.ones(3)}
    torch.save(state, tmp_path / "w.pth")
    with pytest.warns(UserWarning, match=r"1 weights more, .* \(decoder\.weight\)"):
        load_model(VIT, checkpoint=tmp_path / "w.pth", **TINY)


def test_our_own_state_of_a_model_can_be_loaded(tmp_path: Path) -> None:
    model = load_model(VIT, pretrained=False, **TINY)
    assert isinstance(model, TimmBackbone)
    torch.save(model.state_dict(), tmp_path / "w.pth")
    again = load_model(VIT, checkpoint=tmp_path / "w.pth", **TINY)
    assert isinstance(again, TimmBackbone)
    assert again.fingerprint() == model.fingerprint()


def test_batch_counts_and_the_head_of_a_convnet_may_be_missing(tmp_path: Path) -> None:
    import timm

    state = timm.create_model("resnet10t", num_classes=3).state_dict()
    kept = {
        name: values
        for name, values in state.items()
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked")
    }
    assert len(kept) < len(state) - 2
    path = tmp_path / "w.pth"
    torch.save(kept, path)
    load_model("timm/resnet10t", checkpoint=path, size=64)
    del kept["layer1.0.bn1.running_var"]
    torch.save(kept, path)
    with pytest.raises(CheckpointError, match=r"\(layer1\.0\.bn1\.running_var\)"):
        load_model("timm/resnet10t", checkpoint=path, size=64)


def test_checking_what_timm_loads_leaves_torch_as_it_was(tmp_path: Path) -> None:
    load = nn.Module.load_state_dict
    torch.save({"a": torch.ones(1)}, tmp_path / "w.pth")

    def attempt(_: int) -> None:
        with pytest.raises(CheckpointError, match="54 of its 54"):
            load_model(VIT, checkpoint=tmp_path / "w.pth", **TINY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert nn.Module.load_state_dict is load


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s: first(s, 9), r"of its \d+ weights are missing"),
        (lambda s: {**s, "blocks.9.mlp.bias": torch.ones(3)}, "1 weights are too many"),
        (lambda s: {**s, "pos_embed": torch.ones(1, 64, 64, 48)}, "1 have another sha"),
        (lambda s: {**s, "pos_embed": s["pos_embed"] / 0}, "not finite"),
        (lambda s: {**s, "pos_embed": s["pos_embed"].int()}, "1 are of another kind"),
    ],
)
def test_sam_refuses_weights_that_are_not_the_encoders(
    as_sam_b: ImageEncoderViT, tmp_path: Path, spoil: Any, message: str
) -> None:
    state = spoil(as_sam_b.state_dict())
    torch.save({f"image_encoder.{k}": v for k, v in state.items()}, tmp_path / "w.pth")
    with pytest.raises(CheckpointError, match=message) as caught:
        load_model("sam_vit_b", checkpoint=tmp_path / "w.pth")
    assert "w.pth' is not a checkpoint of sam_vit_b" in str(caught.value)


# Grids --------------------------------------------------------------------------------

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


@pytest.mark.parametrize(("rows", "cols"), [(23, 64), (64, 23), (1, 1)])
def test_a_coarse_grid_of_any_callable_is_said(rows: int, cols: int) -> None:
    def backbone(images: list[NDArray]) -> NDArray:
        return np.zeros((len(images), rows, cols, 4), np.float32)

    with pytest.warns(UserWarning, match=f"grid of function is {rows} x {cols} cells"):
        extract_features(data.coffee(), backbone, progress=False)


@pytest.mark.parametrize(("side", "grid"), [(300, 24), (23, 8)])
def test_a_grid_that_is_fine_for_its_images_is_not_spoken_of(
    side: int, grid: int
) -> None:
    def backbone(images: list[NDArray]) -> NDArray:
        return np.zeros((len(images), grid, grid, 4), np.float32)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = np.zeros((side, side, 3), np.uint8)
        extract_features(image, backbone, progress=False)


@pytest.mark.parametrize("name", ["timm", "segment_anything", "torch", "PIL"])
def test_fingerprints_name_the_versions_of_what_computes(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model: LayeredBackbone = SamBackbone(small_encoder())
    if name == "timm":
        found = load_model(VIT, pretrained=False, **TINY)
        assert isinstance(found, TimmBackbone)
        model = found
    before = model.fingerprint()
    assert model.fingerprint() == before
    module = __import__(name)
    monkeypatch.setattr(module, "__version__", "0.0.1", raising=False)
    assert model.fingerprint() != before


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


@pytest.mark.parametrize(
    ("module", "name", "extra"),
    [
        ("segment_anything.modeling", "sam_vit_b", "sam"),
        ("timm", "timm/vit_tiny_patch16_224", "timm"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, extra: str
) -> None:
    monkeypatch.setitem(__import__("sys").modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'ncut-widget\[{extra}\]'"):
        load_model(name, checkpoint="weights.pth")


@pytest.mark.parametrize("change", ["weights", "size", "norm"])
def test_fingerprints_tell_models_apart(change: str) -> None:
    def make(**options: Any) -> LayeredBackbone:
        torch.manual_seed(0)
        name = "timm/vit_tiny_patch16_224"
        options = {"size": 96, **SMALL_VIT, **options}
        model = load_model(name, pretrained=False, **options)
        assert isinstance(model, LayeredBackbone)
        return model

    first, same = make(), make()
    assert first.fingerprint() == same.fingerprint()
    other = make(**{"size": {"size": 112}, "norm": {"norm": False}}.get(change, {}))
    if change == "weights":
        bias: NDArray = other.encoder.norm.bias.detach().numpy()
        bias[3] += 1e-3
    assert first.fingerprint() != other.fingerprint()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("amp", [True, False])
def test_features_on_cuda_are_those_on_the_cpu(amp: bool) -> None:
    photographs = [data.coffee(), data.chelsea(), data.astronaut()]
    nodes: dict[str, Any] = {"node_type": "attn", "layer": [0, 3]}
    encoder = small_encoder()
    model = SamBackbone(copy.deepcopy(encoder))
    wanted = extract_features(photographs, SamBackbone(encoder), device="cpu", **nodes)
    found = extract_features(photographs, model, device="cuda", amp=amp, **nodes)
    assert model.device.type == "cuda"
    for ours, theirs in zip(found, wanted, strict=True):
        assert (ours.device.type, ours.dtype) == ("cpu", torch.float16)
        alike = nn.functional.cosine_similarity(ours.float(), theirs.float(), dim=-1)
        assert alike.min() > (0.999 if amp else 0.99999)
