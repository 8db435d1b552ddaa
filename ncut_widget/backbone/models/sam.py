"""The image encoder of Segment Anything, through the package segment-anything."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ncut_widget.backbone.layers import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    LayeredBackbone,
    needs_torchvision,
)
from ncut_widget.backbone.registry import register_backbone
from ncut_widget.backbone.weights.checkpoints import (
    Checkpoint,
    fetch_checkpoint,
    find_checkpoint,
)
from ncut_widget.backbone.weights.files import check_fit, load_state_dict
from ncut_widget.core.progress import heeds_progress

URL = "https://dl.fbaipublicfiles.com/segment_anything/"

CHECKPOINTS = {
    "sam_vit_b": Checkpoint(
        "sam_vit_b_01ec64.pth",
        URL + "sam_vit_b_01ec64.pth",
        "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912",
        375_042_383,
    ),
    "sam_vit_l": Checkpoint(
        "sam_vit_l_0b3195.pth",
        URL + "sam_vit_l_0b3195.pth",
        "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622",
        1_249_524_607,
    ),
    "sam_vit_h": Checkpoint(
        "sam_vit_h_4b8939.pth",
        URL + "sam_vit_h_4b8939.pth",
        "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e",
        2_564_550_879,
    ),
}
"""The published weights, by model."""

ENCODERS: dict[str, dict[str, Any]] = {
    "sam_vit_b": {
        "embed_dim": 768,
        "depth": 12,
        "num_heads": 12,
        "global_attn_indexes": (2, 5, 8, 11),
    },
    "sam_vit_l": {
        "embed_dim": 1024,
        "depth": 24,
        "num_heads": 16,
        "global_attn_indexes": (5, 11, 17, 23),
    },
    "sam_vit_h": {
        "embed_dim": 1280,
        "depth": 32,
        "num_heads": 16,
        "global_attn_indexes": (7, 15, 23, 31),
    },
}
"""The parameters that differ between the encoders, from ``build_sam``."""


class SamBackbone(LayeredBackbone):
    """The image encoder of Segment Anything [1]_; any node of any layer.

    Images are stretched to the encoder's square, 1024 pixels a side, so that the
    latent grid, 64 x 64, covers them from edge to edge.

    Parameters
    ----------
    encoder : segment_anything.modeling.ImageEncoderViT
        The ``image_encoder`` of your own `Sam`; `load_model` makes the published
        encoders.

    Notes
    -----
    Node types: ``"attn"``, the output of the attention before the residual, its windows
    put back together; ``"mlp"``, the output of the MLP before the residual;
    ``"block"``. The neck behind the last layer is not run.

    References
    ----------
    .. [1] A. Kirillov et al., "Segment Anything", ICCV 2023;
       github.com/facebookresearch/segment-anything.
    """

    packages = ("segment_anything", "torchvision")

    def __init__(self, encoder: Any) -> None:
        super().__init__(
            encoder,
            image_size=(encoder.img_size, encoder.img_size),
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
            num_layers=len(encoder.blocks),
            node_types=("attn", "mlp", "block"),
        )

    def _branch(self, node_type: str, layer: int) -> nn.Module:
        branch: nn.Module = getattr(self.encoder.blocks[layer], node_type)
        return branch

    def _run(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        tokens = self.encoder.patch_embed(images_tsf)
        if self.encoder.pos_embed is not None:
            tokens = tokens + self.encoder.pos_embed
        blocks = {}
        for layer, block in enumerate(self.encoder.blocks[: max(layers) + 1]):
            tokens = block(tokens)
            if layer in layers:
                blocks[layer] = tokens
        return blocks

    def _to_grid(
        self, output: Tensor, layer: int, node_type: str, size: tuple[int, int]
    ) -> Tensor:
        window = self.encoder.blocks[layer].window_size
        if node_type != "attn" or window == 0:
            return output
        from segment_anything.modeling.image_encoder import window_unpartition

        patch = self.encoder.patch_embed.proj.stride
        rows, cols = (side // step for side, step in zip(size, patch, strict=True))
        padded = tuple(-(-side // window) * window for side in (rows, cols))
        grid: Tensor = window_unpartition(output, window, padded, (rows, cols))
        return grid


def find_sam_checkpoint(name: str) -> Path | None:
    """Look for a SAM's published weights in the cache; nothing is downloaded.

    Parameters
    ----------
    name : {"sam_vit_b", "sam_vit_l", "sam_vit_h"}

    Returns
    -------
    Path or None
        Path of a file of the right size; `load_model` verifies the file.

    Raises
    ------
    ValueError
        If there is no such SAM.
    """
    if name not in CHECKPOINTS:
        raise ValueError(f"name must be one of {', '.join(CHECKPOINTS)}, got {name!r}")
    return find_checkpoint(CHECKPOINTS[name])


@heeds_progress
def load_sam(
    name: str,
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    progress: bool = True,
) -> SamBackbone:
    """Make an encoder with weights; no other part of SAM is built.

    Parameters
    ----------
    name : {"sam_vit_b", "sam_vit_l", "sam_vit_h"}
    checkpoint : path, optional
        A SAM's weights, ``.pth`` or ``.safetensors``; by default the published ones,
        downloaded once: 0.4, 1.2 or 2.6 GB.
    progress : bool
        Show the download's progress.

    Returns
    -------
    SamBackbone
        On the CPU; `extract_features` moves it to an accelerator, where there is one.

    Raises
    ------
    ImportError
        If segment-anything is not installed.
    CheckpointError, FileNotFoundError
        If the weights are not available, or are not this encoder's.
    """
    with needs_torchvision(name, "segment-anything", "sam"):
        from segment_anything.modeling import ImageEncoderViT
    if checkpoint is None:
        checkpoint = fetch_checkpoint(CHECKPOINTS[name], progress=progress)
    weights = load_state_dict(checkpoint, prefix="image_encoder.")
    # On "meta", without storage: the weights are assigned, not copied over random ones.
    with torch.device("meta"):
        encoder = ImageEncoderViT(
            **ENCODERS[name],
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
            use_rel_pos=True,
            window_size=14,
        )
    label = f"{str(checkpoint)!r} is not a checkpoint of {name}"
    check_fit(label, weights, encoder.state_dict())
    encoder.load_state_dict(weights, assign=True)
    backbone = SamBackbone(encoder.float())
    backbone.name = name
    return backbone


for _name in CHECKPOINTS:
    register_backbone(_name, f"SAM({_name})")(partial(load_sam, _name))
