"""Segment Anything with random weights, in place of its published checkpoint."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from segment_anything.build_sam import build_sam_vit_b
from segment_anything.modeling import ImageEncoderViT

from ncut_widget.backbone import checkpoint_dir
from ncut_widget.backbone.models import sam

SMALL = {"embed_dim": 32, "depth": 12, "num_heads": 2, "global_attn_indexes": (5, 11)}

WIDE = {**sam.ENCODERS["sam_vit_b"], "mlp_ratio": 1 / 768, "global_attn_indexes": (11,)}
"""Features of the same size, for a quarter of the work."""


def install(sizes: dict[str, Any] | None = None) -> Path:
    """Put a random ``sam_vit_b`` into the cache, where `load_model` finds it.

    Parameters
    ----------
    sizes : dict, optional
        Of an encoder to use in place of ``sam_vit_b``'s; else it is the whole SAM.

    Returns
    -------
    Path
        Of the checkpoint.
    """
    torch.manual_seed(0)
    if sizes is None:
        state = build_sam_vit_b().state_dict()
    else:
        encoder = ImageEncoderViT(**sizes, use_rel_pos=True, window_size=14)
        state = {f"image_encoder.{k}": v for k, v in encoder.state_dict().items()}
        sam.ENCODERS["sam_vit_b"] = sizes
    published = sam.CHECKPOINTS["sam_vit_b"]
    path = checkpoint_dir() / published.filename
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, path)
    sam.CHECKPOINTS["sam_vit_b"] = replace(
        published,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        size=path.stat().st_size,
    )
    return path
