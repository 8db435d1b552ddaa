"""Recognise one image, or many, and open them."""

from __future__ import annotations

import io
import os
from collections import deque
from collections.abc import Iterable, Mapping, Set, ValuesView
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from PIL import Image

from ncut_widget.core.paths import as_path
from ncut_widget.images.digest import Identity, identify_pixels
from ncut_widget.images.files import EncodedImage, from_pil, naming
from ncut_widget.images.metadata import Damaged, orientation_of, turned
from ncut_widget.images.names import origin_of
from ncut_widget.images.values import RGBImage, Scale, channel_axis, from_array

FETCH = (
    "get the file first, as with urllib.request.urlretrieve(address, 'image.jpg'), "
    "and give its path"
)

FORMS = "a path, the bytes of a file, an open file, a PIL image, an array or a tensor"


HOLDERS = (list, tuple, deque, Set, ValuesView)
"""Types that hold all their images at once; other iterables may reuse one buffer."""


MISSING = Identity("missing")


class Source(Protocol):
    """An image of a batch.

    Attributes
    ----------
    name : str
        Its index, and its path if it has one.
    size : (int, int)
        ``(h, w)``.
    path : Path or None
        Where its file is.
    origin : Path or None
        Path that names it: ``path``, or that of an open file or a PIL image.
    identity : Identity
    """

    name: str
    size: tuple[int, int]
    path: Path | None
    origin: Path | None

    @property
    def identity(self) -> Identity:
        """Identify the image."""

    def read(self, side: int | None = None) -> RGBImage:
        """Read the image; with a side, no smaller than shown with that many pixels."""


class HeldImage:
    """An image in memory; its file, if it has one, is not needed."""

    path: Path | None = None

    def __init__(self, pixels: RGBImage, name: str, origin: Path | None = None) -> None:
        self.name = name
        self.origin = origin
        self.size = (int(pixels.shape[0]), int(pixels.shape[1]))
        self._pixels = pixels

    @cached_property
    def identity(self) -> Identity:
        """Identify the image."""
        return identify_pixels(self._pixels)

    def read(self, side: int | None = None) -> RGBImage:
        """Return the pixels."""
        return self._pixels


class MissingImage:
    """A grey substitute for an image that cannot be read."""

    def __init__(
        self,
        name: str,
        reason: str,
        path: Path | None,
        size: tuple[int, int],
        origin: Path | None,
        identity: Identity = MISSING,
    ) -> None:
        self.name = name
        self.reason = reason
        self.path = path
        self.origin = origin
        self.size = size
        self.identity = identity

    @classmethod
    def instead_of(cls, source: Source, error: Exception) -> MissingImage:
        """Make the substitute of an image that could be opened, but not read."""
        return cls(
            source.name,
            str(error),
            source.path,
            source.size,
            source.origin,
            source.identity,
        )

    def read(self, side: int | None = None) -> RGBImage:
        """Give a grey image."""
        return grey(self.size)


def grey(size: tuple[int, int]) -> RGBImage:
    """Make a grey image of a size (h, w)."""
    return np.full((*size, 3), 128, np.uint8)


def single_images(images: Any) -> list[Any]:
    """Split what came into single images, not yet read.

    Raises
    ------
    TypeError, ValueError
        If it holds no images, or if it could be one image as well as many.
    """
    if is_encoded(images) or isinstance(images, Image.Image):
        return [images]
    if isinstance(images, Mapping):
        raise TypeError(
            "images must be a list, got a mapping: give list(images.values())"
        )
    if not is_array(images) or len(images.shape) == 1:
        if isinstance(images, HOLDERS) or is_array(images):
            return list(images)
        if isinstance(images, Iterable):
            return [_as_it_is_now(image) for image in images]
        raise TypeError(
            f"images must be {FORMS}, or a list of these, got {type(images).__name__}"
        )
    shape = tuple(images.shape)
    if len(shape) == 3 and shape[0] == 4 and shape[2] not in (1, 3, 4):
        raise ValueError(
            f"images has shape {shape}: one RGBA image or 4 grey ones? "
            f"Give [images] for the first, list(images) for the second; of one image "
            f"with {shape[2]} bands choose one, as images[..., 0]"
        )
    is_batch = len(shape) == 4 or (len(shape) == 3 and channel_axis(images) is None)
    return list(images) if is_batch else [images]


def _as_it_is_now(item: Any) -> Any:
    """Copy an image of an iterator, which may reuse its memory for the next one.

    Pillow's iterator over frames returns the same object each time; video readers
    refill one buffer.
    """
    if isinstance(item, torch.Tensor):
        return item.detach().clone()
    if isinstance(item, np.memmap):
        return item  # backed by a file: not reused, and may be larger than memory
    if is_array(item):
        return np.array(item)
    if isinstance(item, Image.Image):
        return _frame(item)
    if isinstance(item, (bytearray, memoryview)):
        return bytes(item)
    if callable(getattr(item, "read", None)) and not isinstance(item, io.TextIOBase):
        return _read_now(item)
    return item


def _frame(image: Image.Image) -> Image.Image:
    """Copy the current frame of an image, with its format and its name."""
    with suppress(Exception):  # the same error comes, with a name, at `open_source`
        origin = origin_of(image)  # with the frame's number, while its file is open
        image.load()
        if type(image) is Image.Image or getattr(image, "is_animated", False):
            frame = image.copy()
            frame.format = image.format
            if origin is not None:
                frame.filename = str(origin)  # type: ignore[attr-defined]
            return frame
    return image


def _read_now(file: Any) -> Any:
    """Read a file's bytes now, before it is closed or rewritten."""
    with suppress(Exception):  # the same error comes, with a name, at `open_source`
        held = io.BytesIO(_as_bytes(file, "images"))
        held.name = getattr(file, "name", None)
        return held
    return file


def note_values(item: Any, scale: Scale) -> None:
    """Pass the values that a batch's scale depends on to the scale."""
    if isinstance(item, Image.Image) and item.mode == "I":
        item = np.asarray(item)
    if isinstance(item, torch.Tensor):
        item = item.detach().cpu().numpy() if _is_whole(item) else None
    if is_array(item):
        scale.note(np.asarray(item))


def open_source(item: Any, name: str, scale: Scale) -> Source:
    """Make a source of a single image; an image that is no file is read at once.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        In one sentence, with the image's name, if it is no image.
    """
    if isinstance(item, (str, os.PathLike)):
        return EncodedImage(as_path(item, name, FETCH), name, scale)
    if is_encoded(item):
        return EncodedImage(_as_bytes(item, name), name, scale, origin_of(item))
    if isinstance(item, Image.Image):
        origin = origin_of(item)  # before it is read: then its file is closed
        return HeldImage(_from_opened(item, name, scale), name, origin)
    if is_array(item):
        return HeldImage(from_array(item, name, scale), name)
    raise TypeError(f"{name} must be {FORMS}, got {type(item).__name__}")


def _from_opened(image: Image.Image, name: str, scale: Scale) -> RGBImage:
    """Convert an opened PIL image; its pixels may be read only now, and be broken."""
    with naming(name):
        image.load()
        with suppress(Damaged):  # with damaged metadata it is not turned
            image = turned(image, orientation_of(image))
        return from_pil(image, name, scale)


def is_encoded(item: Any) -> bool:
    """Whether it is a path, a file, or the bytes of one."""
    kinds = (str, os.PathLike, bytes, bytearray, memoryview)
    return isinstance(item, kinds) or (
        callable(getattr(item, "read", None)) and not is_array(item)
    )


def is_array(value: Any) -> bool:
    """Whether it is an array or a tensor, of values of any kind."""
    return hasattr(value, "shape") and (
        isinstance(value, (np.ndarray, torch.Tensor)) or hasattr(value, "__array__")
    )


def _is_whole(tensor: torch.Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex())


def _as_bytes(item: Any, name: str) -> bytes:
    """Read a file that is open, from its beginning, or take bytes as they are."""
    if not hasattr(item, "read"):
        return bytes(item)
    if isinstance(item, io.TextIOBase):
        raise TypeError(f"{name} is a file that is open as text: open it with 'rb'")
    try:
        if item.seekable():
            item.seek(0)
        data = item.read()
    except Exception as error:
        raise ValueError(f"{name} is a file that cannot be read: {error}") from error
    if not isinstance(data, bytes):
        raise TypeError(f"{name} must read as bytes, got {type(data).__name__}")
    return data
