"""From a clicked eigenvector to masks: similarity -> heatmap -> mask -> denoise.

Every step after the similarity ``c`` is monotone in ``c``, so a mask is one
comparison ``c > cut(gamma, threshold)``. The cut follows from a handful of numbers
that are taken from ``c`` once per click (`SimilarityStatistics`), which is why moving
a slider never touches the eigenvectors again.

The masks are those of ``get_mask`` in ncut-pytorch 1.5 to 1.8 (its "segmentation
application" tutorial).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from ncut_widget.products import row_norms, unit_vector, weighted_sum

QUANTILES = (0.01, 0.99)
"""The heatmap's 0 and 1 are these quantiles of the transformed similarity."""

TIE = 2.0**-20
"""Similarities of up to 1 that are this near are told apart by rounding alone."""

QUANTILE_SAMPLE = 10_000
"""Quantiles of more values than this are those of a seeded sample of this size."""

# Eigenvectors that are looked at together: on a CPU they stay in a core's cache.
_CPU_ROWS, _ROWS = 2**12, 2**20


@dataclass(frozen=True)
class SimilarityStatistics:
    """What a mask at any gamma and threshold needs to know about a similarity.

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
        """Whether the similarity tells nothing apart: zero, or no finite, spread."""
        return not (self.std > 0 and math.isfinite(self.mean + self.std))

    @property
    def tied(self) -> bool:
        """Whether the quantiles are one value, up to rounding.

        That is a ground of more than 98 %, and the thing, if it is alike, above it.
        """
        return self.high[1] - self.low[0] <= TIE


def cosine_similarity(all_eigvecs: ArrayLike, prompt_eigvec: ArrayLike) -> NDArray:
    """Cosine of one eigenvector with every eigenvector.

    Parameters
    ----------
    all_eigvecs : torch.Tensor or array_like, shape (..., K)
        Eigenvectors, of any length and floating dtype, on any device.
    prompt_eigvec : torch.Tensor or array_like, shape (K,)
        The clicked eigenvector.

    Returns
    -------
    ndarray of float32, shape (...)
        Cosines in [-1, 1] up to rounding, which is the same for equal eigenvectors; 0
        where an eigenvector is zero.

    Raises
    ------
    ValueError
        If the shapes do not match.

    Examples
    --------
    >>> cosine_similarity([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], [1.0, 0.0]).tolist()
    [1.0, 0.0, -1.0]
    """
    eigvecs = _float_tensor(all_eigvecs, "all_eigvecs")
    prompt = _float_tensor(prompt_eigvec, "prompt_eigvec")
    if eigvecs.ndim < 1 or prompt.ndim != 1 or eigvecs.shape[-1] != prompt.shape[0]:
        raise ValueError(
            "prompt_eigvec must be one eigenvector of all_eigvecs, shape (K,): got "
            f"{tuple(prompt.shape)} for all_eigvecs of shape {tuple(eigvecs.shape)}"
        )
    with torch.no_grad():
        return cosines(eigvecs, unit_vector(prompt.to(eigvecs.device)))


def cosines(eigvecs: torch.Tensor, unit: torch.Tensor) -> NDArray:
    """Give the same of float32 tensors, the second of length 1, on one device."""
    *shape, num_eig = eigvecs.shape
    flat = eigvecs.reshape(math.prod(shape), num_eig)
    size = _CPU_ROWS if flat.device.type == "cpu" else _ROWS
    similarity = np.empty(len(flat), dtype=np.float32)
    for first in range(0, len(flat), size):
        at = slice(first, first + size)
        rows = flat[at].T.contiguous()
        similarity[at] = (weighted_sum(rows, unit) / row_norms(rows)).cpu().numpy()
    return similarity.reshape(shape)


def similarity_statistics(similarity: NDArray) -> SimilarityStatistics:
    """Take from a similarity all that its masks need.

    Parameters
    ----------
    similarity : ndarray of float32, shape (...)
        Over the whole batch: the statistics tie its images together.

    Returns
    -------
    SimilarityStatistics

    Notes
    -----
    Above 10 000 values the order statistics are those of
    ``numpy.random.RandomState(0).choice(N, 10_000, replace=False)``, the sample of
    ncut-pytorch 1.8's ``quantile_min_max``, so that the masks are the same masks.
    """
    values = np.asarray(similarity).ravel()
    if values.size == 0:
        raise ValueError("similarity must hold at least one value, got none")
    mean = float(values.mean(dtype=np.float64))
    # numpy sums float32 pairwise, so squares of centred values need no float64 here.
    squares = np.square(values - np.float32(mean)).sum()
    std = math.sqrt(squares / max(values.size - 1, 1))
    values = values[quantile_sample(values.size)]
    low, high = order_statistics(values)
    return SimilarityStatistics(
        mean, significant_std(mean, std), low, high, values.size
    )


def significant_std(mean: float, std: float) -> float:
    """Return a spread, or 0 if it is below the rounding of the mean: no structure."""
    return 0.0 if std <= np.finfo(np.float32).eps * abs(mean) else float(std)


def order_statistics(
    values: NDArray,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the two values around the 1 % and the two around the 99 % quantile."""
    order = [rank for q in QUANTILES for rank in _ranks(q, values.size)[:2]]
    low0, low1, high0, high1 = np.partition(values, order)[order].tolist()
    return (low0, low1), (high0, high1)


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
) -> NDArray:
    """Standardise a similarity, apply gamma, and scale to about [0, 1].

    Parameters
    ----------
    similarity : array_like of float32, shape (...)
        As from `cosine_similarity`, over the whole batch.
    gamma : float, above 0
        ``exp(-gamma z)`` with ``z`` the standardised cosine distance.
    statistics : SimilarityStatistics, optional
        Of the whole batch, when ``similarity`` is only part of it.

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
) -> NDArray:
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
        Of the whole batch, when ``similarity`` is only part of it.

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


def denoise_mask(masks: ArrayLike, area_th: int = 3) -> NDArray:
    """Drop the small connected components of each mask.

    Parameters
    ----------
    masks : array_like of bool, shape (H, W) or (B, H, W)
    area_th : int, at least 0
        8-connected components with fewer latent pixels than this are dropped.

    Returns
    -------
    ndarray of bool, shape of ``masks``

    Examples
    --------
    >>> denoise_mask([[1, 1, 0, 0], [0, 0, 0, 1]], area_th=2).astype(int).tolist()
    [[1, 1, 0, 0], [0, 0, 0, 0]]
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
    small = (_component_areas(starts, stops, stride) < area_th).nonzero()[0]
    line[_spans(starts[small], stops[small] - starts[small])] = False
    return padded[:, :height, 1:-1].reshape(masks.shape)


def _component_areas(starts: NDArray, stops: NDArray, stride: int) -> NDArray:
    """Areas of the 8-connected components that runs of pixels belong to.

    Labelling runs and not pixels takes a third of the time of `scipy.ndimage.label` on
    the masks of things, which have few runs.
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
    _, component = connected_components(graph, directed=False)
    return np.bincount(component, weights=stops - starts)[component]


def _spans(starts: NDArray, lengths: NDArray) -> NDArray:
    """Concatenate ``arange(start, start + length)`` over all pairs."""
    offsets = starts - np.cumsum(lengths) + lengths
    return np.arange(lengths.sum()) + np.repeat(offsets, lengths)


def get_mask(
    all_eigvecs: ArrayLike,
    prompt_eigvec: ArrayLike,
    threshold: float = 0.5,
    gamma: float = 1.0,
    denoise: bool = True,
    denoise_area_th: int = 3,
) -> NDArray:
    """Masks, on every image, of the thing that one eigenvector belongs to.

    Parameters
    ----------
    all_eigvecs : torch.Tensor or array_like, shape (B, H, W, K)
        Eigenvectors of a batch, on any device.
    prompt_eigvec : torch.Tensor or array_like, shape (K,)
        The clicked one, ``all_eigvecs[image, row, col]``.
    threshold : float, 0 to 1
        Level of the heatmap; higher means smaller masks.
    gamma : float, above 0
        Exponent of the heatmap; higher means smaller masks.
    denoise : bool
        Whether to drop small connected components.
    denoise_area_th : int, at least 0
        Components with fewer latent pixels than this are dropped.

    Returns
    -------
    ndarray of uint8, shape (B, H, W)
        1 = object, 0 = background. Empty, with a warning, where nothing can be told
        apart: constant similarity, a single pixel, NaN eigenvectors.

    Raises
    ------
    ValueError
        If a shape or a value is not as above.

    Notes
    -----
    The masks of ``get_mask`` in ncut-pytorch 1.8.19 (which writes 255 for 1 when it
    denoises), up to ties within float32 rounding.

    Examples
    --------
    >>> eigvecs = np.ones((2, 8, 8, 2))
    >>> eigvecs[:, 2:5, 2:5, 1] = -1
    >>> get_mask(eigvecs, eigvecs[0, 3, 3]).sum(axis=(1, 2)).tolist()
    [9, 9]
    """
    if len(np.shape(all_eigvecs)) != 4:
        raise ValueError(
            "all_eigvecs must have shape (B, H, W, K), got "
            f"{tuple(np.shape(all_eigvecs))}"
        )
    _check_range("threshold", threshold, 0 <= threshold <= 1, "between 0 and 1")
    _check_range("gamma", gamma, 0 < gamma < math.inf, "above 0 and finite")
    _check_range("denoise_area_th", denoise_area_th, denoise_area_th >= 0, "at least 0")
    similarity = cosine_similarity(all_eigvecs, prompt_eigvec)
    statistics = similarity_statistics(similarity)
    if statistics.constant:
        warnings.warn(
            "every eigenvector is equally similar to the prompt (or some are NaN): "
            "the masks are empty",
            stacklevel=2,
        )
    masks = threshold_mask(similarity, threshold, gamma, statistics)
    if denoise:
        masks = denoise_mask(masks, denoise_area_th)
    return masks.astype(np.uint8)


def _log_scale(
    statistics: SimilarityStatistics, gamma: float
) -> tuple[float, float, float]:
    """Slope of ``log h = slope (c - mean)``, and ``log h`` at the two quantiles.

    Everything is kept as logarithms, so that no gamma over- or underflows.
    """
    slope = gamma / statistics.std

    def log_quantile(q: float, pair: tuple[float, float]) -> float:
        below, above = (slope * (value - statistics.mean) for value in pair)
        return _log_mix(below, above, _ranks(q, statistics.count)[2])

    low, high = QUANTILES
    zero = log_quantile(low, statistics.low)
    return slope, zero, log_quantile(high, statistics.high)


def _log_mix(low: float, high: float, fraction: float) -> float:
    """``log((1 - fraction) exp(low) + fraction exp(high))`` for ``low <= high``."""
    if fraction == 0:
        return low
    return high + math.log(fraction + (1 - fraction) * math.exp(low - high))


def _ranks(q: float, count: int) -> tuple[int, int, float]:
    """Ranks around quantile ``q`` of ``count`` values, and the way between them."""
    position = q * (count - 1)
    below = math.floor(position)
    return below, min(below + 1, count - 1), position - below


@lru_cache(maxsize=4)
def quantile_sample(size: int) -> NDArray:
    """Which of so many values quantiles are taken of: all, or a seeded sample."""
    if size <= QUANTILE_SAMPLE:
        return np.arange(size)
    sample = np.random.RandomState(0).choice(size, QUANTILE_SAMPLE, replace=False)
    sample.flags.writeable = False
    return sample


def _float_tensor(values: ArrayLike, name: str) -> torch.Tensor:
    if not isinstance(values, torch.Tensor):
        array = np.asarray(values)
        if array.dtype.kind not in "fiu":
            raise ValueError(f"{name} must be real numbers, got dtype {array.dtype}")
        values = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    elif values.is_complex() or values.dtype == torch.bool:
        raise ValueError(f"{name} must be real numbers, got dtype {values.dtype}")
    return values.detach().float()


def _check_range(name: str, value: float, ok: bool, allowed: str) -> None:
    if not ok:
        raise ValueError(f"{name} must be {allowed}, got {value}")
