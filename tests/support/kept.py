"""A backbone that counts its calls, and its features kept in a folder."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ncut_widget.backbone import extract_features

IMAGES = np.random.default_rng(0).integers(0, 255, (3, 12, 10, 3), np.uint8)

FEATURES = torch.arange(24, dtype=torch.float16).reshape(1, 2, 3, 4)


class Counted:
    """A backbone of means that counts the images it is given."""

    def __init__(self, grid: int = 2, kind: Any = torch.tensor) -> None:
        self.grid = grid
        self.kind = kind
        self.images = 0

    def __call__(self, images: list[np.ndarray]) -> Any:
        self.images += len(images)
        means = np.array([image.mean((0, 1)) for image in images], np.float32)
        cells = means[:, None, None].repeat(self.grid, 1).repeat(self.grid, 2)
        return self.kind(cells)

    def fingerprint(self) -> str:
        return "the same, whatever the grid"


def run(folder: Path, model: Counted | None = None) -> tuple[Any, int, list[str]]:
    """Extract features; how many images were computed, and what was warned of."""
    model = model or Counted()
    model.images = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        features = extract_features(IMAGES, model, cache_dir=folder, progress=False)
    return features, model.images, [str(warning.message) for warning in caught]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))
