"""Weights of timm's encoders: which are taken, and which are refused."""

from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ncut_widget.backbone import CheckpointError, TimmBackbone, load_model
from tests.support.encoders import SMALL_VIT, TINY, VIT, first, randomize, small_encoder


@pytest.fixture(scope="module")
def vit_state() -> dict[str, Tensor]:
    """Weights of a whole small ViT, its classifier included."""
    import timm

    encoder = timm.create_model("vit_tiny_patch16_224", num_classes=10, **SMALL_VIT)
    randomize(encoder)
    return encoder.state_dict()


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
