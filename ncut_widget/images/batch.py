"""Many images: checked when they are given, read when they are needed."""

from __future__ import annotations

import os
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

from ncut_widget.core.checks import check_choice
from ncut_widget.core.progress import bar, go_through, heeds_progress
from ncut_widget.images.digest import Identity
from ncut_widget.images.files import EncodedImage
from ncut_widget.images.names import distinct_names, origin_of
from ncut_widget.images.sources import (
    MissingImage,
    Source,
    grey,
    note_values,
    open_source,
    single_images,
)
from ncut_widget.images.values import RGBImage, Scale, check_value_range

T = TypeVar("T")

Errors: TypeAlias = Literal["raise", "skip"]

READ_AHEAD = 8
"""Images that are read ahead while earlier ones are processed."""

STAND_IN = (64, 64)
"""Size of the grey substitute for an image whose size cannot be read."""


@heeds_progress
def load_images(
    images: Any,
    *,
    value_range: tuple[float, float] | None = None,
    errors: Errors = "raise",
    progress: bool = True,
) -> list[RGBImage]:
    """Read one or many images as uint8 RGB.

    Parameters
    ----------
    images : image, iterable of images, or batch array
        An image is one of

        - a path (`str` or `Path`) of a file that Pillow or tifffile reads, the bytes of
          one, or a file that is open; of several frames or pages the first;
        - a `PIL.Image.Image` of any mode;
        - an array or a tensor of shape (h, w), (h, w, C) or (C, h, w) with C = 1
          (grey), 3 (RGB) or 4 (RGBA). Where both ends could be the channels, arrays
          are read as (h, w, C) and tensors as (C, h, w).

        A batch array has one more axis in front: (B, h, w), (B, h, w, C) or
        (B, C, h, w). A three-axis array is a batch of grey images only where neither
        end is 1 or 3 long; (4, h, w) could be both and is refused. Any other iterable
        is a list of images: a generator, a pandas column, an array of paths. Images of
        an iterator, such as ``PIL.ImageSequence.Iterator`` or a video reader, are
        copied one by one, as it may reuse one buffer for all of them.

        Images are turned by their orientation (EXIF, or TIFF's tag); other metadata is
        not used. Transparent images are laid on white.
    value_range : (float, float), optional
        The values that are black and white in all images; values beyond are clipped.
        By default they follow from the kind of numbers, the same for the whole batch:

        - 8 bits: 0 and 255; bool: False and True; floats: 0 and 1;
        - 16 bits, and more in files: 0 and 65535, even if not all bits are used: for a
          camera's 12 bits give ``value_range=(0, 4095)``;
        - other integers: 0 and 255, or 0 and 65535 if any in the batch is above 255.

        Nothing is stretched, and values outside are refused: a tensor normalised for a
        network, floats up to 255, negative integers.
    errors : {"raise", "skip"}
        What to do with an image that cannot be read, now or later: raise an error, or
        warn and put a grey image in its place.
    progress : bool
        Show a progress bar if the work takes longer than a second.

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
    >>> import numpy as np, torch
    >>> grey = np.zeros((2, 3))
    >>> rgb = torch.ones(3, 4, 5)
    >>> [image.shape for image in load_images([grey, rgb])]
    [(2, 3, 3), (4, 5, 3)]
    """
    lazy = Images(images, value_range=value_range, errors=errors)
    if errors == "skip":
        lazy.check()
    return list(go_through(lazy, "Loading images", "image"))


class Images(Sequence[RGBImage]):
    """One or many images; files are checked at once, and read when they are needed.

    Parameters
    ----------
    images
        As for `load_images`, or `Images`. What is not a file is read at once.
    value_range, errors
        As for `load_images`; those of `Images` stay as they are.

    Attributes
    ----------
    sizes : list of (int, int)
        ``(h_i, w_i)`` in pixels.
    paths : list of Path or None
        Where files are.
    names : list of str
        Names of the images; see `distinct_names`.
    failures : dict of int to str
        With ``errors="skip"``: why images cannot be read, by their index.

    Raises
    ------
    FileNotFoundError, TypeError, ValueError
        As `load_images`; but a truncated file is noticed only when it is read, or by
        `check`.

    Examples
    --------
    >>> import numpy as np
    >>> images = Images([np.zeros((2, 3)), np.ones((4, 5))])
    >>> images.sizes, images[1].shape
    ([(2, 3), (4, 5)], (4, 5, 3))
    """

    value_range: tuple[float, float] | None
    sizes: list[tuple[int, int]]
    _sources: list[Source]
    _errors: Errors
    _checked: bool
    _gone: set[int]

    def __init__(
        self,
        images: Any,
        *,
        value_range: tuple[float, float] | None = None,
        errors: Errors = "raise",
    ) -> None:
        if isinstance(images, Images):
            self._sources, self._errors = images._sources, images._errors
            self.value_range, self._checked = images.value_range, images._checked
            self.sizes, self._gone = images.sizes, images._gone
            return
        self._errors = check_choice("errors", errors, ("raise", "skip"))
        self.value_range = check_value_range(value_range)
        self._checked = False
        self._gone = set()
        items = single_images(images)
        if not items:
            raise ValueError("images must hold at least one image, got none")
        scale = Scale(self.value_range)
        for item in items:
            note_values(item, scale)
        failed: dict[int, Exception] = {}
        self._sources = []
        opening = go_through(items, "Opening images", "image")
        for index, item in enumerate(opening):
            name = f"images[{index}]"
            try:
                self._sources.append(open_source(item, name, scale))
            except (OSError, TypeError, ValueError) as error:
                failed[index] = error
                path = None
                if isinstance(item, (str, os.PathLike)):
                    path = Path(os.path.expanduser(item))
                missing = MissingImage(
                    name, str(error), path, STAND_IN, origin_of(item)
                )
                self._sources.append(missing)
        self.sizes = [source.size for source in self._sources]
        self._settle(failed)

    @property
    def paths(self) -> list[Path | None]:
        """Where the files are; None for images without a file."""
        return [source.path for source in self._sources]

    @property
    def names(self) -> list[str]:
        """Names of the files, or ``image 0`` and so on; no two files share a name."""
        return distinct_names([source.origin for source in self._sources])

    @property
    def failures(self) -> dict[int, str]:
        """Why images cannot be read, by index."""
        return {
            index: source.reason
            for index, source in enumerate(self._sources)
            if isinstance(source, MissingImage)
        }

    @property
    def readable(self) -> list[int]:
        """Indices of the images that can be read."""
        failures = self.failures
        return [index for index in range(len(self)) if index not in failures]

    @property
    def unknown(self) -> list[int]:
        """Indices of images that were replaced by grey at least once."""
        return sorted(self._gone.union(self.failures))

    def __len__(self) -> int:
        """Count the images."""
        return len(self._sources)

    @property
    def identities(self) -> list[Identity]:
        """Identity of each image when it was first read."""
        return [source.identity for source in self._sources]

    def __getitem__(self, index: Any) -> Any:
        """Read an image; give a grey one if it cannot be read and is skipped."""
        pixels = self.read(index)
        return grey(self.sizes[index]) if pixels is None else pixels

    def read(self, index: int) -> RGBImage | None:
        """Read an image; None, and a warning, where it cannot be read and is skipped.

        For computations: these must not take a grey substitute for data.
        """
        source = self._sources[index]
        if isinstance(source, MissingImage):
            return None
        try:
            return source.read()
        except (OSError, ValueError) as error:
            if self._errors == "raise":
                raise
            # Not marked as missing: the file may come back, and labels do not need it.
            self._gone.add(index)
            warnings.warn(f"{error}; it is left out", UserWarning, stacklevel=3)
            return None

    def reduced(self, index: int, side: int) -> RGBImage:
        """Read an image to show it at ``side`` pixels; the result is at least so large.

        A JPEG file is decoded to an eighth of its size at the smallest, in a fraction
        of the time.

        Raises
        ------
        FileNotFoundError, ValueError
            If it cannot be read; there is no grey substitute here.
        """
        source = self._sources[index]
        if isinstance(source, MissingImage):
            raise ValueError(source.reason)
        return source.read(side)

    def select(self, indices: Sequence[int]) -> Images:
        """Select some of the images; they keep their names."""
        some = Images(self)
        some._sources = [self._sources[index] for index in indices]
        some.sizes = [self.sizes[index] for index in indices]
        some._gone = set()
        return some

    def check(self, *, progress: bool = True) -> None:
        """Read every file once, so that long work does not end at a broken one.

        Raises
        ------
        FileNotFoundError, ValueError
            If one cannot be read, and ``errors`` is ``"raise"``.
        """
        if self._checked:
            return
        files = [
            index
            for index, source in enumerate(self._sources)
            if isinstance(source, EncodedImage)
        ]
        failed: dict[int, Exception] = {}

        def read(index: int) -> None:
            try:
                self._sources[index].read(1)
            except (OSError, ValueError) as error:
                failed[index] = error

        checking = bar(len(files), "Checking images", "image", progress)
        with checking, ThreadPoolExecutor(os.cpu_count() or 1) as readers:
            for _ in readers.map(read, files):
                checking.update()
        for index, error in failed.items():
            self._sources[index] = MissingImage.instead_of(self._sources[index], error)
        self._settle(failed)
        self._checked = True

    def _settle(self, failed: dict[int, Exception]) -> None:
        """Raise an error or warn about images that cannot be read."""
        if not failed:
            return
        first = failed[min(failed)]
        others = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        if self._errors == "raise":
            none = len(self.failures) == len(self)
            advice = "" if none else "; errors='skip' takes the others"
            kinds = (FileNotFoundError, OSError, TypeError, ValueError)
            kind = next(kind for kind in kinds if isinstance(first, kind))
            raise kind(f"{first}{others}{advice}") from first.__cause__
        warnings.warn(
            f"{len(failed)} of {len(self)} images cannot be read and are left out: "
            f"{first}{others}",
            UserWarning,
            stacklevel=3,
        )


def read_ahead(images: Sequence[T], count: int = READ_AHEAD) -> Iterator[T]:
    """Give images in order, while threads read the next ones.

    An encoder on a GPU takes tens of images a second, more than one thread decodes.

    Parameters
    ----------
    images : sequence
        As `Images`.
    count : int
        Most images that are read ahead of the current one.
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
