"""Encoders with layers: passes, preprocessing, nodes, fingerprints."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data
from torch import Tensor, nn

from ncut_widget.backbone import (
    LayeredBackbone,
    SamBackbone,
    TimmBackbone,
    extract_features,
    load_model,
)
from tests.support.encoders import SMALL_VIT, TINY, VIT, small_encoder


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
