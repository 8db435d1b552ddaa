"""Encoded images: files, and bytes of files. Size and orientation are decided here."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from ncut_widget.images import tiff
from ncut_widget.images.digest import Identity, identify_file
from ncut_widget.images.kinds import HEAD, way_out
from ncut_widget.images.metadata import (
    Damaged,
    orientation_of,
    turned,
    turned_size,
    without_metadata,
)
from ncut_widget.images.values import ImageError, RGBImage, Scale, from_array, on_white

T = TypeVar("T")


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Turn any error into one sentence with the image's name.

    Pillow's decoders raise errors of any class on broken files.
    """
    try:
        yield
    except (ImageError, FileNotFoundError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"{name} has more pixels than Pillow opens, {_most()}: if you "
            "trust the file, set PIL.Image.MAX_IMAGE_PIXELS = None first; or give "
            "a smaller copy of it"
        ) from error
    except MemoryError as error:
        raise MemoryError(f"{name} does not fit into memory") from error
    except Exception as error:
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "" if unknown else " ".join(str(error).split())
        raise ImageError(
            f"{name} cannot be read as an image{reason and f': {reason}'}"
        ) from error


class EncodedImage:
    """An image in a file, or in the bytes of one; read when it is asked for.

    Parameters
    ----------
    source : Path or bytes
    name : str
        As ``images[3]``.
    scale : Scale
        Scale of the batch.
    origin : Path, optional
        Path that names an image given as bytes.

    Attributes
    ----------
    path : Path or None
        Absolute, as a notebook may change its folder.
    origin : Path or None
        Path that names the image: its own, or the one given.
    size : (int, int)
        ``(h, w)`` after the image is turned by its orientation.

    Raises
    ------
    FileNotFoundError, ValueError
        In one sentence, with name and path, if the file is missing or no image.
    """

    def __init__(
        self,
        source: Path | bytes,
        name: str,
        scale: Scale,
        origin: Path | None = None,
    ) -> None:
        self._source = source
        self._scale = scale
        self._told = False
        self._identity: Identity | None = None
        self.path: Path | None = None
        self.origin = origin
        self.name = self._index = name
        if isinstance(source, Path):
            self.path = self.origin = self._source = Path(os.path.abspath(source))
            self.name = f"{name} ({str(source)!r})"
            _check_file(self.path, name)
        with naming(self.name):
            self.size = self._measure()

    @property
    def identity(self) -> Identity:
        """Identity when it was first read, as the file may be gone by now.

        ``"unknown"`` if the file was gone before the first read.
        """
        if self._identity is None:
            try:
                with self._open() as file:
                    self._identity = identify_file(file)
            except OSError:
                return Identity("unknown")
        return self._identity

    def read(self, side: int | None = None) -> RGBImage:
        """Read the image; with a side, no smaller than shown with that many pixels."""
        if self.path is not None:
            _check_file(self.path, self._index)
        with naming(self.name):
            self.identity  # noqa: B018 - noted at the first read
            image = self._decode(side)
        if side is None and image.shape[:2] != self.size:
            raise ImageError(
                f"{self.name} has {_described(image.shape[:2])} pixels, and had "
                f"{_described(self.size)} when it was opened"
            )
        return image

    def _measure(self) -> tuple[int, int]:
        page = self._tiff_page()
        if page is not None:
            return turned_size(page.size, page.orientation)
        return self._with_pillow(
            lambda image: turned_size(image.size[::-1], self._orientation(image))
        )

    def _decode(self, side: int | None) -> RGBImage:
        page = self._tiff_page()
        if page is not None:
            with self._open() as file:
                values = tiff.read(file)
            values = from_array(values, self.name, self._scale, wide=True)
            values = 255 - values if page.inverted else values
            whole = turned(Image.fromarray(values), page.orientation)
            return np.asarray(whole).copy()

        def decode(image: Image.Image) -> RGBImage:
            if side is not None:
                # At twice the side: resampling from there to the side is smooth.
                scale = 2 * side / max(image.size)
                width, height = image.size
                image.draft(None, (round(width * scale), round(height * scale)))
            # Pillow reads only the upper 8 of 16 bits of a colour.
            deep = any("16B" in str(tile[3]) for tile in getattr(image, "tile", ()))
            # Read before the pixels, as in `_measure`: loading adds the metadata that
            # follows the pixels.
            orientation = self._orientation(image)
            image.load()
            whole = turned(image, orientation)
            if deep and not whole.mode.startswith("I"):
                mode = "RGBA" if whole.has_transparency_data else "RGB"
                values = np.asarray(whole.convert(mode)).astype(np.uint16) * 257
                return from_array(values, self.name, self._scale)
            return from_pil(whole, self.name, self._scale, wide=True)

        return self._with_pillow(decode)

    def _orientation(self, image: Image.Image) -> int:
        try:
            return orientation_of(image)
        except Damaged:
            self._tell("its metadata is damaged: it is shown as it is stored")
            return 1

    def _with_pillow(self, use: Callable[[Image.Image], T]) -> T:
        """Open the file; if only its metadata is damaged, without the metadata."""
        try:
            with self._open() as file, Image.open(file) as image:
                return use(image)
        except (ImageError, MemoryError, Image.DecompressionBombError):
            raise
        except Exception as error:
            if isinstance(error, UnidentifiedImageError):
                with self._open() as file:
                    other = way_out(file.read(HEAD))
                if other is not None:
                    raise ImageError(f"{self.name} is {other}") from error
            with self._open() as file:
                rest = without_metadata(file.read())
            if rest is None:
                raise
            try:
                with Image.open(io.BytesIO(rest)) as image:
                    result = use(image)
            except Exception:
                raise error from None
            self._tell("its metadata is damaged, and was left out")
            return result

    def _tiff_page(self) -> tiff.Page | None:
        """Describe a TIFF that Pillow does not read well; None if it does."""
        with self._open() as file:
            if not tiff.is_tiff(file.read(4)):
                return None
            file.seek(0)
            try:
                page = tiff.describe(file)
            except Exception:
                return None  # Pillow may read it, or say what is wrong
            if page is not None and page.dtype == np.uint8 and _opens(file):
                return None
        most = Image.MAX_IMAGE_PIXELS
        if page is not None and most and page.size[0] * page.size[1] > 2 * most:
            raise Image.DecompressionBombError
        return page

    def _open(self) -> Any:
        if isinstance(self._source, Path):
            return self._source.open("rb")
        return io.BytesIO(self._source)

    def _tell(self, what: str) -> None:
        if not self._told:
            self._told = True
            warnings.warn(f"{self.name}: {what}", UserWarning, stacklevel=2)


def from_pil(
    image: Image.Image, name: str, scale: Scale, *, wide: bool = False
) -> RGBImage:
    """Convert a PIL image of any mode to uint8 RGB; it is not turned.

    Raises
    ------
    ValueError
        If it has no pixels, or a mode that cannot be converted to RGB.
    """
    if 0 in image.size:
        raise ImageError(f"{name} has no pixels, its size is {image.size}")
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        # Pillow clips these to 8 bits where it should scale them.
        values = np.asarray(image)
        clear = image.info.get("transparency")
        rgb = from_array(values, name, scale, wide)
        if isinstance(clear, int):  # the grey value that is transparent
            rgb[values == clear] = 255
        return rgb
    if image.mode == "La":  # premultiplied; Pillow converts it to LA only
        image = image.convert("LA")
    try:
        if image.has_transparency_data:
            rgba = np.asarray(image.convert("RGBA"))
            return on_white(scale.apply(rgba[..., :3], name), rgba[..., 3:])
        return np.array(scale.apply(np.asarray(image.convert("RGB")), name))
    except ValueError as error:
        raise ImageError(
            f"{name} has mode {image.mode!r}, which Pillow cannot convert to RGB"
        ) from error


def _check_file(path: Path, name: str) -> None:
    """Raise an error that says what to do, unless there is a file."""
    if path.is_dir():
        raise ImageError(
            f"{name} is a folder, {str(path)!r}: list its files, as "
            "sorted(Path(folder).glob('*.jpg'))"
        )
    if not path.exists():
        hint = ""
        if any(sign in path.name for sign in "*?["):
            hint = ": for all files of such a name give sorted(Path(folder).glob(...))"
        raise FileNotFoundError(f"{name}: there is no file {str(path)!r}{hint}")


def _described(size: tuple[int, ...]) -> str:
    return f"{size[1]} x {size[0]}"


def _opens(file: Any) -> bool:
    """Whether Pillow can open a file."""
    file.seek(0)
    try:
        with Image.open(file):
            return True
    except Image.DecompressionBombError:
        raise
    except Exception:
        return False


def _most() -> str:
    limit = Image.MAX_IMAGE_PIXELS
    return "" if limit is None else f"which is {2 * limit // 10**6} million"
