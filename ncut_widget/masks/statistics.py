"""The few numbers that masks need of a similarity, computed once per click.

Mean and spread over the whole batch, and the order statistics around two quantiles.
``js/src/maths/statistics.js`` computes the same for previews.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ncut_widget.core.arrays import Floats, Indices
from ncut_widget.core.parallel import chunks

QUANTILES = (0.01, 0.99)
"""The heatmap's 0 and 1 are these quantiles of the transformed similarity."""

TIE = 2.0**-20
"""Similarities of up to 1 that differ by no more than this differ by rounding only."""

QUANTILE_SAMPLE = 10_000
"""Quantiles of more values than this are those of a seeded sample of this size."""

_PART = 2**14
"""Values that are squared at a time: 64 kB, in a core's cache."""


@dataclass(frozen=True)
class SimilarityStatistics:
    """Numbers of a similarity that its mask follows from at any gamma and threshold.

    Attributes
    ----------
    mean, std : float
        Mean and standard deviation (``N - 1``) over all N values.
    low, high : tuple of float
        The two order statistics around the 1 % and around the 99 % quantile.
    count : int
        Number of values the quantiles were taken from, at most 10 000.
    """

    mean: float
    std: float
    low: tuple[float, float]
    high: tuple[float, float]
    count: int

    @property
    def constant(self) -> bool:
        """Whether no pixels can be distinguished: the spread is zero or not finite."""
        return not (self.std > 0 and math.isfinite(self.mean + self.std))

    @property
    def tied(self) -> bool:
        """Whether both quantiles are the same value, up to rounding.

        Then more than 98 % of the pixels are uniform background; any similar thing lies
        above it.
        """
        return self.high[1] - self.low[0] <= TIE


def similarity_statistics(similarity: Floats) -> SimilarityStatistics:
    """Compute the numbers of a similarity that its masks need.

    Parameters
    ----------
    similarity : ndarray of float32, shape (...)
        Over the whole batch, as all images share one cut.

    Returns
    -------
    SimilarityStatistics

    Notes
    -----
    Above 10 000 values the order statistics are those of
    ``numpy.random.RandomState(0).choice(N, 10_000, replace=False)``, the sample of
    ncut-pytorch 1.8's ``quantile_min_max``, so that the masks are the same.
    """
    values = np.asarray(similarity).ravel()
    if values.size == 0:
        raise ValueError("similarity must hold at least one value, got none")
    mean = float(values.mean(dtype=np.float64))
    std = math.sqrt(_squares(values, mean) / max(values.size - 1, 1))
    values = values[quantile_sample(values.size)]
    low, high = order_statistics(values)
    return SimilarityStatistics(
        mean, significant_std(mean, std), low, high, values.size
    )


def _squares(values: Floats, mean: float) -> float:
    """Sum the squared differences from the mean.

    This works part by part in a small buffer: a new array for all squares at every
    click would take ten times as long as the sums. numpy adds up each part pairwise,
    which is accurate enough in float32.
    """
    center = np.float32(mean)
    buffer = np.empty(min(_PART, values.size), np.result_type(values, center))
    total = 0.0
    for part in chunks(values.size, _PART):
        squares = buffer[: part.stop - part.start]
        np.subtract(values[part], center, out=squares)
        total += float(np.square(squares, out=squares).sum())
    return total


def significant_std(mean: float, std: float) -> float:
    """Return the spread, or 0 if it is below the rounding of the mean."""
    return 0.0 if std <= np.finfo(np.float32).eps * abs(mean) else float(std)


def order_statistics(
    values: Floats,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the two values around the 1 % and the two around the 99 % quantile."""
    order = [rank for q in QUANTILES for rank in ranks(q, values.size)[:2]]
    low0, low1, high0, high1 = np.partition(values, order)[order].tolist()
    return (low0, low1), (high0, high1)


def ranks(q: float, count: int) -> tuple[int, int, float]:
    """Ranks around quantile ``q`` of ``count`` values, and its place between them."""
    position = q * (count - 1)
    below = math.floor(position)
    return below, min(below + 1, count - 1), position - below


@lru_cache(maxsize=4)
def quantile_sample(size: int) -> Indices:
    """Draw the indices of values for quantiles: all values, or a seeded sample."""
    if size <= QUANTILE_SAMPLE:
        return np.arange(size)
    sample = np.random.RandomState(0).choice(size, QUANTILE_SAMPLE, replace=False)
    sample.flags.writeable = False
    return sample
