"""A backbone that computes each image only once it may, and a batch for it."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Semaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.backbone import TextureBackbone

ENOUGH = 10**6


def red_squares(count: int = 20, side: int = 32) -> list[NDArray]:
    """Grey noise; on every image but each third there is a red square."""
    rng = np.random.default_rng(0)
    images = [rng.integers(90, 120, (side, side, 3), np.uint8) for _ in range(count)]
    for number, image in enumerate(images):
        if number % 3 != 1:
            image[8:20, 8 + number % 5 : 20 + number % 5] = (200, 30, 30)
    return images


def grey_squares(count: int, side: int = 48) -> list[NDArray]:
    """Flat grey, but for a square that hardly differs: masks can be read off a page."""
    images = [np.full((side, side, 3), 128, np.uint8) for _ in range(count)]
    for image in images:
        image[12:32, 12:32] += 5
    return images


class Gated:
    """Colour and texture, of one image at a time, each only once it may.

    Attributes
    ----------
    calls : int
        How many were computed, or refused.
    fails_at : int
        The call that fails.
    """

    grid = (12, 12)
    batch_size = 1
    by = "semantics"
    sees_color = True

    def __init__(self, allowed: int = 0) -> None:
        self._texture = TextureBackbone(grid=self.grid)
        self._may = Semaphore(allowed)
        self.standardizer = self._texture.standardizer
        self.calls = 0
        self.fails_at = ENOUGH

    def allow(self, count: int = ENOUGH) -> None:
        """Let so many more images be computed."""
        self._may.release(count)

    def __call__(self, images: Sequence[NDArray]) -> Any:
        assert self._may.acquire(timeout=60)
        self.calls += 1
        if self.calls >= self.fails_at:
            raise ValueError("no current any more")
        return self._texture(images)


def growing(backbone: Any, images: Any = None, **options: Any) -> NcutSegmenter:
    """Make a segmenter as soon as its first image is there."""
    options = {"num_eig": 5, "progress": False, "wait": False, **options}
    images = red_squares() if images is None else images
    return NcutSegmenter.from_images(images, backbone, **options)


CLICK = [0, 14, 14, 1]
"""On the red square of the first image."""
