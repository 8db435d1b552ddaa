"""A mixed batch: discs of a few kinds, each kind on a ground of its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GRID = (16, 20)
SIZE = (64, 80)


def make_batch(
    kinds: Sequence[int], seed: int = 0
) -> tuple[NDArray[np.float32], list[NDArray[np.uint8]], list[NDArray[np.bool_]]]:
    """Make features, images, and where the disc of each image is.

    Parameters
    ----------
    kinds : sequence of int
        Of the disc on each image; images of a kind have the same ground, too.
    seed : int
        Of the noise.

    Returns
    -------
    features : ndarray of float32, shape (B, 16, 20, 24)
    images : list of ndarray of uint8, shape (64, 80, 3)
    discs : list of ndarray of bool, shape (64, 80)
    """
    features, images, discs = [], [], []
    for number, kind in enumerate(kinds):
        rng = np.random.default_rng([seed, number, kind])
        of_kind = np.random.default_rng([99, kind])
        vectors = of_kind.standard_normal((2, 24)) * 2
        colors = of_kind.integers(30, 220, (2, 3))
        middle = 32 + 6 * rng.standard_normal(), 40 + 8 * rng.standard_normal()
        rows, cols = np.ogrid[: SIZE[0], : SIZE[1]]
        disc = np.hypot(rows - middle[0], cols - middle[1]) < 16
        shares = disc.reshape(GRID[0], 4, GRID[1], 4).mean((1, 3))[..., None]
        cells = shares * vectors[0] + (1 - shares) * vectors[1]
        features.append(cells + 0.3 * rng.standard_normal(cells.shape))
        pixels = np.where(disc[..., None], *colors) + rng.normal(0, 6, (*SIZE, 3))
        images.append(pixels.clip(0, 255).astype(np.uint8))
        discs.append(disc)
    return np.array(features, np.float32), images, discs


def middle_of(mask: NDArray[np.bool_]) -> tuple[int, int]:
    """Return the (x, y) of a mask's centre."""
    rows, cols = np.nonzero(mask)
    return int(cols.mean()), int(rows.mean())


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the intersection over union."""
    either = (one | other).sum()
    return float((one & other).sum() / either) if either else 1.0
