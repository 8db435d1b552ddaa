"""Backbones: images -> features on a latent grid.

>>> images = [np.zeros((48, 64, 3), np.uint8), np.full((30, 30, 3), 255, np.uint8)]
>>> extract_features(images, load_model("texture", grid=16)).shape
(2, 16, 16, 20)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm.auto import tqdm

from ncut_widget.backbone.registry import (
    Backbone,
    list_backbones,
    load_model,
    register_backbone,
)
from ncut_widget.backbone.texture import TextureBackbone
from ncut_widget.images import load_images

__all__ = [
    "Backbone",
    "TextureBackbone",
    "extract_features",
    "list_backbones",
    "load_model",
    "register_backbone",
    "resolve_model",
]


def resolve_model(model: str | Backbone) -> Backbone:
    """Take a backbone as it is, or load it by its name.

    Raises
    ------
    TypeError
        If it is neither a name nor a callable.
    ValueError
        If there is no backbone of that name.
    """
    if isinstance(model, str):
        return load_model(model)
    if not callable(model):
        raise TypeError(
            f"a backbone must be one of {', '.join(list_backbones())}, or a callable "
            f"images -> features (B, H, W, C), got {type(model).__name__}"
        )
    return model


def extract_features(
    images: Any,
    model: str | Backbone = "texture",
    *,
    batch_size: int | None = None,
    **options: Any,
) -> NDArray[np.float32] | torch.Tensor:
    """Compute a backbone's features of a batch of images.

    Parameters
    ----------
    images
        One or many, in any form `load_images` reads.
    model : str or callable
        A registered name, or a `Backbone`: ``images -> features (B, H, W, C)``.
    batch_size : int, optional
        Images given to the model at a time, with a progress bar; all of them by
        default, and always where the model has ``whole_batch``.
    **options
        Passed on to the model with each call.

    Returns
    -------
    ndarray or tensor of float32, shape (B, H, W, C)
        What the model gave, and where it gave it.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if images, model or what the model gives are not as above.

    Examples
    --------
    >>> def corners(images):
    ...     return np.stack([image[:2, :2] for image in images]).astype(float)
    >>> extract_features(np.zeros((3, 8, 8, 3), np.uint8), corners).shape
    (3, 2, 2, 3)
    """
    model = resolve_model(model)
    images = load_images(images)
    if batch_size is None or getattr(model, "whole_batch", False):
        batch_size = len(images)
    if isinstance(batch_size, bool) or not isinstance(batch_size, int):
        raise TypeError(f"batch_size must be a whole number, got {batch_size!r}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    starts = range(0, len(images), batch_size)
    bar = tqdm(
        starts, desc="Features", unit="batch", disable=len(starts) == 1, leave=False
    )
    with torch.no_grad():
        parts = [
            _check(model(batch, **options), len(batch))
            for batch in (images[start : start + batch_size] for start in bar)
        ]
    grids = {tuple(part.shape[1:]) for part in parts}
    if len(grids) > 1:
        raise ValueError(
            "the backbone must give the same (H, W, C) for every image, got "
            + " and ".join(map(str, sorted(grids)))
        )
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], torch.Tensor):
        return torch.cat(parts)
    return np.concatenate(parts)


def _check(features: Any, count: int) -> Any:
    """Return a model's features as float32, checked."""
    if not isinstance(features, torch.Tensor):
        features = np.asarray(features)
        real = features.dtype.kind in "fiu"
    else:
        real = not (features.is_complex() or features.dtype == torch.bool)
    if not real:
        raise TypeError(
            f"the backbone must give real numbers, got dtype {features.dtype}"
        )
    shape = tuple(features.shape)
    if len(shape) != 4 or shape[0] != count or 0 in shape:
        raise ValueError(
            f"the backbone must give features of shape (B, H, W, C) with B = {count} "
            f"for {count} images, got {shape}"
        )
    if isinstance(features, torch.Tensor):
        return features.detach().float()
    return features.astype(np.float32, copy=False)
