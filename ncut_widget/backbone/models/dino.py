"""DINOv2 and DINOv3 by short names: the variants of timm that suit clicks best."""

from __future__ import annotations

import os
from typing import Any

from ncut_widget.backbone.models.timm import TimmBackbone, load_timm
from ncut_widget.backbone.registry import register_backbone

CELLS = 37
"""Cells on a side, as in the last training stage of DINOv2."""


@register_backbone("dinov2")
def load_dinov2(
    checkpoint: str | os.PathLike[str] | None = None, **options: Any
) -> TimmBackbone:
    """Make DINOv2's small encoder [1]_, with registers [2]_.

    Parameters
    ----------
    checkpoint : path, optional
        Its weights; by default those of the Hugging Face Hub, 88 MB, downloaded once.
    **options
        As for the family ``timm/``: ``size`` in pixels, multiples of 14, by default
        518, a grid of 37 x 37 cells.

    References
    ----------
    .. [1] M. Oquab et al., "DINOv2: learning robust visual features without
       supervision", TMLR 2024.
    .. [2] T. Darcet et al., "Vision transformers need registers", ICLR 2024.
    """
    options.setdefault("size", 14 * CELLS)
    return load_timm("vit_small_patch14_reg4_dinov2.lvd142m", checkpoint, **options)


@register_backbone("dinov3")
def load_dinov3(
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    debias: bool = True,
    **options: Any,
) -> TimmBackbone:
    """Make DINOv3's small encoder [1]_.

    Parameters
    ----------
    checkpoint : path, optional
        Its weights; by default those of the Hugging Face Hub, 86 MB, downloaded once.
    debias : bool
        Project the part that depends on the position only out of the features; see
        `ncut_widget.backbone.models.debias`.
    **options
        As for the family ``timm/``: ``size`` in pixels, multiples of 16, by default
        592, a grid of 37 x 37 cells.

    References
    ----------
    .. [1] O. Simeoni et al., "DINOv3", arXiv:2508.10104, 2025.
    """
    options.setdefault("size", 16 * CELLS)
    name = "vit_small_patch16_dinov3.lvd1689m"
    return load_timm(name, checkpoint, debias=debias, **options)
