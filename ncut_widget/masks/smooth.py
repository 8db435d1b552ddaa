"""Masks at an image's own size, with smooth edges.

Between the centres of the latent pixels the similarity is interpolated, so the edge of
a mask runs where the similarity crosses the cut and not along latent pixels.
``js/src/maths/smooth.js`` and ``margins.js`` are the same, operation by operation, so
the page shows exactly these pixels.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from ncut_widget.core.arrays import Doubles, Floats, Indices, Mask
from ncut_widget.masks.coordinates import interpolation

Kind = TypeVar("Kind", bound=np.generic)

OFF, ON, MIXED = range(3)
"""State of all pixels of a quad, between four centres of latent pixels."""

LEAST = np.float32(0.25)
"""Where a mask or a hole in it is one latent pixel wide, its margin is at least this
share of the largest margin beside it. This keeps the edge a fifth of the way to the
next centre away: a margin of nearly 0 would leave a hairline.
"""


class CutMap(NamedTuple):
    """One click's part in a mask.

    Attributes
    ----------
    similarity : ndarray of float32, shape (..., H, W)
    cut : numpy.float32
        Similarity above which the click selects a pixel.
    """

    similarity: Floats
    cut: np.float32


class CutMaps(NamedTuple):
    """Parts of a mask: the OR of the positives, minus the OR of the negatives.

    Attributes
    ----------
    positives, negatives : list of CutMap
    """

    positives: list[CutMap]
    negatives: list[CutMap]


def smooth_mask(latent: Mask, cut_maps: CutMaps, size: tuple[int, int]) -> Mask:
    """Mask of one image at its own size.

    Parameters
    ----------
    latent : ndarray of bool, shape (H, W)
        The image's mask on the latent grid, denoised or not.
    cut_maps : CutMaps
        Similarities of shape (H, W).
    size : (int, int)
        ``(h, w)`` of the image, in pixels.

    Returns
    -------
    ndarray of bool, shape (h, w)
        Where the interpolated `margins` are above 0. On the latent grid itself,
        ``size == (H, W)``, it is ``latent``.

    Examples
    --------
    >>> similarity = np.array([[0, 0], [0, 1]], dtype=np.float32)
    >>> cut_map = CutMap(similarity, np.float32(0.3))
    >>> smooth_mask(similarity > 0.3, CutMaps([cut_map], []), (4, 4)).astype(int)
    array([[0, 0, 0, 0],
           [0, 0, 0, 0],
           [0, 0, 1, 1],
           [0, 0, 1, 1]])
    """
    (top, bottom, down), (left, right, across) = (
        interpolation(pixels, cells)
        for pixels, cells in zip(size, latent.shape, strict=True)
    )
    pixels = _quads(latent)[top][:, left]
    mask: Mask = pixels == ON
    rows, cols = np.nonzero(pixels == MIXED)
    values = margins(latent, cut_maps)

    def line(row: Indices) -> Doubles:
        start = values[row, left[cols]].astype(np.float64)
        stop = values[row, right[cols]]
        return start + across[cols] * (stop - start)

    start, stop = line(top[rows]), line(bottom[rows])
    mask[rows, cols] = start + down[rows] * (stop - start) > 0
    return mask


def margins(latent: Mask, cut_maps: CutMaps) -> Floats:
    """Compute how far every latent pixel is inside or outside of a mask.

    Parameters
    ----------
    latent : ndarray of bool, shape (H, W)
    cut_maps : CutMaps
        Similarities of shape (H, W).

    Returns
    -------
    ndarray of float32, shape (H, W)
        Distance of the similarity from the deciding cut: above 0 inside ``latent``,
        below 0 outside, also where denoise has dropped pixels above the cut.

    Notes
    -----
    Where the mask or a hole is one latent pixel wide, margins are raised so that it
    shows at the image's size (`LEAST`). Without that, latent pixels hardly above the
    cut would become specks, and a row of them a hairline.
    """
    size = np.zeros(latent.shape, np.float32)
    if cut_maps.positives:
        values = np.max([each.similarity - each.cut for each in cut_maps.positives], 0)
        for similarity, cut in cut_maps.negatives:
            values = np.minimum(values, cut - similarity)
        size = np.abs(values, dtype=np.float32)
    size = np.maximum(size, np.finfo(np.float32).tiny)
    beside = np.pad(latent, 1, mode="edge")
    opposite = {step: _at(beside, step) != latent for step in _STEPS}
    thin = np.zeros_like(latent)
    for down, right in _STEPS[:4]:
        thin |= opposite[down, right] & opposite[-down, -right]
    for _ in range(2):  # a raised margin may raise its neighbours in turn
        if not thin.any():
            break
        around = np.pad(size, 1, mode="edge")
        for step in _SIDES:
            least = np.where(thin & opposite[step], LEAST * _at(around, step), 0)
            size = np.maximum(size, least)
    return np.where(latent, size, -size)


_SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1), (0, -1), (-1, 0), (-1, -1), (-1, 1))
"""Neighbours of a latent pixel as (rows down, columns right): four, then the four
opposite to these."""


def _at(padded: NDArray[Kind], step: tuple[int, int]) -> NDArray[Kind]:
    """Return the neighbour of each latent pixel; the padding repeats edge pixels."""
    (down, right), (rows, cols) = step, padded.shape
    return padded[1 + down : rows - 1 + down, 1 + right : cols - 1 + right]


def _quads(latent: Mask) -> NDArray[np.uint8]:
    """Mark quads as all inside, all outside or mixed.

    The quad of a latent pixel is bounded by its centre and those of its neighbours
    right, below, and right below.
    """
    padded = np.pad(latent, 1, mode="edge")
    corners = [latent, *(_at(padded, step) for step in ((0, 1), (1, 0), (1, 1)))]
    every, some = np.all(corners, axis=0), np.any(corners, axis=0)
    return np.where(every, ON, np.where(some, MIXED, OFF)).astype(np.uint8)
