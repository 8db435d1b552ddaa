"""Make models of timm that take a given size of images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import nn

from ncut_widget.core.progress import is_silent

BRANCHES = {"attn": "drop_path1", "mlp": "drop_path2"}
"""The last module of each of a block's two branches, after layer scale. In evaluation
mode it returns its input."""

CELLS = 32
"""Fewest cells on a side of a hierarchical encoder's last stage, by default."""

LARGEST = 1024
"""Most pixels on a side for that: with more, the attention of some takes many GB."""


def is_plain(encoder: Any) -> bool:
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


def create(
    name: str, size: tuple[int, int] | None, pretrained: bool, options: dict[str, Any]
) -> Any:
    """Make a model that takes the size, with the first option that it accepts."""
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
    """Hide the bars of the hub's client, if bars are hidden."""
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


def finer_size(name: str, options: dict[str, Any]) -> tuple[int, int] | None:
    """Choose a size for a hierarchical model whose own one makes a coarse grid.

    Sizes are tried on copies without storage: that takes about a second, and no memory.
    A model with weights whose shapes depend on the size, such as position embeddings,
    keeps its size: timm cannot resize all of them.
    """
    try:
        twin = _twin(name, None, options)
        strides = [stage["reduction"] for stage in twin.feature_info]
        own = min(twin.pretrained_cfg["input_size"][1:])
    except Exception:  # the same error comes when the model itself is made
        return None
    if len(set(strides)) == 1 or own >= CELLS * strides[-1]:
        return None
    shapes = _shapes(twin)
    least = min(CELLS * strides[-1], LARGEST)
    # Some windows fit only a multiple of the model's own size.
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
        return create(name, size, False, options).eval()


def _shapes(model: Any) -> dict[str, torch.Size]:
    return {name: values.shape for name, values in model.state_dict().items()}
