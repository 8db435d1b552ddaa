"""Drop the small connected components of masks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ncut_widget.core.arrays import Indices, Labels, Mask


def denoise_mask(
    masks: ArrayLike, area_th: float = 3, kept: Sequence[tuple[int, ...]] = ()
) -> Mask:
    """Drop the small connected components of each mask.

    Parameters
    ----------
    masks : array_like of bool, shape (H, W) or (B, H, W)
    area_th : float, at least 0
        8-connected components with fewer latent pixels than this are dropped.
    kept : sequence of tuples of int
        Indices of latent pixels whose components are kept even if they are small.

    Returns
    -------
    ndarray of bool, shape of ``masks``

    Examples
    --------
    >>> mask = [[1, 1, 0, 0], [0, 0, 0, 1]]
    >>> denoise_mask(mask, area_th=2).astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 0, 0]]
    >>> denoise_mask(mask, area_th=2, kept=[(1, 3)]).astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 0, 1]]
    """
    masks = np.asarray(masks, dtype=bool)
    if masks.ndim not in (2, 3):
        raise ValueError(
            f"masks must have shape (H, W) or (B, H, W), got {masks.shape}"
        )
    if area_th <= 1:
        return masks.copy()
    height, width = masks.shape[-2:]
    stride = width + 2
    # One line of pixels for the whole batch, with a gap after every row and image.
    padded = np.zeros((masks.size // (height * width), height + 1, stride), dtype=bool)
    padded[:, :height, 1:-1] = masks.reshape(-1, height, width)
    line = padded.ravel()
    edges = np.flatnonzero(line[1:] != line[:-1]) + 1
    starts, stops = edges[::2], edges[1::2]
    component = _components(starts, stops, stride)
    large = np.bincount(component, weights=stops - starts) >= area_th
    for index in kept:
        *image, row, col = index
        place = (sum(image) * (height + 1) + row) * stride + 1 + col
        if line[place]:
            large[component[np.searchsorted(starts, place, side="right") - 1]] = True
    small = np.flatnonzero(~large[component])
    line[_spans(starts[small], stops[small] - starts[small])] = False
    return padded[:, :height, 1:-1].reshape(masks.shape)


def _components(starts: Indices, stops: Indices, stride: int) -> Labels:
    """Numbers of the 8-connected components that runs of pixels belong to.

    Masks of things have few runs: labelling runs, not pixels, takes a third of the time
    of `scipy.ndimage.label`.
    """
    # Runs of the next row that touch this one, corners included.
    first = np.searchsorted(stops, starts + stride)
    last = np.searchsorted(starts, stops + stride, side="right")
    touching = _spans(first, last - first)
    pointers = np.concatenate([[0], np.cumsum(last - first)])
    graph = csr_array(
        (np.ones(len(touching), dtype=bool), touching, pointers),
        shape=(len(starts), len(starts)),
    )
    numbers: Labels = connected_components(graph, directed=False)[1]
    return numbers


def _spans(starts: Indices, lengths: Indices) -> Indices:
    """Concatenate ``arange(start, start + length)`` over all pairs."""
    offsets = starts - np.cumsum(lengths) + lengths
    spans: Indices = np.arange(lengths.sum()) + np.repeat(offsets, lengths)
    return spans
