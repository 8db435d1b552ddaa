"""Lengths, moments and a sample of a batch's eigenvectors, computed once.

A cell's statistics over the whole batch follow from moments and a sample of the unit
eigenvectors. So the time of a click depends on the visible images only, not on the size
of the batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from threading import Lock, Thread
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ncut_widget.core.arrays import Doubles, Floats, Indices
from ncut_widget.core.cache import Bounded
from ncut_widget.core.products import row_norms, weighted_sum
from ncut_widget.eigvecs.store import Store
from ncut_widget.masks.statistics import quantile_sample

PREFIXES_KEPT = 4
"""Numbers of leading eigenvectors whose moments are kept for undo and two views."""


class Prefix(NamedTuple):
    """The leading eigenvectors, each pixel's brought to unit length.

    Attributes
    ----------
    mean : ndarray of float64, shape (k,)
    covariance : ndarray of float64, shape (k, k)
        Over the N pixels of all images that are not blank, divided by N.
    """

    mean: Doubles
    covariance: Doubles


class Sample(NamedTuple):
    """The pixels that quantiles are computed from.

    Attributes
    ----------
    rows : torch.Tensor of float32, shape (k, S)
        Their leading eigenvectors, not scaled.
    norms : torch.Tensor of float32, shape (S,)
        Lengths of the rows.
    """

    rows: Tensor
    norms: Tensor

    def similarity(self, unit: Tensor) -> Floats:
        """Return the similarity to a unit vector at these pixels, equal to the map."""
        return (weighted_sum(self.rows, unit) / self.norms).cpu().numpy()


class Leading:
    """The leading eigenvectors of a batch, measured on demand.

    Every method may be called on any thread.

    Parameters
    ----------
    store : Store
    num_eig : int
        How many lead.
    """

    def __init__(self, store: Store, num_eig: int) -> None:
        self._store = store
        self._num_eig = num_eig
        batch = store.shape[0]
        self._norms = torch.empty((batch, store.cells), device=store.device)
        self._known = np.zeros(batch, dtype=bool)
        self._lock = Lock()
        self._prefix: Prefix | None = None

    @property
    def ready(self) -> bool:
        """Whether `prefix` is computed."""
        return self._prefix is not None

    @property
    def under_way(self) -> bool:
        """Whether a thread is computing `prefix`."""
        return self._lock.locked()

    def prefix(self) -> Prefix:
        """Compute the moments once; other threads wait here meanwhile."""
        with self._lock:
            if self._prefix is None:
                with torch.inference_mode():
                    self.sample  # noqa: B018 - of 20 million pixels it takes a second
                    self._prefix = self._measure()
            return self._prefix

    def norms(self, images: slice | Indices) -> Tensor:
        """Lengths of the eigenvectors, (B, P), known for at least these images."""
        missing = np.zeros_like(self._known)
        missing[images] = True
        for run in self._store.parts(np.flatnonzero(missing & ~self._known)):
            self._measure_norms(run, self._store.read(run, self._num_eig))
        return self._norms

    def norms_of(self, run: slice, rows: Tensor) -> Tensor:
        """Return the lengths of eigenvectors that have just been read, (n, P)."""
        if not self._known[run].all():
            self._measure_norms(run, rows)
        return self._norms[run]

    def _measure_norms(self, run: slice, rows: Tensor) -> None:
        # Two threads may do this at once: both write the same bits.
        lengths = row_norms(rows)
        if lengths.device.type == "cpu":
            self._norms.numpy()[run] = lengths.numpy()  # by this thread alone
        else:
            self._norms[run] = lengths
        self._known[run] = True

    @cached_property
    def sample(self) -> Sample:
        """The pixels that quantiles are computed from."""
        telling, cells = self._store.telling, self._store.cells
        drawn = quantile_sample(len(telling) * cells)
        rows = self._store.at(telling[drawn // cells], drawn % cells, self._num_eig)
        rows = rows.T.contiguous()
        return Sample(rows, row_norms(rows))

    def _measure(self) -> Prefix:
        store, num_eig = self._store, self._num_eig
        batch, kind = store.shape[0], store.device.type
        # MPS has no float64.
        device = "cpu" if kind == "mps" else store.device

        def add(slices: Iterator[slice]) -> tuple[Tensor, Tensor]:
            total = torch.zeros(num_eig, dtype=torch.float64, device=device)
            gram = total.new_zeros((num_eig, num_eig))
            for part in slices:
                first, stop, _ = part.indices(batch)
                # On a CPU image by image, so that float64 values stay in the cache.
                step = 1 if kind == "cpu" else stop - first
                for at in range(first, stop, step):
                    some = slice(at, at + step)
                    rows = store.read(some, num_eig)
                    unit = rows / self.norms_of(some, rows)[:, None]
                    wide = unit.to(device).double()
                    total += wide.sum((0, 2))
                    gram += torch.bmm(wide, wide.transpose(1, 2)).sum(0)
            return total, gram

        parts = store.slices(num_eig).share(add)
        count = len(store.telling) * store.cells
        total, gram = (
            torch.stack(part).sum(0).cpu().numpy() / count
            for part in zip(*parts, strict=True)
        )
        return Prefix(total, gram - np.outer(total, total))


class Moments:
    """Moments and samples of a store, for any number of leading eigenvectors.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leading: Bounded[Leading] = Bounded(PREFIXES_KEPT)
        self._lock = Lock()

    @property
    def count(self) -> int:
        """Cells of all images that are not blank."""
        return len(self._store.telling) * self._store.cells

    @property
    def values(self) -> int:
        """Values of all eigenvectors."""
        return math.prod(self._store.shape)

    def lead(self, num_eig: int) -> Leading:
        """Return the leading eigenvectors, measured on demand."""
        with self._lock:
            return self._leading.get(num_eig, lambda: Leading(self._store, num_eig))

    def prefix(self, num_eig: int) -> Prefix:
        """Moments of the leading eigenvectors, computed at the first call.

        Any thread may call this; only calls with the same ``num_eig`` wait for each
        other.
        """
        return self.lead(num_eig).prefix()

    def ready(self, num_eig: int) -> bool:
        """Whether moments and sample are computed, so that no click waits for them."""
        return self.lead(num_eig).ready

    def prepare(self, num_eig: int) -> None:
        """Compute `prefix` in the background.

        Errors are ignored here: the next call of `prefix` computes it again.
        """
        lead = self.lead(num_eig)
        with self._lock:
            # Only one at a time: callers that need another call again.
            if lead.ready or any(each.under_way for each in self._leading):
                return

        def measure() -> None:
            with suppress(Exception):
                lead.prefix()

        Thread(target=measure, name="ncut_widget moments", daemon=True).start()
