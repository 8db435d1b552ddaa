"""Labelled photographs in a folder.

``folder/manifest.json`` is a list of batches: ``{"name", "images": [png, ...],
"objects": {name: [png or null, ...]}, features: npy}``; masks are 255 = thing, 0 = not,
128 = not counted; features are ``(B, H, W, C)``, under as many names as there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image


class Batch(NamedTuple):
    """Images, what is on them, and their features by name."""

    name: str
    images: list[NDArray]
    things: dict[str, list[NDArray | None]]
    features: dict[str, Path]


def read(folder: Path) -> Iterator[Batch]:
    """Read the batches of a folder."""
    for entry in json.loads((folder / "manifest.json").read_text()):
        yield Batch(
            entry["name"],
            [np.array(Image.open(folder / p).convert("RGB")) for p in entry["images"]],
            {
                thing: [p and np.array(Image.open(folder / p)) for p in paths]
                for thing, paths in entry["objects"].items()
            },
            {
                name: folder / path
                for name, path in entry.items()
                if str(path).endswith(".npy")
            },
        )
