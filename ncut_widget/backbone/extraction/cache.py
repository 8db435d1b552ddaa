"""Features kept on disk: one file for each image, model, layer and size."""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ncut_widget.backbone.extraction.output import Features
from ncut_widget.backbone.layers import Node
from ncut_widget.core.arrays import AnyArray
from ncut_widget.core.paths import as_path
from ncut_widget.core.writing.quick import sweep, write_quickly
from ncut_widget.images import RGBImage

PART = re.compile(r"[0-9a-f]{64}\.\w+\.part")
"""Names of unfinished files of this cache, which match no other files."""


class FeatureCache:
    """Features of single images in a folder, as safetensors.

    A file's name is a digest of all that the features depend on: no file gets out of
    date, and any number of notebooks may share the folder. Each file holds its name and
    a digest, so that damage is noticed. The folder may be deleted at any time.

    Features can always be computed again: problems with the disk, the folder or its
    files give one warning, and no error.

    Parameters
    ----------
    folder : path
        Made if it does not exist.
    recipe : str
        All that the features depend on besides image and node: the model's
        fingerprint, the precision, the versions of what computes them.

    Raises
    ------
    ValueError
        If `folder` is a file.
    """

    def __init__(self, folder: str | os.PathLike[str], recipe: str) -> None:
        self.folder = as_path(folder, "cache_dir")
        self._recipe = recipe
        self._writes = True
        self._told: set[str] = set()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            sweep(self.folder, PART)
        except FileExistsError as error:
            raise ValueError(
                f"cache_dir must be a folder or where one can be made, got the file "
                f"{str(folder)!r}"
            ) from error
        except OSError as error:
            self._stop_writing(error)

    def keys(
        self, image: RGBImage | Tensor, nodes: Sequence[Node | None]
    ) -> list[Path]:
        """Return the files for the nodes' features of an image, by its content."""
        kind = f"{self._recipe} {image.dtype} {tuple(image.shape)}"
        content = hashlib.sha256(kind.encode())
        content.update(_bytes(image))
        paths = []
        for node in nodes:
            digest = content.copy()
            digest.update(str(node).encode())
            paths.append(self.folder / f"{digest.hexdigest()}.safetensors")
        return paths

    def load(self, key: Path) -> Features | None:
        """Return an image's features, or None without a valid file."""
        try:
            if not key.is_file():
                return None
            # Read, not mapped: a mapped file that is cut short ends the process.
            return _decode(key.read_bytes(), key.stem)
        except Exception as error:  # a damaged file may raise nearly anything
            reason = " ".join(str(error).split()) or type(error).__name__
            self._warn(
                "damaged",
                f"features kept in {key} were not used, {reason[:200]}: they are "
                "computed again, as are those of any other damaged file in this folder",
            )
            return None

    def save(self, key: Path, features: Features) -> None:
        """Store an image's features; if that fails, warn once and go on."""
        values = torch.as_tensor(features).contiguous()
        if not self._writes or not bool(values.isfinite().all()):
            return
        kind = "tensor" if isinstance(features, Tensor) else "array"
        metadata = _metadata(key.stem, kind, values)
        try:
            write_quickly(key, save({kind: values}, metadata))
        except (IsADirectoryError, FileNotFoundError) as error:
            self._warn("one", f"features cannot be kept as {key}: {error.strerror}")
        except (OSError, SafetensorError) as error:
            self._stop_writing(error)

    def _stop_writing(self, error: Exception) -> None:
        self._writes = False
        self._warn(
            "writes",
            f"features are not kept in cache_dir={str(self.folder)!r} any more: "
            f"{error}; the run goes on without it: make room or make the folder "
            "writable, or give another cache_dir",
        )

    def _warn(self, kind: str, message: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            warnings.warn(message, RuntimeWarning, stacklevel=3)


def _decode(data: bytes, key: str) -> Features:
    """Read features from a file's bytes; raise if they do not match the key."""
    length = int.from_bytes(data[:8], "little")
    if not data or 8 + length > len(data):
        raise ValueError("it is cut short")
    found = json.loads(data[8 : 8 + length])["__metadata__"]
    ((kind, features),) = load(data).items()
    if found != _metadata(key, kind, features):
        raise ValueError("it does not hold what its digest or its name says")
    return features.numpy() if kind == "array" else features


def _metadata(key: str, kind: str, features: Tensor) -> dict[str, str]:
    """Return a file's metadata, by which any changed bit is noticed."""
    head = f"{key} {kind} {features.dtype} {tuple(features.shape)} "
    digest = hashlib.sha256(head.encode())
    digest.update(_bytes(features))
    return {"key": key, "sha256": digest.hexdigest()}


def _bytes(values: AnyArray | Tensor) -> memoryview:
    """View values as bytes; numpy may lack a tensor's type."""
    if isinstance(values, Tensor):
        values = values.cpu().contiguous().flatten().view(torch.uint8).numpy()
    return np.ascontiguousarray(values).data
