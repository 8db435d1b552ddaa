"""From a similarity to its mask: gamma and threshold make one cut.

Every step after the similarity ``c`` is monotone in ``c``, so a mask is one comparison
``c > cut(gamma, threshold)``. The cut follows from a few numbers that are computed from
``c`` once per click (`SimilarityStatistics`), so moving a slider does not read the
eigenvectors again. Only this module applies gamma in Python;
``js/src/maths/cut.js`` is the same, operation by operation.

The masks are those of ``get_mask`` in ncut-pytorch 1.5 to 1.8 (its "segmentation
application" tutorial).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ncut_widget.core.arrays import Floats, Mask
from ncut_widget.masks.statistics import (
    QUANTILES,
    TIE,
    SimilarityStatistics,
    ranks,
    similarity_statistics,
)


def cut(
    statistics: SimilarityStatistics, threshold: float = 0.5, gamma: float = 1.0
) -> np.float32:
    """Similarity above which a pixel belongs to the mask.

    Parameters
    ----------
    statistics : SimilarityStatistics
    threshold : float, 0 to 1
        Level of the heatmap; higher means a smaller mask.
    gamma : float, above 0
        Exponent of the heatmap; higher means a smaller mask.

    Returns
    -------
    numpy.float32
        ``similarity > cut`` is the mask; infinite where the similarity is constant,
        so that the mask is empty. Rounded to the similarity's own precision, so that
        kernel and browser compare with the same number.
    """
    if statistics.constant:
        return np.float32(np.inf)
    if statistics.tied:
        return np.float32(statistics.high[1] + TIE)
    slope, zero, one = _log_scale(statistics, gamma)
    return np.float32(statistics.mean + _log_mix(zero, one, threshold) / slope)


def heatmap(
    similarity: ArrayLike,
    gamma: float = 1.0,
    statistics: SimilarityStatistics | None = None,
) -> Floats:
    """Standardise a similarity, apply gamma, and scale to about [0, 1].

    Parameters
    ----------
    similarity : array_like of float32, shape (...)
        As from `cosine_similarity`, over the whole batch.
    gamma : float, above 0
        ``exp(-gamma z)`` with ``z`` the standardised cosine distance.
    statistics : SimilarityStatistics, optional
        Those of the whole batch, if ``similarity`` is only a part of it.

    Returns
    -------
    ndarray of float32, shape (...)
        0 and 1 are the 1 % and 99 % quantiles, so single values lie outside; all 0
        where the similarity is constant.
    """
    similarity = np.asarray(similarity, dtype=np.float32)
    statistics = statistics or similarity_statistics(similarity)
    if statistics.constant:
        return np.zeros_like(similarity)
    slope, zero, one = _log_scale(statistics, gamma)
    if statistics.tied or zero == one:
        return (similarity > cut(statistics, gamma=gamma)).astype(np.float32)
    exponent = (similarity - np.float64(statistics.mean)) * slope - one
    floor = math.exp(zero - one)
    heat = (np.exp(np.minimum(exponent, 700.0)) - floor) / (1 - floor)
    return np.minimum(heat, np.finfo(np.float32).max).astype(np.float32)


def threshold_mask(
    similarity: ArrayLike,
    threshold: float = 0.5,
    gamma: float = 1.0,
    statistics: SimilarityStatistics | None = None,
) -> Mask:
    """Mask of a similarity: ``heatmap(similarity, gamma) > threshold``.

    Works by one comparison of the similarity with `cut`; no heatmap is computed.

    Parameters
    ----------
    similarity : array_like of float32, shape (...)
        As from `cosine_similarity`, over the whole batch.
    threshold : float, 0 to 1
        Level of the heatmap; higher means a smaller mask.
    gamma : float, above 0
        Exponent of the heatmap; higher means a smaller mask.
    statistics : SimilarityStatistics, optional
        Those of the whole batch, if ``similarity`` is only a part of it.

    Returns
    -------
    ndarray of bool, shape (...)

    Examples
    --------
    >>> threshold_mask([0.9, 0.8, 0.1, 0.0]).tolist()
    [True, True, False, False]
    """
    similarity = np.asarray(similarity, dtype=np.float32)
    statistics = statistics or similarity_statistics(similarity)
    return similarity > cut(statistics, threshold, gamma)


def _log_scale(
    statistics: SimilarityStatistics, gamma: float
) -> tuple[float, float, float]:
    """Slope of ``log h = slope (c - mean)``, and ``log h`` at the two quantiles.

    All values are logarithms, so that no gamma overflows or underflows.
    """
    slope = gamma / statistics.std

    def log_quantile(q: float, pair: tuple[float, float]) -> float:
        below, above = (slope * (value - statistics.mean) for value in pair)
        return _log_mix(below, above, ranks(q, statistics.count)[2])

    low, high = QUANTILES
    zero = log_quantile(low, statistics.low)
    return slope, zero, log_quantile(high, statistics.high)


def _log_mix(low: float, high: float, fraction: float) -> float:
    """``log((1 - fraction) exp(low) + fraction exp(high))`` for ``low <= high``."""
    if fraction == 0:
        return low
    return high + math.log(fraction + (1 - fraction) * math.exp(low - high))
