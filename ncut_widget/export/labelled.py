"""What is exported: segments of a batch, and how they came about."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from ncut_widget.export.names import unique_names
from ncut_widget.images import Images, RGBImage
from ncut_widget.segments.label_maps import full_label_maps
from ncut_widget.segments.record import SegmentState

PACKAGES = ("ncut_widget", "torch", "numpy", "scikit-image")


@dataclass(frozen=True)
class Labelled:
    """Segments of a batch, at one moment.

    Attributes
    ----------
    segments : tuple of SegmentState
    images : Images or None
    sizes : sequence of (int, int)
        ``(h, w)`` of every image of the batch.
    chosen : sequence of int
        The images to export.
    made : dict
        How eigenvectors and masks were made, for whoever reads a file.
    progress : bool
        Whether there are progress bars.
    """

    segments: tuple[SegmentState, ...]
    images: Images | None
    sizes: Sequence[tuple[int, int]]
    chosen: Sequence[int]
    made: dict[str, Any]
    progress: bool = True

    def require_segments(self) -> None:
        """Raise ValueError if there are none: an empty file would help nobody."""
        if not self.segments:
            raise ValueError(
                "there are no segments yet: click something, and call "
                "seg.commit('name')"
            )

    @cached_property
    def files(self) -> list[str]:
        """Name the images: their files' names, or ``image 0`` and so on."""
        return image_names(self.images, len(self.sizes))

    @cached_property
    def stems(self) -> list[str]:
        """Name what is written of each image; no two alike."""
        stems = [name.rpartition(".")[0] or name for name in self.files]
        return unique_names(stems)

    def go_through(self, what: str) -> Iterator[int]:
        """Go through the images to export, with a bar."""
        yield from tqdm(
            self.chosen,
            desc=what,
            unit="image",
            delay=1,
            leave=False,
            disable=not self.progress,
        )

    def label_map(self, image: int) -> NDArray:
        """Label an image: int32, (h, w); 0 = background, 1 = the first segment."""
        return full_label_maps(self.segments, self.sizes)[image]

    def image(self, image: int) -> RGBImage:
        """Read an image, as it is shown.

        Raises
        ------
        ValueError
            If there are none.
        """
        if self.images is None:
            raise ValueError(
                "there are no images, only eigenvectors: give them, as in "
                "NcutSegmenter(eigvecs, images)"
            )
        return self.images[image]

    def provenance(self, image: int | None = None) -> dict[str, Any]:
        """Say how it came about: of an image, or of all."""
        told: dict[str, Any] = {**self.made, "segments": []}
        if image is not None:
            told["image"] = describe_image(self.files[image], self.sizes[image])
        for number, segment in enumerate(self.segments, 1):
            described = describe_segment(segment)
            told["segments"].append({"label": number, **described})
        return told


def image_names(images: Images | None, count: int) -> list[str]:
    """Name images by their files, or by their numbers."""
    paths = [None] * count if images is None else images.paths
    return [f"image {i}" if path is None else path.name for i, path in enumerate(paths)]


def describe_image(name: str, size: tuple[int, int]) -> dict[str, Any]:
    """Name an image and its size."""
    return {"file": name, "height": size[0], "width": size[1]}


def describe_segment(segment: SegmentState) -> dict[str, Any]:
    """Tell all that a segment is made of."""
    return {
        "name": segment.name,
        "color": segment.color,
        "visible": segment.visible,
        "instances": segment.instances,
        "clicks": [list(click) for click in segment.clicks],
        "settings": dict(vars(segment.settings)),
    }


def software() -> dict[str, str]:
    """Name the versions that masks may depend on."""
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # the files alone, without an installation
            versions[package] = "unknown"
    return versions


def as_uint16(labels: NDArray) -> NDArray:
    """Return labels as formats of 16 bits hold them; raise where they do not."""
    if labels.size and labels.max() > np.iinfo(np.uint16).max:
        raise ValueError("16 bits hold 65535 segments, and there are more")
    return labels.astype(np.uint16)
