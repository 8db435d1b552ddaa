"""The encoders of timm: DINOv2, DINOv3, CLIP, plain ViTs, hierarchical ones."""

from __future__ import annotations

import copy
import itertools
import os
import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ncut_widget.backbone.layers import LayeredBackbone, Node, not_installed
from ncut_widget.backbone.models.debias import SHARE, positional_basis, project_out
from ncut_widget.backbone.models.sides import check_sides
from ncut_widget.backbone.registry import (
    PATH,
    did_you_mean,
    register_backbone,
    shown,
)
from ncut_widget.backbone.weights.checkpoints import CheckpointError
from ncut_widget.backbone.weights.files import check_fit, load_state_dict, some
from ncut_widget.core.progress import is_silent

BRANCHES = {"attn": "drop_path1", "mlp": "drop_path2"}
"""The last module of a block's two branches, after layer scale; in evaluation it passes
on what it is given."""

CELLS = 32
"""Cells on a side that a hierarchical encoder's last stage has at least by default."""

LARGEST = 1024
"""Pixels on a side at most for that: beyond, the attention of some takes many GB."""

HEADS = re.compile(r"(\w+_)?(head|fc|classifier|last_linear|[Ll]ogits|AuxLogits)")
"""Names of what follows the features: checkpoints have them, encoders here do not."""

DERIVED = re.compile(
    r".*\b(num_batches_tracked|relative_position_index|relative_coords_table|attn_mask)"
)
"""Names of what encoders of one version keep and those of another compute."""

_LOADING = threading.Lock()


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
    debias : bool
        Whether what is of the position alone is projected out of the features, which
        are of length 1 before; see `ncut_widget.backbone.models.debias`.

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
        """Return what is of the position in the features of each node."""
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
        """Tell which encoder it is, and what is done to its features."""
        return {**super().describe(), "norm": self.norm, "debias": self.debias}

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
        By default those of the model's configuration, but for a hierarchical encoder
        that would have fewer than 32 cells on a side and whose weights go with any
        size: with a stride of 32 it is given 1024 pixels, not 224. More pixels, a finer
        grid, and more memory and time.
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
        If the weights cannot be had, or are not this model's.
    """
    try:
        import timm
    # torchvision of another build than torch's: RuntimeError
    except (ImportError, RuntimeError) as error:
        raise not_installed(f"timm/{name}", "timm", "timm", error) from error
    _check_name(timm, name)
    if size is None and "img_size" in options:
        size = options.pop("img_size")
    overlay = dict(options.pop("pretrained_cfg_overlay", None) or {})
    if size is not None:
        size = check_sides("size", size)
    elif "input_size" not in overlay:
        size = _finer_size(name, options)
    label = f"what was loaded is not a checkpoint of timm/{name}"
    if checkpoint is not None:
        label = f"{str(checkpoint)!r} is not a checkpoint of timm/{name}"
        overlay["state_dict"] = load_state_dict(checkpoint)
    if overlay:
        options["pretrained_cfg_overlay"] = overlay
    try:
        with _checked(label, norm, given=checkpoint is not None):
            encoder = _create(name, size, pretrained or checkpoint is not None, options)
    except CheckpointError:
        raise
    except Exception as error:
        if isinstance(error, TypeError) and "keyword argument" in str(error):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
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
    backbone.debias = debias  # not for that look at the size alone
    return backbone


def _check_name(timm: Any, name: str) -> None:
    architecture, dot, tag = name.partition(".")
    if not timm.is_model(architecture):
        known = timm.list_models() + (timm.list_pretrained() if dot else [])
        hint = did_you_mean(name, known, "timm/") or "; timm.list_models() lists them"
        if "/" in name.strip("/"):
            hint = PATH
        raise ValueError(f"timm {timm.__version__} has no model {shown(name)}{hint}")
    tags = [
        weight.partition(".")[2] for weight in timm.list_pretrained(f"{architecture}.*")
    ]
    if dot and tag not in tags:
        raise ValueError(
            f"timm has no weights {shown(tag)} for {architecture}, which has "
            f"{', '.join(tags) or 'none'}"
        )


def _create(
    name: str, size: tuple[int, int] | None, pretrained: bool, options: dict[str, Any]
) -> Any:
    """Make the model so that it takes the size, by the first way that it knows."""
    import timm

    ways: dict[str, Any] = {"dynamic_img_size": True}
    if size is not None:
        ways["img_size"] = size
    for option, value in ways.items():
        if option in options:
            continue
        way = {option: value, **options}
        try:
            with _hub_heeds_progress():
                return timm.create_model(
                    name, pretrained=pretrained, num_classes=0, **way
                )
        except TypeError as error:
            if option not in str(error):
                raise
    with _hub_heeds_progress():
        return timm.create_model(name, pretrained=pretrained, num_classes=0, **options)


@contextmanager
def _hub_heeds_progress() -> Iterator[None]:
    """Show no bar of the hub's client either, where none is to be shown."""
    try:
        from huggingface_hub import utils
    except ImportError:
        yield
        return
    if not is_silent() or utils.are_progress_bars_disabled():
        yield
        return
    utils.disable_progress_bars()
    try:
        yield
    finally:
        utils.enable_progress_bars()


def _finer_size(name: str, options: dict[str, Any]) -> tuple[int, int] | None:
    """Choose a size for a hierarchical model whose own one makes a coarse grid.

    It is tried on twins without storage: that takes about a second, and no memory.
    Weights whose shapes follow the size, as position embeddings, keep their own size:
    timm does not know how to resize all of them.
    """
    try:
        twin = _twin(name, None, options)
        strides = [stage["reduction"] for stage in twin.feature_info]
        own = min(twin.pretrained_cfg["input_size"][1:])
    except Exception:  # whatever is wrong is said when the model itself is made
        return None
    if len(set(strides)) == 1 or own >= CELLS * strides[-1]:
        return None
    shapes = _shapes(twin)
    least = min(CELLS * strides[-1], LARGEST)
    # A multiple of the own size suits windows that the first one does not.
    for side in (least, own * -(-least // own)):
        with suppress(Exception):  # each model has its own reason
            twin = _twin(name, (side, side), options)
            with torch.inference_mode():
                twin.forward_intermediates(
                    torch.zeros(1, 3, side, side, device="meta"),
                    intermediates_only=True,
                )
            if _shapes(twin) == shapes:
                return side, side
    return None


def _twin(name: str, size: tuple[int, int] | None, options: dict[str, Any]) -> Any:
    with torch.device("meta"):
        return _create(name, size, False, options).eval()


def _shapes(model: Any) -> dict[str, torch.Size]:
    return {name: values.shape for name, values in model.state_dict().items()}


@contextmanager
def _checked(label: str, norm: bool, *, given: bool) -> Iterator[None]:
    """Have the weights checked that this thread loads.

    timm brings names and shapes of many origins to the model's, and then loads what
    fits and only logs what does not; between these two there is no other way in. What
    may be too many is known of published weights, and not of a file that was given.
    """
    own = threading.get_ident()

    def checked(model: Any, state: Any, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != own:
            return load(model, state, *args, **kwargs)
        model.pretrained_cfg.pop("state_dict", None)  # it would be held twice
        wanted = model.state_dict()
        check_fit(
            label,
            state,
            wanted,
            needed=_needed(model, norm),
            too_many=lambda weight: given and _is_of_the_encoder(model, weight),
        )
        spare = [weight for weight in state if weight not in wanted]
        spare = [weight for weight in spare if not _is_no_matter(weight)]
        if spare and given:
            warnings.warn(
                f"{label.replace(' is not a ', ' is a ')}, and holds {len(spare)} "
                f"weights more, which are not used ({some(spare)})",
                UserWarning,
                stacklevel=2,
            )
        fitting = {weight: state[weight] for weight in state if weight in wanted}
        return load(model, fitting, strict=False)

    with _LOADING:
        load = nn.Module.load_state_dict
        nn.Module.load_state_dict = checked  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            nn.Module.load_state_dict = load  # type: ignore[method-assign]


def _needed(model: Any, norm: bool) -> set[str]:
    """Name the weights that features depend on: not those of the head."""
    # The copy shares its tensors with the model.
    tensors = itertools.chain(model.parameters(), model.buffers())
    features: Any = copy.deepcopy(model, {id(tensor): tensor for tensor in tensors})
    last = len(model.feature_info) - 1
    with suppress(Exception):  # without it, the final norm is needed, too
        features.prune_intermediate_layers(
            [last], prune_norm=not (norm and _is_plain(model)), prune_head=True
        )
    return {name for name in features.state_dict() if not _is_no_matter(name)}


def _is_no_matter(weight: str) -> bool:
    """Whether features do not depend on a weight of that name."""
    return bool(HEADS.match(weight) or DERIVED.match(weight))


def _is_of_the_encoder(model: Any, weight: str) -> bool:
    """Whether a name is one of this kind of encoder, as of a block that it has not."""
    part = weight.partition(".")[0]
    # A final norm is on the tokens or, with another name, on their mean.
    return hasattr(model, part) and part != "norm" and not _is_no_matter(weight)


def _page(name: str) -> str:
    from timm.models import get_pretrained_cfg

    config = get_pretrained_cfg(name, allow_unregistered=True)
    hub = getattr(config, "hf_hub_id", None)
    return f"https://huggingface.co/{hub}" if hub else f"{name}"
