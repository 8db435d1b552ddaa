"""Small encoders with random weights."""

from __future__ import annotations

from typing import Any

import torch
from segment_anything.modeling import ImageEncoderViT
from torch import Tensor, nn

SMALL_VIT = {"embed_dim": 32, "depth": 4, "num_heads": 2}

VIT, TINY = "timm/vit_tiny_patch16_224", {"size": 96, **SMALL_VIT}

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


def first(state: dict[str, Tensor], count: int) -> dict[str, Tensor]:
    return dict(list(state.items())[:count])
