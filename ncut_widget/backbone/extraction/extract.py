"""Features of a batch, in one call."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import torch

from ncut_widget.backbone.extraction.extractor import FeatureExtractor
from ncut_widget.backbone.registry import Backbone
from ncut_widget.core.progress import heeds_progress


@heeds_progress
def extract_features(
    images: Any,
    model: str | Backbone = "texture",
    node_type: str | None = None,
    layer: int | Sequence[int] | None = None,
    batch_size: int | None = None,
    *,
    device: str | torch.device | None = None,
    dtype: torch.dtype | None = None,
    amp: bool = True,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
    **options: Any,
) -> Any:
    """Compute a backbone's features of a batch of images.

    Parameters
    ----------
    images
        One or many, in any form `load_images` reads; files are read as they are needed.
        For a `LayeredBackbone` also a float tensor ``(B, 3, h, w)`` that is normalised
        already, that is, whose values leave [0, 1].
    model : str or callable
        A registered name, or a `Backbone`: ``images -> features (B, H, W, C)``.
    node_type : str, optional
        Of a `LayeredBackbone`: ``"attn"``, ``"mlp"`` or ``"block"``.
    layer : int or sequence of int, optional
        Of a `LayeredBackbone`: a layer, from 0, or backwards from -1, the default; or
        several, in one pass.
    batch_size : int, optional
        Images given to the model at a time; halved where they do not fit into memory.
        By default the model's own: 8 for an encoder on an accelerator, 1 on the CPU,
        all images for a callable without ``batch_size``.
    device : str or torch.device, optional
        Where a `LayeredBackbone` runs, to which it is moved; by default CUDA, MPS or
        the CPU, the first there is.
    dtype : torch.dtype, optional
        Type of the result, in host memory. By default float16 for a `LayeredBackbone`
        (float32 where a value is beyond it), else float32.
    amp : bool
        On CUDA, compute in automatic mixed precision (float16); where that overflows,
        the rest is computed in float32.
    cache_dir : path, optional
        A folder that caches each image's features by the image's content and the
        model's weights, layer and size; cached features are not computed again.
    progress : bool
        Show a progress bar.
    **options
        Passed on with each call to a model that is no `LayeredBackbone`.

    Returns
    -------
    tensor or ndarray, shape (B, H, W, C)
        A tensor in host memory if the model gives tensors. A list of them if `layer`
        is a sequence.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if images, model or what the model gives are not as above.

    Notes
    -----
    Only the features take memory that grows with the batch, unless a callable takes all
    images at a time.

    Examples
    --------
    >>> import numpy as np
    >>> def corners(images):
    ...     return np.stack([image[:2, :2] for image in images]).astype(float)
    >>> extract_features(np.zeros((3, 8, 8, 3), np.uint8), corners).shape
    (3, 2, 2, 3)
    """
    extractor = FeatureExtractor(
        model,
        node_type,
        layer,
        batch_size,
        device=device,
        dtype=dtype,
        amp=amp,
        cache_dir=cache_dir,
        progress=progress,
        **options,
    )
    return extractor.fit_transform(images)
