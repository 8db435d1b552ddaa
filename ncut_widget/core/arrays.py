"""Convert the arrays that users give to types that numpy and torch compute with."""

from __future__ import annotations

import warnings
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats: TypeAlias = NDArray[np.float32]
Doubles: TypeAlias = NDArray[np.float64]
Mask: TypeAlias = NDArray[np.bool_]
Indices: TypeAlias = NDArray[np.intp]
Labels: TypeAlias = NDArray[np.int32]
AnyArray: TypeAlias = NDArray[Any]

# Dtypes of ml_dtypes, which JAX and TensorFlow use: numpy lacks operations on some.
_NARROW = ("bfloat16", "float8_", "float6_", "float4_")


def as_array(value: Any, name: str = "the array") -> AnyArray:
    """Convert to a numpy array in this machine's byte order.

    Parameters
    ----------
    value : torch.Tensor or array_like
        bfloat16 and narrower floats become float32, longdouble becomes float64.
    name : str
        How errors name the array.

    Raises
    ------
    ValueError
        If some values of a masked array are masked.

    Examples
    --------
    >>> as_array(np.arange(3, dtype=">u2")).dtype
    dtype('uint16')
    """
    if isinstance(value, Tensor):
        value = value.detach().cpu()
        wide = value.dtype in (torch.float16, torch.float32, torch.float64)
        if value.is_floating_point() and not wide:
            value = value.float()
        values: AnyArray = value.resolve_conj().resolve_neg().numpy()
        return values
    if np.ma.is_masked(value):
        raise ValueError(
            f"{name} has masked values: fill them, for example with filled(0)"
        )
    array = np.asarray(value)
    if array.dtype.name.startswith(_NARROW):
        return array.astype(np.float32)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return array.astype(np.float64)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def hint_axes(name: str, shape: tuple[int, ...]) -> None:
    """Warn where four axes look like (B, C, H, W) and not like (B, H, W, C).

    A wrong order raises no error, but gives meaningless eigenvectors.
    """
    if len(shape) != 4:
        return
    _, rows, cols, channels = shape
    longest = max(cols, channels)
    if rows > longest and (cols == channels or rows >= 3 * longest):
        warnings.warn(
            f"{name} of shape {tuple(shape)} are read as (B, H, W, C), a grid of "
            f"{rows} x {cols} cells with {channels} numbers each; if they are "
            "(B, C, H, W), as convolutions give them, give "
            "features.permute(0, 2, 3, 1), or np.moveaxis(features, 1, -1)",
            UserWarning,
            stacklevel=3,
        )


def as_tensor(value: Any) -> Tensor:
    """Convert to a detached tensor; copy only where torch needs a copy.

    Examples
    --------
    >>> as_tensor(np.arange(3.0, dtype=">f4")[::-1])
    tensor([2., 1., 0.])
    """
    if isinstance(value, Tensor):
        return value.detach()
    # torch supports no negative strides, and warns about read-only arrays.
    return torch.from_numpy(np.require(as_array(value), requirements=["C", "W"]))
