"""Images that tests of images share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget.images import Images, load_images

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [51, 102, 153]]], np.uint8)

WIDE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)

BLUE, RED = (30, 60, 200), (220, 40, 30)


def only(images: object) -> np.ndarray:
    (image,) = load_images(images)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.flags.c_contiguous
    return image


def scene(height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """Draw a red box on blue ground."""
    image = np.zeros((height, width, 3), np.uint8)
    image[...] = BLUE
    image[height // 4 : height // 2, width // 4 : width // 2] = RED
    return image


def sized(images: Any, **how: Any) -> NDArray[np.uint8]:
    """Read one image, whose size was known before."""
    lazy = Images(images, **how)
    (image,) = lazy
    assert lazy.sizes == [image.shape[:2]]
    return image
