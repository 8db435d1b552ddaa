"""The encoders of timm: DINOv2, DINOv3, CLIP, plain ViTs, hierarchical ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ncut_widget.backbone.layers import LayeredBackbone, Node, needs_torchvision
from ncut_widget.backbone.models.debias import SHARE, positional_basis, project_out
from ncut_widget.backbone.models.sides import check_sides
from ncut_widget.backbone.models.timm_making import (
    BRANCHES,
    create,
    finer_size,
    is_plain,
)
from ncut_widget.backbone.models.timm_weights import checked_loading
from ncut_widget.backbone.registry import (
    PATH,
    did_you_mean,
    quoted,
    register_backbone,
)
from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.backbone.weights.files import load_state_dict


class TimmBackbone(LayeredBackbone):
    """An encoder of timm [1]_; any layer, and any node where it is a plain ViT.

    Normalisation and size are those of the model's own configuration; class and
    register tokens are dropped.

    Parameters
    ----------
    encoder : torch.nn.Module
        A timm model with ``forward_intermediates``, as nearly all have.
        `load_model` makes those that timm knows by name.
    size : (int, int), optional
        Height and width in pixels that images are stretched to; by default the
        model's own. The encoder must take it.
    norm : bool
        Whether ``"block"`` features of a ViT pass the encoder's final norm, of any
        layer, as in DINOv2's own feature extraction.
    debias : bool
        Whether to scale features to length 1 and project out the part that depends on
        the position only; see `ncut_widget.backbone.models.debias`.

    Notes
    -----
    Node types: ``"block"``, and for ViTs ``"attn"`` and ``"mlp"``, what these add to
    the residual stream, layer scale included. A layer of a hierarchical encoder is one
    of its stages, each with a grid of its own.

    References
    ----------
    .. [1] R. Wightman, "PyTorch Image Models",
       github.com/huggingface/pytorch-image-models.
    """

    packages = ("timm", "torchvision")

    def __init__(
        self,
        encoder: Any,
        size: tuple[int, int] | None = None,
        *,
        norm: bool = True,
        debias: bool = False,
    ) -> None:
        from timm.data import resolve_model_data_config

        if not hasattr(encoder, "forward_intermediates"):
            raise TypeError(
                "encoder must be a timm model with forward_intermediates, which "
                f"{type(encoder).__name__} does not have"
            )
        config = resolve_model_data_config(encoder)
        self._plain = is_plain(encoder)
        super().__init__(
            encoder,
            image_size=size or tuple(config["input_size"][1:]),
            mean=config["mean"],
            std=config["std"],
            num_layers=len(encoder.feature_info),
            node_types=("block", "attn", "mlp") if self._plain else ("block",),
        )
        known = getattr(encoder, "pretrained_cfg", None) or {}
        if known.get("architecture"):
            parts = known["architecture"], known.get("tag")
            self.name = f"timm/{'.'.join(filter(None, parts))}"
        self.norm = norm and self._plain
        self.debias = debias
        self._bases: dict[Node, Tensor] = {}

    def read(self, images_tsf: Tensor, nodes: Sequence[Node]) -> list[Tensor]:
        """Compute the features of some nodes, as `LayeredBackbone.read`."""
        features = super().read(images_tsf, nodes)
        if not self.debias:
            return features
        bases = self._bases_of(nodes)
        return [project_out(*pair) for pair in zip(features, bases, strict=True)]

    def _bases_of(self, nodes: Sequence[Node]) -> list[Tensor]:
        """Return the directions of the position in the features of each node."""
        missing = [node for node in nodes if node not in self._bases]
        if missing:
            black = np.zeros((*self.image_size, 3), np.uint8)
            with torch.inference_mode():
                found = super().read(self.preprocess([black]), missing)
            self._bases |= zip(missing, map(positional_basis, found), strict=True)
        return [self._bases[node].to(self.device) for node in nodes]

    def fingerprint(self) -> str:
        """Digest of the architecture, the weights and the preprocessing."""
        debias = f" debias={SHARE:.6f}" if self.debias else ""
        return f"{super().fingerprint()} norm={self.norm}{debias}"

    def describe(self) -> dict[str, Any]:
        """Describe the encoder, and what is done to its features."""
        return {**super().describe(), "norm": self.norm, "debias": self.debias}

    def _branch(self, node_type: str, layer: int) -> nn.Module:
        block = self.encoder.blocks[layer]
        branch: nn.Module = getattr(block, BRANCHES[node_type])
        return branch

    def _run(self, images_tsf: Tensor, layers: set[int]) -> dict[int, Tensor]:
        indices = sorted(layers)
        found = self.encoder.forward_intermediates(
            images_tsf,
            indices=indices,
            stop_early=True,
            intermediates_only=True,
            output_fmt="NCHW",
            **({"norm": self.norm} if self._plain else {}),
        )
        grids = [features.permute(0, 2, 3, 1) for features in found]
        return dict(zip(indices, grids, strict=True))

    def _to_grid(
        self, output: Tensor, layer: int, node_type: str, size: tuple[int, int]
    ) -> Tensor:
        rows, cols = self.encoder.patch_embed.dynamic_feat_size(size)
        tokens = output[:, self.encoder.num_prefix_tokens :]
        return tokens.reshape(len(tokens), rows, cols, -1)


@register_backbone("timm/")
def load_timm(
    name: str,
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    pretrained: bool = True,
    size: int | tuple[int, int] | None = None,
    norm: bool = True,
    debias: bool = False,
    **options: Any,
) -> TimmBackbone:
    """Make an encoder that timm knows by name.

    Parameters
    ----------
    name : str
        As in ``timm.list_models()``: ``"vit_base_patch14_dinov2.lvd142m"``.
    checkpoint : path, optional
        The model's weights, ``.pth`` or ``.safetensors``; by default those of the
        Hugging Face Hub, downloaded once by its own client.
    pretrained : bool
        False: random weights.
    size : int or (int, int), optional
        Height and width in pixels that images are stretched to, multiples of the patch.
        By default those of the model's configuration. A hierarchical encoder that would
        have fewer than 32 cells on a side, and whose weights fit any size, gets more:
        with a stride of 32, 1024 pixels instead of 224. More pixels give a finer grid,
        and take more memory and time.
    norm, debias : bool
        As for `TimmBackbone`.
    **options
        Passed on to ``timm.create_model``.

    Returns
    -------
    TimmBackbone
        On the CPU; `extract_features` moves it to an accelerator, where there is one.

    Raises
    ------
    ImportError
        If timm is not installed.
    ValueError
        If timm has no such model, or the model cannot take the size.
    CheckpointError, FileNotFoundError
        If the weights are not available, or are not this model's.
    """
    with needs_torchvision(f"timm/{name}", "timm", "timm"):
        import timm
    _check_name(timm, name)
    if size is None and "img_size" in options:
        size = options.pop("img_size")
    overlay = dict(options.pop("pretrained_cfg_overlay", None) or {})
    if size is not None:
        size = check_sides("size", size)
    elif "input_size" not in overlay:
        size = finer_size(name, options)
    label = f"what was loaded is not a checkpoint of timm/{name}"
    if checkpoint is not None:
        label = f"{str(checkpoint)!r} is not a checkpoint of timm/{name}"
        overlay["state_dict"] = load_state_dict(checkpoint)
    if overlay:
        options["pretrained_cfg_overlay"] = overlay
    try:
        with checked_loading(label, norm, given=checkpoint is not None):
            encoder = create(name, size, pretrained or checkpoint is not None, options)
    except CheckpointError:
        raise
    except Exception as error:
        if isinstance(error, TypeError) and "keyword argument" in str(error):
            raise
        raise _failure(name, checkpoint, pretrained, error) from error
    backbone = TimmBackbone(encoder, size, norm=norm)
    try:
        with torch.inference_mode():
            backbone.read(torch.zeros(1, 3, *backbone.image_size), [("block", 0)])
    except Exception as error:
        raise ValueError(
            f"size must be one that timm/{name} takes, got {backbone.image_size}: "
            f"{error}"
        ) from error
    backbone.debias = debias  # after the test of the size, which needs no debiasing
    return backbone


def _failure(
    name: str,
    checkpoint: str | os.PathLike[str] | None,
    pretrained: bool,
    error: Exception,
) -> Exception:
    """Return the error that says what failed, and what to do."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    if checkpoint is not None:
        return CheckpointError(
            f"{str(checkpoint)!r} is not a checkpoint of timm/{name}: {reason}"
        )
    if not pretrained:
        return ValueError(f"timm/{name} cannot be made: {reason}")
    return CheckpointError(
        f"the weights of timm/{name} cannot be loaded ({reason}): get them from "
        f"{_page(name)} and pass checkpoint=path, or pretrained=False for random ones"
    )


def _check_name(timm: Any, name: str) -> None:
    architecture, dot, tag = name.partition(".")
    if not timm.is_model(architecture):
        known = timm.list_models() + (timm.list_pretrained() if dot else [])
        hint = did_you_mean(name, known, "timm/") or "; timm.list_models() lists them"
        if "/" in name.strip("/"):
            hint = PATH
        raise ValueError(f"timm {timm.__version__} has no model {quoted(name)}{hint}")
    tags = [
        weight.partition(".")[2] for weight in timm.list_pretrained(f"{architecture}.*")
    ]
    if dot and tag not in tags:
        raise ValueError(
            f"timm has no weights {quoted(tag)} for {architecture}, which has "
            f"{', '.join(tags) or 'none'}"
        )


def _page(name: str) -> str:
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name, allow_unregistered=True)
    hub = getattr(config, "hf_hub_id", None)
    return f"https://huggingface.co/{hub}" if hub else f"{name}"
