"""The eigenvectors of a batch, and how similar they are to a prompt's.

Only what is asked for is computed: a prompt's statistics over the whole batch follow
from moments and a sample that are taken once, and its similarity map is made image by
image. So a click costs what the visible images cost, whatever the size of the batch.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from ncut_widget.biased import BiasedCut, Graph
from ncut_widget.device import pick_device
from ncut_widget.masks import (
    SimilarityStatistics,
    cosine_similarity,
    order_statistics,
    quantile_sample,
    row_norms,
    significant_std,
    similarity_statistics,
)
from ncut_widget.prompts import Prompt

PREFIXES_KEPT = 4
"""Numbers of leading eigenvectors whose moments are kept for undo and two views."""

BLOCK_VALUES = 2**21
"""Values that are taken from the device and worked on at once."""

LEVELS = 2**16 - 1
"""Steps of a quantised eigenvector over its range in one image.

With 255 the mask of a preview differs visibly from the kernel's: IoU .979 to .999.
"""


class ClickSet(NamedTuple):
    """Clicks that one similarity is made of, by a biased cut; see `Graph.bias`.

    Attributes
    ----------
    positives, negatives : tuple of Prompt
        At least one positive.
    click_weight : float, 0 to 1
    bg_weight : float, at least 0
    """

    positives: tuple[Prompt, ...]
    negatives: tuple[Prompt, ...]
    click_weight: float
    bg_weight: float


Source = Prompt | ClickSet
"""What a similarity is to: one clicked pixel, or all of them by a biased cut."""


class Prefix(NamedTuple):
    """The leading eigenvectors, each pixel's brought to unit length.

    Attributes
    ----------
    norms : torch.Tensor, shape (B, H * W)
        Lengths before.
    mean : ndarray of float64, shape (k,)
    covariance : ndarray of float64, shape (k, k)
        Over the N = B * H * W pixels, divided by N.
    sample : ndarray of float32, shape (k, S)
        The pixels that quantiles are taken of.
    """

    norms: torch.Tensor
    mean: NDArray
    covariance: NDArray
    sample: NDArray


class Quantised(NamedTuple):
    """Unit eigenvectors in two bytes a value: ``low + step * levels``.

    Attributes
    ----------
    low, step : ndarray of float32, shape (K,)
    levels : ndarray of uint16, shape (K, pixels)
    """

    low: NDArray
    step: NDArray
    levels: NDArray


class Eigvecs:
    """Eigenvectors of one batch on their device.

    Parameters
    ----------
    eigvecs : torch.Tensor or array_like of float, shape (B, H, W, K)
        Copied, as float32.
    device : str or torch.device, optional
        By default `pick_device` chooses.

    Raises
    ------
    TypeError, ValueError
        If they are not as above, or not finite.
    """

    def __init__(
        self, eigvecs: ArrayLike, device: str | torch.device | None = None
    ) -> None:
        checked = _check_eigvecs(eigvecs)
        batch, height, width, num_eig = self.shape = tuple(checked.shape)
        # Image by image, one row an eigenvector: the leading ones of an image are a
        # block, and a prompt times them runs at the speed of memory.
        self._rows = torch.empty(
            (batch, num_eig, height * width),
            dtype=torch.float32,
            device=pick_device(device, checked.device),
        )
        pixels = checked.reshape(batch, height * width, num_eig)
        self._rows.copy_(pixels.transpose(1, 2))
        self._prefixes: OrderedDict[int, Prefix] = OrderedDict()

    def graph(self, eigvals: NDArray) -> Graph:
        """Give the graph that these are the eigenvectors of; see `Graph`."""
        with torch.inference_mode():
            return Graph(self._rows, eigvals)

    @property
    def tensor(self) -> torch.Tensor:
        """The eigenvectors, shape (B, H, W, K), float32, on their device; a view."""
        return self._rows.transpose(1, 2).reshape(self.shape)

    def prefix(self, num_eig: int) -> Prefix:
        """Moments and sample of the leading eigenvectors, taken at the first call."""
        if num_eig not in self._prefixes:
            with torch.inference_mode():
                self._prefixes[num_eig] = self._measure(num_eig)
            if len(self._prefixes) > PREFIXES_KEPT:
                self._prefixes.popitem(last=False)
        self._prefixes.move_to_end(num_eig)
        return self._prefixes[num_eig]

    def vector(self, prompt: Prompt, num_eig: int) -> NDArray:
        """Return the unit eigenvector of a prompt: float32, shape (num_eig,)."""
        image, row, col = prompt
        vector = self._rows[image, :num_eig, row * self.shape[2] + col]
        return (vector / row_norms(vector)).cpu().numpy()

    def statistics(self, vector: NDArray) -> SimilarityStatistics:
        """Statistics of the similarity to a unit vector, over the whole batch.

        Parameters
        ----------
        vector : ndarray of float32, shape (num_eig,)

        Returns
        -------
        SimilarityStatistics
            Mean and standard deviation follow from the moments, exactly:
            ``mean = p . mean(U)`` and ``var = p . cov(U) p``; the order statistics are
            those of the sample.
        """
        prefix = self.prefix(len(vector))
        count = math.prod(self.shape[:3])
        mean = float(vector @ prefix.mean)
        variance = max(float(vector @ prefix.covariance @ vector), 0.0)
        std = math.sqrt(variance * count / max(count - 1, 1))
        sample = vector @ prefix.sample
        low, high = order_statistics(sample)
        return SimilarityStatistics(
            mean, significant_std(mean, std), low, high, sample.size
        )

    def maps(self, vector: NDArray, images: NDArray, out: NDArray) -> None:
        """Write the similarity to a unit vector on some images into their maps.

        Parameters
        ----------
        vector : ndarray of float32, shape (num_eig,)
        images : ndarray of int
            In ascending order.
        out : ndarray of float32, shape (B, H, W)
            Only the maps of ``images`` are written.
        """
        num_eig = len(vector)
        norms = self.prefix(num_eig).norms
        flat = out.reshape(len(out), -1)
        if norms.device.type == "cpu":
            # One product an image: the same bits in any company, and no threads to
            # wait for, which on busy cores take longer than a few images' products.
            rows, lengths = self._rows.numpy(), norms.numpy()
            for image in images:
                np.dot(vector, rows[image, :num_eig], out=flat[image])
                flat[image] /= lengths[image]
            return
        with torch.inference_mode():
            unit = torch.from_numpy(vector).to(norms.device)
            every = len(images) == len(flat)  # no copy of all eigenvectors
            index = slice(None) if every else torch.from_numpy(images).to(norms.device)
            products = torch.matmul(unit, self._rows[index, :num_eig])
            flat[images] = (products / norms[index]).cpu().numpy()

    def quantised(self, image: int) -> Quantised:
        """Give the unit eigenvectors of one image in bytes."""
        norms = self.prefix(self.shape[-1]).norms[image]
        return _quantise((self._rows[image] / norms).cpu().numpy())

    def quantised_sample(self) -> Quantised:
        """Give those of the pixels that quantiles are taken of, in bytes."""
        return _quantise(self.prefix(self.shape[-1]).sample)

    def _measure(self, num_eig: int) -> Prefix:
        batch, _, pixels = self._rows.shape
        leading = self._rows[:, :num_eig]
        # MPS has no float64.
        device = "cpu" if leading.device.type == "mps" else leading.device
        norms = torch.empty((batch, pixels), device=leading.device)
        total = torch.zeros(num_eig, dtype=torch.float64, device=device)
        gram = torch.zeros((num_eig, num_eig), dtype=torch.float64, device=device)
        step = max(1, BLOCK_VALUES // (num_eig * pixels))
        for first in range(0, batch, step):
            block = leading[first : first + step]
            norms[first : first + step] = row_norms(block, dim=1)
            unit = (block / norms[first : first + step, None]).to(device).double()
            total += unit.sum((0, 2))
            gram += torch.bmm(unit, unit.transpose(1, 2)).sum(0)
        mean = total.cpu().numpy() / (batch * pixels)
        covariance = gram.cpu().numpy() / (batch * pixels) - np.outer(mean, mean)
        place = torch.tensor(quantile_sample(batch * pixels), device=leading.device)
        image, pixel = place // pixels, place % pixels
        sample = leading[image, :, pixel] / norms[image, pixel, None]
        return Prefix(norms, mean, covariance, sample.T.contiguous().cpu().numpy())


class Similarity:
    """One prompt's cosine with every eigenvector of the batch, as far as asked for.

    Parameters
    ----------
    eigvecs : Eigvecs
    prompt : Prompt
    num_eig : int
        Leading eigenvectors that are compared.

    Attributes
    ----------
    statistics : SimilarityStatistics
        Over the whole batch.
    """

    def __init__(self, eigvecs: Eigvecs, prompt: Prompt, num_eig: int) -> None:
        self._eigvecs = eigvecs
        self.vector = eigvecs.vector(prompt, num_eig)
        self.statistics = eigvecs.statistics(self.vector)
        self._values = np.empty(eigvecs.shape[:3], dtype=np.float32)
        self._known = np.zeros(len(self._values), dtype=bool)

    @property
    def nbytes(self) -> int:
        """Memory that all maps take."""
        return self._values.nbytes

    @property
    def values(self) -> NDArray:
        """Maps of all images: float32, shape (B, H, W); not to be changed."""
        return self.maps(slice(None))

    def maps(self, images: int | slice | Sequence[int]) -> NDArray:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        missing &= ~self._known
        if missing.any():
            self._eigvecs.maps(self.vector, np.flatnonzero(missing), self._values)
            self._known |= missing
        return self._values[images]

    def extend(self, eigvecs: torch.Tensor) -> NDArray:
        """Give the map of an image of no batch: eigvecs (H, W, k) -> (H, W)."""
        return cosine_similarity(eigvecs, self.vector)


class BiasedSimilarity:
    """Cosine of every pixel with the clicked, by the eigenvectors of a biased cut.

    Parameters
    ----------
    graph : Graph
        Of a batch of images with P pixels of the latent grid each.
    grid : (int, int)
        ``(H, W)``, H * W = P.
    clicks : ClickSet
    num_eig : int
        Leading eigenvectors of the graph that are used.

    Attributes
    ----------
    statistics : SimilarityStatistics
        Over the whole batch.
    values : ndarray of float32, shape (B, H, W)
        Maps of all images; not to be changed.
    """

    def __init__(
        self, graph: Graph, grid: tuple[int, int], clicks: ClickSet, num_eig: int
    ) -> None:
        def places(prompts: Sequence[Prompt]) -> list[tuple[int, int]]:
            return [(image, row * grid[1] + col) for image, row, col in prompts]

        self._cut: BiasedCut
        with torch.inference_mode():
            self._cut, similarity = graph.bias(
                places(clicks.positives),
                places(clicks.negatives),
                num_eig,
                clicks.click_weight,
                clicks.bg_weight,
            )
        self.values = similarity.cpu().numpy().reshape(-1, *grid)
        self.statistics = similarity_statistics(self.values)

    @property
    def nbytes(self) -> int:
        """Memory that all maps take."""
        return self.values.nbytes

    def maps(self, images: int | slice | Sequence[int]) -> NDArray:
        """Give the maps of some images: float32, (..., H, W); not to be changed."""
        return self.values[images]

    def extend(self, eigvecs: torch.Tensor) -> NDArray:
        """Give the map of an image of no batch: eigvecs (H, W, k) -> (H, W)."""
        with torch.inference_mode():
            rows = eigvecs.to(self._cut.mix).flatten(0, 1).T
            return self._cut.similarity(rows).cpu().numpy().reshape(eigvecs.shape[:2])


def _quantise(unit: NDArray) -> Quantised:
    low, high = unit.min(axis=1), unit.max(axis=1)
    step = (high - low) / LEVELS
    scale = np.divide(1, step, out=np.zeros_like(step), where=step > 0)
    levels = np.rint((unit - low[:, None]) * scale[:, None])
    return Quantised(low, step, np.clip(levels, 0, LEVELS).astype(np.uint16))


def _check_eigvecs(eigvecs: ArrayLike) -> torch.Tensor:
    if not isinstance(eigvecs, torch.Tensor):
        array = np.asarray(eigvecs)
        if array.dtype.kind != "f":
            raise TypeError(f"eigvecs must be floating-point, got dtype {array.dtype}")
        eigvecs = torch.from_numpy(np.ascontiguousarray(array))
    if not eigvecs.is_floating_point():
        raise TypeError(f"eigvecs must be floating-point, got dtype {eigvecs.dtype}")
    if eigvecs.ndim != 4 or 0 in eigvecs.shape:
        raise ValueError(
            "eigvecs must have shape (B, H, W, K), none of them 0, got "
            f"{tuple(eigvecs.shape)}"
        )
    if not bool(torch.isfinite(eigvecs).all()):
        raise ValueError("eigvecs must be finite, got NaN or infinite values")
    return eigvecs.detach()
