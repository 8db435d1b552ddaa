"""The automatic threshold: where the normalized cut of a field is smallest."""

from __future__ import annotations

import numpy as np
import torch

from ncut_widget.core.arrays import Doubles, Floats
from ncut_widget.eigvecs.store import Store

LEVELS = np.linspace(0.3, 0.75, 46)
"""Thresholds that are compared. Beyond them smaller cuts often give worse masks."""

SHARES = 0.003, 0.7
"""Least and largest share of the batch's volume that a mask may have."""

_EQUAL = 1e-6


def normalized_cuts(
    values: Floats, store: Store, eigvals: Floats | Doubles
) -> tuple[Doubles, Doubles]:
    """Return the normalized cut [1]_ of the cells above each of `LEVELS`.

    Parameters
    ----------
    values : ndarray of float32, shape (B, H, W)
        The field that is cut.
    store : Store
        Eigenvectors of the graph, of one length over the batch; the first is the
        trivial one.
    eigvals : ndarray of float, shape (K,)

    Returns
    -------
    cuts : ndarray of float64, shape (46,)
        ``cut / vol(above) + cut / vol(below)``, infinite where one of them is empty.
    shares : ndarray of float64, shape (46,)
        Share of the batch's volume above each threshold.

    Notes
    -----
    The root of the degrees is the trivial eigenvector u. The association of cells S is
    ``sum_k lambda_k (sum_S u v_k)**2``, and their volume ``sum_S u**2``: all levels
    follow from one histogram of these products, in O(N K). If the vectors have another
    length than 1, both are divided by its powers.

    References
    ----------
    .. [1] J. Shi and J. Malik, "Normalized cuts and image segmentation", IEEE TPAMI
       22(8), 2000.
    """
    levels = LEVELS.astype(np.float32)
    sums = torch.zeros(len(levels) + 1, store.shape[3], dtype=torch.float64)
    for image, field in enumerate(values):
        below = np.searchsorted(levels, field.ravel())
        wide = store.read(slice(image, image + 1))[0].cpu().double()
        sums.index_add_(0, torch.from_numpy(below), (wide * wide[0]).T)
    # Cells above a level include those above the next one.
    above = sums.numpy()[::-1].cumsum(0)[::-1][1:]
    total = max(float(sums[:, 0].sum()), np.finfo(float).tiny)
    shares = above[:, 0] / total
    association = np.square(above) @ eigvals / total**2
    cut = np.maximum(shares - association, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        cuts = cut / shares + cut / (1 - shares)
    return np.where((shares > 0) & (shares < 1), cuts, np.inf), shares


def best_threshold(
    values: Floats, store: Store, eigvals: Floats | Doubles
) -> float | None:
    """Find the threshold of smallest normalized cut; None where no mask is in `SHARES`.

    Of neighbouring thresholds that are as good it takes the middle one. Parameters are
    those of `normalized_cuts`.
    """
    with torch.inference_mode():
        cuts, shares = normalized_cuts(values, store, eigvals)
    allowed = (shares >= SHARES[0]) & (shares <= SHARES[1]) & np.isfinite(cuts)
    if not allowed.any():
        return None
    cuts = np.where(allowed, cuts, np.inf)
    first = int(cuts.argmin())
    good = cuts[first:] <= cuts[first] + _EQUAL
    last = first + int(np.append(good, False).argmin()) - 1
    return round(float(LEVELS[(first + last) // 2]), 2)
