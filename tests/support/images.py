"""Images that tests of images share."""

from __future__ import annotations

import numpy as np

from ncut_widget.images import load_images

RGB = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [51, 102, 153]]], np.uint8)

WIDE = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)


def only(images: object) -> np.ndarray:
    (image,) = load_images(images)
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert image.flags.c_contiguous
    return image
