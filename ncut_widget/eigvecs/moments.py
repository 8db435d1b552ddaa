"""What is taken of a batch's leading eigenvectors once: lengths, moments, a sample."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.parallel import Slices
from ncut_widget.core.products import row_norms, weighted_sum
from ncut_widget.masks.statistics import quantile_sample


class Prefix(NamedTuple):
    """The leading eigenvectors, each pixel's brought to unit length.

    Attributes
    ----------
    mean : ndarray of float64, shape (k,)
    covariance : ndarray of float64, shape (k, k)
        Over the N = B * H * W pixels, divided by N.
    """

    mean: NDArray
    covariance: NDArray


class Sample(NamedTuple):
    """The pixels that quantiles are taken of.

    Attributes
    ----------
    rows : torch.Tensor of float32, shape (k, S)
        Their leading eigenvectors, as they are.
    norms : torch.Tensor of float32, shape (S,)
        Lengths of those.
    """

    rows: Tensor
    norms: Tensor

    def similarity(self, unit: Tensor) -> NDArray:
        """Give the values of the map of a unit vector at these pixels, to the bit."""
        return (weighted_sum(self.rows, unit) / self.norms).cpu().numpy()


class Leading:
    """The leading eigenvectors of a batch, measured as far as asked for.

    Every method may be called on any thread.

    Parameters
    ----------
    rows : torch.Tensor of float32, shape (B, k, P)
    telling : ndarray of int
        The images that count; the eigenvectors of the others are zero.
    """

    def __init__(self, rows: Tensor, telling: NDArray) -> None:
        self.rows = rows
        self._telling = telling
        self._norms = torch.empty((len(rows), rows.shape[2]), device=rows.device)
        self._known = np.zeros(len(rows), dtype=bool)
        self._lock = Lock()
        self._prefix: Prefix | None = None

    @property
    def ready(self) -> bool:
        """Whether `prefix` is at hand."""
        return self._prefix is not None

    @property
    def under_way(self) -> bool:
        """Whether a thread is taking it."""
        return self._lock.locked()

    def prefix(self) -> Prefix:
        """Take the moments, once; meanwhile other threads wait for them here."""
        with self._lock:
            if self._prefix is None:
                with torch.inference_mode():
                    self.sample  # noqa: B018 - of 20 million pixels it takes a second
                    self._prefix = self._measure()
            return self._prefix

    def norms(self, images: slice | NDArray) -> Tensor:
        """Lengths of the eigenvectors, (B, P); those of some images at the least."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        for run in _runs(np.flatnonzero(missing & ~self._known)):
            # Two threads may do the same: they write the same bits.
            lengths = row_norms(self.rows[run])
            if lengths.device.type == "cpu":
                self._norms.numpy()[run] = lengths.numpy()  # by this thread alone
            else:
                self._norms[run] = lengths
            self._known[run] = True
        return self._norms

    @cached_property
    def sample(self) -> Sample:
        """The pixels that quantiles are taken of."""
        pixels = self.rows.shape[2]
        drawn = quantile_sample(len(self._telling) * pixels)
        image = torch.from_numpy(self._telling[drawn // pixels]).to(self.rows.device)
        place = torch.from_numpy(drawn % pixels).to(self.rows.device)
        rows = self.rows[image, :, place].T.contiguous()
        return Sample(rows, row_norms(rows))

    def _measure(self) -> Prefix:
        batch, num_eig, pixels = self.rows.shape
        kind = self.rows.device.type
        # MPS has no float64.
        device = "cpu" if kind == "mps" else self.rows.device

        def add(slices: Iterator[slice]) -> tuple[Tensor, Tensor]:
            total = torch.zeros(num_eig, dtype=torch.float64, device=device)
            gram = total.new_zeros((num_eig, num_eig))
            for part in slices:
                first, stop, _ = part.indices(batch)
                # On a CPU image by image, whose float64 stay in its cache.
                step = 1 if kind == "cpu" else stop - first
                for at in range(first, stop, step):
                    some = slice(at, at + step)
                    unit = self.rows[some] / self.norms(some)[some, None]
                    wide = unit.to(device).double()
                    total += wide.sum((0, 2))
                    gram += torch.bmm(wide, wide.transpose(1, 2)).sum(0)
            return total, gram

        parts = Slices(self.rows).share(add)
        total, gram = (
            torch.stack(part).sum(0).cpu().numpy() / (len(self._telling) * pixels)
            for part in zip(*parts, strict=True)
        )
        return Prefix(total, gram - np.outer(total, total))


def _runs(images: NDArray) -> Iterator[slice]:
    """Split ascending numbers into slices: those of a batch's images are views."""
    for run in np.split(images, np.flatnonzero(np.diff(images) > 1) + 1):
        if run.size:
            yield slice(int(run[0]), int(run[-1]) + 1)
