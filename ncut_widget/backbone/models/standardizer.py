"""Features on one scale: that of a whole batch, for later images, too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.arrays import Floats, as_tensor
from ncut_widget.core.parallel import deal

ROUNDING = 2**-11
"""What float16 may change a number by, as a part of it: less is no difference."""

LEAST = 2**-24
"""The smallest number of float16, and the smallest spread to divide by."""


@dataclass(frozen=True)
class Standardizer:
    """Channels centred and scaled, the same for all images.

    Parameters
    ----------
    mean, scale : ndarray of float32, shape (C,)
    """

    mean: Floats
    scale: Floats

    @classmethod
    def of_parts(
        cls,
        features: NDArray[np.floating] | Tensor,
        ends: Sequence[int] = (),
        floor: float | None = None,
    ) -> Standardizer:
        """Centre channels, and scale each part to unit total variance.

        So parts count the same, whatever their channels, and the root mean square
        length of each is 1.

        Parameters
        ----------
        features : ndarray or tensor of float, shape (B, H, W, C)
            Of a whole batch.
        ends : sequence of int
            Where each part ends among the channels; by default all are one part.
        floor : float, optional
            Smallest spread of a part to divide by; by default so much as rounding to
            float16 can make.

        Examples
        --------
        >>> features = np.array([1, 50, 3, 90], np.float32).reshape(1, 1, 2, 2)
        >>> Standardizer.of_parts(features, [1, 2])(features).tolist()
        [[[[-1.0, -1.0], [1.0, 1.0]]]]
        """
        images = as_tensor(features).cpu().flatten(1, 2)
        # Image by image, as these sums need float64.
        means = deal(lambda image: image.double().mean(0), images, images.device)
        mean = torch.stack(list(means)).mean(0)

        def spread(image: Tensor) -> Tensor:
            return (image.double() - mean).square_().mean(0)

        spreads = deal(spread, images, images.device)
        variance = torch.stack(list(spreads)).mean(0)
        scale = torch.empty_like(variance)
        begin = 0
        for end in ends or [len(variance)]:
            part = slice(begin, end)
            least = floor or max(ROUNDING * float(mean[part].norm()), LEAST)
            scale[part] = 1 / variance[part].sum().sqrt().clamp_min(least)
            begin = end
        return cls(mean.float().numpy(), scale.float().numpy())

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
