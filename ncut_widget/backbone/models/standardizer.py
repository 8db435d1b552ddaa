"""Features on one scale: that of a whole batch, for later images, too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.arrays import Floats, as_tensor


@dataclass(frozen=True)
class Standardizer:
    """Channels centred and scaled, the same for all images.

    Parameters
    ----------
    mean, scale : ndarray of float32, shape (C,)
    """

    mean: Floats
    scale: Floats

    def __call__(self, features: NDArray[np.floating] | Tensor) -> Floats | Tensor:
        """Return ``(features - mean) * scale`` as float32, shape (..., C)."""
        given = as_tensor(features)
        mean, scale = (
            torch.from_numpy(values).to(given.device)
            for values in (self.mean, self.scale)
        )
        found = torch.sub(given, mean).float().mul_(scale)
        return found if isinstance(features, Tensor) else found.numpy()

    def in_place(self, features: NDArray[np.floating] | Tensor) -> Floats | Tensor:
        """Do the same to features that nobody else holds, without a copy of float32."""
        given = as_tensor(features)
        if given.dtype != torch.float32:
            return self(features)
        mean, scale = (
            torch.from_numpy(values).to(given.device)
            for values in (self.mean, self.scale)
        )
        given.sub_(mean).mul_(scale)
        return given if isinstance(features, Tensor) else given.numpy()
