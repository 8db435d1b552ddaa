"""One array for each image, at its own size, made on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ncut_widget.core.arrays import AnyArray
from ncut_widget.core.checks import shown


class PerImage(Sequence[AnyArray]):
    """An array for each image, made on demand from the state at one moment.

    So the arrays of a thousand photographs need not fit into memory together. Pickling
    stores a list of all arrays, as the function that makes them cannot be pickled.

    Parameters
    ----------
    sizes : sequence of (int, int)
        ``(h, w)`` of each image.
    make : callable
        ``(image, size)`` -> the array of an image, of shape ``size``.

    Examples
    --------
    >>> ones = PerImage([(1, 2), (1, 3)], lambda image, size: np.ones(size, int))
    >>> ones[-1].tolist(), [[1, 1]] in ones
    ([[1, 1, 1]], True)
    """

    def __init__(
        self,
        sizes: Sequence[tuple[int, int]],
        make: Callable[[int, tuple[int, int]], AnyArray],
    ) -> None:
        self._sizes = sizes
        self._make = make

    def __len__(self) -> int:
        """Count the images."""
        return len(self._sizes)

    def __getitem__(self, image: Any) -> Any:
        """Make the array of an image, (h, w), or a list of those of a slice."""
        count = len(self)
        try:
            images = range(count)[image]
        except IndexError:
            limits = f"between {-count} and {count - 1}" if count else "of an image"
            raise IndexError(
                f"an image index must be {limits}, got {shown(image)}"
            ) from None
        except TypeError:
            raise TypeError(
                f"an image index must be a whole number or a slice, got {shown(image)}"
            ) from None
        if isinstance(images, range):
            return [self[each] for each in images]
        return self.at(images, self._sizes[images])

    def __iter__(self) -> Iterator[AnyArray]:
        """Make the arrays one after the other."""
        return map(self.__getitem__, range(len(self)))

    def __contains__(self, value: object) -> bool:
        """Whether an image has this array."""
        return any(self._found(value, range(len(self))))

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Find the first image that has this array; raise ValueError if none has."""
        images = range(len(self))[start:stop]
        for image, is_it in zip(images, self._found(value, images), strict=True):
            if is_it:
                return image
        raise ValueError("no image has this array")

    def count(self, value: Any) -> int:
        """Count the images that have this array."""
        return sum(self._found(value, range(len(self))))

    def _found(self, value: Any, images: range) -> Iterator[bool]:
        return (np.array_equal(self[image], value) for image in images)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a list of the arrays."""
        return list, (list(self),)

    def at(self, image: int, size: tuple[int, int]) -> AnyArray:
        """Make the array of an image at any size (h, w)."""
        return self._make(image, size)
