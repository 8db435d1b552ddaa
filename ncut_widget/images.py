"""Images in whatever form a notebook has them -> uint8 RGB."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps
from tqdm.auto import tqdm

RGBImage: TypeAlias = NDArray[np.uint8]
"""An image: uint8, shape (h, w, 3), RGB."""

T = TypeVar("T")

READ_AHEAD = 8
"""Images that are read while others are worked on."""

FLOAT_TOLERANCE = 1 / 510
"""How far a float image may leave [0, 1]: half a grey level, as resampling does."""


def load_images(images: Any) -> list[RGBImage]:
    """Read one or many images as uint8 RGB.

    Parameters
    ----------
    images : image, iterable of images, or batch array
        An image is one of

        - a path (`str` or `Path`) of a file Pillow reads; of several frames the first;
        - a `PIL.Image.Image` of any mode; EXIF orientation is applied, also to files;
        - an array or a tensor of shape (h, w), (h, w, C) or (C, h, w) with C = 1
          (grey), 3 (RGB) or 4 (RGBA). Where both ends could be the channels, arrays
          are read as (h, w, C) and tensors as (C, h, w).

        A batch array has one more axis in front: (B, h, w), (B, h, w, C) or
        (B, C, h, w). A three-axis array is a batch of grey images only where neither
        end is 1 or 3 long; (4, h, w) could be both and is refused.

        Values: uint8; bool (black, white); uint16 (0 to 65535); other integers within
        0 to 255, or else within 0 to 65535; floats within [0, 1]. Floats are never
        rescaled: a tensor normalised for a network, or floats up to 255, are refused.
        Transparent images are laid on white.

    Returns
    -------
    list of ndarray of uint8, shapes (h_i, w_i, 3)
        RGB, C-contiguous. Images that already are this are not copied.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    TypeError
        If something is not an image.
    ValueError
        If there is no image, a file cannot be read, or shape or values are not as
        above. Every message names the image by its index, and the path if it has one.

    Examples
    --------
    >>> grey = np.zeros((2, 3))
    >>> rgb = torch.ones(3, 4, 5)
    >>> [image.shape for image in load_images([grey, rgb])]
    [(2, 3, 3), (4, 5, 3)]
    """
    lazy = Images(images)
    return list(tqdm(lazy, "Loading images", unit="image", delay=1, leave=False))


class Images(Sequence[RGBImage]):
    """One or many images; files are looked at, but not read before they are asked for.

    Parameters
    ----------
    images
        As for `load_images`, or `Images`. What is not a file is read at once.

    Attributes
    ----------
    sizes : list of (int, int)
        ``(h_i, w_i)`` in pixels.
    paths : list of Path or None
        Where files are.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        As `load_images`; but a file of images that breaks off is found out only when
        it is read.

    Examples
    --------
    >>> images = Images([np.zeros((2, 3)), np.ones((4, 5))])
    >>> images.sizes, images[1].shape
    ([(2, 3), (4, 5)], (4, 5, 3))
    """

    sizes: list[tuple[int, int]]
    _items: list[Path | RGBImage]

    def __init__(self, images: Any) -> None:
        if isinstance(images, Images):
            self._items, self.sizes = images._items, images.sizes
            return
        items = _as_list(images)
        if not items:
            raise ValueError("images must hold at least one image, got none")
        self._items, self.sizes = [], []
        bar = tqdm(items, desc="Opening images", unit="image", delay=1, leave=False)
        for index, item in enumerate(bar):
            if isinstance(item, (str, os.PathLike)):
                item = Path(item)
                size = _read_size(item, f"images[{index}]")
            else:
                item = _load(item, f"images[{index}]")
                size = item.shape[:2]
            self._items.append(item)
            self.sizes.append(size)

    @property
    def paths(self) -> list[Path | None]:
        """Where the files are; None for what is no file."""
        return [item if isinstance(item, Path) else None for item in self._items]

    def __len__(self) -> int:
        """Count the images."""
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        """Read an image."""
        return _load(self._items[index], f"images[{index}]")

    def reduced(self, index: int, side: int) -> RGBImage:
        """Read an image to show it with ``side`` pixels; it is at least that large.

        A JPEG file is decoded to an eighth of its size at the smallest, in a fraction
        of the time.
        """
        item = self._items[index]
        if isinstance(item, Path):
            return _read_file(item, f"images[{index}]", side)
        return item


def read_ahead(images: Sequence[T], count: int = READ_AHEAD) -> Iterator[T]:
    """Give images in order, while threads read the next ones.

    An encoder on a GPU takes tens of images a second, more than one thread decodes.

    Parameters
    ----------
    images : sequence
        As `Images`.
    count : int
        How many images beyond the one that is given are read, at the most.
    """
    threads = min(count, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as readers:
        coming: deque[Future[T]] = deque()
        try:
            for index in range(len(images)):
                coming.append(readers.submit(images.__getitem__, index))
                if len(coming) > count:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()


def _as_list(images: Any) -> list[Any]:
    """Give the single images in ``images``, not yet read."""
    if isinstance(images, (str, os.PathLike, Image.Image)):
        return [images]
    if not _is_array(images):
        if isinstance(images, Iterable) and not isinstance(images, (bytes, dict)):
            return list(images)
        raise TypeError(
            "images must be a path, a PIL image, an array, a tensor or a list of "
            f"these, got {type(images).__name__}"
        )
    shape = tuple(images.shape)
    if len(shape) == 3 and shape[0] == 4 and shape[2] not in (1, 3, 4):
        raise ValueError(
            f"images has shape {shape}: one RGBA image or 4 grey ones? "
            f"Give [images] for the first, list(images) for the second"
        )
    is_batch = len(shape) == 4 or (len(shape) == 3 and _channel_axis(images) is None)
    return list(images) if is_batch else [images]


def _load(item: Any, name: str) -> RGBImage:
    if isinstance(item, (str, os.PathLike)):
        return _read_file(Path(item), name)
    if isinstance(item, Image.Image):
        return _from_pil(item, name)
    if _is_array(item):
        return _from_array(item, name)
    raise TypeError(
        f"{name} must be a path, a PIL image, an array or a tensor, got "
        f"{type(item).__name__}"
    )


def _read_file(path: Path, name: str, side: int | None = None) -> RGBImage:
    with _opened(path, name) as image:
        if side is not None:
            # At twice the side: the rest of the way is resampled well.
            scale = 2 * side / max(image.size)
            width, height = image.size
            image.draft(None, (round(width * scale), round(height * scale)))
        image.load()
        return _from_pil(image, f"{name} ({str(path)!r})")


def _read_size(path: Path, name: str) -> tuple[int, int]:
    """Height and width, as they are once the EXIF orientation is applied."""
    with _opened(path, name) as image:
        width, height = image.size
        turned = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
        return (width, height) if turned else (height, width)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[Image.Image]:
    """Open an image file; whatever is wrong with it is said in one sentence."""
    if path.is_dir():
        raise ValueError(
            f"{name} is a folder, {str(path)!r}: list its files, as "
            "sorted(Path(folder).glob('*.jpg'))"
        )
    if not path.exists():
        raise FileNotFoundError(f"{name}: there is no file {str(path)!r}")
    try:
        with Image.open(path) as image:
            yield image
    # Pillow's decoders raise SyntaxError and struct-like errors too, on broken files.
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        reason = "" if isinstance(error, Image.UnidentifiedImageError) else f": {error}"
        raise ValueError(
            f"{name}: {str(path)!r} cannot be read as an image{reason}"
        ) from error


def _from_pil(image: Image.Image, name: str) -> RGBImage:
    if 0 in image.size:
        raise ValueError(f"{name} has no pixels, its size is {image.size}")
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        # Pillow clips these to 8 bits where it should scale them.
        return _from_array(np.asarray(image), name)
    try:
        if image.has_transparency_data:
            return _on_white(np.asarray(image.convert("RGBA")))
        return np.asarray(image.convert("RGB")).copy()
    except ValueError as error:
        raise ValueError(
            f"{name} has mode {image.mode!r}, which Pillow cannot convert to RGB"
        ) from error


def _from_array(array: Any, name: str) -> RGBImage:
    axis = _channel_axis(array)
    shape = tuple(array.shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and axis is None):
        raise ValueError(
            f"{name} must have shape (h, w), (h, w, C) or (C, h, w) with C = 1, 3 or "
            f"4, got {shape}"
        )
    if 0 in shape:
        raise ValueError(f"{name} has no pixels, its shape is {shape}")
    values = _to_uint8(_as_numpy(array), name)
    if axis is None:
        values = values[..., None]
    elif axis == 0:
        values = np.moveaxis(values, 0, -1)
    channels = values.shape[-1]
    if channels == 4:
        return _on_white(values)
    if channels == 1:
        values = np.broadcast_to(values, (*values.shape[:2], 3))
    return np.ascontiguousarray(values)


def _to_uint8(values: NDArray, name: str) -> RGBImage:
    kind = values.dtype.kind
    if values.dtype == np.uint8:
        return values
    if kind == "b":
        return values.astype(np.uint8) * 255
    if kind not in "iuf":
        raise TypeError(
            f"{name} must hold bool, integer or float values, got dtype {values.dtype}"
        )
    if kind == "f" and not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite, got NaN or infinite values")
    low, high = values.min(), values.max()
    if kind == "f":
        if low < -FLOAT_TOLERANCE or high > 1 + FLOAT_TOLERANCE:
            raise ValueError(
                f"{name} has floats from {low:.4g} to {high:.4g}; floats must be "
                "within [0, 1]: undo a normalisation, divide 0..255 by 255, or give "
                "uint8"
            )
        return np.rint(np.clip(values, 0, 1) * np.float32(255)).astype(np.uint8)
    if low < 0 or high > 65535:
        raise ValueError(
            f"{name} has integers from {low} to {high}; integers must be within 0 to "
            "255 or 0 to 65535"
        )
    if values.dtype != np.uint16 and high <= 255:
        return values.astype(np.uint8)
    return np.rint(values / np.float32(257)).astype(np.uint8)


def _on_white(rgba: NDArray[np.uint8]) -> RGBImage:
    """Composite RGBA, not premultiplied, on white."""
    rgb, alpha = rgba[..., :3].astype(np.uint32), rgba[..., 3:].astype(np.uint32)
    return ((rgb * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _channel_axis(array: Any) -> int | None:
    """Which end of a three-axis array the channels are at, or None."""
    if len(array.shape) != 3:
        return None
    # Batches and tensors are told apart from single images in `_as_list`.
    ends = (0, 2) if isinstance(array, torch.Tensor) else (2, 0)
    return next((end for end in ends if array.shape[end] in (1, 3, 4)), None)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and (
        isinstance(value, (np.ndarray, torch.Tensor)) or hasattr(value, "__array__")
    )


def _as_numpy(array: Any) -> NDArray:
    if isinstance(array, torch.Tensor):
        array = array.detach().cpu()
        if array.dtype == torch.bfloat16:
            array = array.float()
        return array.numpy()
    return np.asarray(array)
