"""Fingerprints: whether images and eigenvectors are those that clicks were made on."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.core.checks import shown
from ncut_widget.images import Images
from ncut_widget.images.digest import Identity
from ncut_widget.methods import Spectrum
from ncut_widget.methods.diffusion_map import diffusion_weights
from ncut_widget.segments.provenance import describe_image, image_names

PROBES = 16
"""Number of cells whose cosines represent all eigenvectors."""

GRANULARITY = 5.5

TOLERANCE = 0.02
"""Largest difference of a cosine, an eigenvalue or a weight: eigenvectors of another
machine are within it, those of another batch are not."""


def describe_images(
    images: Images | None, sizes: Sequence[tuple[int, int]]
) -> list[dict[str, Any]]:
    """Describe images as they were first read: their files may be gone now."""
    names = image_names(images, len(sizes))
    none = [Identity("none")] * len(sizes)
    identities = none if images is None else images.identities
    return [
        {**describe_image(name, size), **identity._asdict()}
        for name, size, identity in zip(names, sizes, identities, strict=True)
    ]


def differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """List how two fingerprints differ; empty if clicks mean the same.

    Parameters
    ----------
    then, now : dict
        ``images`` as of `describe_images`, and ``ways``, a dict of `describe_eigvecs`;
        older files have ``eigvecs`` of one way, which they do not name. ``now`` may
        have ``num_eig`` instead, while there are no eigenvectors yet.
    """
    images, others = now["images"], then["images"]
    found = []
    if len(images) != len(others):
        found.append(f"there are {len(images)} images, and were {len(others)}")
    places = find_images(others, images)
    for number, place in enumerate(places):
        if place is not None:
            one = images[place]
            moved = "" if place == number else f"was image {number}"
            differs = moved or _differs(one, others[number])
            if differs:
                found.append(f"image {place}, {shown(one['file'])}, {differs}")
    before = eigvecs_told(then)
    if "ways" not in now:
        count = next(iter(before.values()))["shape"][-1]
        if count != now["num_eig"]:
            found.append(
                f"{now['num_eig']} eigenvectors are asked for, and there were "
                f"{shown(count)}"
            )
        return found
    in_place = places == [*range(len(images))]
    for by, eigvecs in before.items():
        found += _differ(eigvecs, now["ways"], by, in_place)
    return found


def eigvecs_told(fingerprint: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    """Return the eigenvectors of a fingerprint by way; None: the way is not known."""
    ways = fingerprint.get("ways")
    if isinstance(ways, dict) and ways:
        return ways
    return {None: fingerprint["eigvecs"]}


def way_of(
    eigvecs: dict[str, Any], ways: dict[str, Any], instead: str | None = None
) -> str:
    """Find the way that eigenvectors are of; if of none, `instead` or the first one."""
    same = (by for by in ways if not _compare(ways[by], eigvecs, True))
    return next(same, instead if instead in ways else next(iter(ways)))


def _differ(
    eigvecs: dict[str, Any], ways: dict[str, Any], by: str | None, in_place: bool
) -> list[str]:
    """List how eigenvectors differ from those of their way."""
    # Of a batch with one way it does not matter what that is called.
    if len(ways) == 1:
        by = next(iter(ways))
    elif by is None:
        by = way_of(eigvecs, ways)
    if by not in ways:
        return [f"masks in it were made by {shown(by)}, which is not known here"]
    return _compare(ways[by], eigvecs, in_place)


def _compare(
    eigvecs: dict[str, Any], before: dict[str, Any], in_place: bool
) -> list[str]:
    """List how eigenvectors differ; if images have moved, by eigenvalues alone."""
    if eigvecs["shape"] != before["shape"]:
        return [
            f"eigvecs have shape {tuple(eigvecs['shape'])}, and had "
            f"{shown(tuple(before['shape']))}"
        ]
    if "eigvals" in before and not _weigh_alike(eigvecs["eigvals"], before["eigvals"]):
        return ["eigvals differ (another graph, or none?)"]
    # Files without eigenvalues are older: their cosines are weighted by them.
    if in_place and (eigvecs["digest"] != before["digest"] or "eigvals" not in before):
        pairs = zip(eigvecs["cosines"], before["cosines"], strict=True)
        away = [abs(a - b) for a, b in pairs]
        if not all(each <= TOLERANCE for each in away):  # NaN is not
            return [
                f"eigvecs differ: cosines between them by up to {max(away):.2f} "
                "(other features, or another num_eig or graph?)"
            ]
    return []


def _weigh_alike(now: list[float] | None, then: list[float] | None) -> bool:
    """Whether two sets of eigenvalues give eigenvectors the same weights."""
    if now is None or then is None:
        return now is then
    one, other = (
        np.concatenate([eigvals, _weights(np.array(eigvals), (len(eigvals) - 1) / 2)])
        for eigvals in (now, then)
    )
    return one.shape == other.shape and bool((abs(one - other) <= TOLERANCE).all())


def _weights(eigvals: Floats | Doubles, most: float) -> Doubles:
    """Weights of the eigenvectors, with at most ``most`` of them in effect."""
    return diffusion_weights(eigvals, max(min(GRANULARITY, most), 1))


def _differs(now: dict[str, Any], then: dict[str, Any]) -> str:
    """Say how an image differs; empty if it does not, or if nobody knows."""
    missing = [each["kind"] == "missing" for each in (now, then)]
    if any(missing):
        if all(missing):
            return ""
        return "cannot be read now" if missing[0] else "could not be read then"
    if (now["height"], now["width"]) != (then["height"], then["width"]):
        return (
            f"has {now['width']} x {now['height']} pixels, and {shown(then['file'])} "
            f"had {shown(then['width'])} x {shown(then['height'])}"
        )
    if now["kind"] == then["kind"] and not _alike(now, then):
        return f"differs from the saved {shown(then['file'])}"
    return ""


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether the digests of two images are equal: whole ones, if both have them."""
    by = "whole" if one.get("whole") and other.get("whole") else "digest"
    return bool(one[by] == other[by])


def find_images(then: Sequence[Any], now: Sequence[Any]) -> list[int | None]:
    """Find the images of a fingerprint in another one.

    Returns
    -------
    list of int or None
        For each image of ``then`` its index in ``now``: that of the same file or
        pixels, at any place; else the same index, if no other image has it; else None.
    """

    def known(image: dict[str, Any]) -> tuple[Any, ...]:
        return tuple(image[name] for name in ("kind", "height", "width", "digest"))

    places = defaultdict(list)
    for number, image in enumerate(now):
        places[known(image)].append(number)
    found: list[int | None] = [None] * len(then)
    for number, image in enumerate(then):
        left = places[known(image)] if image["digest"] else []
        same = [place for place in left if _alike(now[place], image)]
        if same:
            found[number] = place = number if number in same else same[0]
            left.remove(place)
    taken = set(found)
    return [
        number if each is None and number < len(now) and number not in taken else each
        for number, each in enumerate(found)
    ]


def describe_eigvecs(spectrum: Spectrum) -> dict[str, Any]:
    """Describe eigenvectors in a few kilobytes.

    Returns
    -------
    dict
        Shape, digest, eigenvalues, and cosines between some cells. Signs and rotations
        within an eigenspace do not change the cosines; another machine hardly does.
    """
    store, _, eigvals, *_ = spectrum
    digest = hashlib.blake2b(digest_size=16)
    for image in range(store.shape[0]):
        digest.update(np.ascontiguousarray(store.image(image)).data)
    count = store.shape[0] * store.cells
    places = np.unique(np.linspace(0, count - 1, PROBES).astype(int))
    with torch.inference_mode():
        rows = store.at(places // store.cells, places % store.cells, store.shape[3])
    probes = rows.cpu().numpy().astype(np.float64)
    if eigvals is not None:
        probes = probes * _weights(eigvals, store.shape[3] - 1)
    norms = np.linalg.norm(probes, axis=1, keepdims=True)
    probes = probes / np.where(norms > 0, norms, 1)
    cosines = (probes @ probes.T)[np.triu_indices(len(probes), 1)]
    return {
        "shape": list(store.shape),
        "digest": digest.hexdigest(),
        "eigvals": None if eigvals is None else eigvals.tolist(),
        "cosines": np.round(cosines, 4).tolist(),
    }
