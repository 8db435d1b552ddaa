"""The encoders of timm: DINOv2, DINOv3, CLIP, plain ViTs, hierarchical ones."""

from __future__ import annotations

import difflib
import os
from typing import Any

import torch
from torch import Tensor, nn

from ncut_widget.backbone.checkpoints import CheckpointError
from ncut_widget.backbone.layers import LayeredBackbone, not_installed
from ncut_widget.backbone.registry import register_backbone
from ncut_widget.backbone.sides import check_sides
from ncut_widget.backbone.weights import load_state_dict

BRANCHES = {"attn": "drop_path1", "mlp": "drop_path2"}
"""The last module of a block's two branches, after layer scale; in evaluation it passes
on what it is given."""


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
        Whether ``"block"`` features of a ViT pass the encoder's final norm, whatever
        their layer, as DINOv2's own feature extraction has it.

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
    ) -> None:
        from timm.data import resolve_model_data_config

        if not hasattr(encoder, "forward_intermediates"):
            raise TypeError(
                "encoder must be a timm model with forward_intermediates, which "
                f"{type(encoder).__name__} has not"
            )
        config = resolve_model_data_config(encoder)
        self._plain = _is_plain(encoder)
        super().__init__(
            encoder,
            image_size=size or tuple(config["input_size"][1:]),
            mean=config["mean"],
            std=config["std"],
            num_layers=len(encoder.feature_info),
            node_types=("block", "attn", "mlp") if self._plain else ("block",),
        )
        self.norm = norm and self._plain

    def fingerprint(self) -> str:
        """Digest of the architecture, the weights and the preprocessing."""
        return f"{super().fingerprint()} norm={self.norm}"

    def _branch(self, node_type: str, layer: int) -> nn.Module:
        return getattr(self.encoder.blocks[layer], BRANCHES[node_type])

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


def _is_plain(encoder: Any) -> bool:
    """Whether every layer is a block of tokens with two branches of its own."""
    blocks = getattr(encoder, "blocks", None)
    return (
        isinstance(blocks, (nn.Sequential, nn.ModuleList))
        and len(blocks) == len(encoder.feature_info)
        and hasattr(encoder, "num_prefix_tokens")
        and hasattr(getattr(encoder, "patch_embed", None), "dynamic_feat_size")
        and all(
            hasattr(block, name) and not hasattr(block, "window_size")
            for block in blocks
            for name in ("attn", "mlp", *BRANCHES.values())
        )
    )


@register_backbone("timm/")
def load_timm(
    name: str,
    checkpoint: str | os.PathLike[str] | None = None,
    *,
    pretrained: bool = True,
    size: int | tuple[int, int] | None = None,
    norm: bool = True,
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
        Height and width in pixels that images are stretched to, multiples of the patch;
        by default those of the model's configuration. More pixels, a finer grid.
    norm : bool
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
        If the weights cannot be had, or are not this model's.
    """
    try:
        import timm
    # torchvision of another build than torch's: RuntimeError
    except (ImportError, RuntimeError) as error:
        raise not_installed(f"timm/{name}", "timm", "timm", error) from error
    _check_name(timm, name)
    size = None if size is None else check_sides("size", size)
    if checkpoint is not None:
        overlay = options.pop("pretrained_cfg_overlay", None) or {}
        overlay = {**overlay, "state_dict": load_state_dict(checkpoint)}
        options["pretrained_cfg_overlay"] = overlay
    try:
        encoder = _create(name, size, pretrained or checkpoint is not None, options)
    except TypeError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        if checkpoint is not None:
            raise CheckpointError(
                f"{str(checkpoint)!r} is not a checkpoint of timm/{name}: {reason}"
            ) from error
        if not pretrained:
            raise ValueError(f"timm/{name} cannot be made: {reason}") from error
        raise CheckpointError(
            f"the weights of timm/{name} cannot be loaded ({reason}): get them from "
            f"{_page(name)} and pass checkpoint=path, or pretrained=False for random "
            "ones"
        ) from error
    backbone = TimmBackbone(encoder, size, norm=norm)
    try:
        with torch.inference_mode():
            backbone.read(torch.zeros(1, 3, *backbone.image_size), [("block", 0)])
    except Exception as error:
        raise ValueError(
            f"size must be one that timm/{name} takes, got {backbone.image_size}: "
            f"{error}"
        ) from error
    return backbone


def _check_name(timm: Any, name: str) -> None:
    if not timm.is_model(name):
        known = timm.list_models() + timm.list_pretrained()
        close = difflib.get_close_matches(name, known, n=3)
        hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise ValueError(f"timm {timm.__version__} has no model {name!r}{hint}")
    architecture, _, tag = name.partition(".")
    weights = timm.list_pretrained(f"{architecture}.*")
    tags = [weight.partition(".")[2] for weight in weights]
    if tag and tag not in tags:
        raise ValueError(
            f"timm has no weights {tag!r} for {architecture}, which has "
            f"{', '.join(tags) or 'none'}"
        )


def _create(
    name: str, size: tuple[int, int] | None, pretrained: bool, options: dict[str, Any]
) -> nn.Module:
    """Make the model so that it takes the size, by the first way that it knows."""
    import timm

    ways: dict[str, Any] = {"dynamic_img_size": True}
    if size is not None:
        ways["img_size"] = size
    for option, value in ways.items():
        try:
            return timm.create_model(
                name,
                pretrained=pretrained,
                num_classes=0,
                **{option: value, **options},
            )
        except TypeError as error:
            if option not in str(error):
                raise
    return timm.create_model(name, pretrained=pretrained, num_classes=0, **options)


def _page(name: str) -> str:
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name, allow_unregistered=True)
    hub = getattr(config, "hf_hub_id", None)
    return f"https://huggingface.co/{hub}" if hub else f"{name}"
