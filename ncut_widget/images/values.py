"""Numbers -> uint8 RGB: which axis the channels are, what is black, what is white."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from ncut_widget.core.arrays import AnyArray, as_array
from ncut_widget.core.checks import check_number, shown

RGBImage: TypeAlias = NDArray[np.uint8]
"""An image: uint8, shape (h, w, 3), RGB."""

FLOAT_TOLERANCE = 1 / 510
"""How far a float image may leave [0, 1]: half a grey level, as resampling does."""

ADVICE = "give value_range=(low, high), the values that are black and white"

DARK = 4096
"""An image with all 16-bit values below this is nearly black: cameras have 12 bits."""


class ImageError(ValueError):
    """An image that is not valid; the message names the image."""


@dataclass
class Scale:
    """The values that are black and white in all images of a batch.

    Attributes
    ----------
    given : (float, float) or None
        The user's values; None if they follow from the kind of numbers.
    wide : bool
        Whether integers that are neither 8 nor 16 bits wide go to 65535, not to 255.
    told : bool
        Whether the warning about a nearly black image was given.
    """

    given: tuple[float, float] | None = None
    wide: bool = False
    told: bool = False

    def note(self, values: AnyArray) -> None:
        """Look at an array of the batch: a single wide one makes all of them wide."""
        if _is_open(values.dtype) and values.size:
            self.wide |= bool((values > 255).any())

    def apply(self, values: AnyArray, name: str, wide: bool = False) -> RGBImage:
        """Scale numbers to uint8.

        Parameters
        ----------
        values : ndarray
        name : str
        wide : bool
            Whether whole numbers of more than 8 bits go to 65535 for certain, as those
            of files do.

        Raises
        ------
        TypeError, ValueError
            If they are no numbers, or out of range.
        """
        kind = values.dtype.kind
        if kind == "b":
            return values.astype(np.uint8) * 255
        if kind not in "iuf":
            raise TypeError(
                f"{name} must hold bool, integer or float values, got dtype "
                f"{values.dtype}"
            )
        if kind == "f" and not np.isfinite(values).all():
            raise ImageError(f"{name} must be finite, got NaN or infinite values")
        if self.given is not None:
            low, high = self.given
            part = (values.astype(np.float64) - low) / (high - low)
            return np.rint(np.clip(part, 0, 1) * 255).astype(np.uint8)
        if values.dtype == np.uint8:
            return values
        return _unit(values, name) if kind == "f" else self._whole(values, name, wide)

    def _whole(self, values: AnyArray, name: str, wide: bool) -> RGBImage:
        low, high = int(values.min()), int(values.max())
        if low < 0 or high > 65535:
            raise ImageError(
                f"{name} has integers from {low} to {high}; integers must be within 0 "
                f"to 255 or 0 to 65535: {ADVICE}"
            )
        is_wide = values.dtype == np.uint16 or wide or self.wide
        if values.dtype.itemsize == 1 or not is_wide:
            return values.astype(np.uint8)
        if high < DARK:
            self._tell_dark(high, name)
        return np.rint(values / np.float32(257)).astype(np.uint8)

    def _tell_dark(self, high: int, name: str) -> None:
        if self.told or high == 0:
            return
        self.told = True
        warnings.warn(
            f"{name} has values up to {high} of 65535 and is nearly black: {ADVICE}, "
            f"as value_range=(0, {2 ** high.bit_length() - 1})",
            UserWarning,
            stacklevel=2,
        )


def check_value_range(value: Any) -> tuple[float, float] | None:
    """Return black and white as numbers, or None; raise where they are not two."""
    if value is None:
        return None
    try:
        low, high = value
    except (TypeError, ValueError):
        raise TypeError(
            f"value_range must be two numbers (low, high), got {shown(value)}"
        ) from None
    low = check_number("value_range's low", low)
    return low, check_number("value_range's high", high, low, above=True)


def from_array(array: Any, name: str, scale: Scale, wide: bool = False) -> RGBImage:
    """Convert numbers to an image; shape (h, w), (h, w, C) or (C, h, w).

    Raises
    ------
    TypeError, ValueError
        If shape or values are not those of an image.
    """
    axis = channel_axis(array)
    shape = tuple(array.shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and axis is None):
        raise ImageError(
            f"{name} must have shape (h, w), (h, w, C) or (C, h, w) with C = 1, 3 or "
            f"4, got {shape}{_bands(shape)}"
        )
    if 0 in shape:
        raise ImageError(f"{name} has no pixels, its shape is {shape}")
    values = as_array(array, name)
    if axis is None:
        values = values[..., None]
    elif axis == 0:
        values = np.moveaxis(values, 0, -1)
    if values.shape[-1] == 4:
        # value_range is about colours: it does not apply to alpha.
        alpha = Scale(None, scale.wide, told=True).apply(values[..., 3:], name, wide)
        return on_white(scale.apply(values[..., :3], name, wide), alpha)
    rgb = scale.apply(values, name, wide)
    if rgb.shape[-1] == 1:
        rgb = np.broadcast_to(rgb, (*rgb.shape[:2], 3))
    return np.ascontiguousarray(rgb)


def on_white(rgb: RGBImage, alpha: NDArray[np.uint8]) -> RGBImage:
    """Composite an image, not premultiplied by alpha (h, w, 1), on white."""
    opaque, part = alpha.astype(np.uint32), rgb.astype(np.uint32)
    return ((part * opaque + 255 * (255 - opaque) + 127) // 255).astype(np.uint8)


def channel_axis(array: Any) -> int | None:
    """Return the axis of the channels, first or last of three; None without one."""
    if len(array.shape) != 3:
        return None
    # `sources` has already split batches into single images.
    ends = (0, 2) if isinstance(array, torch.Tensor) else (2, 0)
    return next((end for end in ends if array.shape[end] in (1, 3, 4)), None)


def _unit(values: AnyArray, name: str) -> RGBImage:
    low, high = values.min(), values.max()
    if low < -FLOAT_TOLERANCE or high > 1 + FLOAT_TOLERANCE:
        raise ImageError(
            f"{name} has floats from {low:.4g} to {high:.4g}; floats must be within "
            f"[0, 1]: undo a normalisation, give uint8, or {ADVICE}"
        )
    levels = np.rint(np.clip(values, 0, 1) * np.float32(255))
    rgb: RGBImage = levels.astype(np.uint8)
    return rgb


def _is_open(dtype: np.dtype) -> bool:
    """Whether integers of a type may be meant as 8 bits or as 16."""
    return dtype.kind in "iu" and dtype.newbyteorder("=") not in (np.uint8, np.uint16)


def _bands(shape: tuple[int, ...]) -> str:
    """Say how to choose bands, where there are more than colours have."""
    if len(shape) != 3:
        return ""
    return ": choose three bands, as array[..., :3] or array[:3]"
