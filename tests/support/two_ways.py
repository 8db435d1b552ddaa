"""A segmenter whose clicks can be meant in two ways, without a network."""

from __future__ import annotations

from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncut_widget import NcutSegmenter
from ncut_widget.methods import Spectra

GRID = (16, 16)

EIGVALS = np.array([1.0, 0.8, 0.6])


def halves(axis: int, images: int = 2) -> NDArray:
    """Eigenvectors of two parts, beside each other (axis 1) or stacked (axis 0)."""
    eigvecs = np.ones((images, *GRID, 3), np.float32)
    side = np.where(np.arange(GRID[axis]) < (5, 8)[axis], 1, -1)
    eigvecs[..., 1] = side[:, None] if axis == 0 else side[None, :]
    eigvecs[..., 2] = eigvecs[..., 1] * 0.5
    return eigvecs


class TwoWays:
    """By semantics the left half is a thing, by appearance the upper third.

    Attributes
    ----------
    go : Event
        The eigenvectors by appearance are made only once it is set.
    made : int
        How many times they were made.
    error : Exception or None
        What making them raises.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self.go = Event()
        self.made = 0
        self.error: Exception | None = None
        if not waits:
            self.go.set()

    def make(self) -> tuple[NDArray, NDArray]:
        assert self.go.wait(60)
        self.made += 1
        if self.error is not None:
            raise self.error
        return halves(0), EIGVALS

    def spectra(self) -> Spectra:
        others = {"appearance": self.make}
        return Spectra(halves(1), EIGVALS, others=others, device="cpu")

    def seg(self, **settings: Any) -> NcutSegmenter:
        images = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
        return NcutSegmenter(self.spectra(), images, denoise=False, **settings)


LEFT, UPPER = (np.broadcast_to(halves(axis)[..., 1] > 0, (2, *GRID)) for axis in (1, 0))
"""The masks of a click at the upper left, by semantics and by appearance."""

CLICK = [0, 4, 4, 1]
