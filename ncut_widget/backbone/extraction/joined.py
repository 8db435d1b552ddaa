"""Features of several layers of one backbone, put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from ncut_widget.backbone.described import name_of
from ncut_widget.backbone.extraction.extractor import FeatureExtractor
from ncut_widget.backbone.extraction.output import Features
from ncut_widget.backbone.models.standardizer import Standardizer
from ncut_widget.backbone.registry import Backbone

JOINED = "layers centred over the batch, each of unit variance, on the finest grid"
"""What files say of how the layers were put together."""


class JoinedExtractor(FeatureExtractor):
    """Images -> features of several layers, concatenated.

    Each layer is centred over the batch and scaled to unit total variance, so that
    layers count the same, whatever their channels; later images are brought to the same
    scale. Layers of coarser grids are interpolated to the finest one.

    Parameters
    ----------
    model : str or callable
        A `LayeredBackbone`, or its name.
    node_type
        As for `extract_features`, of all layers.
    layer : sequence of int
        Layers, each once, from 0, or backwards from -1; one pass gives all.
    *rest, **options
        As for `FeatureExtractor`.

    Raises
    ------
    TypeError, ValueError
        In one sentence, if the backbone has no layers, or not these, or one twice.
    """

    def __init__(
        self,
        model: str | Backbone,
        node_type: str | None,
        layer: Sequence[int],
        *rest: Any,
        **options: Any,
    ) -> None:
        super().__init__(model, node_type, layer, *rest, **options)
        if self._encoder is None:
            raise TypeError(
                f"layer must be one layer for {name_of(self.model)}, as only a "
                f"LayeredBackbone gives several together, got {layer!r}"
            )
        for place, node in enumerate(self._nodes):
            if node in self._nodes[:place]:
                raise ValueError(
                    f"layer must name each layer once, got {layer!r}, where "
                    f"{layer[place]} is there already"
                )
        self._scales: list[Standardizer] = []

    def _fit(self, features: Any) -> Any:
        """Put the layers of a batch together; keep its scale for later images."""
        parts = _on_finest_grid(super()._fit(features))
        self._scales = [Standardizer.of_parts(part) for part in parts]
        return self._join(parts)

    def transform(self, images: Any, *, progress: bool | None = None) -> Any:
        """Compute features of other images, on the scale of the batch."""
        parts = _on_finest_grid(super().transform(images, progress=progress))
        return self._join(parts)

    def describe(self) -> dict[str, Any]:
        """Describe the model, the layers, and how they are put together."""
        return {**super().describe(), "joined": JOINED}

    def _join(self, parts: list[Tensor]) -> Tensor:
        """Concatenate (B, H, W, C_i), image by image, to save memory."""
        channels = [part.shape[-1] for part in parts]
        joined = torch.empty(*parts[0].shape[:-1], sum(channels))
        pairs = zip(self._scales, parts, torch.split(joined, channels, -1), strict=True)
        for scale, part, place in pairs:
            for given, wanted in zip(part, place, strict=True):
                wanted.copy_(torch.as_tensor(scale(given)))
        return joined

    def _check_grids(self, results: Sequence[Features]) -> None:
        """Warn once if the finest of the grids is coarse."""
        super()._check_grids([max(results, key=lambda part: min(part.shape[1:3]))])


def _on_finest_grid(parts: Sequence[Tensor]) -> list[Tensor]:
    """Interpolate features (B, H_i, W_i, C_i) to the largest of the grids."""
    grid = tuple(max(part.shape[axis] for part in parts) for axis in (1, 2))
    return [
        part
        if part.shape[1:3] == grid
        else nn.functional.interpolate(
            part.movedim(-1, 1).float(), grid, mode="bilinear", align_corners=False
        ).movedim(1, -1)
        for part in parts
    ]
