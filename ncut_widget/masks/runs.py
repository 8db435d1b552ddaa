"""Masks and label maps as runs of pixels along their rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ncut_widget.core.arrays import AnyArray


def to_runs(labels: AnyArray) -> NDArray[np.uint32]:
    """Find the runs of equal labels.

    Parameters
    ----------
    labels : ndarray of bool or int, shape (h, w)
        0 = background.

    Returns
    -------
    ndarray of uint32, shape (3, n)
        Of each run: index of its first pixel and of the pixel after its last, in the
        flattened array, and its label. A run ends where its row ends.

    Examples
    --------
    >>> to_runs(np.array([[0, 1, 1], [2, 1, 0]])).tolist()
    [[1, 3, 4], [3, 4, 5], [1, 2, 1]]
    """
    height, width = labels.shape
    # A gap after every row, so that no run goes on in the next row.
    line = np.zeros((height, width + 1), dtype=np.uint32)
    line[:, :width] = labels
    line = line.ravel()
    edges = np.flatnonzero(line[1:] != line[:-1]) + 1
    if line.size and line[0]:
        edges = np.concatenate([[0], edges])
    labelled = np.flatnonzero(line[edges])
    starts, stops = edges[labelled], edges[labelled + 1]
    gaps = starts // (width + 1)
    return np.stack([starts - gaps, stops - gaps, line[starts]]).astype(np.uint32)
