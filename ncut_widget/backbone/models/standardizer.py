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
