"""Features kept on disk: one file for each image, model, layer and size."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ncut_widget.backbone.layers import Node
from ncut_widget.core.paths import as_path

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be deleted anyway
    fcntl = None  # type: ignore[assignment]

PART = re.compile(r"[0-9a-f]{64}\.\w+\.part")
"""Names of files that are being written, and of no file of anybody else."""

ABANDONED = 3600.0
"""Seconds after which a file is no longer being written, whatever its lock says."""


class FeatureCache:
    """Features of single images in a folder, as safetensors.

    Files are named by what the features depend on, so that a file that is there is the
    right one: nothing goes stale, and any number of notebooks may share the folder.
    Each holds its name and a digest, so that damage is noticed. The folder may be
    deleted at any time.

    Features can always be computed: whatever is wrong with the disk, the folder or its
    files is a warning, once, and no error.

    Parameters
    ----------
    folder : path
        Made if it is not there.
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
            self._sweep()
        except FileExistsError as error:
            raise ValueError(
                f"cache_dir must be a folder or where one can be made, got the file "
                f"{str(folder)!r}"
            ) from error
        except OSError as error:
            self._stop_writing(error)

    def keys(self, image: NDArray | Tensor, nodes: Sequence[Node | None]) -> list[Path]:
        """Name the files for nodes' features of an image, by the image's content."""
        kind = f"{self._recipe} {image.dtype} {tuple(image.shape)}"
        content = hashlib.sha256(kind.encode())
        content.update(_bytes(image))
        paths = []
        for node in nodes:
            digest = content.copy()
            digest.update(str(node).encode())
            paths.append(self.folder / f"{digest.hexdigest()}.safetensors")
        return paths

    def load(self, key: Path) -> NDArray | Tensor | None:
        """Return an image's features, or None where there is no sound file."""
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

    def save(self, key: Path, features: NDArray | Tensor) -> None:
        """Keep an image's features; where that fails, say so once and go on."""
        values = torch.as_tensor(features).contiguous()
        if not self._writes or not bool(values.isfinite().all()):
            return
        kind = "tensor" if isinstance(features, Tensor) else "array"
        metadata = _metadata(key.stem, kind, values)
        try:
            save_file(key, save({kind: values}, metadata))
        except (IsADirectoryError, FileNotFoundError) as error:
            self._warn("one", f"features cannot be kept as {key}: {error.strerror}")
        except (OSError, SafetensorError) as error:
            self._stop_writing(error)

    def _stop_writing(self, error: Exception) -> None:
        self._writes = False
        self._warn(
            "writes",
            f"features are not kept in cache_dir={str(self.folder)!r} any more: "
            f"{error}; the run goes on without: make room or make the folder "
            "writable, or give another cache_dir",
        )

    def _warn(self, kind: str, message: str) -> None:
        if kind not in self._told:
            self._told.add(kind)
            warnings.warn(message, RuntimeWarning, stacklevel=3)

    def _sweep(self) -> None:
        """Delete what writers left behind that were killed."""
        with suppress(OSError), os.scandir(self.folder) as entries:
            parts = [Path(entry) for entry in entries if PART.fullmatch(entry.name)]
            for part in parts:
                with suppress(OSError):
                    if _is_abandoned(part):
                        part.unlink()


def save_file(key: Path, data: bytes) -> None:
    """Write a file in one step for readers, and beside any number of other writers."""
    key.parent.mkdir(parents=True, exist_ok=True)
    part = key.with_name(f"{key.stem}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as file:
            _lock(file)
            file.write(data)
        part.replace(key)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _lock(file: BinaryIO) -> bool:
    """Mark a file as being written until it is closed, or its writer is gone."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held by another one, or a file system without locks
        return False
    return True


def _is_abandoned(part: Path) -> bool:
    if time.time() - part.stat().st_mtime > ABANDONED:
        return True
    with part.open("rb") as file:
        return _lock(file)


def _decode(data: bytes, key: str) -> NDArray | Tensor:
    """Read features out of a file's bytes, if they are what was written for the key."""
    length = int.from_bytes(data[:8], "little")
    if not data or 8 + length > len(data):
        raise ValueError("it is cut short")
    found = json.loads(data[8 : 8 + length])["__metadata__"]
    ((kind, features),) = load(data).items()
    if found != _metadata(key, kind, features):
        raise ValueError("it does not hold what its digest or its name says")
    return features.numpy() if kind == "array" else features


def _metadata(key: str, kind: str, features: Tensor) -> dict[str, str]:
    """Say what a file holds, so that a changed bit anywhere in it is noticed."""
    head = f"{key} {kind} {features.dtype} {tuple(features.shape)} "
    digest = hashlib.sha256(head.encode())
    digest.update(_bytes(features))
    return {"key": key, "sha256": digest.hexdigest()}


def _bytes(values: NDArray | Tensor) -> memoryview:
    """View values as bytes; a tensor's type may be one that numpy has not."""
    if isinstance(values, Tensor):
        values = values.cpu().contiguous().flatten().view(torch.uint8).numpy()
    return np.ascontiguousarray(values).data
