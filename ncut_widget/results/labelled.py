"""Segments of a batch for tables and files, with how they were made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.core.arrays import Labels
from ncut_widget.core.progress import go_through
from ncut_widget.images import Images, RGBImage
from ncut_widget.results.labels import full_label_maps
from ncut_widget.results.names import unique_names
from ncut_widget.segments.palette import as_rgb
from ncut_widget.segments.provenance import describe_segment, image_names
from ncut_widget.segments.record import SegmentState


@dataclass(frozen=True)
class Labelled:
    """Segments of a batch, at one moment.

    Attributes
    ----------
    segments : tuple of SegmentState
        The segments to export, in the segmenter's order.
    numbers : tuple of int
        The number of each in the segmenter's label maps; it does not depend on which
        segments are exported.
    folders : tuple of str
        Unique name of each for its files or folder; it does not depend on which
        segments are exported.
    images : Images or None
    sizes : sequence of (int, int)
        ``(h, w)`` of every image of the batch.
    chosen : sequence of int
        The images to export.
    made : dict
        How eigenvectors and masks were made, to be written to files.
    fingerprint : callable
        Returns the fingerprint of images and eigenvectors; see `fingerprint`.
    progress : bool
        Whether to show progress bars.
    """

    segments: tuple[SegmentState, ...]
    numbers: tuple[int, ...]
    folders: tuple[str, ...]
    images: Images | None
    sizes: Sequence[tuple[int, int]]
    chosen: Sequence[int]
    made: dict[str, Any]
    fingerprint: Callable[[], dict[str, Any]]
    progress: bool = True

    def require_segments(self) -> None:
        """Raise ValueError if there are no segments: an empty file helps nobody."""
        if not self.segments:
            raise ValueError(
                "there are no segments yet: click something, and call "
                "seg.commit('name')"
            )

    @property
    def numbered(self) -> Iterator[tuple[int, SegmentState]]:
        """Go through the segments, each with its number."""
        return zip(self.numbers, self.segments, strict=True)

    @cached_property
    def files(self) -> list[str]:
        """Name the images: their files' names, or ``image 0`` and so on.

        Files of the same name are preceded by the folders that distinguish them.
        """
        return image_names(self.images, len(self.sizes))

    @cached_property
    def stems(self) -> list[str]:
        """Unique names for the files of each image, without suffix."""
        return unique_names(
            name.removesuffix(PurePosixPath(name).suffix) for name in self.files
        )

    def go_through(self, what: str) -> Iterator[int]:
        """Go through the images to export, with a bar."""
        yield from go_through(self.chosen, what, "image", self.progress)

    def label_map(self, image: int) -> Labels:
        """Label an image: int32, (h, w); 0 = background, else a segment's number."""
        labels: Labels = full_label_maps(self.numbered, self.sizes)[image]
        return labels

    @property
    def palette(self) -> NDArray[np.uint8]:
        """Colours of labels: uint8, (last label + 1, 3); unused labels are black."""
        palette = np.zeros((max(self.numbers) + 1, 3), dtype=np.uint8)
        for number, segment in self.numbered:
            palette[number] = as_rgb(segment.color)
        return palette

    def pixels(self, image: int) -> RGBImage | None:
        """Read an image; None if there are no pixels to read."""
        return None if self.images is None else self.images.read(image)

    def image(self, image: int) -> RGBImage:
        """Read an image, as it is shown: grey where it cannot be read.

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
        picture: RGBImage = self.images[image]
        return picture

    def provenance(self) -> dict[str, Any]:
        """Describe how the export was made; ``id`` is a digest of that."""
        images = [self.describe(each) for each in self.chosen]
        return {"id": self.id, **self._made_of, "images": images}

    def mark(self, image: int) -> str:
        """Return the mark in a file of an image: the image, and its legend's id."""
        return json.dumps({"id": self.id, "file": self.files[image], "index": image})

    @cached_property
    def id(self) -> str:
        """Digest of how the export was made.

        It covers all images of the batch, and is the same whichever are exported.
        """
        made_of = [self._made_of, self.fingerprint()["images"]]
        text = json.dumps(made_of, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    @cached_property
    def _made_of(self) -> dict[str, Any]:
        segments = [
            {"label": number, "written": folder, **describe_segment(each)}
            for (number, each), folder in zip(self.numbered, self.folders, strict=True)
        ]
        ways = self.fingerprint()["ways"]
        digests = {by: each["digest"] for by, each in ways.items()}
        eigvecs = next(iter(digests.values())) if len(digests) == 1 else digests
        return {**self.made, "eigvecs": eigvecs, "segments": segments}

    def describe(self, image: int) -> dict[str, Any]:
        """Describe an image: its index in the batch, and the name of its files."""
        described = self.fingerprint()["images"][image]
        return {"index": image, "written": self.stems[image], **described}


def as_uint16(labels: Labels) -> NDArray[np.uint16]:
    """Return labels as uint16; raise ValueError if one is too large."""
    if labels.size and labels.max() > np.iinfo(np.uint16).max:
        raise ValueError("16 bits hold 65535 segments, and there are more")
    return labels.astype(np.uint16)
