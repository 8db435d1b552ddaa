"""What tells whether images and eigenvectors are those that clicks were made on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ncut_widget.export.labelled import describe_image, image_names
from ncut_widget.images import Images
from ncut_widget.masker import Masker
from ncut_widget.masks.diffusion import diffusion_weights

CHUNK = 2**16
"""Bytes at the beginning, in the middle and at the end of an image that are looked at:
a thousand photographs are not read whole."""

PROBES = 16
"""Cells whose likeness to each other stands for all eigenvectors."""

GRANULARITY = 5.5

TOLERANCE = 0.02
"""Of a cosine: another machine's eigenvectors are as near, another batch's are not."""


def fingerprint(masker: Masker, images: Images | None) -> dict[str, Any]:
    """Describe what clicks are made on, in a few kilobytes.

    Returns
    -------
    dict
        ``images``: name, size and digest of each. ``eigvecs``: shape, digest, and
        cosines between some cells, which neither signs nor rotations within an
        eigenspace change, and other machines hardly.
    """
    names = image_names(images, len(masker.sizes))
    paths = [] if images is None else images.paths
    described = [
        {**describe_image(name, size), **_digest(images, paths, number)}
        for number, (name, size) in enumerate(zip(names, masker.sizes, strict=True))
    ]
    return {"images": described, "eigvecs": _describe_eigvecs(masker)}


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say in what two fingerprints differ; nothing where clicks mean the same."""
    found = []
    images, others = now["images"], then["images"]
    if len(images) != len(others):
        found.append(f"there are {len(images)} images, and were {len(others)}")
    for number, (one, other) in enumerate(zip(images, others, strict=False)):
        if (one["height"], one["width"]) != (other["height"], other["width"]):
            found.append(
                f"image {number}, {one['file']!r}, has {one['width']} x "
                f"{one['height']} pixels, and {other['file']!r} had "
                f"{other['width']} x {other['height']}"
            )
        elif one["kind"] == other["kind"] and one["digest"] != other["digest"]:
            found.append(
                f"image {number}, {one['file']!r}, is another one than was "
                f"{other['file']!r}"
            )
    eigvecs, before = now["eigvecs"], then["eigvecs"]
    if eigvecs["shape"] != before["shape"]:
        found.append(
            f"eigvecs have shape {tuple(eigvecs['shape'])}, and had "
            f"{tuple(before['shape'])}"
        )
    elif eigvecs["digest"] != before["digest"]:
        pairs = zip(eigvecs["cosines"], before["cosines"], strict=True)
        away = max((abs(a - b) for a, b in pairs), default=0.0)
        if away > TOLERANCE:
            found.append(
                f"eigvecs differ: cosines between them by up to {away:.2f} "
                f"(other features, or another num_eig or graph?)"
            )
    return found


def _digest(
    images: Images | None, paths: Sequence[Path | None], number: int
) -> dict[str, str]:
    if images is None:
        return {"kind": "none", "digest": ""}
    path = paths[number]
    if path is not None:
        return {"kind": "file", "digest": _digest_file(path)}
    data = images[number].reshape(-1)
    return {"kind": "pixels", "digest": _digest_parts(data.size, _parts_of(data))}


def _parts_of(data: Any) -> Callable[[int, int], bytes]:
    return lambda start, stop: data[start:stop].tobytes()


def _digest_file(path: Path) -> str:
    with path.open("rb") as file:

        def read(start: int, stop: int) -> bytes:
            file.seek(start)
            return file.read(stop - start)

        return _digest_parts(path.stat().st_size, read)


def _digest_parts(size: int, read: Callable[[int, int], bytes]) -> str:
    digest = hashlib.blake2b(str(size).encode(), digest_size=16)
    starts: Sequence[int] = (0, (size - CHUNK) // 2, size - CHUNK)
    for start in sorted({max(start, 0) for start in starts}):
        digest.update(read(start, min(start + CHUNK, size)))
    return digest.hexdigest()


def _describe_eigvecs(masker: Masker) -> dict[str, Any]:
    tensor = masker.eigvecs.tensor.cpu().numpy()
    digest = hashlib.blake2b(digest_size=16)
    for image in tensor:  # one by one: all of them may lie otherwise in memory
        digest.update(np.ascontiguousarray(image).data)
    count = math.prod(tensor.shape[:3])
    places = np.unique(np.linspace(0, count - 1, PROBES).astype(int))
    probes = tensor[np.unravel_index(places, tensor.shape[:3])].astype(np.float64)
    if masker.eigvals is not None:
        granularity = max(min(GRANULARITY, tensor.shape[-1] - 1), 1)
        probes = probes * diffusion_weights(masker.eigvals, granularity)
    norms = np.linalg.norm(probes, axis=1, keepdims=True)
    probes = probes / np.where(norms > 0, norms, 1)
    cosines = (probes @ probes.T)[np.triu_indices(len(probes), 1)]
    return {
        "shape": list(tensor.shape),
        "digest": digest.hexdigest(),
        "cosines": np.round(cosines, 4).tolist(),
    }
