"""How masks were made, for files: images, segments and software."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ncut_widget.images import Images
from ncut_widget.images.names import distinct_names
from ncut_widget.segments.record import SegmentState

PACKAGES = ("ncut_widget", "torch", "numpy", "scikit-image")


def image_names(images: Images | None, count: int) -> list[str]:
    """Name images by their files, or by their numbers."""
    return distinct_names([None] * count) if images is None else images.names


def describe_image(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """Name an image and its size."""
    return {"file": name, "height": size[0], "width": size[1]}


def describe_segment(segment: SegmentState) -> dict[str, Any]:
    """Describe a segment and its recipe."""
    return {
        "name": segment.name,
        "color": segment.color,
        "visible": segment.visible,
        "instances": segment.instances,
        "clicks": [prompt.tell() for prompt in segment.prompts],
        "settings": segment.recipe.described(),
    }


def software(*more: str) -> dict[str, str]:
    """List versions that masks may depend on; of more packages if installed."""
    versions = {"python": platform.python_version()}
    for package in dict.fromkeys((*PACKAGES, *more)):
        known = _version(package)
        if known or package in PACKAGES:
            versions[package] = known or "unknown"
    return versions


@cache
def _version(package: str) -> str:
    """Read a package's version, once: its metadata take milliseconds to parse."""
    try:
        return version(package)
    except PackageNotFoundError:  # files alone, without an installation
        return ""
