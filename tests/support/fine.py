"""A batch of images of several sizes, and maps on their fine grids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from ncut_widget.masks.coordinates import fine_grid

SIZES = [(480, 640), (200, 100), (90, 90)]
EIGVALS = np.array([1.0, 0.9, 0.7, 0.5])


def make_eigvecs() -> NDArray:
    """Make eigenvectors of three images of 8 x 8 cells."""
    rng = np.random.default_rng(3)
    eigvecs = gaussian_filter(rng.standard_normal((3, 8, 8, 4)), (0, 1, 1, 0))
    eigvecs[..., 0] = 0.3
    return eigvecs.astype(np.float32)


class FineMaps:
    """Smooth maps with many parts, the same for the same image.

    Attributes
    ----------
    presence : dict of int to float
        Of images in which it is not 1.
    sizes : sequence of (int, int)
    """

    def __init__(self, sizes: Sequence[tuple[int, int]] = SIZES) -> None:
        self.presence: dict[int, float] = {}
        self.sizes = sizes
        self._made: dict[tuple[int, tuple[int, int]], NDArray] = {}

    def __getitem__(self, image: int) -> NDArray:
        """Return the map of an image: float32, on its fine grid."""
        grid = fine_grid(self.sizes[image])
        if (image, grid) not in self._made:
            noise = np.random.default_rng(image).standard_normal(grid)
            smooth = gaussian_filter(noise, 3)
            values = 0.5 + 0.3 * smooth / max(smooth.std(), 1e-9)
            self._made[image, grid] = values.astype(np.float32)
        return self._made[image, grid]

    def presence_of(self, image: int) -> float:
        """Return the presence of an image."""
        return self.presence.get(image, 1.0)
