"""Eigenvectors that are held in memory, on a CPU or an accelerator."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ncut_widget.core.arrays import Floats, Indices, as_tensor
from ncut_widget.core.checks import check_array, check_finite, check_shape
from ncut_widget.core.device import pick_device
from ncut_widget.core.products import exponent_of, times_power
from ncut_widget.eigvecs.store import Images, Store


class MemoryStore(Store):
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
        checked = check_array("eigvecs", eigvecs, "f", what="floating-point")
        check_finite("eigvecs", check_shape("eigvecs", checked, "B, H, W, K"))
        checked = as_tensor(checked)
        batch, height, width, num_eig = checked.shape
        self.shape = batch, height, width, num_eig
        # Image by image, one row for each eigenvector: so the leading eigenvectors of
        # an image are one block of memory, and reading them is fast.
        self._rows = torch.empty(
            (batch, num_eig, height * width),
            dtype=torch.float32,
            device=pick_device(device, checked.device),
        )
        self.device = self._rows.device
        pixels = checked.reshape(batch, height * width, num_eig)
        self.exponent = exponent_of(pixels)
        if self.exponent:
            pixels = times_power(pixels, -self.exponent)
        self._rows.copy_(pixels.transpose(1, 2))
        says = self._rows.flatten(1).any(dim=1).cpu().numpy()
        self.blank = frozenset(np.flatnonzero(~says).tolist())

    def read(self, images: Images, num_eig: int | None = None) -> Tensor:
        """Return a view for a slice of images, else a copy."""
        if not isinstance(images, slice):
            return self._rows[torch.from_numpy(images).to(self.device), :num_eig]
        # Read a dozen times a click: an index that changes nothing takes as long again.
        return self._rows[images] if num_eig is None else self._rows[images, :num_eig]

    def at(self, images: Indices, places: Indices, num_eig: int) -> Tensor:
        """Copy the eigenvectors of some cells: (n, num_eig)."""
        image, place = (
            torch.from_numpy(np.asarray(each, dtype=np.int64)).to(self.device)
            for each in (images, places)
        )
        return self._rows[image, :num_eig, place]

    def array(self) -> Floats:
        """Return all eigenvectors; without a copy where they are on a CPU."""
        return self._rows.transpose(1, 2).reshape(self.shape).cpu().numpy()
