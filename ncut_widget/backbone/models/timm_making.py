"""Models of timm, made so that they take a size of images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import torch
from torch import nn

from ncut_widget.core.progress import is_silent

BRANCHES = {"attn": "drop_path1", "mlp": "drop_path2"}
"""The last module of a block's two branches, after layer scale; in evaluation it passes
on what it is given."""

CELLS = 32
"""Cells on a side that a hierarchical encoder's last stage has at least by default."""

LARGEST = 1024
"""Pixels on a side at most for that: beyond, the attention of some takes many GB."""


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


def finer_size(name: str, options: dict[str, Any]) -> tuple[int, int] | None:
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
        return create(name, size, False, options).eval()


def _shapes(model: Any) -> dict[str, torch.Size]:
    return {name: values.shape for name, values in model.state_dict().items()}
