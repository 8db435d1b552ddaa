"""Features of all images in one array, checked and rounded when they are added."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ncut_widget.core.arrays import as_tensor
from ncut_widget.core.checks import check_array

Features: TypeAlias = NDArray[np.floating] | Tensor


class Stale(Exception):
    """Cached features differ in shape or kind from others; the message says how."""


class Output:
    """Features of all images, added part by part to one array in host memory."""

    def __init__(self, count: int, dtype: torch.dtype) -> None:
        self._count = count
        self._dtype = dtype
        self._values: Tensor | None = None
        self._numpy = False
        self._kept = False

    def write(self, indices: list[int], features: Any, *, kept: bool = False) -> None:
        """Add the features (len(indices), H, W, C) of some images."""
        part = _check_features(features, len(indices))
        self._kept |= kept
        numpy = not isinstance(features, Tensor)
        if self._values is None:
            self._numpy = numpy
            self._values = torch.empty(
                (self._count, *part.shape[1:]), dtype=self._dtype
            )
        if self._kept and numpy != self._numpy:
            raise Stale("arrays and tensors")
        if part.shape[1:] != self._values.shape[1:]:
            grids = sorted({tuple(self._values.shape[1:]), tuple(part.shape[1:])})
            if self._kept:
                raise Stale(" and ".join(map(str, grids)))
            raise ValueError(
                "the backbone must give the same (H, W, C) for every image, got "
                + " and ".join(map(str, grids))
            )
        rounded = part.to(self._values.dtype)
        if bool((rounded.isinf() & part.isfinite()).any()):
            rounded, self._values = part.float(), self._values.float()
        self._values[indices] = rounded.cpu()

    def read(self, at: slice = slice(None)) -> Features:
        """Return the features of some images, as array or tensor as they were added."""
        assert self._values is not None
        return self._values[at].numpy() if self._numpy else self._values[at]

    def copy(self, at: slice) -> Features:
        """Return a copy of the features of some images, which may be written to."""
        assert self._values is not None
        copied = self._values[at].clone()
        return copied.numpy() if self._numpy else copied


def _check_features(features: Any, count: int) -> Tensor:
    """Check a model's output; return it as a tensor (count, H, W, C)."""
    features = check_array("the backbone's features", features)
    shape = tuple(features.shape)
    if len(shape) != 4 or shape[0] != count or 0 in shape:
        raise ValueError(
            f"the backbone must give features of shape (B, H, W, C) with B = {count} "
            f"for {count} images, got {shape}"
        )
    return as_tensor(features)
