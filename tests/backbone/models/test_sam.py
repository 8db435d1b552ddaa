"""SAM's encoder, against its own submodules, and its checkpoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from segment_anything.modeling import ImageEncoderViT
from skimage import data
from torch import Tensor, nn

from ncut_widget.backbone import (
    CheckpointError,
    SamBackbone,
    extract_features,
    load_model,
)
from ncut_widget.backbone.models import sam
from tests.support.encoders import first, randomize, small_encoder


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
