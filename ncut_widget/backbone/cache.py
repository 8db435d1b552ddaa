"""Features kept on disk: one file for each image, model, layer and size."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ncut_widget.backbone.layers import Node


class FeatureCache:
    """Features of single images in a folder, as safetensors.

    Files are named by what the features depend on, so that a file that is there is the
    right one: nothing goes stale, and any number of notebooks may share the folder.
    It may be deleted at any time.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    recipe : str
        All that the features depend on besides image and node: the model's
        fingerprint, the precision.

    Raises
    ------
    ValueError
        If the folder cannot be made.
    """

    def __init__(self, folder: str | os.PathLike[str], recipe: str) -> None:
        self.folder = Path(folder).expanduser()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ValueError(
                f"cache_dir must be a folder that can be made, got {str(folder)!r}: "
                f"{error.strerror}"
            ) from error
        self._recipe = recipe
        self._full = False

    def keys(self, image: NDArray | Tensor, nodes: Sequence[Node | None]) -> list[Path]:
        """Name the files for nodes' features of an image, by the image's content."""
        values = image.cpu().numpy() if isinstance(image, Tensor) else image
        kind = f"{self._recipe} {values.dtype} {values.shape}"
        content = hashlib.sha256(kind.encode())
        content.update(np.ascontiguousarray(values).data)
        paths = []
        for node in nodes:
            digest = content.copy()
            digest.update(str(node).encode())
            paths.append(self.folder / f"{digest.hexdigest()}.safetensors")
        return paths

    def load(self, key: Path) -> NDArray | Tensor | None:
        """Return an image's features, or None where there is no sound file."""
        try:
            ((kind, features),) = load_file(key).items()
        except (OSError, SafetensorError, ValueError):
            return None
        return features.numpy() if kind == "array" else features

    def save(self, key: Path, features: NDArray | Tensor) -> None:
        """Keep an image's features; where the disk is full, say so once and go on."""
        if self._full:
            return
        kind = "tensor" if isinstance(features, Tensor) else "array"
        part = key.with_suffix(f".{os.getpid()}.part")
        try:
            save_file({kind: torch.as_tensor(features).contiguous()}, part)
            part.replace(key)
        except (OSError, SafetensorError) as error:
            part.unlink(missing_ok=True)
            self._full = True
            warnings.warn(
                f"features are not kept in {str(self.folder)!r} any more: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
