"""The eigenvectors of a batch, and what is taken from them once.

Any cell's statistics over the whole batch follow from moments and a sample of the unit
eigenvectors, and its similarity map is made image by image. So a click costs what the
visible images cost, whatever the size of the batch.
"""

from __future__ import annotations

import math
from contextlib import suppress
from threading import Lock, Thread
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from ncut_widget.core.arrays import as_tensor
from ncut_widget.core.cache import Bounded
from ncut_widget.core.checks import check_array, check_finite, check_shape
from ncut_widget.core.device import pick_device
from ncut_widget.core.parallel import chunks, deal_all
from ncut_widget.core.products import (
    add_products,
    exponent_of,
    times_power,
    unit_vector,
    weighted_sum,
)
from ncut_widget.eigvecs.moments import Leading, Prefix
from ncut_widget.masks.coordinates import Cell
from ncut_widget.masks.statistics import (
    SimilarityStatistics,
    order_statistics,
    significant_std,
)
from ncut_widget.methods.diffusion import Diffusion
from ncut_widget.methods.sweep import best_threshold
from ncut_widget.ncut.biased import Graph

PREFIXES_KEPT = 4
"""Numbers of leading eigenvectors whose moments are kept for undo and two views."""

PART = 2**21
"""Values of eigenvectors that a core takes at a time; a dozen images are one part."""

STEP = 2.0**-15
"""Step of quantised unit eigenvectors, from -1: the same on every image.

So equal eigenvectors are equal once quantised, too, and a zero one stays zero. With 256
levels the mask of a preview differs visibly from the kernel's: IoU .979 to .999.
"""


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

    Attributes
    ----------
    blank : frozenset of int
        Images whose eigenvectors are all zero: nothing is known of them. They count in
        no statistics.
    count : int
        Cells that count.
    exponent : int
        They are held divided by two to this power, which is exact; 0 for all but very
        large or small ones.

    Raises
    ------
    TypeError, ValueError
        If they are not as above, or not finite.
    """

    def __init__(
        self, eigvecs: ArrayLike, device: str | torch.device | None = None
    ) -> None:
        checked = check_array("eigvecs", eigvecs, "f", what="floating-point")
        check_finite("eigvecs", check_shape("eigvecs", checked, "B, H, W, K"))
        checked = as_tensor(checked)
        batch, height, width, num_eig = self.shape = tuple(checked.shape)
        # Image by image, one row an eigenvector: the leading ones of an image are a
        # block, and a cell times them runs at the speed of memory.
        self._rows = torch.empty(
            (batch, num_eig, height * width),
            dtype=torch.float32,
            device=pick_device(device, checked.device),
        )
        pixels = checked.reshape(batch, height * width, num_eig)
        self.exponent = exponent_of(pixels)
        if self.exponent:
            pixels = times_power(pixels, -self.exponent)
        self._rows.copy_(pixels.transpose(1, 2))
        says = self._rows.flatten(1).any(dim=1).cpu().numpy()
        self.blank = frozenset(np.flatnonzero(~says).tolist())
        self._telling = np.flatnonzero(says) if says.any() else np.arange(batch)
        self._leading: Bounded[Leading] = Bounded(PREFIXES_KEPT)
        self._lock = Lock()

    def diffusion(self, weights: NDArray) -> Diffusion:
        """Give the coordinates in which eigenvectors count by weights (K,)."""
        return Diffusion(self._rows, weights)

    def best_threshold(self, values: NDArray, eigvals: NDArray) -> float | None:
        """Find where to cut a map (B, H, W) of the graph that these are of."""
        return best_threshold(values, self._rows, eigvals)

    def graph(self, eigvals: NDArray) -> Graph:
        """Give the graph that these are the eigenvectors of; see `Graph`."""
        with torch.inference_mode():
            return Graph(self._rows, eigvals)

    @property
    def tensor(self) -> torch.Tensor:
        """The eigenvectors as they are held, (B, H, W, K), float32; a view."""
        return self._rows.transpose(1, 2).reshape(self.shape)

    @property
    def count(self) -> int:
        """Cells of the images that say something."""
        return len(self._telling) * math.prod(self.shape[1:3])

    def prefix(self, num_eig: int) -> Prefix:
        """Moments of the leading eigenvectors, taken at the first call.

        Any thread may ask; only those that ask for the same wait for each other.
        """
        return self._lead(num_eig).prefix()

    def ready(self, num_eig: int) -> bool:
        """Whether moments and sample are at hand, so that no click waits for them."""
        return self._lead(num_eig).ready

    def prepare(self, num_eig: int) -> None:
        """See to it that `prefix` will be at hand, in the background.

        Nothing is lost if that fails: the next call of `prefix` takes it anew.
        """
        lead = self._lead(num_eig)
        with self._lock:
            # One at a time: whoever waits for another asks again.
            if lead.ready or any(each.under_way for each in self._leading):
                return

        def measure() -> None:
            with suppress(Exception):
                lead.prefix()

        Thread(target=measure, name="ncut_widget moments", daemon=True).start()

    def vector(self, cell: Cell, num_eig: int) -> NDArray:
        """Return the unit eigenvector of a cell: float32, shape (num_eig,)."""
        image, row, col = cell
        with torch.inference_mode():
            vector = self._rows[image, :num_eig, row * self.shape[2] + col]
            return unit_vector(vector).cpu().numpy()

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
        lead = self._lead(len(vector))
        prefix = lead.prefix()
        count = self.count
        # Not by a BLAS, whose threads would wait for each other on busy cores.
        mean = float(np.einsum("i,i", vector, prefix.mean))
        variance = float(np.einsum("i,ij,j", vector, prefix.covariance, vector))
        std = math.sqrt(max(variance, 0.0) * count / max(count - 1, 1))
        with torch.inference_mode():
            sample = lead.sample.similarity(self._there(vector))
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
        lead = self._lead(len(vector))
        flat = out.reshape(len(out), -1)
        if self._rows.device.type == "cpu":
            rows, lengths = lead.rows.numpy(), lead.norms(images).numpy()

            def write(part: slice) -> None:
                for image in images[part]:
                    add_products(rows[image], vector, out=flat[image])
                    flat[image] /= lengths[image]

            step = max(1, PART // rows[0].size)
            deal_all(write, chunks(len(images), step), self._rows.device)
            return
        with torch.inference_mode():
            norms = lead.norms(images)
            every = len(images) == len(flat)  # no copy of all eigenvectors
            index = slice(None) if every else torch.from_numpy(images).to(norms.device)
            products = weighted_sum(lead.rows[index], self._there(vector))
            flat[images] = (products / norms[index]).cpu().numpy()

    def quantised(self, image: int) -> Quantised:
        """Give the unit eigenvectors of one image in bytes."""
        with torch.inference_mode():
            norms = self._lead(self.shape[-1]).norms(slice(image, image + 1))
            return _quantise(self._rows[image], norms[image])

    def quantised_sample(self) -> Quantised:
        """Give those of the pixels that quantiles are taken of, in bytes."""
        with torch.inference_mode():
            return _quantise(*self._lead(self.shape[-1]).sample)

    def _there(self, vector: NDArray) -> Tensor:
        return torch.from_numpy(vector).to(self._rows.device)

    def _lead(self, num_eig: int) -> Leading:
        with self._lock:
            return self._leading.get(num_eig, lambda: self._lead_by(num_eig))

    def _lead_by(self, num_eig: int) -> Leading:
        with torch.inference_mode():
            return Leading(self._rows[:, :num_eig], self._telling)


def _quantise(rows: Tensor, norms: Tensor) -> Quantised:
    unit = rows.cpu().numpy() / norms.cpu().numpy()
    levels = np.rint((unit + 1) * np.float32(1 / STEP))
    return Quantised(
        np.full(len(unit), -1, dtype=np.float32),
        np.full(len(unit), STEP, dtype=np.float32),
        np.clip(levels, 0, 2**16 - 1).astype(np.uint16),
    )
